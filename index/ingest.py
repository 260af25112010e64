"""The pipeline that fills an Archive: read -> clean -> register (catalog) -> index. Resumable, with progress.

Everything readable is registered first, which is quick, so that indexing knows how much there is to do and an
interruption at any point only leaves pending articles, which the next run indexes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from index.archive import Archive
from index.article import Article, day_number
from index.clean import clean
from index.formats import Located, Reject

# Articles a transaction of the catalog: many share the cost of one durable commit.
BATCH = 200


@dataclass(slots=True)
class Report:
    """What became of the input: counts of articles, and every reject with its place and reason.

    `undated` counts those of the added and updated that have no date of publication.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    undated: int = 0
    indexed: int = 0
    rejects: list[Reject] = field(default_factory=list)

    @property
    def reasons(self) -> Counter[str]:
        """Rejects by reason."""
        return Counter(reject.reason for reject in self.rejects)


def add(
    archive: Archive,
    items: Iterable[Located | Reject],
    *,
    on_read: Callable[[Report], None] | None = None,
    on_indexing: Callable[[int, int], None] | None = None,
    on_indexed: Callable[[int, int], None] | None = None,
) -> Report:
    """Registers and indexes `items`, and first whatever an interrupted run left pending.

    `on_read(report)` is called after every item, `on_indexing(articles, passages)` once the totals are known,
    `on_indexed(articles, passages)` after every round. Rejected items are counted and listed, never raised.
    """
    report = Report()
    _register(archive, items, report, on_read)
    if on_indexing:
        counts = archive.catalog.pending()
        on_indexing(*counts)
    report.indexed = archive.index_pending(on_indexed)
    return report


def _register(
    archive: Archive, items: Iterable[Located | Reject], report: Report, on_read: Callable[[Report], None] | None
) -> None:
    seen: dict[str, tuple[str, str]] = {}
    batch: list[tuple[Article, str]] = []
    for item in items:
        outcome = item if isinstance(item, Reject) else _examine(archive, item, seen)
        if isinstance(outcome, Reject):
            report.rejects.append(outcome)
        elif outcome is None:
            report.unchanged += 1
        else:
            article, digest, is_new = outcome
            batch.append((article, digest))
            report.added += is_new
            report.undated += article.published_at is None
            report.updated += not is_new
        if len(batch) >= BATCH:
            archive.register(batch, datetime.now(UTC))
            batch = []
        if on_read:
            on_read(report)
    archive.register(batch, datetime.now(UTC))


def _examine(
    archive: Archive, item: Located, seen: dict[str, tuple[str, str]]
) -> tuple[Article, str, bool] | Reject | None:
    """The cleaned article, its digest and whether it is new; or why it is rejected; or None when it is known."""
    base_id, digest = item.article.base_id, item.article.digest
    if earlier := seen.get(base_id):
        if earlier[0] == digest:
            return None
        return Reject(
            item.where,
            "duplicate id",
            f"Another article with the same id or address, but other content, stands at {earlier[1]}. "
            "Add versions of one article in separate runs, or give them ids of their own.",
        )
    article = clean(item.article)
    if not article.text:
        return Reject(item.where, "no text", "Nothing is left of the text without credits, captions and prompts.")
    seen[base_id] = digest, item.where
    held = archive.catalog.digests(base_id)
    if digest in held:
        return (article, digest, False) if _returns(article, digest, held) else None
    if held and article.digest in archive.catalog.digests_as_kept(base_id):
        return None
    return article, digest, not held


def _returns(article: Article, digest: str, held: Mapping[str, int]) -> bool:
    """Whether an article goes back to an earlier content of its own: only with a date of update after the last change.

    Without one it is an old file added again, which must not undo the changes since.
    """
    newest, day = list(held.items())[-1]
    return digest != newest and article.updated_at is not None and day_number(article.updated_at.date()) > day
