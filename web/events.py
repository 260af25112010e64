"""Server-sent events (HTML Living Standard, 9.2): what is known goes out at once, errors too."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator

from flask import Response, request, stream_with_context

from web.problems import Problem, problem_of

# A carriage return, too, would end a line.
_LINE_END = re.compile(r"\r\n|\r|\n")

log = logging.getLogger(__name__)


def event(name: str, data: str) -> str:
    """One event; its data may have several lines."""
    return f"event: {name}\n" + "".join(f"data: {line}\n" for line in _LINE_END.split(data)) + "\n"


def stream(events: Iterator[str], problem: Callable[[Problem], str]) -> Response:
    """A response that sends events as they come. What the first raises is raised here, so that it has its status;
    what a later one raises becomes an event `problem` with what `problem` makes of it. No more are asked for once the
    caller has hung up."""
    first = next(events)
    hung_up: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)

    def sent() -> Iterator[str]:
        yield first
        try:
            while not hung_up() and (following := next(events, None)) is not None:
                yield following
        except Exception as error:
            found = problem_of(error)
            if found.status >= 500:
                log.exception("A stream of events broke off")
            yield event("problem", problem(found))

    response = Response(stream_with_context(sent()), content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that collects the answer would send it all at the end
    return response
