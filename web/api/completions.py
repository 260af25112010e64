"""What OpenAI's clients send to complete a chat, what comes back, and how a question is found in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, field_validator

from index.errors import InputError
from qa.answer import Ask, AskResponse, Exchange
from qa.followup import leans
from web.asking import AskError, FieldError, parse_ask
from web.hints import did_you_mean
from web.settings import Settings

if TYPE_CHECKING:
    from qa.pipeline import QA

MODEL = "backissue"
# Questions of a conversation that are asked again, at most, to understand its last one.
MAX_EARLIER = 4

# What does not change an archive's answer is taken, and has no effect.
HARMLESS = frozenset(
    (
        "frequency_penalty",
        "logit_bias",
        "max_completion_tokens",
        "max_tokens",
        "metadata",
        "moderation",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning_effort",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "temperature",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
    )
)
REFUSED = {
    "n": "One answer is given: leave n out, or 1. Other answers found stand in backissue.alternatives.",
    "tools": "An archive calls no tools: leave them out.",
    "functions": "An archive calls no functions: leave them out.",
    "tool_choice": "An archive calls no tools: leave tool_choice out.",
    "function_call": "An archive calls no functions: leave function_call out.",
    "response_format": "The message is text; its JSON stands in the response's field backissue.",
    "modalities": "Answers are text.",
    "audio": "Answers are text.",
    "logprobs": "An answer has a confidence, in backissue.answer, and no token probabilities.",
    "web_search_options": "Only the archive is searched.",
}


class ContentPart(BaseModel):
    """A piece of a message. Only text is read; an image, a sound or a file in the question is refused."""

    type: str
    text: str = ""


class Message(BaseModel):
    """A message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ContentPart] | None = None


class StreamOptions(BaseModel):
    """What a stream says besides."""

    include_usage: bool | None = Field(default=None, description="Whether a last chunk counts the tokens.")


class TextFormat(BaseModel):
    """Text, the one format there is."""

    type: Literal["text"]


class AskOptions(Ask):
    """The options of a question, which itself is the last message of the user. All are as in `POST /api/v1/ask`."""

    model_config = ConfigDict(json_schema_extra=lambda schema: schema["properties"].pop("question"))
    question: str = ""


class CompletionRequest(BaseModel):
    """A request as OpenAI's clients send it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra=lambda schema: schema["properties"].update(
            {name: {"description": "Accepted, without effect."} for name in sorted(HARMLESS)}
        ),
    )

    model: str = Field(description="Always `backissue`.")
    messages: list[Message] = Field(description="The conversation; the last message of the user is the question.")
    stream: bool | None = Field(default=None, description="Whether to send the message piece by piece.")
    stream_options: StreamOptions | None = None
    n: int | None = Field(default=None, ge=1, le=1, description="One answer is given.")
    tools: list[Any] | None = Field(default=None, max_length=0, description="None can be called.")
    functions: list[Any] | None = Field(default=None, max_length=0, description="None can be called.")
    tool_choice: Literal["none", "auto"] | None = None
    function_call: Literal["none", "auto"] | None = None
    response_format: TextFormat | None = None
    modalities: list[Literal["text"]] | None = None
    audio: None = None
    logprobs: bool | None = Field(default=None, json_schema_extra={"enum": [False, None]})
    web_search_options: None = None
    # `parse_ask` reads it, which explains faults better.
    backissue: Annotated[Any, PlainValidator(lambda given: given, json_schema_input_type=AskOptions | None)] = Field(
        default=None, description="Days, sources and other options of the question; `extra_body` of OpenAI's client."
    )

    @field_validator("logprobs")
    @classmethod
    def _has_none(cls, wanted: bool | None) -> bool | None:  # Literal[False] takes 0 too
        if wanted:
            raise ValueError("there are none")
        return wanted


class Usage(BaseModel):
    """Tokens of all messages, and of the answer, by the encoding cl100k_base."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AnswerMessage(BaseModel):
    """The answer in Markdown: its words as the archive has them, then numbered citations."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(BaseModel):
    """The one answer."""

    index: Literal[0] = 0
    message: AnswerMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class Completion(BaseModel):
    """An answered question. `system_fingerprint` is the archive and its version, `backissue` the structured answer."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str = MODEL
    system_fingerprint: str
    choices: tuple[Choice]
    usage: Usage
    backissue: AskResponse


class ModelCard(BaseModel):
    """The archive as a model."""

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = Field(description="When this server started, in seconds since 1970.")
    owned_by: str = MODEL


class ModelList(BaseModel):
    """All models that can be asked: one."""

    object: Literal["list"] = "list"
    data: tuple[ModelCard, ...]


def parse_completion(data: Any) -> CompletionRequest:
    """A JSON body -> CompletionRequest. Raises AskError with all faults by field."""
    if not isinstance(data, Mapping):
        raise AskError([FieldError("body", 'The body must be a JSON object with "model" and "messages".')])
    try:
        given = {name: value for name, value in data.items() if name not in HARMLESS}
        return CompletionRequest.model_validate(given, strict=True)
    except ValidationError as error:
        raise AskError([_fault(fault) for fault in error.errors(include_url=False)]) from None


def _fault(fault: Any) -> FieldError:
    first, name = str(fault["loc"][0]), ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "missing":
        return FieldError(name, f"The field {name} is missing.")
    if fault["type"] != "extra_forbidden":
        return FieldError(name, REFUSED.get(first, f"{name}: {fault['msg']}."))
    if first in AskOptions.model_fields:
        return FieldError(first, f"{first} goes into the field backissue: {{'backissue': {{'{first}': ...}}}}.")
    known = {*CompletionRequest.model_fields, *HARMLESS}
    return FieldError(name, f"There is no field {name[:64]!r}.{did_you_mean(name, known)}")


def ask_of(asked: CompletionRequest, settings: Settings) -> Ask:
    """The question and its options. Raises AskError, QuestionError."""
    question = _question(asked.messages)
    options: Any = {} if asked.backissue is None else asked.backissue
    if not isinstance(options, Mapping) or "question" in options:
        problem = "backissue must be an object of options; the question is the last message."
        raise AskError([FieldError("backissue", problem)])
    try:
        return parse_ask({**options, "question": question}, settings)
    except InputError as error:
        raise within(error) from None


def _question(messages: list[Message]) -> str:
    """The last message of the user. Raises AskError."""
    for index in range(len(messages) - 1, -1, -1):
        if messages[index].role == "user":
            _refuse_other_than_text(messages[index], f"messages.{index}.content")
            return " ".join(texts(messages[index]))
    raise AskError([FieldError("messages", "There is no message of the user, so nothing is asked.")])


def following(qa: QA, ask: Ask, messages: list[Message]) -> Ask:
    """The question with the exchange that it leans on, if it does: such a client keeps the conversation itself, so
    the questions before are asked again, as far back as each leans on another.

    Raises QuestionError, FilterError.
    """
    told = [" ".join(texts(message)) for message in messages if message.role == "user"]
    earlier = [question for question in told[:-1] if question.strip()][-MAX_EARLIER:]
    return ask if ask.chat_id or ask.follows else _led_up_to(qa, ask, earlier)


def _led_up_to(qa: QA, ask: Ask, earlier: list[str]) -> Ask:
    if not earlier or not leans(ask.question, ask.as_of or datetime.now(UTC).date()):
        return ask
    before = _led_up_to(qa, ask.model_copy(update={"question": earlier[-1]}), earlier[:-1])
    return ask.model_copy(update={"follows": Exchange.of(qa.ask(before))})


def _refuse_other_than_text(message: Message, name: str) -> None:
    for part in message.content if isinstance(message.content, list) else ():
        if part.type != "text":
            raise AskError([FieldError(name, f"Only text is read, not a part of type {part.type[:64]!r}.")])


def texts(message: Message) -> list[str]:
    """The pieces of text in a message."""
    if isinstance(message.content, list):
        return [part.text for part in message.content if part.type == "text"]
    return [message.content] if message.content else []


def within(error: InputError) -> AskError:
    """The same fault, by the place where this request has the field."""
    faults = error.errors if isinstance(error, AskError) else (FieldError(error.field or "body", str(error)),)
    return AskError(
        [
            FieldError("messages" if fault.field == "question" else f"backissue.{fault.field}", fault.detail)
            for fault in faults
        ]
    )
