"""The list of conversations: open, rename, export, delete."""

from __future__ import annotations

import re

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from web.asking import whole_number
from web.chats import Chat
from web.services import Services
from web.transcript import markdown

PAGE = 50


def blueprint(services: Services) -> Blueprint:
    """The routes /chats, and /chats/ID/rename, /delete and /export."""
    pages = Blueprint("chats", __name__, url_prefix="/chats")
    chats = services.chats

    @pages.get("")
    def show() -> str:
        page = whole_number(request.args.get("page")) or 1
        found, total = chats.page(PAGE, (page - 1) * PAGE)
        more = total > page * PAGE
        return render_template("chats.html", archive=services.qa.info(), chats=found, total=total, page=page, more=more)

    @pages.post("/<chat_id>/rename")
    def rename(chat_id: str) -> BaseResponse:
        chats.rename(chat_id, request.form.get("title", ""))
        return redirect(url_for("chats.show"), 303)

    @pages.post("/<chat_id>/delete")
    def delete(chat_id: str) -> BaseResponse:
        chats.delete(chat_id)
        return redirect(url_for("chats.show"), 303)

    @pages.get("/<chat_id>/conversation.md")
    def as_markdown(chat_id: str) -> Response:
        return _file(chats.get(chat_id), "md", "text/markdown; charset=utf-8")

    @pages.get("/<chat_id>/conversation.json")
    def as_json(chat_id: str) -> Response:
        return _file(chats.get(chat_id), "json", "application/json")

    return pages


def _file(chat: Chat, ending: str, content_type: str) -> Response:
    text = markdown(chat) if ending == "md" else chat.model_dump_json(indent=2)
    name = re.sub(r"[^a-z0-9]+", "-", chat.title.lower()).strip("-")[:60] or "conversation"
    response = Response(text, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return response
