"""An article as others have it: a row a passage for both indexes, a record for an export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from index.article import IndexRow, Passage, StoredArticle, day_number, day_of
from index.catalog import Catalog


def index_rows(catalog: Catalog, ids: Sequence[str]) -> list[IndexRow]:
    """The passages of article versions, as both indexes hold them."""
    passages = catalog.passages_of(ids)
    return [_row(article, passage) for article in catalog.articles(ids) for passage in passages[article.id]]


def aged(row: IndexRow, superseded: dict[str, int]) -> IndexRow:
    """The row with the day from which its version is superseded, where that is among these."""
    return replace(row, superseded_day=superseded.get(row.article_id, row.superseded_day))


def record(article: StoredArticle) -> dict[str, Any]:
    """The article as `backissue add` reads it."""
    published = article.published_at
    if published and article.date_precision == "day":
        stamp: str | None = published.date().isoformat()
    else:
        stamp = published.isoformat() if published else None
    told = {
        "url": article.url,
        "title": article.title,
        "text": article.text,
        "published": stamp,
        # A changed text must not be taken for one of the day of publication.
        "updated": day_of(article.available_day).isoformat() if _appeared_later(article) else None,
        "source": article.source,
        "authors": list(article.authors),
        "language": article.language,
    }
    return {**article.metadata, **{key: value for key, value in told.items() if value not in (None, [])}}


def _row(article: StoredArticle, passage: Passage) -> IndexRow:
    published = article.published_at
    return IndexRow(
        passage.id,
        article.id,
        article.title,
        article.text[passage.start : passage.end],
        article.source,
        day_number(published.date()) if published else 0,
        article.available_day,
        article.superseded_day,
        article.language,
    )


def _appeared_later(article: StoredArticle) -> bool:
    published = article.published_at
    return published is not None and article.available_day > day_number(published.date())
