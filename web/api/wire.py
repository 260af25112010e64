"""What all of the API shares: JSON in, JSON out, and no parameters that nobody reads."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json, to_json
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from index.errors import FilterError
from web.asking import validated
from web.hints import did_you_mean


def body() -> Any:
    """The request's body as JSON. Raises UnsupportedMediaType, BadRequest."""
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        # Not json.loads: this parser bounds nesting, which a hostile body could otherwise drive into the stack's end.
        return from_json(request.get_data())
    except ValueError as error:
        raise BadRequest(f"The body is not valid JSON: {error}.") from None


def only_parameters(known: Collection[str] = ()) -> None:
    """Raises FilterError for a parameter in the address that the route does not read, or one given twice."""
    for name, values in request.args.lists():
        if name not in known:
            where = (
                "Fields go in the JSON body, not in the address" if request.method == "POST" else "No such parameter"
            )
            raise FilterError(f"{where}: {name[:64]!r}.{did_you_mean(name, known)}", field=name)
        if len(values) > 1:
            raise FilterError(f"{name} is given more than once.", field=name)


class Paging(BaseModel):
    """Which part of a list is wanted."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=200, description="How many at most.")
    offset: int = Field(default=0, ge=0, le=10**9, description="How many to pass over.")


def paging() -> Paging:
    """The part of a list that the address asks for. Raises AskError."""
    return validated(Paging, request.args.to_dict(), numbers=("limit", "offset"))


def reply(value: BaseModel | dict[str, Any], status: int = 200) -> Response:
    """A JSON response: one serialiser for all, ISO dates, and null for the NaN that someone's metadata may hold."""
    return Response(to_json(value, inf_nan_mode="null"), status, content_type="application/json")
