"""The pipeline that fills an Archive: read -> clean -> register (catalog) -> index. Resumable, with progress.

Everything readable is registered first, which is quick, so that indexing knows how much there is to do and an
interruption at any point only leaves pending articles, which the next run indexes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from index.archive import Archive
from index.article import Article, day_number
from index.clean import clean
from index.formats import Located, Reject

# Articles a transaction of the catalog: they share the cost of one durable commit, and take less than a second.
BATCH = 20


@dataclass(slots=True)
class Report:
    """What became of the input: counts of articles, and every reject with its place and reason.

    `undated` counts those of the added and updated that have no date, neither of publication nor of update.
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


class _Dated(NamedTuple):
    """An article held without a date: its base id, the digest of its newest version, its base id with the date."""

    undated: str
    digest: str
    base_id: str


def add(
    archive: Archive,
    items: Iterable[Located | Reject],
    *,
    on_read: Callable[[Report], None] | None = None,
    on_indexing: Callable[[int, int], None] | None = None,
    on_indexed: Callable[[int, int], None] | None = None,
    checkpoint: Callable[[], None] | None = None,
    since: datetime | None = None,
) -> Report:
    """Registers and indexes `items`, and first whatever an interrupted run left pending.

    `on_read(report)` is called after every item, `on_indexing(articles, passages)` once the totals are known,
    `on_indexed(articles, passages)` after every round, `checkpoint()` every few articles, from any thread: it may wait,
    and end the run by raising. Rejected items are counted and listed, never raised. A run that goes on after a crash
    counts as added or updated what was registered `since` it began.
    """
    report = Report()
    dated = _register(archive, items, report, on_read, checkpoint, since)
    if on_indexing:
        counts = archive.catalog.pending()
        on_indexing(*counts)
    report.indexed = archive.index_pending(on_indexed, checkpoint=checkpoint)
    _remove_undated(archive, dated)
    return report


def add_one(archive: Archive, item: Located) -> tuple[Report, str]:
    """Registers and indexes one article and nothing else; returns also the id of its newest version, empty if it was
    rejected. Other threads may add and search meanwhile."""
    report = Report()
    with archive.changing():
        base_id = _with_known_date(archive, item.article).base_id
        dated = _register(archive, [item], report)
        report.indexed = archive.index_pending(only=[base_id])
        _remove_undated(archive, dated)
        return report, "" if report.rejects else archive.catalog.find(base_id)[-1]


def _register(
    archive: Archive,
    items: Iterable[Located | Reject],
    report: Report,
    on_read: Callable[[Report], None] | None = None,
    checkpoint: Callable[[], None] | None = None,
    since: datetime | None = None,
) -> list[_Dated]:
    """Returns those that the archive holds without a date, now that they have one: to be removed without it once these
    are indexed."""
    dated: list[_Dated] = []
    seen: dict[str, tuple[str, str]] = {}
    batch: list[tuple[Article, str]] = []
    for item in items:
        repeated = isinstance(item, Reject) or item.article.base_id in seen
        outcome = item if isinstance(item, Reject) else _examine(archive, item, seen)
        twin = None if isinstance(item, Reject) or isinstance(outcome, Reject) else _held_undated(archive, item.article)
        if twin:
            dated.append(twin)
        if isinstance(outcome, Reject):
            report.rejects.append(outcome)
        elif outcome is None:
            version = None if repeated else _version_since(archive, item, since)
            report.unchanged += version is None
            report.added += version == 1
            report.updated += version is not None and version > 1
        else:
            article, digest, is_new = outcome
            is_new = is_new and not twin
            batch.append((article, digest))
            report.added += is_new
            report.undated += article.published_at is None and article.updated_at is None
            report.updated += not is_new
        if len(batch) >= BATCH:
            if checkpoint:
                checkpoint()
            archive.register(batch, datetime.now(UTC))
            batch = []
        if on_read:
            on_read(report)
    archive.register(batch, datetime.now(UTC))
    return dated


def _held_undated(archive: Archive, article: Article) -> _Dated | None:
    """An article that the archive holds, as it is now, from before its date was known, if it does.

    Only where the date is part of what identifies it.
    """
    if article.published_at is None or article.key or article.url:
        return None
    undated = replace(article, published_at=None, date_precision=None)
    found = _Dated(undated.base_id, undated.digest, article.base_id)
    return found if _newest(archive, found.undated) == found.digest else None


def _remove_undated(archive: Archive, dated: Sequence[_Dated]) -> None:
    """Removes what is held without a date, unless it was changed or its dated twin removed meanwhile."""
    with archive.changing():
        ids = {
            one.undated
            for one in dated
            if _newest(archive, one.undated) == one.digest and _newest(archive, one.base_id) is not None
        }
        if ids:
            archive.remove(sorted(ids))


def _newest(archive: Archive, base_id: str) -> str | None:
    """The digest of the newest version of an article; None where the archive holds none."""
    return next(reversed(archive.catalog.digests(base_id)), None)


def _version_since(archive: Archive, item: Located | Reject, since: datetime | None) -> int | None:
    """The version that an earlier part of this run registered of an article; None when it did not."""
    if since is None or isinstance(item, Reject):
        return None
    return archive.catalog.version_since(item.article.base_id, since)


def _examine(
    archive: Archive, item: Located, seen: dict[str, tuple[str, str]]
) -> tuple[Article, str, bool] | Reject | None:
    """The cleaned article, its digest and whether it is new; or why it is rejected; or None when it is known."""
    given = _with_known_date(archive, item.article)
    base_id, digest = given.base_id, given.digest
    if earlier := seen.get(base_id):
        if earlier[0] == digest:
            return None
        return Reject(
            item.where,
            "duplicate id",
            f"Another article with the same id or address, but other content, stands at {earlier[1]}. "
            "Add versions of one article in separate runs, or give them ids of their own.",
        )
    article = clean(given)
    if not article.text:
        return Reject(item.where, "no text", "Nothing is left of the text without credits, captions and prompts.")
    seen[base_id] = digest, item.where
    held = archive.catalog.digests(base_id)
    if digest in held:
        return (article, digest, False) if _returns(article, digest, held) else None
    if held and article.digest in archive.catalog.digests_as_kept(base_id):
        return None
    return article, digest, not held


def _with_known_date(archive: Archive, article: Article) -> Article:
    """An article that comes without a date, with the one that it had when it came before: a page fetched by itself
    may not say what its feed did. Without an id and an address, it came before if all else is the same."""
    if article.published_at is not None:
        return article
    if article.key or article.url:
        published_at, precision = archive.catalog.published(article.base_id)
    elif article.digest in archive.catalog.digests(article.base_id):
        return article
    else:
        published_at, precision = archive.catalog.published_twin(clean(article))
    return replace(article, published_at=published_at, date_precision=precision)


def _returns(article: Article, digest: str, held: Mapping[str, int]) -> bool:
    """Whether an article goes back to an earlier content of its own: only with a date of update after the last change.

    Without one it is an old file added again, which must not undo the changes since.
    """
    newest, day = list(held.items())[-1]
    return digest != newest and article.updated_at is not None and day_number(article.updated_at.date()) > day


def note_rejects(folder: Path, rejects: Sequence[Reject]) -> Path | None:
    """Writes rejects as JSON lines to a new file in `folder`, named by the moment; returns it, None if there are none.

    Raises OSError.
    """
    if not rejects:
        return None
    folder.mkdir(exist_ok=True)
    file = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}.jsonl"
    lines = (json.dumps(asdict(reject), ensure_ascii=False) + "\n" for reject in rejects)
    file.write_text("".join(lines), encoding="utf-8", errors="backslashreplace")
    return file
