"""The record of truth: articles, their versions and passages, and what is indexed (SQLAlchemy).

The vector and BM25 indexes are derived from it. Here it is opened and read; `index.versions` writes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select
from sqlalchemy.orm import aliased

from index import duplicates
from index.article import FOREVER, Article, DatePrecision, Passage, Selection, StoredArticle, StoredPassage
from index.errors import NotFoundError
from index.statements import aware, batches, naive, restrict
from index.tables import ArticleRow, Base, MetaRow, PassageRow, State, open_database


class Catalog:
    """The catalog in a database. Pass any SQLAlchemy URL; SQLite runs in WAL mode."""

    def __init__(self, url: str) -> None:
        self.engine = open_database(url, Base.metadata, "catalog")

    @classmethod
    def in_folder(cls, folder: Path) -> Catalog:
        """The SQLite catalog of an archive's folder."""
        return cls(f"sqlite:///{folder / 'catalog.sqlite'}")

    def close(self) -> None:
        """Closes all connections."""
        self.engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it is kept, or nothing."""
        with self.engine.begin() as connection:
            yield connection

    # --- what the archive says of itself

    def meta(self) -> dict[str, Any]:
        """All self-descriptions."""
        with self.engine.connect() as connection:
            return {row.key: row.value for row in connection.execute(select(MetaRow.key, MetaRow.value))}

    def set_meta(self, values: Mapping[str, Any]) -> None:
        """Writes self-descriptions, replacing those of the same key."""
        with self.writing() as connection:
            connection.execute(delete(MetaRow).where(MetaRow.key.in_(list(values))))
            connection.execute(insert(MetaRow), [{"key": k, "value": v} for k, v in values.items()])

    # --- versions

    def digests(self, base_id: str) -> dict[str, int]:
        """The digests of all versions of an article with the days from which they stand, oldest first."""
        query = select(ArticleRow.digest, ArticleRow.available_day).where(
            ArticleRow.base_id == base_id, ArticleRow.state != "removing"
        )
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(ArticleRow.version)).all()
        held: dict[str, int] = {}
        for row in rows:
            held.pop(row.digest, None)  # what came back stands where it came back
            held[row.digest] = row.available_day
        return held

    def published(self, base_id: str) -> tuple[datetime | None, DatePrecision | None]:
        """When the newest version of an article that has a date says it was published, and how precisely."""
        query = select(ArticleRow.published_at, ArticleRow.date_precision).where(
            ArticleRow.base_id == base_id, ArticleRow.state != "removing", ArticleRow.published_at.is_not(None)
        )
        with self.engine.connect() as connection:
            row = connection.execute(query.order_by(ArticleRow.version.desc()).limit(1)).first()
        return (aware(row.published_at), row.date_precision) if row else (None, None)

    def published_twin(self, article: Article) -> tuple[datetime | None, DatePrecision | None]:
        """When an article that differs from this one (cleaned, without a date, id and address) in its date alone was
        published, and how precisely."""
        query = select(ArticleRow.__table__).where(
            ArticleRow.title == article.title, ArticleRow.state != "removing", ArticleRow.published_at.is_not(None)
        )
        with self.engine.connect() as connection:
            for batch in batches(duplicates.alike(connection, duplicates.signature(article.text))):
                for row in connection.execute(query.where(ArticleRow.id.in_(batch)).order_by(ArticleRow.id)):
                    twin = replace(article, published_at=aware(row.published_at))
                    if (twin.base_id, twin.digest) == (row.base_id, _digest_as_kept(row)):
                        return twin.published_at, row.date_precision
        return None, None

    def version_since(self, base_id: str, moment: datetime) -> int | None:
        """The number of the newest version of an article, if it was registered at `moment` or later."""
        query = select(func.max(ArticleRow.version)).where(
            ArticleRow.base_id == base_id, ArticleRow.state != "removing", ArticleRow.added_at >= naive(moment)
        )
        with self.engine.connect() as connection:
            return connection.scalar(query)

    def digests_as_kept(self, base_id: str) -> frozenset[str]:
        """The digests of all versions of an article as they were cleaned: what an export of them has."""
        query = select(ArticleRow.__table__).where(ArticleRow.base_id == base_id, ArticleRow.state != "removing")
        with self.engine.connect() as connection:
            return frozenset(_digest_as_kept(row) for row in connection.execute(query))

    def find(self, wanted: str) -> list[str]:
        """Ids of all versions of the articles one of whose versions has the id, base id or address `wanted`."""
        named = select(ArticleRow.base_id).where(
            (ArticleRow.id == wanted) | (ArticleRow.base_id == wanted) | (ArticleRow.url == wanted)
        )
        query = select(ArticleRow.id).where(ArticleRow.base_id.in_(named))
        with self.engine.connect() as connection:
            return list(connection.scalars(query.order_by(ArticleRow.version)))

    def in_state(self, state: State, *, of: Collection[str] | None = None, since: datetime | None = None) -> list[str]:
        """Ids of the versions in `state`, in the order in which they were added: `of` these base ids, `since` then."""
        query = select(ArticleRow.id).where(ArticleRow.state == state).order_by(ArticleRow.added_at, ArticleRow.version)
        if of is not None:
            query = query.where(ArticleRow.base_id.in_(of))
        if since is not None:
            query = query.where(ArticleRow.added_at >= naive(since))
        with self.engine.connect() as connection:
            return list(connection.scalars(query.order_by(ArticleRow.id)))

    def superseded_by(self, ids: Sequence[str]) -> dict[str, int]:
        """The current versions that these versions follow upon, each with the day from which it no longer stands."""
        new = aliased(ArticleRow)
        query = select(ArticleRow.id, new.available_day).join(
            new, and_(new.base_id == ArticleRow.base_id, new.version == ArticleRow.version + 1)
        )
        query = query.where(ArticleRow.superseded_day == FOREVER, ArticleRow.state != "removing")
        found: dict[str, int] = {}
        with self.engine.connect() as connection:
            for batch in batches(ids):
                found.update({row.id: row.available_day for row in connection.execute(query.where(new.id.in_(batch)))})
        return found

    # --- articles and passages

    def article(self, article_id: str) -> StoredArticle:
        """One article version. Raises NotFoundError."""
        with self.engine.connect() as connection:
            row = connection.execute(
                select(ArticleRow.__table__).where(ArticleRow.id == article_id, ArticleRow.state != "removing")
            ).first()
            if row is None:
                raise NotFoundError(f"The archive holds no article {article_id!r}.")
            newer = connection.scalar(
                select(ArticleRow.id)
                .where(ArticleRow.base_id == row.base_id, ArticleRow.version > row.version)
                .order_by(ArticleRow.version.desc())
                .limit(1)
            )
        return _stored(row, newer)

    def articles(self, ids: Sequence[str]) -> list[StoredArticle]:
        """Article versions in the order of `ids`; unknown ids are left out."""
        found: dict[str, StoredArticle] = {}
        with self.engine.connect() as connection:
            for batch in batches(ids):
                rows = connection.execute(select(ArticleRow.__table__).where(ArticleRow.id.in_(batch)))
                found.update({row.id: _stored(row, None) for row in rows})
        return [found[article_id] for article_id in ids if article_id in found]

    def passages_of(self, ids: Sequence[str]) -> dict[str, list[Passage]]:
        """The passages of article versions, in order of position."""
        found: dict[str, list[Passage]] = {article_id: [] for article_id in ids}
        with self.engine.connect() as connection:
            for batch in batches(ids):
                query = select(PassageRow.__table__).where(PassageRow.article_id.in_(batch))
                for row in connection.execute(query.order_by(PassageRow.article_id, PassageRow.start, PassageRow.end)):
                    found[row.article_id].append(Passage(row.article_id, row.start, row.end))
        return found

    def passages(self, ids: Sequence[str]) -> list[StoredPassage]:
        """Passages by id, with their words, in the order of `ids`; those no longer held are left out."""
        wanted = [_parse_passage_id(passage_id) for passage_id in ids]
        with self.engine.connect() as connection:
            rows = [
                connection.execute(_PASSAGE, {"article": article_id, "first": start + 1, "length": end - start}).first()
                for article_id, start, end in wanted
            ]
        return [
            StoredPassage(
                article_id, start, end, row.words, row.title, row.source, row.url,
                aware(row.published_at), row.published_day, row.story, row.language, row.superseded_day,
            )
            for (article_id, start, end), row in zip(wanted, rows, strict=True)
            if row is not None
        ]  # fmt: skip

    # --- counts

    def language_names(self) -> frozenset[str]:
        """The languages of all versions of its articles."""
        query = select(ArticleRow.language).where(ArticleRow.language.is_not(None)).distinct()
        with self.engine.connect() as connection:
            return frozenset(connection.scalars(query))

    def source_names(self) -> frozenset[str]:
        """The sources of all versions, superseded ones too: questions as of earlier days may name them."""
        query = select(ArticleRow.source).where(ArticleRow.state == "indexed", ArticleRow.source.is_not(None))
        with self.engine.connect() as connection:
            return frozenset(str(source) for source in connection.scalars(query.distinct()))

    def counts(self) -> dict[str, int]:
        """Numbers of article versions by state, of current ones without a date, and of passages."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(ArticleRow.state, func.count()).group_by(ArticleRow.state))
            states = {state: int(number) for state, number in rows}
            undated = connection.scalar(
                restrict(select(func.count()).select_from(ArticleRow), Selection()).where(
                    ArticleRow.published_day.is_(None)
                )
            )
            passages = connection.scalar(select(func.count()).select_from(PassageRow))
        return {
            "articles": states.get("indexed", 0),
            "pending": states.get("pending", 0),
            "removing": states.get("removing", 0),
            "undated": undated or 0,
            "passages": passages or 0,
        }

    def pending(self) -> tuple[int, int]:
        """How many articles and passages wait to be indexed."""
        articles = select(func.count()).select_from(ArticleRow).where(ArticleRow.state == "pending")
        passages = select(func.count()).select_from(PassageRow).join(ArticleRow).where(ArticleRow.state == "pending")
        with self.engine.connect() as connection:
            return connection.scalar(articles) or 0, connection.scalar(passages) or 0

    def last_day(self) -> tuple[int, bool]:
        """The latest day that any `as_of` could exclude, and whether any version has been superseded."""
        with self.engine.connect() as connection:
            latest = connection.scalar(select(func.max(ArticleRow.available_day)))
            superseded = connection.scalar(
                select(func.count()).select_from(ArticleRow).where(ArticleRow.superseded_day != FOREVER)
            )
        return latest or 0, bool(superseded)


# A passage alone: its article may be a live blog of 100,000 characters, which takes a fifth of a millisecond to decode.
_PASSAGE = select(
    ArticleRow.title, ArticleRow.source, ArticleRow.url, ArticleRow.published_at, ArticleRow.published_day,
    ArticleRow.story, ArticleRow.language, ArticleRow.superseded_day,
    func.substr(ArticleRow.text, bindparam("first"), bindparam("length")).label("words"),
).where(ArticleRow.id == bindparam("article"), ArticleRow.state == "indexed")  # fmt: skip


def _stored(row: Any, newer: str | None) -> StoredArticle:
    return StoredArticle(
        row.id, row.version, row.title, row.text, row.url, row.source, aware(row.published_at), row.date_precision,
        tuple(row.authors), row.language, row.extra, row.story, row.available_day, row.superseded_day, newer,
    )  # fmt: skip


def _digest_as_kept(row: Any) -> str:
    return Article(
        row.title, row.text, row.url, source=row.source, published_at=aware(row.published_at),
        authors=tuple(row.authors), language=row.language,
    ).digest  # fmt: skip


def _parse_passage_id(passage_id: str) -> tuple[str, int, int]:
    article_id, _, offsets = passage_id.rpartition(":")
    start, _, end = offsets.partition("-")
    return article_id, int(start), int(end)
