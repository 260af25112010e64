"""Writing the record: the versions of articles in the catalog, and what state each is in.

One is registered as `pending`, becomes `indexed` once both indexes hold it durably, and is `removing` while it is
being taken out of them; a crash at any point leaves rows that are not `indexed`, and the next run finishes the job.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, delete, insert, select, update

from index.article import FOREVER, Article, Passage, day_number, version_id
from index.statements import batches, naive
from index.tables import ArticleRow, BandRow, PassageRow, SignatureRow, State


def latest(connection: Connection, base_id: str) -> ArticleRow | None:
    """The newest version of an article that is not being removed (columns only, no ORM state)."""
    query = (
        select(ArticleRow.__table__)
        .where(ArticleRow.base_id == base_id, ArticleRow.state != "removing")
        .order_by(ArticleRow.version.desc())
        .limit(1)
    )
    return cast("ArticleRow | None", connection.execute(query).first())


def register(
    connection: Connection,
    article: Article,
    digest: str,
    passages: Sequence[Passage],
    story: str | None,
    now: datetime,
) -> str:
    """Writes a new article or a new version of one, as `pending`; returns its id. `story` None starts a story.

    The version before it stands until this one is indexed (see `Catalog.superseded_by` and `publish`).
    """
    before = latest(connection, article.base_id)
    version = before.version + 1 if before else 1
    article_id = version_id(article.base_id, version)
    # Versions follow one another: one that claims an earlier day than its forerunner counts from the same day.
    available = max(_available_day(article, before, now), before.available_day if before else 0)
    row = {
        "id": article_id,
        "base_id": article.base_id,
        "version": version,
        "digest": digest,
        "state": "pending",
        "title": article.title,
        "text": article.text,
        "url": article.url,
        "source": article.source,
        "published_at": naive(article.published_at),
        "date_precision": article.date_precision,
        "published_day": day_number(article.published_at.date()) if article.published_at else None,
        "available_day": available,
        "superseded_day": FOREVER,
        "authors": list(article.authors),
        "language": article.language,
        # The input's own id goes along, so that an export is read back as the same articles.
        "extra": {**article.metadata, **({"id": article.key} if article.key else {})},
        "story": story or article_id,
        "added_at": naive(now),
    }
    connection.execute(insert(ArticleRow), [row])
    if passages:
        rows = [{"article_id": article_id, "start": p.start, "end": p.end} for p in passages]
        connection.execute(insert(PassageRow), rows)
    return article_id


def set_state(connection: Connection, ids: Iterable[str], state: State) -> None:
    """Moves article versions to `state`."""
    for batch in batches(list(ids)):
        connection.execute(update(ArticleRow).where(ArticleRow.id.in_(batch)).values(state=state))


def publish(connection: Connection, ids: Iterable[str], superseded: Mapping[str, int]) -> None:
    """Moves versions to `indexed`, and ends those before them on their days."""
    set_state(connection, ids, "indexed")
    for article_id, day in superseded.items():
        connection.execute(update(ArticleRow).where(ArticleRow.id == article_id).values(superseded_day=day))


def forget(connection: Connection, ids: Iterable[str]) -> None:
    """Deletes article versions and all that belongs to them."""
    for batch in batches(list(ids)):
        for table in (PassageRow, SignatureRow, BandRow):
            connection.execute(delete(table).where(table.article_id.in_(batch)))
        connection.execute(delete(ArticleRow).where(ArticleRow.id.in_(batch)))


def _available_day(article: Article, before: ArticleRow | None, now: datetime) -> int:
    """The first day at whose end the archive can be said to have held this version.

    The first version counts from its publication, or from its update where it was changed since; one of unknown
    date from the day it was added, the only upper bound there is. A later version counts from its own date of
    update, or from a later date of publication, else from the day it was added, so that nothing leaks into the
    time before it.
    """
    published = day_number(article.published_at.date()) if article.published_at else None
    if article.updated_at:
        return max(day_number(article.updated_at.date()), published or 0)
    if before is None:
        return published or day_number(now.date())
    if published and published > before.available_day:
        return published
    return day_number(now.date())
