"""Errors -> answers, in one place: RFC 9457 problem details for programs, a page in words for people."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, render_template, request
from pydantic_core import to_json
from werkzeug.exceptions import HTTPException

from index.errors import ArchiveError, BackissueError, InputError, ModelError, NotFoundError, QuestionError
from web.asking import AskError, FieldError

log = logging.getLogger(__name__)

PROGRAM_PATHS = ("/api/", "/healthz", "/readyz")
FRAGMENT_PATHS = ("/answer",)

# Class, status, last part of the problem's type, title; the first class that fits counts.
KINDS: tuple[tuple[type[BackissueError], int, str, str], ...] = (
    (QuestionError, 422, "question", "The question cannot be asked"),
    (InputError, 422, "input", "The request cannot be used"),
    (NotFoundError, 404, "not-found", "Not found"),
    (ArchiveError, 503, "archive", "The archive cannot be used"),
    (ModelError, 503, "model", "A model cannot be used"),
)

# What went wrong, for a person; programs get the same words.
HTTP_DETAILS = {
    404: "There is nothing at this address.",
    405: "This address does not take {method} requests.",
    413: "The body is larger than 64 KiB.",
    415: "Send the body as JSON, with the header Content-Type: application/json.",
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

    def as_json(self) -> dict[str, Any]:
        """The members of RFC 9457, with `field` and `errors` where they are known."""
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
        return members


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


def for_programs(path: str) -> bool:
    """Whether what is at `path` speaks JSON."""
    return path.startswith(PROGRAM_PATHS) or path == "/api"


def _http_problem(error: HTTPException) -> Problem:
    status = HTTPStatus(error.code or 500)
    own = HTTP_DETAILS.get(status)
    detail = own.format(method=request.method) if own else error.description or status.phrase
    return Problem(status.value, status.phrase, detail)


def _respond(error: Exception) -> Response:
    problem = problem_of(error)
    if problem.status >= 500:
        log.error("%s %s failed", request.method, request.path, exc_info=error)
    response = _for_program(problem) if for_programs(request.path) else _for_person(problem)
    if isinstance(error, HTTPException):
        kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
        response.headers.update(kept)
    return response


def _for_program(problem: Problem) -> Response:
    return Response(to_json(problem.as_json()), problem.status, content_type="application/problem+json")


def _for_person(problem: Problem) -> Response:
    template = "_problem.html" if request.path in FRAGMENT_PATHS else "problem.html"
    return Response(render_template(template, problem=problem), problem.status, mimetype="text/html")
