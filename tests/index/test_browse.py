"""Lists and counts of articles, what stands around one, and what was rejected; nothing later than `as_of` shows."""

import json
from datetime import date

import pytest
from qa_fakes import add, open_archive

from index.article import Article, Selection
from index.browse import Listing
from index.rejects import read_rejects

TEXT = "{who} said on Monday that the old ferry pier in Port Ellery would be closed for {what} from now on."
STORY = (
    "The harbour board of Port Ellery has closed the old ferry pier for good, after a vote of six to one that took "
    "all night. Fishing crews said that nobody had asked them before the gates were shut on Friday morning."
)


def record(key, published, source="Post", text=None, **more):
    words = text or TEXT.format(who=f"Member {key.upper() * 3}", what=" ".join(f"{key}{i}" for i in range(12)))
    return {"id": key, "title": f"Title {key}", "text": words, "published": published, "source": source, **more}


RECORDS = (
    record("a", "2017-10-30", language="en"),
    record("b", "2017-11-03", language="en"),
    record("c", "2017-11-03T09:00:00Z", language="fr"),
    record("d", "2017-12-01", source="Courier"),
    record("e", None),
    record("f", "2018-01-05"),
    record("wire", "2017-11-10", source="Wire", text=STORY),
    record("copy", "2017-11-12", source="Courier", text=STORY + " More follows."),
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """To be read only."""
    with open_archive(tmp_path_factory.mktemp("browse") / "archive", RECORDS) as archive:
        yield archive


@pytest.fixture
def growing(tmp_path):
    with open_archive(tmp_path / "archive", RECORDS) as archive:
        yield archive


def article_id(archive, key, version=""):
    source = {"wire": "Wire", "copy": "Courier", "d": "Courier"}.get(key, "Post")
    return Article("", "", key=key, source=source).base_id + version


def titles(listed):
    return [item.title.removeprefix("Title ") for item in listed]


def listed(archive, offset=0, limit=50, **narrowed):
    undated, order = narrowed.pop("undated", False), narrowed.pop("order", "published")
    total, found = archive.browse.articles(Listing(Selection(**narrowed), undated, order), offset, limit)
    return total, titles(found)


def around(archive, key, as_of=None, version=""):
    return archive.browse.around(archive.article(article_id(archive, key, version)), as_of)


def test_articles_are_listed_newest_first_and_undated_last(archive):
    assert listed(archive) == (8, ["f", "d", "copy", "wire", "c", "b", "a", "e"])
    assert listed(archive, offset=2, limit=3) == (8, ["copy", "wire", "c"])
    assert listed(archive, offset=8) == (8, [])


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ({"sources": ("Courier",)}, ["d", "copy"]),
        ({"languages": ("en",)}, ["b", "a"]),
        ({"after": 20171103, "before": 20171110}, ["wire", "c", "b"]),
        ({"undated": True}, ["e"]),
        ({"as_of": 20171103}, ["c", "b", "a"]),
    ],
)
def test_lists_can_be_narrowed(archive, narrowed, expected):
    assert listed(archive, **narrowed) == (len(expected), expected)


def test_last_added_come_first_by_addition(growing):
    add(growing, [record("late", "1999-01-01")])
    assert listed(growing, order="added")[1][0] == "late"
    assert titles(growing.browse.overview().last_added)[0] == "late"


def months(found):
    return {row.month: row.articles for row in found.months}, found.undated


def test_overview_counts_by_month_source_and_language_anew_after_a_change(growing):
    overview = growing.browse.overview()
    assert months(overview.months) == ({"2017-10": 1, "2017-11": 4, "2017-12": 1, "2018-01": 1}, 1)
    post = overview.sources[0]
    assert (post.source, post.articles) == ("Post", 5)
    assert (post.first_published, post.last_published) == (date(2017, 10, 30), date(2018, 1, 5))
    assert {row.language: row.articles for row in overview.languages} == {None: 5, "en": 2, "fr": 1}
    assert growing.browse.overview() is overview
    add(growing, [record("g", "2018-01-06", source="Gazette")])
    assert months(growing.browse.overview().months)[0]["2018-01"] == 2
    growing.remove([article_id(growing, "f")])
    assert "Gazette" in {row.source for row in growing.browse.overview().sources}
    assert months(growing.browse.overview().months)[0]["2018-01"] == 1


def test_an_overview_counted_during_a_change_is_not_kept(growing, monkeypatch):
    browse = growing.browse
    browse.forget_cached()
    counted = browse.months

    def changed_meanwhile(*given):
        found = counted(*given)
        browse.forget_cached()
        return found

    monkeypatch.setattr(browse, "months", changed_meanwhile)
    stale = browse.overview()
    assert browse.overview() is not stale


def test_neighbours_are_the_nearest_of_the_same_source_oldest_first(growing):
    found = around(growing, "b")
    assert (titles(found.earlier), titles(found.later)) == (["a"], ["c", "f"])
    add(growing, [record(f"n{i}", f"2017-10-{i:02}") for i in range(10, 16)])
    assert titles(around(growing, "b").earlier) == ["n14", "n15", "a"]
    assert around(growing, "e").earlier == around(growing, "e").later == ()


def test_articles_of_one_moment_are_all_reached_by_going_from_neighbour_to_neighbour(growing):
    add(growing, [record(f"n{i}", "2017-10-31") for i in range(9)])
    seen, key = [], "a"
    while key:
        seen.append(key)
        later = titles(around(growing, key).later)
        key = later[0] if later else None
    assert sorted(seen) == sorted(["a", "b", "c", "f", *(f"n{i}" for i in range(9))])


def test_copies_are_other_articles_of_the_same_story(archive):
    assert titles(around(archive, "wire").copies) == ["copy"]
    assert titles(around(archive, "copy").copies) == ["wire"]
    assert around(archive, "a").copies == ()


@pytest.mark.parametrize(("as_of", "later"), [(20171102, []), (20171103, ["c"]), (20180104, ["c"]), (None, ["c", "f"])])
def test_what_stands_around_is_of_the_day(archive, as_of, later):
    assert titles(around(archive, "b", as_of).later) == later


def test_copies_and_corrections_are_of_the_day(growing):
    add(growing, [record("fix", "2017-11-20", source="Wire") | {"title": "Correction: Title wire"}])
    assert around(growing, "wire", 20171111).copies == ()
    assert titles(around(growing, "wire", 20171112).copies) == ["copy"]
    assert around(growing, "wire", 20171119).corrected_by == ()
    assert [found.title for found in around(growing, "wire", 20171120).corrected_by] == ["Correction: Title wire"]


def test_versions_are_told_as_far_as_the_day_sees(growing):
    add(growing, [record("b", "2017-11-03", text="All is changed: " + STORY) | {"updated": "2017-11-20"}])
    now = around(growing, "b").versions
    assert [(v.version, v.available, v.superseded) for v in now] == [
        (1, date(2017, 11, 3), date(2017, 11, 20)),
        (2, date(2017, 11, 20), None),
    ]
    then = around(growing, "b", 20171119).versions
    assert [(v.version, v.superseded) for v in then] == [(1, None)]
    assert [v.article_id for v in around(growing, "b", 20171120).versions] == [v.article_id for v in now]
    assert titles(around(growing, "b", version=".2").copies) == titles(around(growing, "b").copies)
    assert "b" not in titles(around(growing, "b", version=".2").copies)
    assert titles(around(growing, "c", 20171119).earlier) == ["a", "b"]


def test_coverage_of_names_counts_articles_that_mention_all_of_them(archive):
    browse, now = archive.browse, Selection()
    assert months(browse.months_mentioning([["Port Ellery"]], now)) == (
        {"2017-10": 1, "2017-11": 4, "2017-12": 1, "2018-01": 1},
        1,
    )
    assert months(browse.months_mentioning([["Port Ellery"], ["Member AAA", "Member DDD"]], now)) == (
        {"2017-10": 1, "2017-12": 1},
        0,
    )
    assert months(browse.months_mentioning([["Nobody Known"]], now)) == ({}, 0)
    assert browse.months_mentioning([], now) == browse.months()


def test_coverage_never_sees_later_articles_or_other_filters(archive):
    browse = archive.browse
    assert months(browse.months_mentioning([["Port Ellery"]], Selection(as_of=20171103))) == (
        {"2017-10": 1, "2017-11": 2},
        0,
    )
    assert months(browse.months_mentioning([["Port Ellery"]], Selection(sources=("Courier",)))) == (
        {"2017-11": 1, "2017-12": 1},
        0,
    )
    assert months(browse.months(Selection(as_of=20171130, after=20171101))) == ({"2017-11": 4}, 0)


def test_coverage_agrees_with_the_count_of_mentions(archive):
    for as_of in (20171101, 20171112, 20991231):
        selection = Selection(as_of=as_of)
        found = archive.browse.months_mentioning([["Ellery"]], selection)
        total = sum(row.articles for row in found.months) + found.undated
        assert total == archive.evidence.mentioning(["Ellery"], selection)


def test_coverage_of_passages_counts_each_article_once(archive):
    ids = [article_id(archive, key) for key in ("b", "b", "d", "e", "f")] + ["unknown"]
    assert months(archive.browse.months_of(ids, Selection())) == ({"2017-11": 1, "2017-12": 1, "2018-01": 1}, 1)
    assert months(archive.browse.months_of(ids, Selection(as_of=20171201))) == ({"2017-11": 1, "2017-12": 1}, 0)


# --- rejects


def note(folder, name, *lines):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def reject(where, reason="no text", detail="Mend it."):
    return json.dumps({"where": where, "reason": reason, "detail": detail})


def test_rejects_are_counted_by_reason_and_listed_newest_first(tmp_path):
    note(tmp_path, "20171103T090000.000000.jsonl", reject("old.jsonl:1"), reject("old.jsonl:2", "bad date"))
    note(tmp_path, "20171104T090000.000000.jsonl", reject("new.jsonl:1"))
    found = read_rejects(tmp_path, limit=2)
    assert (found.total, found.complete) == (3, True)
    assert [(row.reason, row.rejects) for row in found.reasons] == [("no text", 2), ("bad date", 1)]
    assert [row.where for row in found.newest] == ["new.jsonl:1", "old.jsonl:1"]
    assert found.newest[0].at.isoformat() == "2017-11-04T09:00:00+00:00"


def test_rejects_tell_file_names_but_not_folders(tmp_path):
    detail = "Another stands at /home/ann/my news/a.zip!x/y.html. See /etc/news/list.txt or https://example.com/a/b."
    note(tmp_path, "odd name.jsonl", reject("/home/ann/my news/a.zip!x/z.html", detail=detail))
    (found,) = read_rejects(tmp_path, limit=5).newest
    assert found.where == "a.zip!x/z.html"
    assert found.detail == "Another stands at a.zip!x/y.html. See list.txt or https://example.com/a/b."
    assert found.at is None


def test_a_note_that_cannot_be_read_is_told_of_not_dropped(tmp_path):
    note(tmp_path, "20171103T090000.000000.jsonl", '{"where": "torn', "[]", "[" * 100_000, reject("good.jsonl:1"))
    found = read_rejects(tmp_path, limit=5)
    assert {row.reason: row.rejects for row in found.reasons} == {"unreadable note": 3, "no text": 1}


def test_more_notes_than_are_read_are_said_to_be_incomplete(tmp_path, monkeypatch):
    monkeypatch.setattr("index.rejects.MAX_BYTES", 100)
    note(tmp_path, "20171103T090000.000000.jsonl", reject("old.jsonl:1"))
    note(tmp_path, "20171104T090000.000000.jsonl", *(reject(f"new.jsonl:{i}") for i in range(9)))
    found = read_rejects(tmp_path, limit=5)
    assert not found.complete
    assert 0 < found.total < 10


def test_an_archive_without_rejects_has_none(archive):
    assert archive.browse.rejects(5).total == 0
