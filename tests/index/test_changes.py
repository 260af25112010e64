"""A change shows whole or not at all, wherever it is interrupted, and whoever else is at work."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes import located, make_article, open_archive

from index import ahead, ingest, versions
from index.article import FOREVER, Selection

NOW = datetime(2017, 11, 30, tzinfo=UTC)
ARTICLES = [make_article(f"k{i}", f"Report {i} speaks of village {i * 7} on the river.") for i in range(8)]


class Interruption(BaseException):
    """As a KeyboardInterrupt would: not an Exception that anything could catch by mistake."""


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "archive") as opened:
        yield opened


def test_a_version_stands_until_its_successor_is_indexed(archive):
    first, second, third = (make_article("a", f"Edition {n} of the story.") for n in (1, 2, 3))
    ingest.add(archive, located([first]))
    for article in (second, third):
        archive.register([(article, article.digest)], NOW)

    def current():
        return [record["text"] for record in archive.export()], archive.info()["articles"]

    assert current() == (["Edition 1 of the story."], 1)
    passage = archive.catalog.passages_of([f"{first.base_id}.2"])[f"{first.base_id}.2"][0].id
    assert archive.passages([passage]) == []  # not yet to be cited
    assert archive.index_pending() == 2
    assert current() == (["Edition 3 of the story."], 1)
    held = [archive.article(f"{first.base_id}{version}") for version in ("", ".2", ".3")]
    assert [one.superseded_day for one in held] == [held[1].available_day, held[2].available_day, FOREVER]


def test_what_is_registered_is_taken_back_from_a_moment_on(archive):
    early, late = make_article("early", "An early report."), make_article("late", "A late report of Bayard Osk.")
    archive.register([(early, early.digest)], NOW)
    archive.register([(late, late.digest)], NOW + timedelta(seconds=1))
    assert archive.withdraw_pending(NOW + timedelta(seconds=1)) == 1
    assert archive.index_pending() == 1
    assert archive.info()["articles"] == 1
    assert not archive.evidence.known(["Bayard Osk"], Selection())
    report = ingest.add(archive, located([early, late]))
    assert (report.added, report.unchanged) == (1, 1)


def test_one_article_is_added_and_the_rest_left_waiting(archive):
    waiting, one = make_article("w", "Waiting for its turn."), make_article("a", "At once.")
    archive.register([(waiting, waiting.digest)], NOW)
    report, article_id = ingest.add_one(archive, located([one])[0])
    assert (report.added, article_id, archive.info()["pending"]) == (1, one.base_id, 1)
    report, article_id = ingest.add_one(archive, located([replace(one, text="At last.")])[0])
    assert (report.updated, article_id) == (1, f"{one.base_id}.2")
    report, article_id = ingest.add_one(archive, located([make_article("e", "Share this article")])[0])
    assert ([reject.reason for reject in report.rejects], article_id) == (["no text"], "")


@pytest.mark.parametrize("calls", [0, 1, 2, 5])
def test_a_checkpoint_may_end_it_and_the_next_run_reports_the_whole(archive, calls, monkeypatch):
    monkeypatch.setattr(ahead, "ROUND", 2)
    monkeypatch.setattr(ingest, "BATCH", 3)
    began, left = datetime.now(UTC), [calls]

    def checkpoint():
        left[0] -= 1
        if left[0] < 0:
            raise Interruption

    articles = ARTICLES[:8]
    with pytest.raises(Interruption):
        ingest.add(archive, located(articles), checkpoint=checkpoint)
    report = ingest.add(archive, located([*articles, articles[0]]), since=began)
    assert (report.added, report.unchanged) == (8, 1)
    assert archive.info()["articles"] == 8
    assert not any(archive.verify().values())


@pytest.mark.parametrize("place", ["vectors.add", "vectors.update", "lexical.add", "versions.publish"])
@pytest.mark.parametrize("before", [True, False])
def test_an_interrupted_change_is_finished_by_the_next_run(archive, monkeypatch, place, before):
    old, new = make_article("a", "The old lamp shines."), make_article("a", "The new lamp shines.")
    ingest.add(archive, located([old]))
    part, name = place.split(".")
    owner = versions if part == "versions" else getattr(archive, part)
    whole = getattr(owner, name)

    def interrupted(*arguments):
        if not before:
            whole(*arguments)
        raise Interruption

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, interrupted)
        with pytest.raises(Interruption):
            ingest.add(archive, located([new]))
    assert len(list(archive.export())) == archive.info()["articles"] == 1
    archive.index_pending()
    vector = archive.encoder.encode_queries(["lamp"])[0]
    (lexical,) = archive.search_lexical(["lamp"], Selection(), 5)
    (dense,) = archive.search_dense(vector, Selection(), 5)
    assert lexical[0] == dense[0]
    assert [passage.text for passage in archive.passages([dense[0]])] == ["The new lamp shines."]
    assert not any(archive.verify().values())
