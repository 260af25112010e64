"""The id of a request: in its response, in its problem and in the log, so that the three can be brought together."""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, g, has_request_context, request

HEADER = "X-Request-ID"
# What may stand in a header and in a log line and do no harm in either.
HARMLESS = re.compile(r"[A-Za-z0-9._-]{1,64}")


def register(app: Flask) -> None:
    """Every response of `app` says its request's id."""
    app.after_request(_say)


def request_id() -> str:
    """The id that the caller gave, when it is harmless, else one made for it; empty outside of a request."""
    if not has_request_context():
        return ""
    if "request_id" not in g:
        given = request.headers.get(HEADER, "")
        g.request_id = given if HARMLESS.fullmatch(given) else secrets.token_hex(8)
    return str(g.request_id)


def _say(response: Response) -> Response:
    response.headers[HEADER] = request_id()
    return response
