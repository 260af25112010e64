"""What people leave with a server besides articles: tokens, conversations, feedback, jobs (SQLAlchemy).

It lies beside the archive's catalog, in a database of its own: the command line reaches it while a server runs.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from sqlalchemy import JSON, Engine, ForeignKey, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from index.errors import ArchiveError, NotFoundError
from index.tables import open_database

FOLDER = "service"


class Base(DeclarativeBase):
    """The store's tables. Times are UTC, without a zone."""


class TokenRow(Base):
    """A bearer token: only its digest is kept. `scope` is read or write."""

    __tablename__ = "tokens"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    scope: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ChatRow(Base):
    """A conversation."""

    __tablename__ = "chats"
    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)


class TurnRow(Base):
    """A question of a conversation as it was put (`asked`) and the whole response, both as JSON."""

    __tablename__ = "turns"
    chat_id: Mapped[str] = mapped_column(ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    asked: Mapped[dict[str, Any]] = mapped_column(JSON)
    response: Mapped[dict[str, Any]] = mapped_column(JSON)


class FeedbackRow(Base):
    """A judgement of an answer or of one citation, with what is needed to ask again."""

    __tablename__ = "feedback"
    id: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    subject: Mapped[str]
    verdict: Mapped[str]
    asked: Mapped[dict[str, Any]] = mapped_column(JSON)
    shown: Mapped[dict[str, Any]] = mapped_column(JSON)
    better: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    comment: Mapped[str] = mapped_column(Text)


class JobRow(Base):
    """A long piece of work: `kind` is add or evaluate, `state` queued, running, done, failed or cancelled."""

    __tablename__ = "jobs"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    done: Mapped[int]
    total: Mapped[int | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(Text)


class Store:
    """The database and the folder that the files of jobs lie in. Several processes may open one."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(
                f"The folder {folder} cannot be made: {error.strerror}. Mend its permissions."
            ) from error
        self.folder = folder
        self.engine: Engine = open_database(f"sqlite:///{folder / 'service.sqlite'}", Base.metadata, "service database")
        self._temporary: TemporaryDirectory[str] | None = None

    @classmethod
    def of_archive(cls, folder: Path) -> Self:
        """The store of the archive in `folder`, whoever has that open. Raises NotFoundError where there is none."""
        if not (folder / "catalog.sqlite").exists():
            raise NotFoundError(
                f"There is no archive in {folder}. Make one with `backissue --archive {folder} add FILES`."
            )
        return cls(folder / FOLDER)

    @classmethod
    def passing(cls) -> Self:
        """A store that is gone with the process."""
        temporary = TemporaryDirectory(prefix="backissue-")
        store = cls(Path(temporary.name))
        store._temporary = temporary
        return store

    def close(self) -> None:
        """Closes all connections."""
        self.engine.dispose()
        if self._temporary:
            self._temporary.cleanup()


def now() -> datetime:
    """The present moment as the tables hold it."""
    return datetime.now(UTC).replace(tzinfo=None)


def utc(moment: datetime) -> datetime:
    """A moment of the tables with its zone."""
    return moment.replace(tzinfo=UTC)
