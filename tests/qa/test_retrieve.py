"""Fusion, filters, time and copies: what is found, and that it is always the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from qa_fakes import HARBOUR, Record, open_archive

from index.archive import Archive
from index.article import Selection, day_of
from qa.rank import Days, fuse
from qa.retrieve import Found, Query, Retrieval, retrieve

# So late that age makes no difference, and undated articles, which count from the day they are added, are in.
NOW = Selection(as_of=29991231)
KNOBS = Retrieval()
WORDS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india")


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Archive]]:
    """make(records): an archive of them, closed at the end."""
    opened: list[Archive] = []

    def make(*records: Record) -> Archive:
        opened.append(open_archive(tmp_path / str(len(opened)), records))
        return opened[-1]

    yield make
    for archive in opened:
        archive.close()


def near(selection: Selection) -> Days:
    """The day of `as_of`, which is near unless the question says otherwise."""
    assert selection.as_of
    return (day_of(selection.as_of), day_of(selection.as_of))


def asked(archive: Archive, question: str, selection: Selection = NOW) -> Query:
    return Query(question, archive.encoder.encode_queries([question])[0], selection, near(selection))


def search(archive: Archive, question: str, selection: Selection = NOW, knobs: Retrieval = KNOBS) -> list[Found]:
    return retrieve(archive, asked(archive, question, selection), knobs)


def titles(found: list[Found]) -> list[str]:
    return [item.passage.title for item in found]


def test_fusion_sums_the_weighted_reciprocals_of_the_ranks() -> None:
    fused = fuse([(1.0, [("a", 9.0), ("b", 1.0)]), (2.0, [("b", 0.5)])], k=10)
    assert fused == pytest.approx({"a": 1 / 11, "b": 1 / 12 + 2 / 11})


def test_fusion_looks_at_ranks_alone() -> None:
    assert fuse([(1.0, [("a", 1e9), ("b", -3.0)])], k=60) == fuse([(1.0, [("a", 0.2), ("b", 0.1)])], k=60)


def test_fusion_of_nothing_is_nothing() -> None:
    assert fuse([], k=60) == {}
    assert fuse([(1.0, [])], k=60) == {}


class Swapped:
    """An archive of which two passages tie: each list ranks another one first."""

    def __init__(self, archive: Archive, ids: list[str]) -> None:
        self.catalog, self.passages, self.reading, self._ids = archive.catalog, archive.passages, archive.reading, ids

    def search_lexical(self, *_: object, **__: object) -> list[tuple[str, float]]:
        return [(passage_id, 1.0) for passage_id in self._ids]

    def search_dense(self, *_: object, **__: object) -> list[tuple[str, float]]:
        return [(passage_id, 1.0) for passage_id in reversed(self._ids)]


def test_ties_are_broken_by_passage_id_whichever_list_comes_first(make: Callable[..., Archive]) -> None:
    day = "2017-11-03"
    archive = make(
        {"id": "a", "title": "One", "text": "Sheep graze on the green dunes all day.", "published": day},
        {"id": "b", "title": "Two", "text": "Ships wait for pilots off the harbour mouth.", "published": day},
    )
    ids = sorted(archive.vectors.passage_ids())
    query = asked(archive, "tie")
    for order in (ids, ids[::-1]):
        swapped: Archive = Swapped(archive, order)  # type: ignore[assignment]
        found = retrieve(swapped, query, KNOBS)
        assert [item.passage.id for item in found] == ids
        assert found[0].score == found[1].score


def test_the_passage_that_says_it_comes_first_and_scores_fall(make: Callable[..., Archive]) -> None:
    found = search(make(*HARBOUR), "Who won the autumn regatta?")
    assert titles(found)[0] == "Gulls win the regatta"
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)


def test_the_same_question_finds_the_same(make: Callable[..., Archive]) -> None:
    archive = make(*HARBOUR)
    assert search(archive, "ferry pier") == search(archive, "ferry pier")


def test_two_archives_of_the_same_articles_find_the_same_whatever_the_order(make: Callable[..., Archive]) -> None:
    # Undated articles would differ by nothing else, but stories are named after the first article seen.
    one, other = make(*HARBOUR), make(*reversed(HARBOUR))
    assert [(item.passage.id, item.score) for item in search(one, "old ferry pier")] == [
        (item.passage.id, item.score) for item in search(other, "old ferry pier")
    ]


def test_all_candidates_come_back_as_many_as_the_lists_are_deep(make: Callable[..., Archive]) -> None:
    archive = make(*HARBOUR)
    question = "pier pumpkin regatta"
    assert len(search(archive, question)) == 4
    assert len(search(archive, question, knobs=Retrieval(depth=2, dense_weight=0.0))) == 2
    both = search(archive, question, knobs=Retrieval(depth=1))
    vector = archive.encoder.encode_queries([question])[0]
    lists = (archive.search_lexical([question], NOW, 1), archive.search_dense(vector, NOW, 1))
    assert {item.passage.id for item in both} == {passage_id for found in lists for passage_id, _ in found}


@pytest.mark.parametrize("left_out", ["lexical_weight", "dense_weight"])
def test_either_list_alone_finds_something(make: Callable[..., Archive], left_out: str) -> None:
    found = search(make(*HARBOUR), "autumn regatta", knobs=replace(KNOBS, **{left_out: 0.0}))
    assert titles(found)[0] == "Gulls win the regatta"


def test_without_a_vector_only_shared_words_count(make: Callable[..., Archive]) -> None:
    archive = make(*HARBOUR)
    pumpkin, nothing = (Query(question, None, NOW, near(NOW)) for question in ("pumpkin", "qwertyuiop"))
    assert titles(retrieve(archive, pumpkin, KNOBS)) == ["Pumpkin of two hundred kilograms"]
    assert retrieve(archive, nothing, KNOBS) == []


def test_of_two_equal_matches_the_newer_comes_first(make: Callable[..., Archive]) -> None:
    text = "The {} ferry was late again, the operator said on {}."
    archive = make(
        {"id": "old", "title": "Late ferry", "text": text.format("north", "Monday"), "published": "2015-01-05"},
        {"id": "new", "title": "Late ferry", "text": text.format("south", "Friday"), "published": "2017-12-22"},
    )
    selection = Selection(as_of=20171224)
    found = search(archive, "late ferry operator", selection)
    assert [item.passage.published_day for item in found] == [20171222, 20150105]
    assert [item.days_off for item in found] == [2, 1084]
    # In a question of another time, those of that time do; what they would score without time stays the same.
    query = replace(asked(archive, "late ferry operator", selection), near=(date(2015, 1, 1), date(2015, 1, 31)))
    then = retrieve(archive, query, KNOBS)
    assert [item.passage.published_day for item in then] == [20150105, 20171222]
    assert [item.days_off for item in then] == [0, 1056]
    assert [item.timeless for item in then] == [item.timeless for item in found[::-1]]
    assert all(item.timeless < item.score for item in (*found, *then))


def test_a_passage_without_a_date_is_near_no_day(make: Callable[..., Archive]) -> None:
    (found,) = search(make(HARBOUR[3]), "pumpkin")
    assert found.days_off is None
    assert found.timeless == found.score


def test_a_name_spelled_otherwise_is_found_and_ranked_as_if_spelled_as_asked(make: Callable[..., Archive]) -> None:
    text = "ISIS holds {}, officers said there."
    day = "2017-11-03"
    archive = make(
        {"id": "a", "title": "One", "text": text.format("Al-Bukamal"), "published": day},
        {"id": "b", "title": "Two", "text": "Nothing of it but rain.", "published": day},
    )
    question = "Who holds Qaim?"
    plain = Query(question, None, NOW, near(NOW))
    assert [item.passage.title for item in retrieve(archive, replace(plain, question="Qaim"), KNOBS)] == []

    def spelled(words: str) -> str:
        return words.replace("Al-Bukamal", "Qaim")

    (unspelled,) = retrieve(archive, replace(plain, spellings=("Who holds Al-Bukamal?",)), KNOBS)
    (found,) = retrieve(archive, replace(plain, spellings=("Who holds Al-Bukamal?",), spelled=spelled), KNOBS)
    assert found.passage.title == unspelled.passage.title == "One"
    assert found.score > unspelled.score
    assert found.passage.text == text.format("Al-Bukamal")


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(as_of=20171102), set()),
        (Selection(as_of=20171103), {20171103}),
        (Selection(as_of=20171119), {20171103, 20171112}),
        (Selection(as_of=20171120), {20171103, 20171112, 20171120}),
        (Selection(as_of=29991231), {20171103, 20171112, 20171120, None}),
        (Selection(as_of=29991231, after=20171112), {20171112, 20171120}),
        (Selection(as_of=29991231, before=20171112), {20171103, 20171112}),
        (Selection(as_of=29991231, after=20171112, before=20171112), {20171112}),
        (Selection(as_of=29991231, sources=("Demo Courier",)), {20171120, None}),
        (Selection(as_of=20171111, sources=("Harbour Post",)), {20171103}),
        (Selection(as_of=29991231, sources=("Harbour Post", "Demo Courier")), {20171103, 20171112, 20171120, None}),
    ],
)
@pytest.mark.parametrize("knobs", [KNOBS, Retrieval(lexical_weight=0), Retrieval(dense_weight=0)])
def test_filters_hold_for_each_list(
    make: Callable[..., Archive], selection: Selection, expected: set[int | None], knobs: Retrieval
) -> None:
    found = search(make(*HARBOUR), "the pier, the regatta and the pumpkin of Ellery", selection, knobs=knobs)
    assert {item.passage.published_day for item in found} == expected


def agency(key: str, **fields: str) -> Record:
    """One agency report as each paper prints it."""
    text = (
        "The harbour board of Port Ellery voted six to one on Friday to hand the old ferry pier to Norvik Lines. "
        "The company takes over on Monday and keeps all forty workers, the chair of the board said after the vote."
    )
    return {"id": key, "title": f"Pier ({key})", "text": text, "published": "2017-11-03", "source": key, **fields}


def test_copies_collapse_into_the_best_and_are_listed(make: Callable[..., Archive]) -> None:
    archive = make(agency("Post"), agency("Courier"), agency("Wire"), HARBOUR[2])
    found = search(archive, "Who took over the ferry pier?")
    pier = [item for item in found if item.passage.title.startswith("Pier")]
    assert len(pier) == 1
    ids = {pier[0].passage.article_id, *pier[0].copies}
    assert len(ids) == 3
    assert {archive.article(article_id).source for article_id in ids} == {"Post", "Courier", "Wire"}
    assert pier[0].passage.article_id not in pier[0].copies


def test_what_is_no_copy_stays(make: Callable[..., Archive]) -> None:
    found = search(make(*HARBOUR), "pier regatta pumpkin")
    assert len(found) == 4
    assert all(item.copies == () for item in found)


def test_a_copy_that_is_not_yet_published_is_not_listed(make: Callable[..., Archive]) -> None:
    archive = make(agency("Post"), agency("Courier", published="2017-11-05"))
    (found,) = search(archive, "ferry pier", Selection(as_of=20171104))
    assert found.passage.source == "Post"
    assert found.copies == ()
    (later,) = search(archive, "ferry pier", Selection(as_of=20171105))
    assert len(later.copies) == 1


def test_a_source_filter_reaches_the_copies(make: Callable[..., Archive]) -> None:
    archive = make(agency("Post"), agency("Courier"))
    (found,) = search(archive, "ferry pier", replace(NOW, sources=("Courier",)))
    assert found.passage.source == "Courier"
    assert found.copies == ()


def test_an_empty_archive_finds_nothing(make: Callable[..., Archive]) -> None:
    assert search(make(), "anything") == []


def test_copies_do_not_push_other_passages_out(make: Callable[..., Archive]) -> None:
    # The report stands in twelve papers; it is one passage, and the others all stand beside it.
    copies = [agency(f"Paper {i}") for i in range(12)]
    others = [
        {
            "id": f"o{i}",
            "title": f"Other {word}",
            "text": f"The ferry {word} and the {WORDS[-i]} sailed with {word} on.",
        }
        for i, word in enumerate(WORDS[:8], start=1)
    ]
    others = [{**other, "published": "2017-11-03"} for other in others]
    found = search(make(*copies, *others), "harbour board old ferry pier Norvik Lines vote")
    assert len(found) == 1 + len(others)
    assert sum(len(item.copies) for item in found) == len(copies) - 1
