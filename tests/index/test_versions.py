"""Articles and their versions over time: what changes, what stays readable, what an as_of sees."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from fakes import FakeEncoder, located, make_article, open_archive

from index import ingest
from index.article import FOREVER, Selection, day_number
from index.errors import NotFoundError
from index.formats import Defaults, Located, read_path

OLD = "ISIS holds the town of Albu Kamal, officials said."
NEW = "The army holds the town of Albu Kamal, officials said later."


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "archive") as opened:
        yield opened


def add(archive, *articles):
    return ingest.add(archive, located(articles))


def seen(archive, **selection) -> set[str]:
    """Article ids that both engines return for the town; they must agree."""
    chosen = Selection(**selection)
    vector = FakeEncoder().encode_queries(["town of Albu Kamal"])[0]
    dense = {passage_id.rpartition(":")[0] for passage_id, _ in archive.search_dense(vector, chosen, 50)}
    lexical = {passage_id.rpartition(":")[0] for passage_id, _ in archive.search_lexical(["Albu Kamal"], chosen, 50)}
    assert dense == lexical
    assert archive.coverage(chosen)[0] == len(dense)
    return dense


def test_the_same_article_twice_changes_nothing(archive):
    add(archive, make_article("a", OLD), make_article("b", NEW))
    before = archive.info()
    report = add(archive, make_article("a", OLD), make_article("b", NEW))
    assert (report.added, report.updated, report.unchanged, report.indexed) == (0, 0, 2, 0)
    assert archive.info() == before


def test_metadata_alone_makes_no_version(archive):
    add(archive, make_article("a", OLD, metadata={"crawl": 1}))
    assert add(archive, make_article("a", OLD, metadata={"crawl": 2})).unchanged == 1


@pytest.mark.parametrize("one_by_one", [False, True])
def test_an_article_without_an_address_that_gets_its_date_is_the_same_article(archive, one_by_one):
    undated = replace(make_article("a", OLD), key=None, url=None, published_at=None, date_precision=None)
    dated = replace(undated, published_at=datetime(2017, 11, 3, tzinfo=UTC), date_precision="day")
    other = replace(undated, text=NEW, title="Another")
    add(archive, undated, other)
    if one_by_one:
        report, article_id = ingest.add_one(archive, Located("here", dated))
        assert article_id == dated.base_id
    else:
        report = add(archive, dated)
    assert (report.added, report.updated, report.undated) == (0, 1, 0)
    assert seen(archive) == {dated.base_id, other.base_id}
    assert seen(archive, as_of=20171104) == {dated.base_id}
    assert add(archive, dated).unchanged == 1
    assert seen(archive) == {dated.base_id, other.base_id}


def test_an_article_of_another_text_is_another_article(archive):
    undated = replace(make_article("a", OLD), key=None, url=None, published_at=None, date_precision=None)
    add(archive, undated)
    dated = replace(undated, text=NEW, published_at=datetime(2017, 11, 3, tzinfo=UTC), date_precision="day")
    assert add(archive, dated).added == 1
    assert seen(archive) == {undated.base_id, dated.base_id}


def test_an_article_that_comes_without_its_date_keeps_the_one_it_had(archive):
    first = make_article("a", OLD)
    assert first.published_at
    add(archive, first)
    bare = replace(first, published_at=None, date_precision=None)
    assert add(archive, bare).unchanged == 1
    report = add(archive, replace(bare, text=NEW))
    assert (report.updated, report.undated) == (1, 0)
    newer = archive.article(f"{first.base_id}.2")
    assert (newer.published_at, newer.date_precision) == (first.published_at, first.date_precision)


def test_a_changed_article_becomes_version_2(archive):
    first = make_article("a", OLD)
    add(archive, first)
    version = archive.version
    report = add(archive, replace(first, text=NEW, updated_at=datetime(2017, 11, 9, tzinfo=UTC)))
    assert (report.added, report.updated) == (0, 1)
    assert archive.version > version
    newer = archive.article(f"{first.base_id}.2")
    assert (newer.version, newer.text, newer.superseded_by) == (2, NEW, None)
    assert (newer.available_day, newer.superseded_day) == (20171109, FOREVER)
    older = archive.article(first.base_id)
    assert (older.version, older.text, older.superseded_by) == (1, OLD, f"{first.base_id}.2")
    assert (older.available_day, older.superseded_day) == (20171103, 20171109)
    (passage,) = archive.passages([f"{first.base_id}:0-{len(OLD)}"])
    assert passage.text == OLD


def test_as_of_between_versions_sees_the_older_only(archive):
    first = make_article("a", OLD)
    add(archive, first)
    add(archive, replace(first, text=NEW, updated_at=datetime(2017, 11, 9, tzinfo=UTC)))
    assert seen(archive, as_of=20171102) == set()
    assert seen(archive, as_of=20171103) == {first.base_id}
    assert seen(archive, as_of=20171108) == {first.base_id}
    assert seen(archive, as_of=20171109) == {f"{first.base_id}.2"}
    assert seen(archive, as_of=20300101) == {f"{first.base_id}.2"}


def test_no_as_of_sees_the_current_versions_only(archive):
    first = make_article("a", OLD)
    add(archive, first, make_article("b", OLD + " Again."))
    assert len(seen(archive)) == 2
    add(archive, replace(first, text=NEW))
    assert seen(archive) == {f"{first.base_id}.2", make_article("b", "").base_id}
    assert [one.articles for one in archive.browse.sources()] == [2]


def test_a_version_without_a_date_of_its_own_counts_from_today(archive):
    first = make_article("a", OLD)
    add(archive, first)
    add(archive, replace(first, text=NEW))
    today = day_number(datetime.now(UTC).date())
    assert archive.article(f"{first.base_id}.2").available_day == today
    assert seen(archive, as_of=20180101) == {first.base_id}


def test_an_article_may_go_back_to_what_it_said_if_it_says_when(archive):
    first = make_article("a", OLD)
    add(archive, first)
    add(archive, replace(first, text=NEW, updated_at=datetime(2017, 11, 9, tzinfo=UTC)))
    back = replace(first, updated_at=datetime(2017, 11, 12, tzinfo=UTC))
    report = add(archive, back)
    assert (report.added, report.updated, report.unchanged) == (0, 1, 0)
    ids = [first.base_id, f"{first.base_id}.2", f"{first.base_id}.3"]
    assert [archive.article(i).text for i in ids] == [OLD, NEW, OLD]
    assert [seen(archive, as_of=day) for day in (20171108, 20171109, 20171112)] == [{i} for i in ids]
    assert add(archive, back).unchanged == 1
    assert seen(archive) == {ids[2]}


@pytest.mark.parametrize("day", [None, 3, 8, 9])
def test_an_old_file_added_again_undoes_no_change(archive, day):
    first = make_article("a", OLD)
    add(archive, first)
    add(archive, replace(first, text=NEW, updated_at=datetime(2017, 11, 9, tzinfo=UTC)))
    updated = datetime(2017, 11, day, 23, tzinfo=UTC) if day else None
    assert add(archive, replace(first, updated_at=updated)).unchanged == 1
    assert seen(archive) == {f"{first.base_id}.2"}


def test_every_version_stays_readable_and_names_the_newest(archive):
    first = make_article("a", OLD)
    for number, day in enumerate((3, 9, 12), 1):
        moment = datetime(2017, 11, day, tzinfo=UTC)
        add(archive, replace(first, text=f"{OLD} Version {number}.", updated_at=moment))
    ids = [first.base_id, f"{first.base_id}.2", f"{first.base_id}.3"]
    assert [archive.article(i).text[-2] for i in ids] == ["1", "2", "3"]
    assert [archive.article(i).superseded_by for i in ids] == [ids[2], ids[2], None]
    assert [seen(archive, as_of=day) for day in (20171104, 20171110, 20171113)] == [{i} for i in ids]


def test_an_undated_article_counts_from_the_day_it_was_added(archive):
    article = make_article("a", OLD, None)
    add(archive, article)
    stored = archive.article(article.base_id)
    assert stored.published_at is None
    assert stored.available_day == day_number(datetime.now(UTC).date())
    assert seen(archive) == {article.base_id}
    assert seen(archive, as_of=20171109) == set()
    assert seen(archive, after=20000101) == seen(archive, before=20991231) == set()
    assert archive.info()["undated"] == 1


def test_days_of_publication_are_utc(archive):
    article = make_article("a", OLD, published_at=datetime.fromisoformat("2017-11-03T23:30:00-05:00"))
    add(archive, article)
    assert archive.article(article.base_id).published_at == datetime(2017, 11, 4, 4, 30, tzinfo=UTC)


def test_coverage_tells_the_first_and_last_day(archive):
    add(archive, make_article("a", OLD), make_article("b", NEW, "2017-11-09", source="S"), make_article("c", OLD, None))
    assert archive.coverage(Selection()) == (3, date(2017, 11, 3), date(2017, 11, 9))
    assert archive.coverage(Selection(sources=("S",))) == (1, date(2017, 11, 9), date(2017, 11, 9))
    assert archive.coverage(Selection(sources=("T",))) == (0, None, None)


def test_removal_takes_all_versions_from_everywhere(archive):
    first = make_article("a", OLD, url="https://example.org/a")
    other = make_article("b", OLD + " Again.")
    add(archive, first, other)
    add(archive, replace(first, text=NEW, url="https://example.org/moved"))
    version = archive.version
    assert archive.remove(["https://example.org/moved"]) == 2
    assert archive.version > version
    assert seen(archive) == {other.base_id}
    for article_id in (first.base_id, f"{first.base_id}.2"):
        with pytest.raises(NotFoundError, match=article_id):
            archive.article(article_id)
    assert archive.passages([f"{first.base_id}:0-{len(OLD)}"]) == []
    assert not any(archive.verify().values())
    assert archive.catalog.counts()["passages"] == 1


@pytest.mark.parametrize("name", ["id", "version id", "address"])
def test_an_article_is_removed_by_any_of_its_names(archive, name):
    first = make_article("a", OLD, url="https://example.org/a")
    add(archive, first)
    add(archive, replace(first, text=NEW))
    wanted = {"id": first.base_id, "version id": f"{first.base_id}.2", "address": "https://example.org/a"}[name]
    assert archive.remove([wanted]) == 2
    assert archive.info()["articles"] == 0


def test_one_unknown_name_removes_nothing(archive):
    first = make_article("a", OLD)
    add(archive, first)
    with pytest.raises(NotFoundError, match=r"'nonsense'.*nothing was removed"):
        archive.remove([first.base_id, "nonsense"])
    assert archive.info()["articles"] == 1


def test_a_removed_article_comes_back_as_version_1(archive):
    first = make_article("a", OLD)
    add(archive, first)
    archive.remove([first.base_id])
    assert add(archive, first).added == 1
    assert archive.article(first.base_id).version == 1


def test_removal_interrupted_is_finished_before_the_article_comes_back(archive, monkeypatch):
    first = make_article("a", OLD)
    add(archive, first)
    with monkeypatch.context() as patch:
        patch.setattr(archive.lexical, "remove", _fail)
        with pytest.raises(RuntimeError, match="planted"):
            archive.remove([first.base_id])
    with pytest.raises(NotFoundError):
        archive.article(first.base_id)
    assert add(archive, first).added == 1
    assert seen(archive) == {first.base_id}
    assert not any(archive.verify().values())


def test_an_export_is_read_back_as_the_same_archive(archive, tmp_path):
    noon = datetime(2017, 11, 5, 12, 30, tzinfo=UTC)
    articles = [
        make_article("a", OLD, source="S", authors=("A. Writer",), language="en", metadata={"section": "world"}),
        replace(make_article("b", NEW, url="https://example.org/b"), key=None),
        make_article("c", OLD + " Again.", None),
        make_article("d", NEW + " Again.", published_at=noon, date_precision="second"),
    ]
    add(archive, *articles)
    file = tmp_path / "export.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in archive.export()))
    with open_archive(tmp_path / "copy") as copy:
        report = ingest.add(copy, read_path(file, Defaults()))
        assert (report.added, report.rejects) == (4, [])
        assert copy.lexical.passage_ids() == archive.lexical.passage_ids()
        for article in articles:
            original, again = archive.article(article.base_id), copy.article(article.base_id)
            # A story is named after the first article seen of it, and an export has its own order.
            assert replace(again, story=original.story) == original


def _fail(*_args):
    raise RuntimeError("planted")


def test_an_export_added_to_its_own_archive_changes_nothing(archive, tmp_path):
    article = make_article("a", "BAGHDAD (Reuters) - Troops left.\n\nDo you like this article?", source="S")
    add(archive, article)
    file = tmp_path / "export.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in archive.export()))
    assert ingest.add(archive, read_path(file, Defaults())).unchanged == 1
    with open_archive(tmp_path / "copy") as copy:
        ingest.add(copy, read_path(file, Defaults()))
        assert add(copy, article).unchanged == 1


def test_an_article_changed_before_it_was_first_added_counts_from_its_update(archive):
    add(archive, make_article("a", NEW, updated_at=datetime(2017, 11, 9, tzinfo=UTC)))
    assert seen(archive, as_of=20171108) == set()
    assert seen(archive, as_of=20171109) == {make_article("a", NEW).base_id}


def test_an_export_of_a_changed_article_does_not_leak_into_the_time_before(archive, tmp_path):
    add(archive, make_article("a", OLD))
    add(archive, make_article("a", NEW, updated_at=datetime(2017, 11, 9, tzinfo=UTC)))
    file = tmp_path / "export.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in archive.export()))
    with open_archive(tmp_path / "copy") as copy:
        ingest.add(copy, read_path(file, Defaults()))
        assert seen(copy, as_of=20171108) == set()
        assert len(seen(copy, as_of=20171109)) == 1
