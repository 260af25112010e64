"""The catalog's tables, and the database they lie in (SQLAlchemy)."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    Engine,
    ExceptionContext,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Text,
    create_engine,
    event,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from index.errors import ArchiveCorruptError, ArchiveError

# What becomes of a version of an article (see `index.versions`).
State = Literal["pending", "indexed", "removing"]


class Base(DeclarativeBase):
    """The catalog's tables."""


class MetaRow(Base):
    """What the archive says of itself: settings it was made with, its id and version."""

    __tablename__ = "meta"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class ArticleRow(Base):
    """A version of an article. Days are YYYYMMDD integers.

    `available_day`: from the end of that day on, the archive of `as_of` holds this version.
    `superseded_day`: from that day on it no longer does, because a newer version is available.
    """

    __tablename__ = "articles"
    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(index=True)
    version: Mapped[int]
    digest: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    title: Mapped[str] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text, index=True)
    source: Mapped[str | None] = mapped_column(index=True)
    published_at: Mapped[datetime | None]
    date_precision: Mapped[str | None]
    published_day: Mapped[int | None] = mapped_column(index=True)
    available_day: Mapped[int] = mapped_column(index=True)
    superseded_day: Mapped[int]
    authors: Mapped[list[str]] = mapped_column(JSON)
    language: Mapped[str | None]
    extra: Mapped[dict[str, Any]] = mapped_column(JSON)
    story: Mapped[str] = mapped_column(index=True)
    added_at: Mapped[datetime]
    # Last, because SQLite walks past all of it to reach a later column.
    text: Mapped[str] = mapped_column(Text)


class PassageRow(Base):
    """A passage: half-open code-point offsets into the article's text."""

    __tablename__ = "passages"
    article_id: Mapped[str] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column(primary_key=True)
    end: Mapped[int] = mapped_column(primary_key=True)


class SignatureRow(Base):
    """The MinHash signature of an article version's words (see `index.duplicates`)."""

    __tablename__ = "signatures"
    article_id: Mapped[str] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class BandRow(Base):
    """The bands of signatures, by which near-duplicates find one another."""

    __tablename__ = "bands"
    article_id: Mapped[str] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    band: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class NameRow(Base):
    """A name that an article version mentions, by its consonants (see `index.names`).

    Without a foreign key: its rows are found by name, those of an article through `MentionRow`.
    """

    __tablename__ = "names"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - as SQLAlchemy wants it
    skeleton: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    article_id: Mapped[str] = mapped_column(primary_key=True)


class MentionRow(Base):
    """All names that an article version mentions, in order of appearance, one a line."""

    __tablename__ = "mentions"
    article_id: Mapped[str] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    names: Mapped[str] = mapped_column(Text)


class AliasRow(Base):
    """Another name that an article version gives for a name: "Islamic State of Iraq and Syria (ISIS)". Both folded."""

    __tablename__ = "aliases"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - as SQLAlchemy wants it
    one: Mapped[str] = mapped_column(primary_key=True)
    other: Mapped[str] = mapped_column(primary_key=True, index=True)
    article_id: Mapped[str] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, index=True)


class CorrectionRow(Base):
    """An article version that corrects another, which had the title whose fold is `title`."""

    __tablename__ = "corrections"
    article_id: Mapped[str] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    title: Mapped[str] = mapped_column(index=True)


Index("bands_by_value", BandRow.value)
# Holds all that the archive page counts by source, so that counting never touches the articles themselves.
Index(
    "articles_by_day",
    ArticleRow.state,
    ArticleRow.superseded_day,
    ArticleRow.available_day,
    ArticleRow.published_day,
    ArticleRow.source,
)


def open_database(url: str, metadata: MetaData, name: str) -> Engine:
    """A database with these tables in it; `name` is its name in errors.

    Raises ArchiveCorruptError, ArchiveError, then and in later use.
    """
    engine = create_engine(url, json_serializer=lambda value: json.dumps(value, ensure_ascii=False, sort_keys=True))
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _pragmas(connection: Any, _record: Any) -> None:
            # WAL: readers never wait for the writer; FULL: what is committed survives a power cut.
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
                try:
                    connection.execute(f"PRAGMA {pragma}")
                except sqlite3.OperationalError as error:
                    raise _unusable(name, url, error) from error
                except sqlite3.DatabaseError as error:
                    raise _unreadable(name, url, error) from error

        @event.listens_for(engine, "handle_error")
        def _damage(context: ExceptionContext) -> None:
            # SQLite's own word for a damaged file is the bare DatabaseError; its subclasses say other things.
            if type(context.original_exception) is sqlite3.DatabaseError:
                raise _unreadable(name, url, context.original_exception) from context.original_exception
            if isinstance(context.original_exception, sqlite3.OperationalError):  # a full disk, a file made read-only
                raise _unusable(name, url, context.original_exception) from context.original_exception

    metadata.create_all(engine)
    return engine


def _unreadable(name: str, url: str, error: BaseException) -> ArchiveCorruptError:
    return ArchiveCorruptError(
        f"The {name} {url} cannot be read ({error}). Restore it from a backup, or make a new one."
    )


def _unusable(name: str, url: str, error: BaseException) -> ArchiveError:
    return ArchiveError(
        f"The {name} {url} cannot be used ({error}). Free disk space, or mend its permissions, and run the same "
        "command again; what was done is kept."
    )
