"""What may be kept: nothing by caches that others share; articles again and again, while their ETag stays the same."""

from __future__ import annotations

from flask import Flask, Response, request

TAGGED = "/api/v1/articles/"
# Their answers are of the moment.
NEVER_KEPT = ("health", "session")


def register(app: Flask) -> None:
    """Gives every response of `app` its Cache-Control; static files have theirs from Flask."""
    app.after_request(_mark)


def _mark(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code < 400:
        return response
    kept = response.status_code < 400 and request.blueprint not in NEVER_KEPT
    # Not no-store: going back to an answer must not ask the question again.
    response.headers.setdefault("Cache-Control", "private, no-cache" if kept else "no-store")
    whole = request.method in ("GET", "HEAD") and response.status_code == 200 and not response.is_streamed
    if whole and request.path.startswith(TAGGED):
        response.add_etag()
        response.make_conditional(request)
    return response
