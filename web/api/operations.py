"""What a view of the API says of itself: the OpenAPI description and its page are made from it.

Every view under /api/ and /v1/ carries one, next to its route (a test fails where it is missing):

    @api.post("/search")
    @operation(
        "Find passages",
        tag="Asking",
        request=Ask,
        response=SearchResponse,
        examples=(Example("Passages of one month", body={"question": "Who holds Albu Kamal?"}),),
    )
    def search() -> Response:
        '''The view's docstring is the long description, in CommonMark.'''

`request` and `response` are pydantic models, or `{media type: model or JSON schema}` where the body is not (only)
JSON; None is no body. Path parameters come from the route, `path` says what they are; `query` is a model whose fields
are the parameters in the address. Errors that every view shares (no token, too many requests, a body that is no JSON)
are added by themselves: `errors` names further statuses. Every example is run by the tests against the sample archive,
in the order of the page, and must give its status and a body that fits.

Nothing here touches a request: what a view takes and refuses is its own affair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Any, TypeVar

from pydantic import BaseModel, Field

JSON = "application/json"

Schema = type[BaseModel] | Mapping[str, Any]
Content = Mapping[str, Schema]
View = TypeVar("View", bound=Callable[..., Any])


class FaultyField(BaseModel):
    """What is wrong with one field."""

    field: str = Field(description="Name of the field, with dots where it lies in another.")
    detail: str = Field(description="What is wrong with it, and the remedy.")


class ProblemDetail(BaseModel):
    """An error, as RFC 9457 has it."""

    type: str = Field(description="`urn:problem-type:backissue:...`, or `about:blank` where the status says it all.")
    title: str = Field(description="What kind of error it is, in a few words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong with this request, and the remedy.")
    field: str = Field(default="", description="The field or parameter that is wrong, where it is one.")
    errors: tuple[FaultyField, ...] = Field(default=(), description="All that is wrong, field by field.")
    request_id: str = Field(default="", description="The request in the server's log.")


class OpenAIFault(BaseModel):
    """What is wrong, as OpenAI's clients read it."""

    message: str = Field(description="What is wrong with this request, and the remedy.")
    type: str = Field(description="invalid_request_error, rate_limit_error or server_error.")
    param: str | None = Field(description="The field that is wrong, where it is one.")
    code: str | None = Field(description="What kind of error it is.")


class OpenAIProblem(BaseModel):
    """An error in OpenAI's shape."""

    error: OpenAIFault


@dataclass(frozen=True, slots=True)
class Example:
    """A request to show and to test. `status` is what it gives, None meaning the operation's own."""

    summary: str
    body: Any = None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """The description of one view; `operation` makes it."""

    summary: str
    tag: str
    description: str
    id: str
    request: Content
    response: Content
    status: int
    path: Mapping[str, str]
    query: type[BaseModel] | None
    headers: Mapping[str, str]
    errors: tuple[int, ...]
    examples: tuple[Example, ...]
    anyone: bool


def operation(
    summary: str,
    *,
    tag: str,
    request: Schema | Content | None = None,
    response: Schema | Content | None = None,
    status: int = 200,
    path: Mapping[str, str] | None = None,
    query: type[BaseModel] | None = None,
    headers: Mapping[str, str] | None = None,
    errors: tuple[int, ...] = (),
    examples: tuple[Example, ...] = (),
    operation_id: str | None = None,
    anyone: bool = False,
) -> Callable[[View], View]:
    """Describes the view below it. `anyone` is for what is answered without a token on any server.

    `operation_id` defaults to the view's name, which must then be the only one of that name. `headers` are those of
    the response, with what they say.
    """

    def describe(view: View) -> View:
        view.__dict__["operation"] = Operation(
            summary=summary,
            tag=tag,
            description=cleandoc(view.__doc__ or ""),
            id=operation_id or view.__name__,
            request=_content(request),
            response=_content(response),
            status=status,
            path=path or {},
            query=query,
            headers=headers or {},
            errors=errors,
            examples=examples,
            anyone=anyone,
        )
        return view

    return describe


def events(description: str, *names: str) -> Schema:
    """The schema of server-sent events, one by one; their data is JSON. An event without a name is a `message`."""
    properties = {
        "event": {"type": "string", "enum": list(names)},
        "data": {"type": "string", "contentMediaType": JSON},
    }
    return {"type": "object", "description": description, "properties": properties, "required": ["data"]}


def operation_of(view: Callable[..., Any]) -> Operation | None:
    """What a view says of itself, if it does. Decorators that use `functools.wraps` keep it."""
    found = getattr(view, "operation", None)
    return found if isinstance(found, Operation) else None


def _content(given: Schema | Content | None) -> Content:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return given if all("/" in name for name in given) else {JSON: given}
    return {JSON: given}
