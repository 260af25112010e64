"""/healthz: the process lives. /readyz: the archive answers."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, Response
from pydantic import BaseModel

from web.api.operations import Example, operation
from web.api.wire import reply
from web.services import Services


class HealthResponse(BaseModel):
    """The process lives."""

    status: Literal["ok"] = "ok"


class ReadyResponse(HealthResponse):
    """The archive answers: its id, how often it has changed, and how many articles it holds."""

    archive: str
    version: int
    articles: int


def blueprint(services: Services) -> Blueprint:
    """The health checks, for whoever runs the server."""
    checks = Blueprint("health", __name__)

    @checks.get("/healthz")
    @operation(
        "Does the process live?", tag="Server", response=HealthResponse, anyone=True, examples=(Example("Alive"),)
    )
    def healthz() -> Response:
        """Answers without looking at anything."""
        return reply(HealthResponse())

    @checks.get("/readyz")
    @operation("Does the archive answer?", tag="Server", response=ReadyResponse, examples=(Example("Ready"),))
    def readyz() -> Response:
        """Looks into the archive; 503 says why it cannot be used."""
        info = services.qa.info()
        return reply(ReadyResponse(archive=info["id"], version=info["version"], articles=info["articles"]))

    return checks
