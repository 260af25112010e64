"""Conversations: questions in order with their whole responses, kept in the store; what a follow-up draws on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from index.errors import InputError, NotFoundError
from qa.answer import Ask, AskResponse, Exchange
from web.store import ChatRow, Store, TurnRow, now, utc

if TYPE_CHECKING:
    from qa.pipeline import QA, Step

# A title is one line of a list.
MAX_TITLE_CHARS = 200
# The same form sent again within this time was sent twice; later, somebody asks again.
TWICE = timedelta(minutes=1)
# What a question of a conversation takes over from the one before it, unless it says something itself.
CARRIED = ("as_of", "after", "before", "sources", "languages", "ignore_period", "exact_names")


class NoConversationError(NotFoundError):
    """There is no such conversation, or no longer."""


class ChatSummary(BaseModel):
    """A conversation as a list shows it; `turns` is how many questions it has."""

    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    turns: int


class Turn(BaseModel):
    """A question as it was asked, what it followed included, and the response that was given."""

    position: int = Field(ge=1)
    created_at: datetime
    asked: Ask
    response: AskResponse


class Chat(ChatSummary):
    """A conversation. `exchanges` are its questions and responses in order."""

    exchanges: tuple[Turn, ...]


class Chats:
    """The conversations of a store."""

    def __init__(self, store: Store) -> None:
        self._engine = store.engine

    def create(self, title: str = "") -> ChatSummary:
        """A new conversation; without a title it takes that of its first question. Raises InputError."""
        moment = now()
        row = {"id": token_hex(8), "title": _title(title), "created_at": moment, "updated_at": moment}
        with self._engine.begin() as connection:
            connection.execute(insert(ChatRow), [row])
        return _summary({**row, "turns": 0})

    def page(self, limit: int, offset: int = 0) -> tuple[list[ChatSummary], int]:
        """Conversations, the latest first, and how many there are in all."""
        turns = select(func.count()).where(TurnRow.chat_id == ChatRow.id).scalar_subquery()
        query = select(*ChatRow.__table__.columns, turns.label("turns"))
        query = query.order_by(ChatRow.updated_at.desc(), ChatRow.id).limit(limit).offset(offset)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
            total = connection.scalar(select(func.count()).select_from(ChatRow)) or 0
        return [_summary(row) for row in rows], total

    def get(self, chat_id: str) -> Chat:
        """A conversation with all its turns. Raises NotFoundError."""
        with self._engine.connect() as connection:
            chat = connection.execute(select(ChatRow.__table__).where(ChatRow.id == chat_id)).mappings().first()
            query = select(TurnRow.__table__).where(TurnRow.chat_id == chat_id).order_by(TurnRow.position)
            turns = tuple(_turn(row) for row in connection.execute(query).mappings())
        if chat is None:
            raise _unknown(chat_id)
        return Chat(**dict(_summary({**chat, "turns": len(turns)})), exchanges=turns)

    def latest(self, chat_id: str, number: int, before: int | None = None) -> list[Turn]:
        """The last turns of a conversation, at most `number`, in order; with `before` those ahead of that position.

        Raises NotFoundError.
        """
        query = select(TurnRow.__table__).where(TurnRow.chat_id == chat_id)
        if before is not None:
            query = query.where(TurnRow.position < before)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(TurnRow.position.desc()).limit(number)).mappings().all()
            known = rows or connection.scalar(select(ChatRow.id).where(ChatRow.id == chat_id))
        if not known:
            raise _unknown(chat_id)
        return [_turn(row) for row in reversed(rows)]

    def last(self, chat_id: str) -> Turn | None:
        """The latest turn of a conversation, None where it has none yet. Raises NotFoundError."""
        return next(iter(self.latest(chat_id, 1)), None)

    def add(self, chat_id: str, asked: Ask, response: AskResponse) -> int:
        """Appends a turn; returns its position, from 1. Raises NotFoundError."""
        with self._engine.begin() as connection:
            return _append(connection, chat_id, asked, response)

    def begin(self, chat_id: str, exchanges: Sequence[tuple[Ask, AskResponse]]) -> str:
        """A new conversation of these questions; returns its id: `chat_id`, unless another conversation has that.

        A form that is sent twice, at once even, begins one conversation.
        """
        moment = now()
        row = {"id": chat_id, "title": "", "created_at": moment, "updated_at": moment}
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(ChatRow), [row])
                for asked, response in exchanges:
                    _append(connection, chat_id, asked, response)
        except IntegrityError:
            earlier = self.get(chat_id)
            begun = [turn.asked for turn in earlier.exchanges[: len(exchanges)]]
            if begun == [asked for asked, _ in exchanges] and utc(moment) - earlier.created_at < TWICE:
                return chat_id
            return self.begin(token_hex(8), exchanges)
        return chat_id

    def rename(self, chat_id: str, title: str) -> None:
        """Raises NotFoundError, and InputError for a title that is empty or too long."""
        if not (clean := _title(title)):
            raise InputError("The title is empty. Give the conversation a name.", field="title")
        with self._engine.begin() as connection:
            renamed = connection.execute(update(ChatRow).where(ChatRow.id == chat_id).values(title=clean))
        if not renamed.rowcount:
            raise _unknown(chat_id)

    def delete(self, chat_id: str) -> None:
        """Removes a conversation and its turns. Raises NotFoundError."""
        with self._engine.begin() as connection:
            if not connection.execute(delete(ChatRow).where(ChatRow.id == chat_id)).rowcount:
                raise _unknown(chat_id)

    # --- asking

    def ask(self, qa: QA, ask: Ask) -> AskResponse:
        """The engine's answer; a question with a `chat_id` follows that conversation and is added to it.

        Raises NotFoundError for an unknown conversation, QuestionError, FilterError.
        """
        asked = self._following(ask)
        response = qa.ask(asked)
        if ask.chat_id is not None:
            self.add(ask.chat_id, asked, response)
        return response

    def steps(self, qa: QA, ask: Ask) -> Iterator[Step]:
        """The same in steps (see `QA.steps`); added to the conversation before the last is given."""
        asked = self._following(ask)
        for step in qa.steps(asked):
            if ask.chat_id is not None and step.name == "done" and isinstance(step.response, AskResponse):
                self.add(ask.chat_id, asked, step.response)
            yield step

    def _following(self, ask: Ask) -> Ask:
        if ask.chat_id is None or not (last := self.last(ask.chat_id)):
            return ask
        given = ask.model_fields_set
        taken: dict[str, Any] = {name: getattr(last.asked, name) for name in CARRIED if name not in given}
        if "follows" not in given:
            taken["follows"] = Exchange.of(last.response)
        return ask.model_copy(update=taken)


def _title(text: str) -> str:
    clean = " ".join(text.split())
    if len(clean) > MAX_TITLE_CHARS:
        raise InputError(f"The title has {len(clean)} characters; at most {MAX_TITLE_CHARS} are kept.", field="title")
    return clean


def _summary(row: Any) -> ChatSummary:
    moments = {name: utc(row[name]) for name in ("created_at", "updated_at")}
    return ChatSummary(id=row["id"], title=row["title"], turns=row["turns"], **moments)


def _turn(row: Any) -> Turn:
    # What another version of Backissue kept may have fields that this one does not know.
    return Turn.model_validate({**row, "created_at": utc(row["created_at"])}, extra="ignore")


def _append(connection: Connection, chat_id: str, asked: Ask, response: AskResponse) -> int:
    moment = now()
    row = {"asked": asked.model_dump(mode="json"), "response": response.model_dump(mode="json")}
    latest = select(func.coalesce(func.max(TurnRow.position), 0)).where(TurnRow.chat_id == chat_id)
    # The update first: it takes the write lock, so that two questions at once get two positions.
    touched = connection.execute(update(ChatRow).where(ChatRow.id == chat_id).values(updated_at=moment))
    if not touched.rowcount:
        raise _unknown(chat_id)
    untitled = update(ChatRow).where(ChatRow.id == chat_id, ChatRow.title == "")
    connection.execute(untitled.values(title=" ".join(asked.question.split())[:MAX_TITLE_CHARS]))
    position = (connection.scalar(latest) or 0) + 1
    place = {"chat_id": chat_id, "position": position, "created_at": moment}
    connection.execute(insert(TurnRow), [place | row])
    return position


def _unknown(chat_id: str) -> NoConversationError:
    return NoConversationError(
        f"There is no conversation {chat_id[:64]!r}: it was deleted, or never begun. POST /api/v1/chats begins one."
    )
