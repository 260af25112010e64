"""OpenAI's chat completions over the archive, so that existing chat front ends can use it as a model."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request
from pydantic_core import to_json

from index.chunk import token_encoding
from index.errors import InputError, NotFoundError
from qa.answer import AskResponse, SearchResponse
from web.api.completions import (
    MODEL,
    AnswerMessage,
    Choice,
    Completion,
    CompletionRequest,
    ModelCard,
    ModelList,
    Usage,
    ask_of,
    following,
    parse_completion,
    texts,
    within,
)
from web.api.markdown import markdown
from web.api.operations import JSON, Example, events, operation
from web.api.wire import body, only_parameters, reply
from web.asking import AskError, FieldError
from web.events import stream
from web.limits import asks
from web.services import Services

if TYPE_CHECKING:
    from qa.pipeline import Step

# A front end sends the whole conversation each time.
MAX_BODY_BYTES = 1 << 20
# Tokens are counted piece by piece: the encoder takes quadratic time on a word without end.
COUNTED_AT_ONCE = 10_000

HOLDS = [{"role": "user", "content": "Who holds Albu Kamal?"}]
EXAMPLES = (
    Example("As of a day", body={"model": MODEL, "messages": HOLDS, "backissue": {"as_of": "2017-11-09"}}),
    Example("As a stream", body={"model": MODEL, "messages": HOLDS, "stream": True, "temperature": 0}),
    Example("Another model", body={"model": "gpt-4o", "messages": HOLDS}, status=404),
    Example("More answers than one", body={"model": MODEL, "messages": HOLDS, "n": 2}, status=422),
)
CHUNKS = events(
    "With `stream`: server-sent events without a name, each a `chat.completion.chunk`, the last `[DONE]`. The chunk "
    "with the finish_reason has the field `backissue`. A `problem` is an OpenAIProblem.",
    "message",
    "problem",
)


def blueprint(services: Services) -> Blueprint:
    """POST /v1/chat/completions, GET /v1/models and /v1/models/ID."""
    api = Blueprint("api_openai", __name__, url_prefix="/v1")
    api.before_request(only_parameters)
    card = ModelCard(created=int(time.time()))

    @api.post("/chat/completions")
    @operation(
        "Complete a chat",
        tag="OpenAI",
        request=CompletionRequest,
        response={JSON: Completion, "text/event-stream": CHUNKS},
        errors=(404,),
        examples=EXAMPLES,
    )
    @asks
    def chat_completions() -> Response:
        """For OpenAI's clients: the answer as a message with numbered citations, and the structured answer beside it.

        Says "Nothing in the archive answers this." where nothing does.
        """
        request.max_content_length = MAX_BODY_BYTES
        asked = parse_completion(body())
        _check_model(asked.model)
        ask = ask_of(asked, services.settings)
        try:
            ask = following(services.qa, ask, asked.messages)
            if asked.stream:
                chunks = _chunks(asked, ask.as_of, services.chats.steps(services.qa, ask))
                return stream(chunks, lambda problem: _json(problem.as_openai()))
            return reply(_completion(asked, ask.as_of, services.chats.ask(services.qa, ask)))
        except InputError as error:
            raise within(error) from None
        except NotFoundError as error:
            if ask.chat_id is None:
                raise
            raise AskError([FieldError("backissue.chat_id", str(error))]) from None

    @api.get("/models")
    @operation("List models", tag="OpenAI", response=ModelList, examples=(Example("The one there is"),))
    def models() -> Response:
        """For OpenAI's clients: the archive is the one model."""
        return reply(ModelList(data=(card,)))

    @api.get("/models/<model_id>")
    @operation(
        "Describe a model",
        tag="OpenAI",
        path={"model_id": "Always `backissue`."},
        response=ModelCard,
        examples=(
            Example("The one there is", path={"model_id": MODEL}),
            Example("Another", path={"model_id": "gpt-4o"}, status=404),
        ),
    )
    def model(model_id: str) -> Response:
        """For OpenAI's clients: the archive as a model."""
        _check_model(model_id)
        return reply(card)

    return api


def _check_model(name: str) -> None:
    if name != MODEL:
        raise NotFoundError(f"There is no model {name[:64]!r}. Ask {MODEL!r}.")


def _completion(asked: CompletionRequest, as_of: date | None, response: AskResponse) -> Completion:
    content = "".join(markdown(response, as_of))
    return Completion(
        **_head(response),
        choices=(Choice(message=AnswerMessage(content=content)),),
        usage=_usage(asked, content),
        backissue=response,
    )


def _chunks(asked: CompletionRequest, as_of: date | None, steps: Iterator[Step]) -> Iterator[str]:
    """The events of a stream. Nothing is sent before the first step, which tells whether this can be asked at all."""
    head = _head(next(steps).response) | {"object": "chat.completion.chunk"}
    content, whole = "", None
    yield _chunk(head | _choice({"role": "assistant", "content": ""}))
    for response in (step.response for step in steps):
        if isinstance(response, AskResponse):
            for piece in markdown(response, as_of) if whole is None else ():  # it comes again with the timeline
                content += piece
                yield _chunk(head | _choice({"content": piece}))
            whole = response
    yield _chunk(head | _choice({}, "stop") | {"backissue": whole})
    if asked.stream_options and asked.stream_options.include_usage:
        yield _chunk(head | {"choices": [], "usage": _usage(asked, content)})
    yield "data: [DONE]\n\n"


def _head(response: SearchResponse) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "created": int(time.time()),
        "model": MODEL,
        "system_fingerprint": f"{response.archive.id}.{response.archive.version}",
    }


def _choice(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}]}


def _chunk(data: dict[str, Any]) -> str:
    # OpenAI's clients read events without a name.
    return f"data: {_json(data)}\n\n"


def _json(data: dict[str, Any]) -> str:
    return to_json(data, inf_nan_mode="null").decode()


def _usage(asked: CompletionRequest, content: str) -> Usage:
    prompt = sum(_tokens(text) for message in asked.messages for text in texts(message))
    completion = _tokens(content)
    return Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion)


def _tokens(text: str) -> int:
    encoding = token_encoding("cl100k_base")
    pieces = (text[start : start + COUNTED_AT_ONCE] for start in range(0, len(text), COUNTED_AT_ONCE))
    return sum(len(encoding.encode_ordinary(piece)) for piece in pieces)
