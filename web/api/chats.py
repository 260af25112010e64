"""Conversations."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from web.api.operations import Example, operation
from web.api.wire import Paging, body, only_parameters, paging, reply
from web.asking import validated
from web.chats import MAX_TITLE_CHARS, Chat, ChatSummary
from web.services import Services
from web.transcript import markdown

MARKDOWN = "text/markdown"


class ChatTitle(BaseModel):
    """The name of a conversation."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(max_length=MAX_TITLE_CHARS)] = ""


class ChatList(BaseModel):
    """Conversations, the latest first; `total` counts all there are."""

    chats: tuple[ChatSummary, ...]
    total: int


def blueprint(services: Services) -> Blueprint:
    """The routes under /api/v1/chats."""
    api = Blueprint("api_chats", __name__, url_prefix="/api/v1/chats")
    chats = services.chats

    @api.get("")
    @operation("List conversations", tag="Conversations", response=ChatList, query=Paging, examples=(Example("All"),))
    def list_chats() -> Response:
        """The latest first. Ask in one by giving its `id` as `chat_id` to `/api/v1/ask`."""
        page = paging()
        found, total = chats.page(page.limit, page.offset)
        return reply(ChatList(chats=tuple(found), total=total))

    @api.post("")
    @operation(
        "Begin a conversation",
        tag="Conversations",
        request=ChatTitle,
        response=ChatSummary,
        status=201,
        headers={"Location": "The conversation's address."},
        examples=(Example("With a name", body={"title": "The border towns"}),),
    )
    def create_chat() -> Response:
        """Without a title it takes that of its first question."""
        only_parameters()
        chat = chats.create(validated(ChatTitle, body()).title)
        response = reply(chat, 201)
        response.headers["Location"] = f"/api/v1/chats/{chat.id}"
        return response

    @api.get("/<chat_id>")
    @operation(
        "Read a conversation",
        tag="Conversations",
        response={"application/json": Chat, MARKDOWN: {"type": "string"}},
        errors=(404,),
    )
    def get_chat(chat_id: str) -> Response:
        """All its questions with the responses that were given; as a transcript with `Accept: text/markdown`."""
        only_parameters()
        chat = chats.get(chat_id)
        if request.accept_mimetypes.best_match(("application/json", MARKDOWN), "application/json") == MARKDOWN:
            return Response(markdown(chat), content_type=f"{MARKDOWN}; charset=utf-8")
        return reply(chat)

    @api.patch("/<chat_id>")
    @operation("Rename a conversation", tag="Conversations", request=ChatTitle, response=Chat, errors=(404,))
    def rename_chat(chat_id: str) -> Response:
        """Gives it another title."""
        only_parameters()
        chats.rename(chat_id, validated(ChatTitle, body()).title)
        return reply(chats.get(chat_id))

    @api.delete("/<chat_id>")
    @operation("Delete a conversation", tag="Conversations", status=204, errors=(404,))
    def delete_chat(chat_id: str) -> tuple[str, int]:
        """With all its questions and responses."""
        only_parameters()
        chats.delete(chat_id)
        return "", 204

    return api
