"""Looking around in an archive: its articles by month, source and language, and what stands around one of them.

Every list and count is held to a selection, so that nothing later than its `as_of` shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import reduce
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sqlalchemy import Connection, Engine, Select, func, select, tuple_

from index.article import FOREVER, Selection, StoredArticle, day_number, day_of
from index.evidence import Evidence, Related
from index.names import written
from index.rejects import Rejects, read_rejects
from index.roll import Roll, Rolls, Rows
from index.statements import aware, restrict
from index.tables import ArticleRow

# Articles before and after one, copies of it, and last additions.
NEIGHBOURS, COPIES, LAST_ADDED = 3, 50, 10
# The newest versions of all articles.
CURRENT = Selection()

Order = Literal["published", "added"]


@dataclass(frozen=True, slots=True)
class Listed:
    """An article version as lists show it: all but its text."""

    article_id: str
    version: int
    title: str
    source: str | None
    url: str | None
    published_at: datetime | None
    language: str | None
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """Which articles to list, newest first; with `undated`, only those of unknown date."""

    selection: Selection = CURRENT
    undated: bool = False
    order: Order = "published"


@dataclass(frozen=True, slots=True)
class MonthCount:
    """How many articles were published in a month, written 2017-11."""

    month: str
    articles: int


@dataclass(frozen=True, slots=True)
class Months:
    """The months in which articles were published, oldest first, those without any left out; and the undated."""

    months: tuple[MonthCount, ...]
    undated: int


@dataclass(frozen=True, slots=True)
class SourceCount:
    """A source with the first and last day on which it published."""

    source: str | None
    articles: int
    first_published: date | None
    last_published: date | None


@dataclass(frozen=True, slots=True)
class LanguageCount:
    """A language, None where it is unknown."""

    language: str | None
    articles: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the archive holds now, by month, source and language, and what came in last."""

    months: Months
    sources: tuple[SourceCount, ...]
    languages: tuple[LanguageCount, ...]
    last_added: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of an article; the archive held it from the end of `available` to the day before `superseded`."""

    article_id: str
    version: int
    published_at: datetime | None
    available: date
    superseded: date | None


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around an article: its versions, oldest first, this one included; other articles that tell the
    same story; those that correct it; and those that its source published just before and after, oldest first."""

    versions: tuple[Version, ...]
    copies: tuple[Listed, ...]
    corrected_by: tuple[Related, ...]
    earlier: tuple[Listed, ...]
    later: tuple[Listed, ...]


class Browse:
    """Asks the catalog for them."""

    def __init__(self, engine: Engine, folder: Path, evidence: Evidence, rolls: Rolls) -> None:
        self._engine = engine
        self._rolls = rolls
        self._evidence = evidence
        self._folder = folder
        self._overview: Overview | None = None
        self._changes = 0

    def forget_cached(self) -> None:
        """Call when the archive has changed."""
        self._changes += 1
        self._overview = None

    def overview(self) -> Overview:
        """What the archive holds now. Counted once a change."""
        if (known := self._overview) is None:
            changes = self._changes
            known = Overview(self.months(), self.sources(), self.languages(), tuple(self._last_added()))
            if changes == self._changes:  # else it is of an archive that is no more
                self._overview = known
        return known

    def rejects(self, limit: int) -> Rejects:
        """What could not be added, by reason, and the newest `limit` of it."""
        return read_rejects(self._folder / "rejects", limit)

    def articles(self, listing: Listing, offset: int, limit: int) -> tuple[int, list[Listed]]:
        """How many articles a listing has, and those from `offset` on, at most `limit`; undated ones come last."""
        total = _held_to(select(func.count()).select_from(ArticleRow), listing)
        newest: list[Any] = [ArticleRow.added_at.desc(), ArticleRow.id]
        if listing.order == "published":
            newest = [ArticleRow.published_day.desc().nulls_last(), ArticleRow.published_at.desc(), ArticleRow.id]
        page = _held_to(select(*_LISTED), listing).order_by(*newest).offset(offset).limit(limit)
        with self._engine.connect() as connection:
            return int(connection.scalar(total) or 0), [_listed(row) for row in connection.execute(page)]

    def around(self, article: StoredArticle, as_of: int | None = None) -> Around:
        """What stands around an article, for who sees the archive as of a day (YYYYMMDD), or now."""
        selection, roll = Selection(as_of=as_of), self._rolls.now()
        base = select(ArticleRow.base_id).where(ArticleRow.id == article.id).scalar_subquery()
        others = select(*_LISTED).where(ArticleRow.base_id != base)
        copies = others.where(ArticleRow.story == article.story)
        copies = copies.order_by(ArticleRow.published_at.asc().nulls_last(), ArticleRow.id)
        corrected_by = self._evidence.corrections({article.id: article.story}, selection)
        with self._engine.connect() as connection:
            return Around(
                versions=tuple(_versions(connection, base, as_of)),
                copies=tuple(_held(connection, roll, copies, selection)[:COPIES]),
                corrected_by=tuple(corrected_by.get(article.id, ())),
                earlier=tuple(reversed(_neighbours(connection, roll, others, article, selection, later=False))),
                later=tuple(_neighbours(connection, roll, others, article, selection, later=True)),
            )

    # --- counts

    def sources(self) -> tuple[SourceCount, ...]:
        """The sources of what the archive holds now, those of most articles first."""
        articles = func.count().label("articles")
        first, last = func.min(ArticleRow.published_day), func.max(ArticleRow.published_day)
        columns: list[Any] = [ArticleRow.source, articles, first.label("first"), last.label("last")]
        query = restrict(select(*columns), CURRENT).group_by(ArticleRow.source)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(articles.desc(), ArticleRow.source)).all()
        return tuple(SourceCount(row.source, int(row.articles), _day(row.first), _day(row.last)) for row in rows)

    def languages(self) -> tuple[LanguageCount, ...]:
        """Its languages, likewise."""
        articles = func.count().label("articles")
        columns: list[Any] = [ArticleRow.language, articles]
        query = restrict(select(*columns), CURRENT).group_by(ArticleRow.language)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(articles.desc(), ArticleRow.language)).all()
        return tuple(LanguageCount(row.language, int(row.articles)) for row in rows)

    def months(self, selection: Selection = CURRENT) -> Months:
        """How many articles of a selection were published in each month."""
        roll = self._rolls.now()
        return _months(roll, np.flatnonzero(roll.standing(selection)))

    def months_mentioning(self, names: Sequence[Sequence[str]], selection: Selection) -> Months:
        """The same of those articles that mention all of `names`, each given in all its spellings; of all articles
        when there are no names."""
        if not names:
            return self.months(selection)
        roll = self._rolls.now()
        mentioning = [roll.mentioning(forms, written, selection) for forms in names]
        return _months(roll, reduce(np.intersect1d, mentioning))

    def months_of(self, article_ids: Iterable[str], selection: Selection) -> Months:
        """The same of those among these articles that the selection holds."""
        roll = self._rolls.now()
        return _months(roll, roll.rows(sorted(set(article_ids)), selection))

    def _last_added(self) -> list[Listed]:
        return self.articles(Listing(order="added"), 0, LAST_ADDED)[1]


_LISTED: tuple[Any, ...] = (
    ArticleRow.id, ArticleRow.version, ArticleRow.title, ArticleRow.source, ArticleRow.url, ArticleRow.published_at,
    ArticleRow.language, ArticleRow.added_at,
)  # fmt: skip


def _listed(row: Any) -> Listed:
    return Listed(
        row.id, row.version, row.title, row.source, row.url, aware(row.published_at), row.language,
        row.added_at.replace(tzinfo=UTC),
    )  # fmt: skip


def _held_to(query: Select[Any], listing: Listing) -> Select[Any]:
    query = restrict(query, listing.selection)
    return query.where(ArticleRow.published_day.is_(None)) if listing.undated else query


def _versions(connection: Connection, base: Any, as_of: int | None) -> list[Version]:
    columns: list[Any] = [
        ArticleRow.id, ArticleRow.version, ArticleRow.published_at, ArticleRow.available_day, ArticleRow.superseded_day
    ]  # fmt: skip
    query = select(*columns).where(ArticleRow.base_id == base, ArticleRow.state == "indexed")
    last = FOREVER - 1 if as_of is None else as_of
    return [
        Version(
            row.id,
            row.version,
            aware(row.published_at),
            day_of(row.available_day),
            day_of(row.superseded_day) if row.superseded_day <= last else None,
        )
        for row in connection.execute(query.order_by(ArticleRow.version))
        if row.available_day <= last
    ]


def _neighbours(
    connection: Connection,
    roll: Roll,
    others: Select[Any],
    article: StoredArticle,
    selection: Selection,
    *,
    later: bool,
) -> list[Listed]:
    """The articles of the same source that were published next to an article, the nearest first."""
    if article.published_at is None or article.source is None:
        return []
    moment, today = article.published_at.replace(tzinfo=None), day_number(article.published_at.date())
    day, place = ArticleRow.published_day, tuple_(ArticleRow.published_at, ArticleRow.id)
    beyond, nearest = (day >= today, day) if later else (day <= today, day.desc())
    # First the days, from an index that has them all; then the few articles of these days.
    days = restrict(select(day).distinct(), replace(selection, sources=(article.source,))).where(beyond)
    near = set(connection.scalars(days.order_by(nearest).limit(NEIGHBOURS + 1)))
    here = (moment, article.id)
    found = others.where(day.in_(near), ArticleRow.source == article.source, place > here if later else place < here)
    order: list[Any] = [ArticleRow.published_at, ArticleRow.id]
    found = found.order_by(*order if later else [column.desc() for column in order])
    return _held(connection, roll, found, selection)[:NEIGHBOURS]


def _held(connection: Connection, roll: Roll, query: Select[Any], selection: Selection) -> list[Listed]:
    return [_listed(row) for row in roll.held(connection.execute(query), selection)]


def _months(roll: Roll, rows: Rows) -> Months:
    months, counts = np.unique(roll.published[rows] // 100, return_counts=True)
    found = dict(zip(months.tolist(), counts.tolist(), strict=True))
    undated = found.pop(0, 0)
    return Months(tuple(MonthCount(f"{m // 100:04}-{m % 100:02}", n) for m, n in found.items()), undated)


def _day(number: int | None) -> date | None:
    return day_of(number) if number else None
