"""The pages: one module a place that people go to."""

from __future__ import annotations

from flask import Flask

from web.pages import add, archive, article, chat, chats, feedback, reference, session
from web.services import Services


def register(app: Flask, services: Services) -> None:
    """Puts all pages into `app`."""
    for blueprint in (
        chat.blueprint(services),
        chats.blueprint(services),
        article.blueprint(services),
        archive.blueprint(services),
        add.blueprint(services),
        feedback.blueprint(services),
        reference.blueprint(services),
        session.blueprint(services),
    ):
        app.register_blueprint(blueprint)
