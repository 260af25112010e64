"""/healthz: the process lives. /readyz: the archive answers."""

from __future__ import annotations

from flask import Blueprint, Response

from web.api.wire import reply
from web.services import Services


def blueprint(services: Services) -> Blueprint:
    """The health checks, for whoever runs the server."""
    checks = Blueprint("health", __name__)

    @checks.get("/healthz")
    def healthz() -> Response:
        return reply({"status": "ok"})

    @checks.get("/readyz")
    def readyz() -> Response:
        info = services.qa.info()
        return reply({"status": "ok", "archive": info["id"], "version": info["version"], "articles": info["articles"]})

    return checks
