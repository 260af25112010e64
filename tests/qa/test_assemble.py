"""Groups -> the answer: its places, its stories and outlets, its days, and what stands against it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qa_fakes import keys, place, span, spans

from index.archive import Archive
from index.article import Selection
from qa import assemble
from qa.answer import Answer, TimelineEntry
from qa.assemble import ALTERNATIVES, CITATIONS, CONTRADICTS, LEAST_ALTERNATIVE, Verdict, independent
from qa.calibration import Calibration
from qa.cite import Citer
from qa.groups import Group, Scale, gather
from qa.read import Span
from qa.retrieve import Found
from qa.timeline import timeline

# As the sentence reader has it, less the weight of rank: the probability of a span is the answer's confidence.
ALONE = Calibration(recency=1.2, rivalry=0.0, threshold=0.15)
RIVALS = Calibration(recency=1.2, rivalry=1.0)


class NoEvidence:
    """An archive that knows neither copies nor corrections."""

    evidence: Any

    def __init__(self) -> None:
        self.evidence = self

    def copies(self, _articles: Mapping[str, str], _selection: Selection) -> dict[str, list[Any]]:
        return {}

    corrections = copies


@dataclass(frozen=True)
class Said:
    """What `QA` would say of these spans."""

    answers: list[Answer]
    timeline: list[TimelineEntry]
    no_answer_probability: float

    @property
    def best(self) -> Answer:
        return self.answers[0]


def scale_of(places: Sequence[Found], calibration: Calibration = ALONE) -> Scale:
    return Scale(places, calibration)


def groups_of(given: Sequence[Span], scale: Scale) -> list[Group]:
    return gather(given, keys(given, scale.found), scale.weights(given), scale)


def verdict(given: Sequence[Span], places: Sequence[Found], calibration: Calibration = ALONE) -> Verdict:
    return assemble.verdict(groups_of(given, scale_of(places, calibration)), calibration)


def say(given: Sequence[Span], places: Sequence[Found], calibration: Calibration = ALONE) -> Said:
    """The steps of `QA`, one after the other."""
    scale = scale_of(places, calibration)
    said = verdict(given, places, calibration)
    history = timeline(given, keys(given, places), scale) if said.groups else []
    archive: Archive = NoEvidence()  # type: ignore[assignment]
    citer = Citer(archive, Selection(), places, given)
    current = said.groups[0].key if said.groups else None
    return Said(
        assemble.answers(said, scale, citer),
        assemble.entries(history, current, scale, citer),
        said.no_answer_probability,
    )


# --- the answer and its alternatives


def test_no_spans_are_no_answer() -> None:
    assert say([], []) == Said([], [], 1.0)


def test_what_is_not_likely_enough_is_no_answer() -> None:
    places = [place("Ann", "a")]
    result = say(spans(places, ALONE.threshold / 10), places)
    assert (result.answers, result.timeline) == ([], [])
    assert result.no_answer_probability > 0.5


def test_the_likeliest_answer_comes_first_then_the_others() -> None:
    places = [place("Ann", "a"), place("Bob", "b"), place("Cleo", "c")]
    result = say(spans(places, 0.4, 0.8, 0.6), places)
    assert [answer.text for answer in result.answers] == ["Bob", "Cleo", "Ann"]
    assert [answer.confidence for answer in result.answers] == pytest.approx([0.8, 0.6, 0.4], abs=1e-4)
    assert result.no_answer_probability == pytest.approx(1 - result.best.confidence, abs=1e-4)


def test_only_so_many_alternatives_are_given() -> None:
    places = [place(name, name) for name in ("Ann", "Bob", "Cleo", "Dan", "Eve", "Fay", "Gil", "Hal")]
    result = say(spans(places, *[0.9 - 0.05 * i for i in range(8)]), places)
    assert [answer.text for answer in result.answers] == ["Ann", "Bob", "Cleo", "Dan", "Eve"][: ALTERNATIVES + 1]


@pytest.mark.parametrize("variant", ["the mayor", "The Mayor", "“mayor”", "MAYOR", "a  mayor.", "‘mayor’…", "mayor!"])
def test_what_says_the_same_is_one_answer_and_keeps_its_own_words(variant: str) -> None:
    places = [place("mayor", "a"), place(variant, "b")]
    result = say(spans(places, 0.5, 0.7), places)
    (answer,) = result.answers
    assert answer.text == variant
    assert [citation.article_id for citation in answer.citations] == ["b", "a"]


def test_marks_alone_are_kept_apart() -> None:
    places = [place("…", "a"), place("—", "b")]
    assert [answer.text for answer in say(spans(places, 0.5, 0.7), places).answers] == ["—", "…"]


@pytest.mark.parametrize("probability", [1.0, 0.0])
def test_a_reader_may_be_certain(probability: float) -> None:
    places = [place("Ann", "a")]
    assert bool(say(spans(places, probability), places).answers) == (probability == 1.0)


@pytest.mark.parametrize(
    ("threshold", "given"),
    [(0.0, ["Ann", "Bob", "Cleo"]), (0.04, ["Ann", "Bob", "Cleo"]), (0.4, ["Ann", "Bob"]), (0.7, [])],
)
def test_the_threshold_decides_whether_there_is_an_answer(threshold: float, given: list[str]) -> None:
    """Less likely alternatives stand beside an answer, noise does not; without an answer there are none."""
    places = [place("Ann", "a"), place("Bob", "b"), place("Cleo", "c")]
    likely = LEAST_ALTERNATIVE - 0.005
    result = say(spans(places, 0.65, 0.3, likely), places, replace(ALONE, threshold=threshold))
    assert [answer.text for answer in result.answers] == given
    assert bool(result.timeline) == bool(given)
    assert result.no_answer_probability == pytest.approx(0.35, abs=1e-4)


def test_the_order_of_the_spans_does_not_matter() -> None:
    places = [place("Ann", "a"), place("Bob", "b"), place("ann", "c"), place("Dan", "d")]
    given = [*spans(places, 0.5, 0.5, 0.5, 0.5), span(places, 0, 0.2)]
    expected = say(given, places)
    for seed in range(10):
        shuffled = random.Random(seed).sample(given, len(given))
        assert say(shuffled, places) == expected


SCORES = st.floats(-1e3, 1e3) | st.sampled_from([float("inf"), float("-inf")])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["Ann", "ann", "Bob", "Cleo", "…"]), SCORES, st.integers(0, 3)), max_size=9))
def test_confidences_are_probabilities_and_with_full_rivalry_share_one(given: list[tuple[str, float, int]]) -> None:
    places = [place(name, f"a{i}", story=f"s{story}", age=i) for i, (name, _, story) in enumerate(given)]
    scored = [replace(span(places, i, 0.5), score=score) for i, (_, score, _) in enumerate(given)]
    result = say(scored, places, RIVALS)
    answers = result.answers
    assert sum(answer.confidence for answer in answers) <= 1 + 1e-4 * len(answers)
    assert [a.confidence for a in answers] == sorted((a.confidence for a in answers), reverse=True)
    assert 0 <= result.no_answer_probability <= 1
    assert say(scored[::-1], places, RIVALS) == result


# --- citations


def test_a_citation_says_where_the_answer_stands_in_its_sentence() -> None:
    places = [place("Ann", "a")]
    (citation,) = say(spans(places, 0.9), places).best.citations
    assert citation.quote == places[0].passage.text
    assert (citation.start, citation.answer_start) == (50, 56)
    assert citation.quote[6:9] == "Ann"
    assert citation.answer_end - citation.answer_start == 3
    assert (citation.title, citation.source) == ("Title a", "Source a")


def test_the_best_citation_of_each_story_comes_first() -> None:
    places = [
        place("Ann", "a", story="s"),
        place("Ann", "b", story="s"),
        place("Ann", "c", story="t"),
        place("Ann", "d"),
    ]
    result = say(spans(places, 0.9, 0.8, 0.6, 0.7), places)
    assert [citation.article_id for citation in result.best.citations] == ["a", "d", "c", "b"]


def test_an_article_is_cited_once_where_it_says_it_best() -> None:
    places = [place("Ann", "a"), place("Ann", "a"), place("Ann", "b")]
    scale = scale_of(places)
    (group,) = groups_of(spans(places, 0.6, 0.9, 0.7), scale)
    assert [one.passage for one in assemble.cited(group, scale)] == [1, 2]


def test_a_passing_mention_is_not_cited_and_no_source() -> None:
    places = [place("Ann", "a"), place("ANN", "b", "2017-11-09")]
    best = say(spans(places, 0.9, 0.3), places).best
    assert [citation.article_id for citation in best.citations] == ["a"]
    assert (best.independent_sources, best.also_written, best.last_published) == (1, (), date(2017, 11, 3))


def test_only_so_many_citations_are_given_and_all_sources_counted() -> None:
    places = [place("Ann", f"a{i}") for i in range(CITATIONS + 3)]
    best = say(spans(places, *[0.5] * len(places)), places).best
    assert len(best.citations) == CITATIONS
    assert best.independent_sources == CITATIONS + 3


# --- independent sources


def test_copies_of_one_story_count_as_one_source() -> None:
    places = [place("Ann", "a", story="s"), place("Ann", "b", story="s"), place("Ann", "c")]
    best = say(spans(places, 0.9, 0.8, 0.7), places).best
    assert len(best.citations) == 3
    assert best.independent_sources == 2


def test_one_article_that_says_it_twice_is_one_source() -> None:
    places = [place("Ann", "a"), place("Ann", "a")]
    assert say(spans(places, 0.9, 0.8), places).best.independent_sources == 1


@pytest.mark.parametrize(
    ("reports", "number"),
    [
        pytest.param([], 0, id="none"),
        pytest.param([("s", "Post"), ("t", "Wire")], 2, id="two stories of two outlets"),
        pytest.param([("s", "Post"), ("t", "Post"), ("u", "Post")], 1, id="one outlet says it thrice"),
        pytest.param([("s", "Post"), ("s", "Wire"), ("s", "Courier")], 1, id="three outlets print one story"),
        pytest.param([("s", "Post"), ("s", "Wire"), ("t", "Post")], 2, id="the Wire's s and the Post's t"),
        pytest.param([("t", "Post"), ("s", "Post"), ("s", "Wire")], 2, id="whatever the order"),
        pytest.param(
            [("s", "A"), ("s", "B"), ("t", "A"), ("t", "C"), ("u", "A"), ("v", "C")], 3, id="one gives way to another"
        ),
        pytest.param([("s", None), ("t", None), ("u", None)], 3, id="an unknown outlet is one of its own"),
        pytest.param([("s", None), ("s", None)], 1, id="of one story still one"),
        pytest.param([("s", None), ("t", "Post"), ("u", "Post")], 2, id="unknown beside known"),
    ],
)
def test_no_two_independent_sources_share_a_story_or_an_outlet(
    reports: list[tuple[str, str | None]], number: int
) -> None:
    places = [place("Ann", f"a{i}", story=story, source=source) for i, (story, source) in enumerate(reports)]
    assert independent(spans(places, *[0.5] * len(places)), scale_of(places)) == number


# --- forms, days, conflict


def test_other_forms_of_the_answer_are_listed_once_the_weightiest_first() -> None:
    words = ("the mayor", "Mayor", "MAYOR", "The Mayor", "“mayor”", "a mayor")
    places = [place(form, f"a{i}") for i, form in enumerate(words)]
    best = say(spans(places, 0.9, 0.7, 0.8, 0.85, 0.75, 0.6), places).best
    assert best.text == "the mayor"
    assert best.also_written == ("MAYOR", "“mayor”", "a mayor")


def test_every_answer_is_the_words_of_its_first_citation() -> None:
    """Where the best report of an alternative is the sentence that bears the answer, another report comes first."""
    both = place("Ann, not Mayor", "a")
    whole = span([both], 0, 0.9)
    answer = replace(whole, end=whole.start + len("Ann"))
    beaten = replace(span([both], 0, 0.6), start=answer.end + len(", not "))
    places = [both, place("the mayor", "b")]
    answers = say([answer, beaten, span(places, 1, 0.5)], places).answers
    assert [one.text.lower() for one in answers][1] == "the mayor"
    for one in answers:
        first = one.citations[0]
        assert first.quote[first.answer_start - first.start : first.answer_end - first.start] == one.text
        assert one.text not in one.also_written
    assert answers[1].also_written == ("Mayor",)


def test_an_answer_in_one_form_alone_is_not_also_written() -> None:
    places = [place("Ann", "a"), place("ANN", "b")]
    assert say(spans(places, 0.9, 0.8), places).best.also_written == ()


def test_an_answer_knows_the_first_and_last_day_of_its_reports() -> None:
    places = [place("Ann", "a", "2017-11-09"), place("Ann", "b", None), place("Ann", "c", "2017-11-03")]
    best = say(spans(places, 0.9, 0.8, 0.7), places).best
    assert (best.first_published, best.last_published) == (date(2017, 11, 3), date(2017, 11, 9))
    undated = [place("Ann", "a", None)]
    best = say(spans(undated, 0.9), undated).best
    assert best.first_published is best.last_published is None


@pytest.mark.parametrize(
    ("days", "probability", "conflicting"),
    [
        (["2017-11-03"], 0.8, True),
        (["2017-11-05"], 0.8, True),
        (["2017-11-30"], 0.8, True),  # what is newer and no likelier is in doubt, not over
        (["2017-10-01", "2017-11-03"], 0.8, True),
        (["2017-11-02"], 0.8, False),
        ([None], 0.8, False),
        (["2017-11-05"], CONTRADICTS * 0.9 + 0.01, True),
        (["2017-11-05"], CONTRADICTS * 0.9 - 0.01, False),
    ],
)
def test_an_alternative_reported_since_the_answer_first_was_contradicts_it(
    days: list[str | None], probability: float, conflicting: bool
) -> None:
    places = [place("Ann", "a", "2017-11-03"), place("Ann", "b", "2017-11-09")]
    places += [place("Bob", f"o{i}", day, story="o") for i, day in enumerate(days)]
    given = spans(places, 0.9, 0.5, *[probability] * len(days))
    answer, other = say(given, places, replace(ALONE, recency=0.0)).answers
    # Odds of nine and of one, together their root.
    assert (answer.text, other.text) == ("Ann", "Bob")
    assert answer.confidence == pytest.approx(82**0.5 / (1 + 82**0.5), abs=1e-4)
    assert (answer.conflicting, other.conflicting) == (False, conflicting)


def test_an_answer_of_no_known_day_contradicts_and_is_contradicted_by_none() -> None:
    places = [place("Ann", "a", None), place("Bob", "b", "2017-11-03"), place("Cleo", "c", None)]
    assert not any(answer.conflicting for answer in say(spans(places, 0.9, 0.8, 0.8), places).answers)


# --- the timeline's entries


def test_the_timeline_is_in_order_of_first_publication_without_the_undated() -> None:
    places = [
        place("Ann", "a", "2017-11-09"),
        place("Bob", "b", None),
        place("Cleo", "c", "2017-11-03"),
        place("Ann", "d", "2017-11-05"),
    ]
    result = say(spans(places, 0.9, 0.8, 0.7, 0.6), places)
    assert [(entry.text, entry.first_published, entry.last_published) for entry in result.timeline] == [
        ("Cleo", date(2017, 11, 3), date(2017, 11, 3)),
        ("Ann", date(2017, 11, 5), date(2017, 11, 9)),
    ]
    assert [answer.text for answer in result.answers] == ["Ann", "Bob", "Cleo"]


def test_the_timeline_knows_all_days_of_those_that_say_it() -> None:
    days = [f"2017-11-{day:02}" for day in (10, 11, 12, 13, 14, 15, 16, 1, 30, 30)]
    places = [place("Ann", f"{i}", day) for i, day in enumerate(days)]
    (entry,) = say(spans(places, *[0.9 - 0.01 * i for i in range(len(days))]), places).timeline
    assert (entry.first_published, entry.last_published) == (date(2017, 11, 1), date(2017, 11, 30))
    assert entry.published == tuple(sorted({date.fromisoformat(day) for day in days}))
    assert len(entry.citations) == CITATIONS
    assert entry.independent_sources == len(days)


def test_an_entry_says_what_an_answer_does_and_which_is_current() -> None:
    places = [
        place("ISIS", "a", "2017-11-03", age=6, source="Post"),
        place("the army", "b", "2017-11-09", age=0),
        place("The Army", "c", "2017-11-09", age=0),
        place("army.", "d", "2017-11-08", story="b", age=1),
        place("“ISIS”", "e", "2017-11-02", age=7, source="Post"),
    ]
    result = say(spans(places, 0.8, 0.9, 0.85, 0.8, 0.7), places)
    assert [(e.text, e.current, e.also_written, e.independent_sources) for e in result.timeline] == [
        ("ISIS", False, ("“ISIS”",), 1),
        ("the army", True, ("army.",), 2),
    ]
    then, now = result.timeline
    assert now.citations == result.best.citations
    assert [citation.article_id for citation in then.citations] == ["a", "e"]
    assert [entry.published for entry in result.timeline] == [
        (date(2017, 11, 2), date(2017, 11, 3)),
        (date(2017, 11, 8), date(2017, 11, 9)),
    ]


def test_no_entry_is_current_when_the_answer_is_of_no_known_day() -> None:
    places = [place("Ann", "a", None), place("Bob", "b", "2017-11-03")]
    result = say(spans(places, 0.9, 0.8), places)
    assert result.best.text == "Ann"
    assert [(entry.text, entry.current) for entry in result.timeline] == [("Bob", False)]
