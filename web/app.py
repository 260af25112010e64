"""The Flask application: pages, JSON API, one way of answering errors, strict headers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flask import Flask, Response
from jinja2 import StrictUndefined

from web import api, caching, pages, present, problems, request_id
from web.examples import Examples
from web.guard import Guard
from web.limits import Limits
from web.services import Services
from web.settings import Settings
from web.store import Store
from web.work import EXTENSION as WORKER
from web.work import Worker

if TYPE_CHECKING:
    from qa.pipeline import QA

# A view that takes more says so by `request.max_content_length`, before it reads the body.
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
    """The application over one engine. `examples` are questions that the start page offers instead of its own.

    Without a `store`, what people leave is gone with the process. Jobs wait until somebody runs the Worker among the
    application's extensions.
    """
    store = store or Store.passing()
    services = Services(settings, qa, store, Examples(qa, store, examples))
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    present.register(app)
    problems.register(app)
    request_id.register(app)
    caching.register(app)
    Guard(services).register(app)
    limits = Limits(settings)
    limits.register(app)
    app.extensions[WORKER] = Worker(services.jobs, qa, limits.busy)
    api.register(app, services)
    pages.register(app, services)
    app.after_request(_secure)
    return app


def _secure(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
