"""What all statements on the catalog's tables share: a selection's conditions, ids in batches, moments as stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select

from index.article import FOREVER, Selection
from index.tables import ArticleRow


def restrict(query: Select[Any], selection: Selection) -> Select[Any]:
    """A query of articles, held to those of a selection that are indexed."""
    query = query.where(ArticleRow.state == "indexed")
    if selection.as_of is None:
        query = query.where(ArticleRow.superseded_day == FOREVER)
    else:
        query = query.where(ArticleRow.available_day <= selection.as_of, ArticleRow.superseded_day > selection.as_of)
    if selection.after is not None:
        query = query.where(ArticleRow.published_day >= selection.after)
    if selection.before is not None:
        query = query.where(ArticleRow.published_day <= selection.before)
    if selection.sources:
        query = query.where(ArticleRow.source.in_(selection.sources))
    if selection.languages:
        query = query.where(ArticleRow.language.in_(selection.languages))
    return query


def batches(items: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    """SQLite allows 32,766 variables a statement; 500 keeps statements short."""
    for i in range(0, len(items), size):
        yield items[i : i + size]


def naive(moment: datetime | None) -> datetime | None:
    """A moment as it is stored: in UTC, which is not said."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None


def aware(moment: datetime | None) -> datetime | None:
    """A stored moment, as the rest of the code has it."""
    return moment.replace(tzinfo=UTC) if moment else None
