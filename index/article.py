"""The records that everything else speaks of: Article and Passage, as read, as stored, as selected."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

DatePrecision = Literal["day", "second"]

# A day later than all: the end of validity of a version that nothing has superseded.
FOREVER = 99_991_231


@dataclass(frozen=True, slots=True)
class Article:
    """One article as a format module read it, or as the cleaner left it.

    `text` is fixed once the article is in an archive: all positions are half-open code-point
    offsets into it. `published_at` is UTC, or None where the date is unknown; `updated_at` likewise
    says when this version appeared, where the input tells. `key` is the input's own id, if it has one.
    """

    title: str
    text: str
    url: str | None = None
    key: str | None = None
    source: str | None = None
    published_at: datetime | None = None
    date_precision: DatePrecision | None = None
    updated_at: datetime | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """What makes this the same article tomorrow: its own id, else its address, else who published what when."""
        if self.key:
            return f"id:{self.source or ''}:{self.key}"
        if self.url:
            return f"url:{self.url}"
        day = self.published_at.date().isoformat() if self.published_at else ""
        return f"story:{self.source or ''}:{day}:{self.title}"

    @property
    def base_id(self) -> str:
        """16 hex digits of the identity's SHA-256; the id of the first version."""
        return hashlib.sha256(self.identity.encode()).hexdigest()[:16]

    @property
    def digest(self) -> str:
        """SHA-256 of what a reader would see change. Metadata is left out: crawlers rewrite it at will."""
        seen = [
            self.title,
            self.text,
            self.url,
            self.source,
            self.published_at.isoformat() if self.published_at else None,
            list(self.authors),
            self.language,
        ]
        return hashlib.sha256(json.dumps(seen, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def version_id(base_id: str, version: int) -> str:
    """The id of a version: the first has the bare id, later ones a suffix, so old citations stay true."""
    return base_id if version == 1 else f"{base_id}.{version}"


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences: `article.text[start:end]`. Its id is article id and offsets."""

    article_id: str
    start: int
    end: int

    @property
    def id(self) -> str:
        """Article id and offsets."""
        return f"{self.article_id}:{self.start}-{self.end}"


def article_of(passage_id: str) -> str:
    """The id of the article version that a passage is of."""
    return passage_id.rpartition(":")[0]


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A passage as both indexes hold it. Days are YYYYMMDD; `published_day` is 0 where it is unknown."""

    passage_id: str
    article_id: str
    title: str
    text: str
    source: str | None
    published_day: int
    available_day: int
    superseded_day: int
    language: str | None = None


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article version as the archive holds it."""

    id: str
    version: int
    title: str
    text: str
    url: str | None
    source: str | None
    published_at: datetime | None
    date_precision: DatePrecision | None
    authors: tuple[str, ...]
    language: str | None
    metadata: Mapping[str, Any]
    story: str
    available_day: int
    superseded_day: int
    superseded_by: str | None


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its words and what a citation of it needs."""

    article_id: str
    start: int
    end: int
    text: str
    title: str
    source: str | None
    url: str | None
    published_at: datetime | None
    published_day: int | None
    story: str
    language: str | None
    superseded_day: int = FOREVER

    def cut(self, start: int, end: int) -> str:
        """Its words between two offsets into the article's text."""
        return self.text[start - self.start : end - self.start]

    @property
    def id(self) -> str:
        """Article id and offsets."""
        return Passage(self.article_id, self.start, self.end).id


@dataclass(frozen=True, slots=True)
class Selection:
    """Which articles count. Days are YYYYMMDD, inclusive; `as_of` asks for the archive as it stood that day."""

    as_of: int | None = None
    after: int | None = None
    before: int | None = None
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


def day_number(day: date) -> int:
    """A date as the integer YYYYMMDD: ordered like the date, readable in every store."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    """The inverse of `day_number`."""
    return date(number // 10_000, number // 100 % 100, number % 100)
