"""Fitting a calibration: what is fitted, judged and reported is what the engine will do with it."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qa_fakes import HARBOUR, WordsReader, keys, open_archive

from index.article import StoredPassage
from index.errors import BackissueError
from qa.answer import Ask
from qa.assemble import verdict
from qa.calibration import Calibration
from qa.evaluate.questions import Question
from qa.groups import Scale, gather, reports
from qa.pipeline import QA
from qa.read import Span
from qa.retrieve import Found
from qa.training.calibrate import (
    COST,
    NEAR,
    RECENCY,
    Judged,
    Observation,
    Seen,
    at_threshold,
    bins,
    calibrate,
    choose_threshold,
    cross_validated,
    fit,
    judge,
    observe,
    plot,
    report,
)

TRUTH = Calibration(temperature=2.0, rank=-0.6, recency=RECENCY, length=-0.4, near=NEAR, named=1.5, null=1.5)
INSTALL = "needs what `pip install backissue[training]` brings"


@pytest.fixture
def scipy() -> Any:
    return pytest.importorskip("scipy", reason=INSTALL)


@pytest.fixture
def matplotlib() -> Any:
    return pytest.importorskip("matplotlib", reason=INSTALL)


def judged(confidence: float, right: float = 1.0, in_archive: bool = True) -> Judged:
    return Judged("Ann", confidence, float(right == 1.0), right, in_archive)


def made_up(count: int, truth: Calibration = TRUTH, seed: int = 1) -> list[Observation]:
    """Questions whose right answer is drawn with the probabilities that `truth` gives; none where nothing is."""
    chance = np.random.default_rng(seed)
    found = []
    for number in range(count):
        spans = tuple(
            Seen(
                f"word{i}",
                " ".join(f"word{i}{letter}" for letter in "abcdef"[: chance.integers(1, 7)]),
                float(chance.normal(0, 4)),
                int(chance.integers(0, 20)),
                float(chance.random()),
                f"s{i}",
                float(chance.random()),
                float(chance.choice([0.0, 0.5, 1.0])),
            )
            for i in range(6)
        )
        support = [
            truth.weight(one.score, one.rank, one.recency, len(one.text.split()), one.near, one.named) for one in spans
        ]
        shares = truth.confidences(support)
        right = chance.choice(7, p=[*shares, 1 - math.fsum(shares)])
        found.append(Observation(str(number), (spans[right].text if right < 6 else "other",), spans, bool(right < 6)))
    return found


# --- fitting


def test_known_parameters_are_found_again(scipy: Any) -> None:
    found = fit(made_up(500))
    assert found.temperature == pytest.approx(TRUTH.temperature, rel=0.25)
    assert found.rank == pytest.approx(TRUTH.rank, abs=0.3)
    assert found.recency == RECENCY
    assert found.length == pytest.approx(TRUTH.length, abs=0.15)
    assert found.near == NEAR
    assert found.named == pytest.approx(TRUTH.named, abs=0.4)
    assert found.null == pytest.approx(TRUTH.null, abs=0.6)
    assert (found.rivalry, found.threshold) == (1.0, 0.0)


def test_what_was_fitted_is_calibrated(scipy: Any) -> None:
    calibration = fit(made_up(300, seed=2))
    found = [judge(one, calibration) for one in made_up(1500, seed=3)]
    assert report(found)["expected_calibration_error"] < 0.05


def test_a_reader_too_sure_of_itself_is_cooled(scipy: Any) -> None:
    hot = [replace(one, spans=tuple(replace(s, score=5 * s.score) for s in one.spans)) for one in made_up(300)]
    assert fit(hot).temperature == pytest.approx(5 * fit(made_up(300)).temperature, rel=0.1)


def test_questions_without_spans_say_nothing_about_scores(scipy: Any) -> None:
    some = made_up(60)
    nothing = Observation("x", ("Ann",), (), True)
    assert fit([nothing, *some, nothing]) == fit(some)


def test_equal_answers_of_one_story_count_once_in_fitting(scipy: Any) -> None:
    some = made_up(60)
    doubled = [
        replace(one, spans=(*one.spans, *(replace(s, text=f"The {s.text}!", score=s.score - 9) for s in one.spans)))
        for one in some
    ]
    assert fit(doubled) == fit(some)


def test_each_half_is_judged_by_the_other(scipy: Any) -> None:
    some = made_up(41)
    even, odd = fit(some[::2]), fit(some[1::2])
    assert even != odd
    assert cross_validated(some) == [judge(one, odd) for one in some[::2]] + [judge(one, even) for one in some[1::2]]


# --- judging as the engine does


NAMES = ("Ann", "the Ann", "“ann”", "Bob", "Bob.", "Cleo Dee", "Cleo", "…", "—")


def scene(seed: int) -> tuple[list[Span], Scale, Observation]:
    """Spans as the engine gets them, and the same as an observation."""
    chance = random.Random(seed)
    places, spans, seen, mentioned = [], [], [], {}
    for rank in range(chance.randint(1, 8)):
        names = chance.sample(NAMES, 3)
        text = " ".join(names)
        key, story = f"a{rank}", f"s{chance.randint(0, 4)}"
        age = chance.choice([None, chance.randint(0, 60)])
        passage = StoredPassage(key, 50, 50 + len(text), text, "T", None, None, None, None, story, None)
        places.append(Found(passage, 0.5, 0.5, age))
        mentioned[rank] = chance.choice([0.0, 0.5, 1.0])
        for i in chance.sample(range(3), chance.randint(0, 3)):
            start = 50 + len(" ".join([*names[:i], ""]))
            near = chance.random()
            spans.append(Span(rank, start, start + len(names[i]), 50, passage.end, chance.gauss(0, 3), near))
    left = {span: chance.choice((0.02, 0.3)) for span in spans if chance.random() < 0.3}
    scale = Scale(places, Calibration(), mentioned=mentioned, left=left)
    for span, key in zip(spans, keys(spans, places), strict=True):
        item = places[span.passage]
        text = item.passage.text[span.start - 50 : span.end - 50]
        recent, named = scale.recency(span), mentioned[span.passage]
        doubted = left.get(span, 1.0)
        seen.append(Seen(key, text, span.score, span.passage, recent, item.passage.story, span.near, named, doubted))
    return spans, scale, Observation("q", ("Ann",), tuple(seen), True)


CALIBRATION = st.builds(
    Calibration,
    temperature=st.floats(0.5, 4),
    rank=st.floats(-1, 0),
    recency=st.floats(0, 2),
    length=st.floats(-0.5, 0.2),
    near=st.floats(0, 1),
    named=st.floats(0, 1),
    null=st.floats(-2, 2),
    rivalry=st.floats(0, 1),
)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), CALIBRATION)
def test_judged_as_the_engine_answers(seed: int, calibration: Calibration) -> None:
    spans, plain, observation = scene(seed)
    scale = replace(plain, calibration=calibration)
    expected = verdict(gather(spans, keys(spans, scale.found), scale.weights(spans), scale), calibration)
    found = judge(observation, calibration)
    if not expected.groups:
        assert (found.text, found.confidence) == (None, 0.0)
    else:
        assert found.text == scale.words(reports(expected.groups[0], scale)[0])
        assert found.confidence == pytest.approx(expected.confidence[0], abs=1e-4)


def test_what_says_the_same_is_told_by_its_key_not_by_its_words() -> None:
    spans = (Seen("isis", "ISIS", 1.0, 0, 0.0, "a"), Seen("isis", "Islamic State", 1.1, 1, 0.0, "b"))
    apart = (*spans[:1], replace(spans[1], key="islamic state"))
    one, two = (judge(Observation("q", ("ISIS",), some, True), Calibration()) for some in (spans, apart))
    assert one.text == two.text == "Islamic State"
    together = math.hypot(math.exp(1.0), math.exp(1.1))
    assert one.confidence == pytest.approx(together / (1 + together))
    assert two.confidence == pytest.approx(math.exp(1.1) / (1 + math.exp(1.1) + math.exp(1.0)))


def test_an_answer_is_scored_against_the_accepted_ones() -> None:
    spans = (Seen("biden", "President Joe Biden", 3.0, 0, 0.0, "a"), Seen("ann", "Ann", 1.0, 1, 0.0, "b"))
    found = judge(Observation("q", ("Joe Biden", "Biden"), spans, False), Calibration())
    assert (found.text, found.exact, found.in_archive) == ("President Joe Biden", 0.0, False)
    assert found.f1 == pytest.approx(0.8)
    assert judge(Observation("q", ("the ANN",), spans[1:], True), Calibration()).exact == 1.0


def test_no_spans_are_no_answer() -> None:
    assert judge(Observation("q", ("Ann",), (), True), TRUTH) == Judged(None, 0.0, 0.0, 0.0, True)


# --- threshold


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([(0.9, 1), (0.8, 1), (0.5, 0), (0.3, 0)], 0.8, id="wrong ones below"),
        pytest.param([(0.9, 1), (0.8, 0), (0.5, 1), (0.3, 1), (0.1, 0)], 0.3, id="wrong ones between"),
        pytest.param([(0.9, 1), (0.4, COST), (0.2, COST / 2)], 0.4, id="worth its cost: the lower of equals"),
        pytest.param([(0.2, 1), (0.1, 1)], 0.1, id="all right"),
        pytest.param([(0.5, 0), (0.5, 1), (0.5, 1), (0.2, 0)], 0.5, id="ties stay together"),
        pytest.param([], 0.0, id="none"),
    ],
)
def test_the_threshold_is_where_answering_gains_most(rows: Sequence[tuple[float, float]], expected: float) -> None:
    assert choose_threshold([judged(*row) for row in rows]) == expected


def test_rounding_leaves_no_right_answer_out() -> None:
    rows = [judged(0.126), judged(0.05, 0.0)]
    assert 0.05 < choose_threshold(rows) <= 0.126


def test_a_reader_that_is_always_wrong_is_silenced() -> None:
    assert choose_threshold([judged(0.9, 0.0), judged(0.4, 0.0)]) > 0.9


# --- the report


def test_what_is_perfectly_calibrated_has_no_error() -> None:
    rows = [judged(p / 20, float(i < p)) for p in range(1, 20, 2) for i in range(20)]
    assert report(rows)["expected_calibration_error"] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([(0.9, 1), (0.9, 0)], 0.4, id="too sure"),
        pytest.param([(0.25, 1)] * 3, 0.75, id="too modest"),
        pytest.param([(1.0, 1), (0.0, 0)], 0.0, id="the ends of the scale"),
        pytest.param([(0.95, 0), (0.15, 0), (0.15, 0), (0.15, 0)], (0.95 + 0.45) / 4, id="bins by their size"),
        pytest.param([(0.5, 0.6), (0.5, 0.59)], 0.0, id="right is an F1 of 0.6"),
    ],
)
def test_the_calibration_error(rows: Sequence[tuple[float, float]], expected: float) -> None:
    assert report([judged(*row) for row in rows])["expected_calibration_error"] == pytest.approx(expected, abs=1e-3)


def test_bins_are_tenths_that_hold_something() -> None:
    rows = [judged(0.02), judged(0.98, 0), judged(1.0), judged(0.96)]
    assert [(pytest.approx(a), pytest.approx(b), n) for a, b, n in bins(rows)] == [(0.02, 1.0, 1), (0.98, 2 / 3, 3)]


def test_abstaining_leaves_the_least_confident_out() -> None:
    """Twenty questions, the five least confident wrong: 19, 18 and 16 are answered, four, three and one wrong."""
    rows = [judged((i + 1) / 20, float(i >= 5), in_archive=i % 2 == 0) for i in range(20)]
    random.Random(1).shuffle(rows)
    found = report(rows)
    precision = {share: figures["right"] for share, figures in found["precision_at_abstention"].items()}
    expected = {"5%": 15 / 19, "10%": 15 / 18, "20%": 15 / 16}
    assert precision == {share: pytest.approx(value, abs=1e-4) for share, value in expected.items()}
    assert found["precision_at_abstention_in_archive"]["20%"]["right"] == pytest.approx(7 / 8)


def test_em_and_f1_are_of_the_questions_known_to_be_answerable() -> None:
    rows = [judged(0.9, 1.0), judged(0.8, 0.5), judged(0.7, 0.0, in_archive=False)]
    found = report(rows)
    assert (found["questions"], found["in_archive"]) == (3, 2)
    assert (found["exact_match"], found["f1"]) == (0.5, 0.75)


def test_the_diagram_is_an_svg(matplotlib: Any, tmp_path: Path) -> None:
    plot([judged(0.9), judged(0.2, 0.0), judged(0.25)], tmp_path / "reliability.svg")
    text = (tmp_path / "reliability.svg").read_text(encoding="utf-8")
    assert "<svg" in text
    assert text.rstrip().endswith("</svg>")
    assert "<dc:date>" not in text


# --- over an archive


def asked(key: str, question: str, answer: str, **extra: bool) -> Question:
    return Question(key, Ask(question=question, as_of="2017-12-01"), f"q:{key}", (answer,), None, extra)


QUESTIONS = [
    asked("a", "Who runs the old ferry pier?", "Norvik Lines", in_archive=True),
    asked("b", "Who won the autumn regatta?", "The Gulls", in_archive=True),
    asked("c", "Who grew the pumpkin that won the show?", "Nobody"),
    asked("d", "Who ran the pier in early November 2017?", "Norvik Lines", in_archive=False),
]


@pytest.fixture
def qa(tmp_path: Path) -> Iterator[QA]:
    with open_archive(tmp_path / "archive", HARBOUR) as archive:
        yield QA(archive, WordsReader("Norvik Lines", "Gulls", "Terns", "Maud Tollen", probability=0.6))


@pytest.mark.parametrize("calibration", [replace(TRUTH, threshold=0.0), Calibration(rivalry=0.0)])
def test_what_is_observed_is_what_the_engine_reads(qa: QA, calibration: Calibration) -> None:
    qa.reader.calibration = calibration
    observed = list(observe(qa, QUESTIONS))
    assert [one.id for one in observed] == ["a", "b", "c", "d"]
    assert [one.in_archive for one in observed] == [True, True, False, False]
    assert any(one.spans for one in observed)
    for one, question in zip(observed, QUESTIONS, strict=True):
        answer = qa.ask(question.ask).answer
        found = judge(one, calibration)
        assert found.text == (answer.text if answer else None)
        assert found.confidence == pytest.approx(answer.confidence if answer else 0.0, abs=1e-4)


def test_calibrating_fits_all_reports_halves_and_draws(scipy: Any, matplotlib: Any, qa: QA, tmp_path: Path) -> None:
    steps: list[int] = []
    found, figures = calibrate(qa, QUESTIONS, tmp_path / "reliability.svg", steps.append)
    observed = list(observe(qa, QUESTIONS))
    assert steps == [1, 2, 3, 4]
    halves = cross_validated(observed)
    assert found == replace(fit(observed), threshold=choose_threshold(halves))
    told = {**report(halves), "at_threshold": at_threshold(halves, found.threshold)}
    assert {**told, "calibration": asdict(found)} == figures
    assert (tmp_path / "reliability.svg").exists()


def test_no_questions_are_a_clear_error(scipy: Any, qa: QA) -> None:
    with pytest.raises((BackissueError, SystemExit)):
        calibrate(qa, [], None)


def test_what_is_answered_at_a_threshold() -> None:
    judged = [
        Judged("a", 0.9, 1.0, 1.0, True),
        Judged("b", 0.5, 0.0, 0.2, True),
        Judged("c", 0.1, 0.0, 0.0, True),
        Judged("d", 0.5, 0.0, 0.0, False),
        Judged("e", 0.2, 0.0, 0.0, False),
    ]
    assert at_threshold(judged, 0.5) == {"answered_in_archive": 0.6667, "answered_others": 0.5, "right": 0.3333}
    assert at_threshold(judged, 0.95)["right"] is None
