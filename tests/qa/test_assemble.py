"""Spans -> the answer: what says the same is one answer, with its places, its stories and its days."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qa_fakes import log_odds

from index.article import StoredPassage
from qa import assemble
from qa.assemble import ALTERNATIVES, CITATIONS, LEAST_ALTERNATIVE, Verdict
from qa.calibration import Calibration
from qa.read import Span
from qa.retrieve import Found

# As the sentence reader has it, less the weight of rank: the probability of a span is the answer's confidence.
ALONE = Calibration(recency=1.2, rivalry=0.0, threshold=0.15)
RIVALS = Calibration(recency=1.2, rivalry=1.0)

TEXT = "Today {} has been named by the board."


def found(
    answer: str, key: str, day: str | None = "2017-11-03", story: str | None = None, age: int | None = None
) -> Found:
    """A passage that says `answer`; it stands 50 characters into its article."""
    text = TEXT.format(answer)
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None
    number = int(day.replace("-", "")) if day else None
    passage = StoredPassage(
        key, 50, 50 + len(text), text, f"Title {key}", f"Source {key}", None, moment, number, story or key, None
    )
    return Found(passage, 0.5, age)


def span(places: list[Found], rank: int, probability: float) -> Span:
    passage = places[rank].passage
    start = passage.start + len("Today ")
    return Span(
        rank,
        start,
        passage.end - len(" has been named by the board."),
        passage.start,
        passage.end,
        log_odds(probability),
    )


def spans(places: list[Found], *probabilities: float) -> list[Span]:
    return [span(places, rank, probability) for rank, probability in enumerate(probabilities)]


def verdict(
    given: list[Span], places: list[Found], calibration: Calibration = ALONE, *, of_the_past: bool = False
) -> Verdict:
    return assemble.verdict(given, places, calibration, of_the_past=of_the_past)


def confidence(given: list[Span], places: list[Found], calibration: Calibration = ALONE) -> float:
    answer = verdict(given, places, calibration).answer
    assert answer is not None
    return answer.confidence


def test_no_spans_are_no_answer() -> None:
    nothing = verdict([], [])
    assert nothing.answer is None
    assert nothing.no_answer_probability == 1.0
    assert (nothing.alternatives, nothing.timeline) == ((), ())


def test_what_is_not_likely_enough_is_no_answer() -> None:
    places = [found("Ann", "a")]
    result = verdict(spans(places, ALONE.threshold / 10), places)
    assert (result.answer, result.alternatives, result.timeline) == (None, (), ())
    assert result.no_answer_probability > 0.5


def test_the_likeliest_answer_comes_first_then_the_others() -> None:
    places = [found("Ann", "a"), found("Bob", "b"), found("Cleo", "c")]
    result = verdict(spans(places, 0.4, 0.8, 0.6), places)
    assert result.answer is not None
    assert result.answer.text == "Bob"
    assert [answer.text for answer in result.alternatives] == ["Cleo", "Ann"]
    assert result.no_answer_probability == pytest.approx(1 - result.answer.confidence, abs=1e-4)


def test_only_so_many_alternatives_are_given() -> None:
    places = [found(name, name) for name in ("Ann", "Bob", "Cleo", "Dan", "Eve", "Fay", "Gil", "Hal")]
    result = verdict(spans(places, *[0.9 - 0.05 * i for i in range(8)]), places)
    assert [answer.text for answer in result.alternatives] == ["Bob", "Cleo", "Dan", "Eve"][:ALTERNATIVES]


@pytest.mark.parametrize("variant", ["the mayor", "The Mayor", "“mayor”", "MAYOR", "a  mayor.", "‘mayor’…", "mayor!"])
def test_what_says_the_same_is_one_answer_and_keeps_its_own_words(variant: str) -> None:
    places = [found("mayor", "a"), found(variant, "b")]
    result = verdict(spans(places, 0.5, 0.7), places)
    assert result.answer is not None
    assert result.answer.text == variant
    assert result.alternatives == ()
    assert [citation.article_id for citation in result.answer.citations] == ["b", "a"]


def test_marks_alone_are_kept_apart() -> None:
    places = [found("…", "a"), found("—", "b")]
    result = verdict(spans(places, 0.5, 0.7), places)
    assert result.answer is not None
    assert result.answer.text == "—"
    assert [answer.text for answer in result.alternatives] == ["…"]


def test_a_citation_says_where_the_answer_stands_in_its_sentence() -> None:
    places = [found("Ann", "a")]
    result = verdict(spans(places, 0.9), places)
    assert result.answer is not None
    (citation,) = result.answer.citations
    assert citation.quote == places[0].passage.text
    assert (citation.start, citation.answer_start) == (50, 56)
    assert citation.quote[6:9] == "Ann"
    assert citation.answer_end - citation.answer_start == 3
    assert (citation.title, citation.source) == ("Title a", "Source a")


def test_copies_of_one_story_count_as_one_source() -> None:
    places = [found("Ann", "a", story="s"), found("Ann", "b", story="s"), found("Ann", "c")]
    result = verdict(spans(places, 0.9, 0.8, 0.7), places)
    assert result.answer is not None
    assert len(result.answer.citations) == 3
    assert result.answer.independent_sources == 2


def test_one_article_that_says_it_twice_is_one_source() -> None:
    places = [found("Ann", "a"), found("Ann", "a")]
    result = verdict(spans(places, 0.9, 0.8), places)
    assert result.answer is not None
    assert result.answer.independent_sources == 1


def test_the_timeline_is_in_order_of_first_publication_undated_last() -> None:
    places = [
        found("Ann", "a", "2017-11-09"),
        found("Bob", "b", None),
        found("Cleo", "c", "2017-11-03"),
        found("Ann", "d", "2017-11-05"),
    ]
    result = verdict(spans(places, 0.9, 0.8, 0.7, 0.6), places)
    assert [(entry.text, entry.first_published, entry.last_published) for entry in result.timeline] == [
        ("Cleo", date(2017, 11, 3), date(2017, 11, 3)),
        ("Ann", date(2017, 11, 5), date(2017, 11, 9)),
        ("Bob", None, None),
    ]


def test_of_two_answers_as_likely_the_more_recent_wins() -> None:
    places = [found("Ann", "a", age=1000), found("Bob", "b", age=0)]
    result = verdict(spans(places, 0.5, 0.5), places)
    assert result.answer is not None
    assert result.answer.text == "Bob"


def test_the_order_of_the_spans_does_not_matter() -> None:
    places = [found("Ann", "a"), found("Bob", "b"), found("ann", "c"), found("Dan", "d")]
    given = [*spans(places, 0.5, 0.5, 0.5, 0.5), span(places, 0, 0.2)]
    expected = verdict(given, places)
    for seed in range(10):
        shuffled = random.Random(seed).sample(given, len(given))
        assert verdict(shuffled, places) == expected


@pytest.mark.parametrize(
    "probability",
    [
        1.0,
        0.0,
    ],
)
def test_a_reader_may_be_certain(probability: float) -> None:
    places = [found("Ann", "a")]
    result = verdict(spans(places, probability), places)
    assert (result.answer is not None) == (probability == 1.0)


def test_the_timeline_knows_the_first_and_last_day_of_all_that_say_it() -> None:
    days = [f"2017-11-{day:02}" for day in (10, 11, 12, 13, 14, 15, 16, 1, 30)]
    places = [found("Ann", day, day) for day in days]
    result = verdict(spans(places, *[0.9 - 0.01 * i for i in range(len(days))]), places)
    assert [(entry.first_published, entry.last_published) for entry in result.timeline] == [
        (date(2017, 11, 1), date(2017, 11, 30))
    ]


def test_of_the_present_the_newest_of_old_news_wins() -> None:
    places = [found("Ann", "a", age=3000), found("Bob", "b", age=2960)]
    given = spans(places, 0.5, 0.4)
    now, then = verdict(given, places), verdict(given, places, of_the_past=True)
    assert now.answer is not None
    assert now.answer.text == "Bob"
    assert then.answer is not None
    assert then.answer.text == "Ann"


# --- support: what stands in several stories, and what speaks against it


def test_the_probability_of_a_lone_span_is_the_answers_confidence() -> None:
    places = [found("Ann", "a")]
    assert confidence(spans(places, 0.7), places) == pytest.approx(0.7, abs=1e-4)


@pytest.mark.parametrize("calibration", [ALONE, RIVALS])
def test_equal_answers_in_independent_stories_support_each_other(calibration: Calibration) -> None:
    places = [found("Bob", "a"), found("Ann", "b"), found("the Ann", "c"), found("ANN", "d")]
    given = spans(places, 0.6, 0.5, 0.5, 0.5)
    both = verdict(given, places, calibration)
    assert both.answer is not None
    assert both.answer.text == "Ann"
    assert both.answer.independent_sources == 3
    # Odds of 1 thrice, together the root of three, against odds of 1.5 where rivals count.
    support = math.sqrt(3)
    assert both.answer.confidence == pytest.approx(support / (1 + support + 1.5 * calibration.rivalry), abs=1e-4)


def test_a_crowd_of_old_stories_does_not_outweigh_the_news() -> None:
    weights = Calibration(recency=3.0)
    places = [found("Army", "new", age=0), *(found("ISIS", f"old{i}", age=60) for i in range(15))]
    result = verdict(spans(places, *[0.5] * 16), places, weights)
    assert result.answer is not None
    assert result.answer.text == "Army"
    assert result.alternatives[0].independent_sources == 15


def test_copies_of_one_story_do_not_support_each_other() -> None:
    places = [found("Bob", "a"), *(found("Ann", key, story="wire") for key in "bcdef")]
    result = verdict(spans(places, 0.6, 0.5, 0.5, 0.5, 0.5, 0.5), places)
    assert result.answer is not None
    assert result.answer.text == "Bob"
    (other,) = result.alternatives
    assert other.confidence == pytest.approx(0.5, abs=1e-4)
    assert other.independent_sources == 1


def test_an_article_that_says_it_twice_does_not_support_itself() -> None:
    places = [found("Ann", "a"), found("Ann", "a")]
    assert confidence(spans(places, 0.5, 0.5), places) == confidence(spans(places, 0.5), places)


def test_of_a_story_the_best_span_counts_wherever_it_comes() -> None:
    places = [found("Ann", "a", story="s"), found("Ann", "b", story="s")]
    assert confidence(spans(places, 0.2, 0.8), places) == confidence(spans(places, 0.8, 0.2), places)
    assert confidence(spans(places, 0.2, 0.8), places) == pytest.approx(0.8, abs=1e-4)


def test_rivals_reduce_confidence_as_far_as_rivalry_says() -> None:
    places = [found("Ann", "a"), found("Bob", "b")]
    given = spans(places, 0.75, 0.5)
    found_by = [confidence(given, places, replace(ALONE, rivalry=rivalry)) for rivalry in (0.0, 0.5, 1.0)]
    assert found_by == pytest.approx([3 / 4, 3 / 4.5, 3 / 5], abs=1e-4)


def test_a_weight_of_rank_tells_equal_scores_apart() -> None:
    places = [found("Bob", "b"), found("Ann", "a")]
    given = spans(places, 0.5, 0.5)
    for rank, first in ((-0.5, "Bob"), (0.5, "Ann")):
        answer = verdict(given, places, replace(ALONE, rank=rank)).answer
        assert answer is not None
        assert answer.text == first


@pytest.mark.parametrize(
    ("threshold", "given"),
    [(0.0, ["Ann", "Bob", "Cleo"]), (0.04, ["Ann", "Bob", "Cleo"]), (0.4, ["Ann", "Bob"]), (0.7, [])],
)
def test_the_threshold_decides_whether_there_is_an_answer(threshold: float, given: list[str]) -> None:
    """Less likely alternatives stand beside an answer, noise does not; without an answer there are none."""
    places = [found("Ann", "a"), found("Bob", "b"), found("Cleo", "c")]
    likely = LEAST_ALTERNATIVE - 0.005
    result = verdict(spans(places, 0.65, 0.3, likely), places, replace(ALONE, threshold=threshold))
    answers = [*([result.answer] if result.answer else []), *result.alternatives]
    assert [answer.text for answer in answers] == given
    assert {entry.text for entry in result.timeline} == set(given)
    assert result.no_answer_probability == pytest.approx(0.35, abs=1e-4)


def test_the_best_citation_of_each_story_comes_first() -> None:
    places = [
        found("Ann", "a", story="s"),
        found("Ann", "b", story="s"),
        found("Ann", "c", story="t"),
        found("Ann", "d"),
    ]
    result = verdict(spans(places, 0.9, 0.8, 0.3, 0.5), places)
    assert result.answer is not None
    assert [citation.article_id for citation in result.answer.citations] == ["a", "d", "c", "b"]


def test_only_so_many_citations_are_given_and_all_sources_counted() -> None:
    places = [found("Ann", f"a{i}") for i in range(CITATIONS + 3)]
    result = verdict(spans(places, *[0.5] * len(places)), places)
    assert result.answer is not None
    assert len(result.answer.citations) == CITATIONS
    assert result.answer.independent_sources == CITATIONS + 3


def test_spans_in_one_passage_are_rivals_too() -> None:
    passage = found("Ann or Bob", "a")
    start = passage.passage.start + len("Today ")
    given = [
        Span(0, start, start + 3, passage.passage.start, passage.passage.end, 0.0),
        Span(0, start + 7, start + 10, passage.passage.start, passage.passage.end, 0.0),
    ]
    result = verdict(given, [passage], RIVALS)
    assert result.answer is not None
    assert (result.answer.text, result.alternatives[0].text) == ("Ann", "Bob")
    assert result.answer.confidence == result.alternatives[0].confidence == pytest.approx(1 / 3, abs=1e-4)


SCORES = st.floats(-1e3, 1e3) | st.sampled_from([float("inf"), float("-inf")])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["Ann", "ann", "Bob", "Cleo", "…"]), SCORES, st.integers(0, 3)), max_size=9))
def test_confidences_are_probabilities_and_with_full_rivalry_share_one(given: list[tuple[str, float, int]]) -> None:
    places = [found(name, f"a{i}", story=f"s{story}", age=i) for i, (name, _, story) in enumerate(given)]
    scored = [replace(span(places, i, 0.5), score=score) for i, (_, score, _) in enumerate(given)]
    result = verdict(scored, places, RIVALS)
    answers = [*([result.answer] if result.answer else []), *result.alternatives]
    assert sum(answer.confidence for answer in answers) <= 1 + 1e-4 * len(answers)
    assert [a.confidence for a in answers] == sorted((a.confidence for a in answers), reverse=True)
    assert 0 <= result.no_answer_probability <= 1
    assert verdict(scored[::-1], places, RIVALS) == result
