"""What a caller sent -> `Ask`, with every fault named by its field. API and pages share it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from werkzeug.datastructures import MultiDict

from index.errors import FilterError, QuestionError
from qa.answer import Ask
from web.hints import did_you_mean
from web.settings import Settings

DATES = ("as_of", "after", "before")
# The page's parameters, as they stand in an address, and the fields of `Ask` that they fill.
PARAMETERS = {"q": "question", "as_of": "as_of", "after": "after", "before": "before"}
PARAMETERS |= {"source": "sources", "language": "languages"}
# Fields that take several names, each a parameter of its own in an address.
LISTS = {"sources": '["Reuters"]', "languages": '["en"]'}
SEVERAL = ("source", "language")
# Those that switch off what is read from the question's words; their one value is 1.
SWITCHES = ("ignore_period", "exact_names")
PARAMETERS |= {name: name for name in SWITCHES}
# In a permanent address: the version of the archive that gave the answer.
VERSION = "version"


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


def whole_number(text: str | None) -> int | None:
    """A number from 1 on in the address of a page; None for anything else, which a page takes as not given."""
    return int(text) if text and re.fullmatch(r"[1-9][0-9]{0,8}", text, re.ASCII) else None


def parse_ask(data: Any, settings: Settings) -> Ask:
    """A JSON object -> Ask; `settings` say how many passages are meant by default and how long a question may be.

    Raises AskError: not an object, an unknown field, a field of the wrong type, a malformed date; and
    QuestionError: too long.
    """
    values, errors = _known(Ask, data, 'The body must be a JSON object such as {"question": "Who won?"}.')
    for name in DATES:
        if values.get(name) is not None:
            try:
                values[name] = parse_day(values[name], name)
            except FilterError as error:
                errors.append(FieldError(name, str(error)))
                del values[name]
    for name, example in LISTS.items():
        if not isinstance(values.get(name, []), list):
            errors.append(FieldError(name, f"{name} must be a list of names, like {example}."))
            del values[name]
    # As JSON, in which strictness leaves a date in `follows` its text and a list its brackets.
    written = to_json({"passages": settings.passages, **values})
    ask = _made(lambda: Ask.model_validate_json(written, strict=True), errors)
    length = len(" ".join(ask.question.split()))
    if length > settings.max_question_chars:
        raise QuestionError(
            f"The question has {length:,} characters; at most {settings.max_question_chars:,} are read. Shorten it.",
            field="question",
        )
    return ask


Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], data: Any, *, numbers: Collection[str] = ()) -> Model:
    """A JSON object, or the parameters of an address with their `numbers` still in digits, as `model`.

    Raises AskError with every fault named by its field.
    """
    values, errors = _known(model, data, "The body must be a JSON object.")
    for name in numbers:
        if re.fullmatch(r"[0-9]{1,18}", str(values.get(name, "")), re.ASCII):
            values[name] = int(values[name])
    return _made(lambda: model.model_validate(values, strict=True), errors)


def _known(model: type[BaseModel], data: Any, otherwise: str) -> tuple[dict[str, Any], list[FieldError]]:
    """The fields of a JSON object that a model has, and an error for each that it has not."""
    if not isinstance(data, Mapping):
        raise AskError([FieldError("body", otherwise)])
    errors = [FieldError(name, _unknown(name, model.model_fields)) for name in data if name not in model.model_fields]
    return {name: value for name, value in data.items() if name in model.model_fields}, errors


def _made(make: Callable[[], Model], errors: list[FieldError]) -> Model:
    """What `make` makes, unless there are errors before or in it."""
    try:
        made = make()
    except ValidationError as error:
        errors = errors + [_explain(fault) for fault in error.errors(include_url=False)]
    if errors:
        raise AskError(errors)
    return made


def parse_query(args: MultiDict[str, str], settings: Settings) -> Ask:
    """The page's address parameters -> Ask; blank ones count as not given, but for the question.

    Raises AskError and QuestionError as `parse_ask` does.
    """
    known = (*PARAMETERS, VERSION)
    unknown = [FieldError(name, _unknown(name, PARAMETERS)) for name in args if name not in known]
    twice = [
        FieldError(name, f"{name} is given more than once; only source and language may be.")
        for name, values in args.lists()
        if name in known and name not in SEVERAL and len(values) > 1
    ]
    neither = [
        FieldError(name, f"{name} is 1 or left out.") for name in SWITCHES if args.get(name, "1") not in ("1", "")
    ]
    if faults := unknown + twice + neither:
        raise AskError(faults)
    data: dict[str, Any] = {name: args[name] for name in DATES if args.get(name)}
    data |= {name: True for name in SWITCHES if args.get(name)}
    data["question"] = args.get("q", "")
    data |= {PARAMETERS[name]: [one for one in args.getlist(name) if one] for name in SEVERAL}
    return parse_ask(data, settings)


def address_parameters(
    ask: Ask,
    *,
    without: str | None = None,
    one: str | None = None,
    switched: str | None = None,
    version: str | None = None,
) -> dict[str, Any]:
    """The parameters of a question's permanent address, less one filter (`without`, and `one` of several), or
    with one more switch, or with the `version` of the archive that answered."""
    found: dict[str, Any] = {"q": ask.question}
    found |= {name: day.isoformat() for name in DATES if name != without and (day := getattr(ask, name))}
    found |= {name: "1" for name in SWITCHES if name == switched or getattr(ask, name)}
    for name in SEVERAL:
        if kept := [value for value in getattr(ask, PARAMETERS[name]) if not (without == name and value == one)]:
            found[name] = kept
    return found | ({VERSION: version} if version else {})


def _unknown(name: str, known: Any) -> str:
    return f"There is no field {name[:64]!r}.{did_you_mean(name, known)}"


def _explain(fault: Any) -> FieldError:
    name = ".".join(str(part) for part in fault["loc"]) or "body"
    if fault["type"] == "missing":
        return FieldError(name, f"The field {name} is missing.")
    return FieldError(name, f"{name}: {fault['msg']}.")
