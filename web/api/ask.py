"""Asking and searching: the engine's answers as they are."""

from __future__ import annotations

from flask import Blueprint, Response

from web.api.wire import body, only_parameters, reply
from web.asking import parse_ask
from web.services import Services


def blueprint(services: Services) -> Blueprint:
    """POST /api/v1/ask and /api/v1/search."""
    api = Blueprint("api_ask", __name__, url_prefix="/api/v1")
    api.before_request(only_parameters)

    @api.post("/ask")
    def ask() -> Response:
        return reply(services.qa.ask(parse_ask(body(), services.settings)))

    @api.post("/search")
    def search() -> Response:
        return reply(services.qa.search(parse_ask(body(), services.settings)))

    return api
