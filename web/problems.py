"""Errors -> answers, in one place: RFC 9457 problem details for programs, a page in words for people."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, render_template, request
from pydantic_core import to_json
from werkzeug.exceptions import HTTPException

from index.errors import ArchiveError, BackissueError, InputError, ModelError, NotFoundError, QuestionError
from web.asking import AskError, FieldError
from web.chats import NoConversationError
from web.request_id import request_id

log = logging.getLogger(__name__)

# Where OpenAI's clients ask, errors have OpenAI's shape.
OPENAI_PATHS = ("/v1/",)
PROGRAM_PATHS = ("/api/", *OPENAI_PATHS, "/healthz", "/readyz")
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")

# Class, status, last part of the problem's type, title; the first class that fits counts.
KINDS: tuple[tuple[type[BackissueError], int, str, str], ...] = (
    (QuestionError, 422, "question", "The question cannot be asked"),
    (InputError, 422, "input", "The request cannot be used"),
    (NoConversationError, 404, "no-conversation", "Not found"),
    (NotFoundError, 404, "not-found", "Not found"),
    (ArchiveError, 503, "archive", "The archive cannot be used"),
    (ModelError, 503, "model", "A model cannot be used"),
)

# What went wrong, for a person; programs get the same words.
HTTP_DETAILS = {
    404: "There is nothing at this address.",
    405: "This address does not take {method} requests.",
    413: "{limit}",
    415: "Send the body as JSON, with the header Content-Type: application/json.",
}

# Status, OpenAI's type and code where it has its own.
OPENAI_KINDS = {
    401: ("authentication_error", "invalid_api_key"),
    403: ("permission_error", "permission_denied"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem detail. `type` is about:blank where the status says it all."""

    status: int
    title: str
    detail: str
    type: str = "about:blank"
    field: str | None = None
    errors: tuple[FieldError, ...] = ()
    request_id: str = dataclasses.field(default_factory=request_id)

    @property
    def no_conversation(self) -> bool:
        """Whether it is that a conversation is not there, or no longer: a page says so in words of its own."""
        return self.type.endswith(":no-conversation")

    def as_json(self) -> dict[str, Any]:
        """The members of RFC 9457, with `field`, `errors` and `request_id` where they are known."""
        members: dict[str, Any] = {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.field is not None:
            members["field"] = self.field
        if self.errors:
            members["errors"] = [{"field": error.field, "detail": error.detail} for error in self.errors]
        if self.request_id:
            members["request_id"] = self.request_id
        return members

    def as_openai(self) -> dict[str, Any]:
        """The same in OpenAI's shape; `code` is the last part of the type where OpenAI has none for it."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        code = self.type.rpartition(":")[2] if self.type != "about:blank" else None
        code = "model_not_found" if code == "not-found" else code  # there is nothing else to look for
        kind, code = OPENAI_KINDS.get(self.status, (kind, code))
        return {"error": {"message": self.detail, "type": kind, "param": self.field, "code": code}}


def problem_of(error: Exception) -> Problem:
    """The problem that an error is. What was not raised on purpose becomes a 500 that tells nothing."""
    if isinstance(error, HTTPException):
        return _http_problem(error)
    for kind, status, slug, title in KINDS:
        if isinstance(error, kind):
            return Problem(
                status,
                title,
                str(error),
                f"urn:problem-type:backissue:{slug}",
                getattr(error, "field", None),
                error.errors if isinstance(error, AskError) else (),
            )
    return Problem(500, "Internal Server Error", "Something went wrong here, not in your request. It has been logged.")


def register(app: Flask) -> None:
    """Answer every error of `app` in the one way."""
    app.register_error_handler(Exception, _respond)


def wants_events() -> bool:
    """Whether the page's script asks: it gets pieces of a page."""
    return "text/event-stream" in request.accept_mimetypes.values()


def for_programs(path: str) -> bool:
    """Whether what is at `path` speaks JSON."""
    return (path.startswith(PROGRAM_PATHS) or path == "/api") and path != "/api/docs"


def _http_problem(error: HTTPException) -> Problem:
    status = HTTPStatus(error.code or 500)
    own = HTTP_DETAILS.get(status)
    detail = own.format(method=request.method, limit=_limit()) if own else error.description or status.phrase
    return Problem(status.value, status.phrase, detail)


def _respond(error: Exception) -> Response:
    problem = problem_of(error)
    if problem.status >= 500:
        log.error("%s %s failed (request %s)", request.method, request.path, problem.request_id, exc_info=error)
    response = _for_program(problem) if for_programs(request.path) else _for_person(problem)
    if isinstance(error, HTTPException):
        kept = {name: value for name, value in error.get_headers() if name in KEPT_HEADERS}
        response.headers.update(kept)
    return response


def _for_program(problem: Problem) -> Response:
    if request.path.startswith(OPENAI_PATHS):
        return Response(to_json(problem.as_openai()), problem.status, content_type="application/json")
    return Response(to_json(problem.as_json()), problem.status, content_type="application/problem+json")


def _limit() -> str:
    """Which limit a body is over: its own, or that of a field of a form."""
    most = request.max_content_length
    if most is not None and (request.content_length or most + 1) > most:
        return f"The body is larger than {_size(most)}."
    return f"A field of the form is larger than {_size(request.max_form_memory_size or 0)}."


def _size(number: int) -> str:
    return f"{number / 2**20:,.4g} MiB" if number >= 2**20 else f"{number / 2**10:,.4g} KiB"


def _for_person(problem: Problem) -> Response:
    whole = "session.html" if problem.status == HTTPStatus.UNAUTHORIZED else "problem.html"
    template = "_problem.html" if wants_events() else whole
    return Response(render_template(template, problem=problem), problem.status, mimetype="text/html")
