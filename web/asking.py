"""What a caller sent -> `Ask`, with every fault named by its field. API and pages share it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from index.errors import FilterError, QuestionError
from qa.answer import Ask
from web.hints import did_you_mean
from web.settings import Settings

DATES = ("as_of", "after", "before")
# The page's parameters, as they stand in an address, and the fields of `Ask` that they fill.
PARAMETERS = {"q": "question", "as_of": "as_of", "after": "after", "before": "before", "source": "sources"}
# Those that switch off what is read from the question's words; their one value is 1.
SWITCHES = ("ignore_period", "exact_names")
PARAMETERS |= {name: name for name in SWITCHES}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field."""

    field: str
    detail: str


class AskError(FilterError):
    """One or more fields cannot be used; `errors` has them all, the message and `field` the first."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(errors[0].detail, field=errors[0].field)
        self.errors = tuple(errors)


def parse_day(text: Any, name: str) -> date:
    """A date written YYYY-MM-DD. Raises FilterError naming the field `name`."""
    try:
        if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError("not written YYYY-MM-DD")
        return date.fromisoformat(text)
    except ValueError as error:
        shown = repr(text)[:40]
        raise FilterError(f"{name} must be a date like 2017-11-03, not {shown}: {error}.", field=name) from None


def parse_ask(data: Any, settings: Settings) -> Ask:
    """A JSON object -> Ask; `settings` say how many passages are meant by default and how long a question may be.

    Raises AskError: not an object, an unknown field, a field of the wrong type, a malformed date; and
    QuestionError: too long.
    """
    if not isinstance(data, Mapping):
        raise AskError([FieldError("body", 'The body must be a JSON object such as {"question": "Who won?"}.')])
    errors = [FieldError(name, _unknown(name, Ask.model_fields)) for name in data if name not in Ask.model_fields]
    values = {name: value for name, value in data.items() if name in Ask.model_fields}
    for name in DATES:
        if values.get(name) is not None:
            try:
                values[name] = parse_day(values[name], name)
            except FilterError as error:
                errors.append(FieldError(name, str(error)))
                del values[name]
    if isinstance(values.get("sources", []), list):
        values["sources"] = tuple(values.get("sources", ()))
    else:
        errors.append(FieldError("sources", 'sources must be a list of names, like ["Reuters"].'))
        del values["sources"]
    try:
        ask = Ask.model_validate({"passages": settings.passages, **values}, strict=True)
    except ValidationError as error:
        errors += [_explain(fault) for fault in error.errors(include_url=False)]
    if errors:
        raise AskError(errors)
    length = len(" ".join(ask.question.split()))
    if length > settings.max_question_chars:
        raise QuestionError(
            f"The question has {length:,} characters; at most {settings.max_question_chars:,} are read. Shorten it.",
            field="question",
        )
    return ask


def parse_query(args: MultiDict[str, str], settings: Settings) -> Ask:
    """The page's address parameters -> Ask; blank ones count as not given, but for the question.

    Raises AskError and QuestionError as `parse_ask` does.
    """
    unknown = [FieldError(name, _unknown(name, PARAMETERS)) for name in args if name not in PARAMETERS]
    twice = [
        FieldError(name, f"{name} is given more than once; only source may be.")
        for name, values in args.lists()
        if name in PARAMETERS and name != "source" and len(values) > 1
    ]
    neither = [
        FieldError(name, f"{name} is 1 or left out.") for name in SWITCHES if args.get(name, "1") not in ("1", "")
    ]
    if faults := unknown + twice + neither:
        raise AskError(faults)
    data: dict[str, Any] = {name: args[name] for name in DATES if args.get(name)}
    data |= {name: True for name in SWITCHES if args.get(name)}
    data["question"] = args.get("q", "")
    data["sources"] = [source for source in args.getlist("source") if source]
    return parse_ask(data, settings)


def address_parameters(
    ask: Ask, *, without: str | None = None, source: str | None = None, switched: str | None = None
) -> dict[str, Any]:
    """The parameters of a question's permanent address, less one filter (`without`, and `source` where several), or
    with one more switch."""
    sources = [s for s in ask.sources if not (without == "source" and s == source)]
    found: dict[str, Any] = {"q": ask.question}
    found |= {name: day.isoformat() for name in DATES if name != without and (day := getattr(ask, name))}
    found |= {name: "1" for name in SWITCHES if name == switched or getattr(ask, name)}
    return found | ({"source": sources} if sources else {})


def _unknown(name: str, known: Any) -> str:
    return f"There is no field {name[:64]!r}.{did_you_mean(name, known)}"


def _explain(fault: Any) -> FieldError:
    name = ".".join(str(part) for part in fault["loc"]) or "body"
    if fault["type"] == "missing":
        return FieldError(name, f"The field {name} is missing.")
    return FieldError(name, f"{name}: {fault['msg']}.")
