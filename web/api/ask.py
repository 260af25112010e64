"""Asking and searching: the engine's answers as they are."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from pydantic import BaseModel
from pydantic_core import to_json

from qa.answer import Ask, AskResponse, SearchResponse
from web.api.operations import JSON, Example, events, operation
from web.api.wire import body, only_parameters, reply
from web.asking import parse_ask
from web.events import event, stream
from web.limits import asks
from web.services import Services

EVENT_STREAM = "text/event-stream"
HOLDS = "Who holds Albu Kamal?"
FAULTS = (
    Example("A field that nobody knows", body={"question": HOLDS, "befor": "2017-11-09"}, status=422),
    Example("A source that the archive does not have", body={"question": HOLDS, "sources": ["Nobody"]}, status=422),
)
EVENTS = events(
    "Server-sent events, as soon as each is known: `passages` (a SearchResponse; once more if the search goes on "
    "without the question's own dates), `answer` (an AskResponse without timeline), `done` (the whole AskResponse), or "
    "`problem` (a ProblemDetail).",
    "passages",
    "answer",
    "done",
    "problem",
)


def blueprint(services: Services) -> Blueprint:
    """POST /api/v1/ask and /api/v1/search."""
    api = Blueprint("api_ask", __name__, url_prefix="/api/v1")
    api.before_request(only_parameters)

    @api.post("/ask")
    @operation(
        "Ask the archive",
        tag="Asking",
        request=Ask,
        response={JSON: AskResponse, EVENT_STREAM: EVENTS},
        errors=(404,),
        examples=(
            Example("As of a day", body={"question": HOLDS, "as_of": "2017-11-09"}),
            Example(
                "Of some sources, without timeline",
                body={"question": HOLDS, "sources": ["Harbour Gazette (sample)"], "passages": 5, "timeline": False},
            ),
            Example("Nothing answers", body={"question": "Who won the regatta of Port Ellery?"}),
            *FAULTS,
        ),
    )
    @asks
    def ask() -> Response:
        """The best answer with its citations, or `null` where nothing in the archive answers; other answers found, the
        answers over time, the passages they were read from and what the archive covers.

        With `Accept: text/event-stream` it comes in steps. With `chat_id` it is part of a conversation: what the body
        leaves out is taken over from the question before, and "it" or "before that" is understood.
        """
        asked = parse_ask(body(), services.settings)
        if request.accept_mimetypes.best_match((JSON, EVENT_STREAM), JSON) == EVENT_STREAM:
            return stream(
                (event(step.name, _json(step.response)) for step in services.chats.steps(services.qa, asked)),
                lambda found: _json(found.as_json()),
            )
        return reply(services.chats.ask(services.qa, asked))

    @api.post("/search")
    @operation(
        "Find passages",
        tag="Asking",
        request=Ask,
        response=SearchResponse,
        examples=(
            Example("Of a month", body={"question": HOLDS, "after": "2017-11-01", "before": "2017-11-30"}),
            *FAULTS,
        ),
    )
    @asks
    def search() -> Response:
        """Retrieval alone: the passages that the question would be answered from, best first."""
        return reply(services.qa.search(parse_ask(body(), services.settings)))

    return api


def _json(value: BaseModel | dict[str, Any]) -> str:
    return to_json(value, inf_nan_mode="null").decode()
