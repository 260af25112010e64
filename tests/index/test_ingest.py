"""Filling an archive: every item is counted, and an interrupted run is finished by the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from fakes import FakeEncoder, located, make_article, open_archive
from sqlalchemy import text as sql

from index import ingest, versions
from index.article import Article
from index.formats import Located, Reject
from index.tables import Base

# Every table has rows of some of them: names, other names for them, corrections.
NAMED = "Haider al-Abadi spoke of the Islamic State of Iraq and Syria (ISIS) in Albu Kamal."
ARTICLES = [
    make_article(
        f"k{i}",
        " ".join(
            [f"Report {i} speaks of village {i * 7 + j} on the river." for j in range(1 + i % 40)]
            + [NAMED] * (i % 10 == 3)
        ),
        f"2017-11-{i % 28 + 1:02}" if i % 9 else None,
        title=f"{'Correction: ' * (i % 20 == 5)}Title of k{i % 40}",
    )
    for i in range(80)
]
TABLES = ("articles", "passages", "signatures", "bands", "names", "mentions", "aliases", "corrections")


def snapshot(archive) -> dict[str, Any]:
    """All that an archive holds, but for when it was added, and its own id and version."""
    tables = {}
    with archive.catalog.engine.connect() as connection:
        for table in TABLES:
            rows = [dict(row._mapping) for row in connection.execute(sql(f"SELECT * FROM {table}"))]
            tables[table] = sorted(sorted((k, repr(v)) for k, v in row.items() if k != "added_at") for row in rows)
    ids = archive.vectors.passage_ids()
    return {**tables, "vectors": ids, "bm25": archive.lexical.passage_ids(), "values": archive.vectors.vectors(ids)}


def assert_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert {name: held for name, held in one.items() if name != "values"} == {
        name: held for name, held in other.items() if name != "values"
    }
    assert np.array_equal(one["values"], other["values"])


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "archive") as opened:
        yield opened


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    with open_archive(tmp_path_factory.mktemp("whole") / "archive") as whole:
        ingest.add(whole, located(ARTICLES))
        found = snapshot(whole)
    assert all(found[table] for table in TABLES)
    assert set(TABLES) | {"meta"} == set(Base.metadata.tables), "every table of the catalog is compared"
    return found


# --- counting


def test_everything_is_counted(archive):
    ingest.add(archive, located(ARTICLES[:3]))
    items = [
        *located([ARTICLES[0], replace(ARTICLES[1], text="Other words."), ARTICLES[3], make_article("empty", "Share")]),
        Reject("broken.html", "no text", "the page has no article"),
        Reject("x.jsonl:3", "not JSON", "line 3"),
    ]
    report = ingest.add(archive, items)
    assert (report.added, report.updated, report.unchanged, report.indexed) == (1, 1, 1, 2)
    assert [reject.where for reject in report.rejects] == ["articles.jsonl:4", "broken.html", "x.jsonl:3"]
    assert report.reasons == {"no text": 2, "not JSON": 1}
    assert report.added + report.updated + report.unchanged + len(report.rejects) == len(items)


def test_nothing_at_all_is_fine(archive):
    report = ingest.add(archive, [])
    assert (report.added, report.indexed, report.rejects, archive.version) == (0, 0, [], 0)


def test_articles_are_cleaned_and_what_went_is_kept(archive):
    article = make_article("a", "Troops left.\n\nDo you like this article?")
    ingest.add(archive, located([article]))
    stored = archive.article(article.base_id)
    assert stored.text == "Troops left."
    assert stored.metadata["removed"] == ["Do you like this article?"]
    assert ingest.add(archive, located([article])).unchanged == 1


def test_two_articles_of_one_id_and_different_words_are_told_apart_by_place(archive):
    items = [
        Located("a.jsonl:1", make_article("a", "Some words.")),
        Located("b.jsonl:7", make_article("a", "Other words.")),
    ]
    report = ingest.add(archive, items)
    (reject,) = report.rejects
    assert (report.added, reject.where, reject.reason) == (1, "b.jsonl:7", "duplicate id")
    assert "a.jsonl:1" in reject.detail
    assert archive.article(make_article("a", "").base_id).text == "Some words."


def test_one_article_at_two_places_is_one_article(archive):
    items = [Located(f"{name}.jsonl:1", make_article("a", "Some words.")) for name in "abc"]
    report = ingest.add(archive, items)
    assert (report.added, report.unchanged, report.rejects) == (1, 2, [])
    assert archive.info()["articles"] == 1


def test_a_duplicate_is_seen_across_batches(archive, monkeypatch):
    monkeypatch.setattr(ingest, "BATCH", 2)
    articles = [make_article(str(i), f"Words of {i}.") for i in range(5)]
    report = ingest.add(archive, [*located(articles), Located("b.jsonl:1", replace(articles[0], text="Other."))])
    assert (report.added, len(report.rejects)) == (5, 1)


def test_progress_is_told(archive):
    read, totals, rounds = [], [], []
    report = ingest.add(
        archive,
        located(ARTICLES),
        on_read=lambda so_far: read.append(so_far.added),
        on_indexing=lambda *counts: totals.append(counts),
        on_indexed=lambda *counts: rounds.append(counts),
    )
    assert read == list(range(1, 81))
    ((articles, passages),) = totals
    assert (articles, passages) == (80, archive.info()["passages"])
    assert len(rounds) > 1
    assert tuple(map(sum, zip(*rounds, strict=True))) == (articles, passages)
    assert report.indexed == 80


def test_two_archives_of_the_same_articles_are_equal(archive, uninterrupted):
    ingest.add(archive, located(ARTICLES))
    assert_same(snapshot(archive), uninterrupted)


def test_removing_leaves_nothing_behind(archive):
    ingest.add(archive, located(ARTICLES[:40]))
    before = snapshot(archive)
    later = ARTICLES[40:]
    ingest.add(archive, located(later))
    archive.remove([article.base_id for article in later])
    after = snapshot(archive)
    assert {table: after[table] for table in TABLES} == {table: before[table] for table in TABLES}


def test_several_runs_give_what_one_gives(archive, uninterrupted):
    for i in range(0, 80, 30):
        ingest.add(archive, located(ARTICLES[i : i + 30]))
    assert_same(snapshot(archive), uninterrupted)


# --- interruptions


class Interruption(BaseException):
    """As a KeyboardInterrupt would: not an Exception that anything could catch by mistake."""


def on_call(number: int, function, before: bool):
    """`function`, interrupted at its `number`th call, before or after it did its work."""
    calls = 0

    def interrupted(*args, **kwargs):
        nonlocal calls
        calls += 1
        if calls == number and before:
            raise Interruption
        result = function(*args, **kwargs)
        if calls == number:
            raise Interruption
        return result

    return interrupted


STAGES = {
    "while embedding": (lambda archive: (archive.encoder, "encode_documents"), True),
    "before the vectors": (lambda archive: (archive.vectors, "add"), True),
    "between vectors and BM25": (lambda archive: (archive.lexical, "add"), True),
    "after BM25": (lambda archive: (archive.lexical, "add"), False),
    "before the state": (lambda archive: (versions, "publish"), True),
    "after the state": (lambda archive: (versions, "publish"), False),
    "while registering": (lambda archive: (versions, "register"), False),
}


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("stage", STAGES)
def test_an_interrupted_run_is_finished_by_the_next(tmp_path, monkeypatch, uninterrupted, stage, number):
    find, before = STAGES[stage]
    monkeypatch.setattr(ingest, "BATCH", 30)
    with open_archive(tmp_path / "archive") as archive, monkeypatch.context() as patch:
        place, name = find(archive)
        patch.setattr(place, name, on_call(number, getattr(place, name), before))
        with pytest.raises(Interruption):
            ingest.add(archive, located(ARTICLES))
    with open_archive(tmp_path / "archive") as archive:
        ingest.add(archive, located(ARTICLES))
        assert archive.info()["pending"] == 0
        assert not any(archive.verify().values())
        assert_same(snapshot(archive), uninterrupted)


def test_registering_is_all_or_nothing(tmp_path, monkeypatch):
    with open_archive(tmp_path / "archive") as archive:
        with monkeypatch.context() as patch:
            patch.setattr(versions, "register", on_call(5, versions.register, False))
            with pytest.raises(Interruption):
                ingest.add(archive, located(ARTICLES[:10]))
        assert archive.catalog.counts()["pending"] == archive.catalog.counts()["passages"] == 0


def test_an_interrupted_run_can_be_finished_without_its_input(tmp_path, monkeypatch, uninterrupted):
    with open_archive(tmp_path / "archive") as archive, monkeypatch.context() as patch:
        patch.setattr(archive.lexical, "add", on_call(2, archive.lexical.add, True))
        with pytest.raises(Interruption):
            ingest.add(archive, located(ARTICLES))
    with open_archive(tmp_path / "archive") as archive:
        assert 0 < archive.info()["pending"] < 80
        ingest.add(archive, [])
        assert_same(snapshot(archive), uninterrupted)


@pytest.mark.parametrize("number", [1, 2])
def test_an_interrupted_change_is_finished_too(tmp_path, monkeypatch, number):
    changed = [replace(article, text=article.text + " It was corrected.") for article in ARTICLES[:50]]
    snapshots = []
    for name, interrupt in (("whole", False), ("interrupted", True)):
        with open_archive(tmp_path / name) as archive:
            ingest.add(archive, located(ARTICLES))
            with monkeypatch.context() as patch:
                if interrupt:
                    patch.setattr(archive.lexical, "add", on_call(number, archive.lexical.add, True))
                    with pytest.raises(Interruption):
                        ingest.add(archive, located(changed))
            ingest.add(archive, located(changed))
            assert archive.info()["articles"] == 80
            snapshots.append(snapshot(archive))
    assert_same(*snapshots)


def test_an_encoder_is_not_asked_for_when_nothing_changes(archive, monkeypatch):
    ingest.add(archive, located(ARTICLES[:5]))
    monkeypatch.setattr(FakeEncoder, "encode_documents", lambda *_: pytest.fail("asked"))
    assert ingest.add(archive, located(ARTICLES[:5])).unchanged == 5


def test_a_file_named_twice_is_read_as_one(archive):
    items = located([make_article("a", "Some words."), make_article("b", "Other words.")])
    report = ingest.add(archive, [*items, *items])
    assert (report.added, report.unchanged, report.rejects) == (2, 2, [])
    assert archive.info()["passages"] == 2


def test_an_article_of_prompts_is_rejected_at_every_place(archive):
    items = [Located(f"{name}.jsonl:1", make_article("a", "Do you like this article?")) for name in "ab"]
    report = ingest.add(archive, items)
    assert (report.unchanged, [reject.reason for reject in report.rejects]) == (0, ["no text", "no text"])


def test_articles_without_a_date_are_counted(archive):
    captured = make_article("c", "Three stories.", None, updated_at=datetime(2017, 11, 3, tzinfo=UTC))
    items = located([make_article("a", "One story."), make_article("b", "Two stories.", None), captured])
    assert ingest.add(archive, items).undated == 1  # the third counts from a day of its own


# --- articles without an id and an address, whose date becomes known later

FIRST, OTHER = (
    "The army said on Friday that it had taken the town.",
    "The army said on Friday that it had lost the town.",
)
DATED = {"published_at": datetime(2017, 11, 3, tzinfo=UTC), "date_precision": "day"}


def report_of(text: str, **fields: Any) -> Located:
    return Located("reports.jsonl:1", Article(title="Town taken", text=text, source="Post", **fields))


def held(archive) -> list[tuple[str, bool]]:
    """The texts of all versions, and whether each is dated."""
    found = archive.catalog.articles(archive.catalog.in_state("indexed"))
    return sorted((one.text, one.published_at is not None) for one in found)


def test_an_article_whose_date_becomes_known_replaces_the_one_without(archive):
    ingest.add(archive, [report_of(FIRST)])
    report = ingest.add(archive, [report_of(FIRST, **DATED)])
    assert (report.added, report.updated, held(archive)) == (0, 1, [(FIRST, True)])


def test_an_undated_article_that_was_changed_since_outlives_the_date_of_its_first_version(archive):
    for text in (FIRST, OTHER):
        ingest.add(archive, [report_of(text)])
    ingest.add(archive, [report_of(FIRST, **DATED)])
    assert held(archive) == [(OTHER, False), (FIRST, False), (FIRST, True)]
    ingest.add(archive, [report_of(OTHER, **DATED)])
    assert held(archive) == [(OTHER, True), (FIRST, True)]


@pytest.mark.parametrize("dated_first", [True, False])
def test_an_undated_article_that_is_changed_in_the_run_that_dates_it_stays(archive, dated_first):
    ingest.add(archive, [report_of(FIRST)])
    both = [report_of(FIRST, **DATED), report_of(OTHER)]
    ingest.add(archive, both if dated_first else both[::-1])
    assert (OTHER, False) in held(archive)


def test_an_undated_article_stays_when_its_dated_twin_is_rejected(archive):
    ingest.add(archive, [report_of(FIRST)])
    report = ingest.add(archive, [report_of(OTHER, **DATED), report_of(FIRST, **DATED)])
    assert [reject.reason for reject in report.rejects] == ["duplicate id"]
    assert held(archive) == [(OTHER, True), (FIRST, False)]


@pytest.mark.parametrize("removed", [{}, DATED])
def test_either_twin_may_be_removed_while_indexing_runs(archive, removed):
    ingest.add(archive, [report_of(FIRST)])
    gone = report_of(FIRST, **removed).article.base_id
    report = ingest.add(archive, [report_of(FIRST, **DATED)], on_indexed=lambda *_: archive.remove([gone]))
    assert (report.updated, held(archive)) == (1, [(FIRST, not removed)])


@pytest.mark.parametrize("text", [FIRST, f"BAGHDAD (AP) — {FIRST}\n\nShare this story"])
def test_an_undated_article_that_comes_again_after_its_dated_twin_is_known(archive, text):
    ingest.add(archive, [report_of(text)])
    ingest.add(archive, [report_of(text, **DATED)])
    before = held(archive)
    report = ingest.add(archive, [report_of(text)])
    assert (report.added, report.unchanged, report.undated, held(archive)) == (0, 1, 0, before)
    report, article_id = ingest.add_one(archive, report_of(text))
    assert (report.unchanged, article_id) == (1, report_of(text, **DATED).article.base_id)
    ingest.add(archive, [report_of(OTHER, **DATED)])
    assert ingest.add(archive, [report_of(text)]).unchanged == 1  # an old file undoes no change


@pytest.mark.parametrize(
    "fields", [{"title": "Town lost"}, {"source": "Times"}, {"text": FIRST.upper()}, {"authors": ("Ann Lee",)}]
)
def test_an_undated_article_that_differs_from_a_dated_one_in_more_than_its_date_is_added(archive, fields):
    ingest.add(archive, [report_of(FIRST, **DATED), report_of(FIRST, url="https://a.example/1", **DATED)])
    other = Located("more.jsonl:1", replace(report_of(FIRST).article, **fields))
    assert ingest.add(archive, [other]).added == 1
    assert len(held(archive)) == 3
