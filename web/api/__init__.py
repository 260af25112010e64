"""The JSON API: one module a kind of thing, under /api/v1, and the health checks."""

from __future__ import annotations

from flask import Flask

from web.api import adding, articles, ask, chats, feedback, health, jobs, openai, openapi
from web.services import Services


def register(app: Flask, services: Services) -> None:
    """Puts all of the API into `app`."""
    for blueprint in (
        ask.blueprint(services),
        articles.blueprint(services),
        adding.blueprint(services),
        jobs.blueprint(services),
        feedback.blueprint(services),
        chats.blueprint(services),
        health.blueprint(services),
        openai.blueprint(services),
        openapi.blueprint(),
    ):
        app.register_blueprint(blueprint)
