"""The Flask application: pages, JSON API, one way of answering errors, strict headers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flask import Flask, Response
from jinja2 import StrictUndefined

from web import api, pages, present, problems
from web.services import Services
from web.settings import Settings
from web.store import Store

if TYPE_CHECKING:
    from qa.pipeline import QA

MAX_BODY_BYTES = 64 * 1024

SECURITY_HEADERS = {
    # Articles are hostile: were markup ever to slip through, the browser would still run and load none of it.
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The reading view finds its way back by the referrer; other sites learn nothing of what was asked.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def create_app(settings: Settings, qa: QA, *, store: Store | None = None, examples: Sequence[str] = ()) -> Flask:
    """The application over one engine. `examples` are questions that the start page offers.

    Without a `store`, what people leave is gone with the process.
    """
    services = Services(settings, qa, store or Store.passing(), tuple(examples))
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    present.register(app)
    problems.register(app)
    api.register(app, services)
    pages.register(app, services)
    app.after_request(_secure)
    return app


def _secure(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
