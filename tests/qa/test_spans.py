"""Span decoding: whole words, neat edges, pairs under a limit, nothing that overlaps, offsets that hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import pairwise, takewhile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.figures import whole
from qa.spans import MAX_ANSWER, PER_PASSAGE, Scored, best_spans, is_boundary, trim

# What `is_boundary` must keep whole, said another way: runs of letters, digits and accents, numbers with their marks.
WHOLE = re.compile(r"(?:[^\W_]|\u0301)+(?:(?<=\d)[.,:](?=\d)(?:[^\W_]|\u0301)+)*")
ALPHABET = "ab1é\u0301 .,:-'’“”()$%…🐟\n\x00"


def pieces(text: str) -> list[tuple[int, int]]:
    """Words and marks, as a tokenizer that never cuts a word would have them."""
    return [match.span() for match in re.finditer(r"[\w\u0301]+|[^\w\s]", text)]


def decode(
    text: str,
    starts: Mapping[str, float],
    ends: Mapping[str, float],
    null: float = 0.0,
    limit: int = PER_PASSAGE,
    offsets: list[tuple[int, int]] | None = None,
) -> list[tuple[str, float]]:
    """The best spans of a text whose pieces have these scores, all others -9."""
    offsets = pieces(text) if offsets is None else offsets
    start, end = (np.array([table.get(text[a:b], -9.0) for a, b in offsets], np.float32) for table in (starts, ends))
    return [(text[one.start : one.end], one.score) for one in best_spans(text, offsets, start, end, null, limit)]


TOWN = "ISIS holds the border town of Albu Kamal, in Syria."


def test_the_best_pair_is_the_span_and_its_score_is_over_null() -> None:
    assert decode(TOWN, {"Albu": 5, "ISIS": 4}, {"Kamal": 3, "ISIS": 3}, null=2, limit=2) == [
        ("Albu Kamal", 6.0),
        ("ISIS", 5.0),
    ]


def test_a_span_never_ends_before_it_starts() -> None:
    found = decode(TOWN, {"Syria": 9}, {"Albu": 9})
    assert [score for words, score in found if "Syria" in words or "Albu" in words] == [0.0, 0.0]
    assert max(score for _, score in found) == 0.0


def test_a_span_has_at_most_so_many_pieces() -> None:
    words = [f"w{i}" for i in range(MAX_ANSWER + 5)]
    text = " ".join(words)
    assert decode(text, {"w2": 9}, {words[MAX_ANSWER + 1]: 9}, limit=1) == [(" ".join(words[2 : MAX_ANSWER + 2]), 18.0)]
    ((found, score), *_) = decode(text, {"w2": 9}, {words[MAX_ANSWER + 2]: 9}, limit=1)
    assert score == 0.0
    assert len(found.split()) <= MAX_ANSWER


def test_spans_that_overlap_a_better_one_are_left_out() -> None:
    found = decode(TOWN, {"border": 4, "town": 5, "ISIS": 1}, {"town": 3, "Kamal": 4, "ISIS": 1}, limit=2)
    assert found == [("town of Albu Kamal", 9.0), ("ISIS", 2.0)]


def test_the_limit_holds() -> None:
    assert [len(decode(TOWN, {}, {}, limit=limit)) for limit in (1, 2, 3)] == [1, 2, 3]


def test_pieces_inside_a_word_begin_and_end_nothing() -> None:
    text = "Kamalist 1,234.5"
    cut = [(0, 5), (5, 8), (9, 10), (10, 11), (11, 14), (14, 15), (15, 16)]
    scores = {"ist": 9.0, "Kamal": 5.0, "234": 9.0, ",": 9.0, ".": 9.0, "1": 3.0, "5": 2.0}
    found = decode(text, scores, scores, offsets=cut)
    assert found == [("Kamalist", 14.0), ("1,234.5", 5.0)]


def test_a_piece_of_no_characters_is_no_span() -> None:
    assert decode("ab", {}, {}, offsets=[(0, 0), (2, 2)]) == []


def test_no_pieces_are_no_spans() -> None:
    empty = np.zeros(0, np.float32)
    assert best_spans("", [], empty, empty, 0.0) == []
    assert best_spans("\x00", [], empty, empty, 0.0) == []


def test_a_text_that_is_one_half_of_a_word_has_no_span() -> None:
    one = np.ones(1, np.float32)
    assert best_spans("Kamal", [(1, 3)], one, one, 0.0) == []


@pytest.mark.parametrize("bad", [float("nan"), float("-inf")])
def test_scores_that_are_no_numbers_give_no_span(bad: float) -> None:
    scores = np.full(3, bad, np.float32)
    assert best_spans("a b c", [(0, 1), (2, 3), (4, 5)], scores, scores, 0.0) == []


def test_equal_scores_give_the_first_span_every_time() -> None:
    assert decode("Ann Bob Cleo", dict.fromkeys(("Ann", "Bob"), 1.0), {"Ann": 1.0, "Bob": 1.0}, limit=1) == [
        ("Ann", 2.0)
    ]


# --- boundaries


@pytest.mark.parametrize(
    ("text", "cuts"),
    [
        ("1,234.5", {0, 7}),
        ("12:30", {0, 5}),
        ("1,a", {0, 1, 2, 3}),
        ("x1", {0, 2}),
        ("cafe\u0301s", {0, 6}),
        ("Fischer-Dieskau", {0, 7, 8, 15}),
        ("Syria's", {0, 5, 6, 7}),
        ("$5", {0, 1, 2}),
        ("5.", {0, 1, 2}),
        ("U.S", {0, 1, 2, 3}),
        ("政府军", {0, 1, 2, 3}),
        ("在2017年", {0, 1, 5, 6}),
        ("Киев", {0, 4}),
        ("🐟a", {0, 1, 2}),
        ("", {0}),
    ],
)
def test_where_words_begin_and_end(text: str, cuts: set[int]) -> None:
    assert {at for at in range(len(text) + 1) if is_boundary(text, at)} == cuts


def test_a_span_may_begin_and_end_between_any_two_chinese_characters() -> None:
    text = "政府军周日宣布收复该镇。"
    each = [(i, i + 1) for i in range(len(text))]
    assert decode(text, {"周": 5}, {"日": 5}, offsets=each, limit=1) == [("周日", 10.0)]


# --- trimming


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("the Senate,", "Senate"),
        ("The Senate", "Senate"),
        ("A  bridge", "bridge"),
        ("an\nendless line;", "endless line"),
        ("“Squid Game”", "Squid Game"),
        ("the “Squid Game”,", "Squid Game"),
        ("‘the Crown’", "Crown"),
        ('"Dune"', "Dune"),
        ("$5 million.", "$5 million"),
        ("about $5", "about $5"),
        ("€1.5bn,", "€1.5bn"),
        ("15%", "15%"),
        ("15%.", "15%"),
        ("-10", "-10"),
        ("−10°", "−10°"),
        (".5", ".5"),
        ("#MeToo", "#MeToo"),
        ("@nasa", "@nasa"),
        ("C++", "C++"),
        ("U.S.", "U.S."),
        ("the U.S.,", "U.S."),
        ("“U.S.”", "U.S."),
        ("Washington, D.C.", "Washington, D.C."),
        ("10 a.m.", "10 a.m."),
        ("Apple Inc.", "Apple Inc."),
        ("John Smith Jr.", "John Smith Jr."),
        ("London.", "London"),
        ("70.", "70"),
        ("(CNN)", "CNN"),
        ("[CNN]", "CNN"),
        ("CNN)", "CNN"),
        ("(CNN", "CNN"),
        ("Islamic State (IS)", "Islamic State (IS)"),
        ("Islamic State (IS).", "Islamic State (IS)"),
        ("Islamic State (", "Islamic State"),
        ("— Kamal —", "Kamal"),
        ("…Kamal…", "Kamal"),
        ("\u200bKamal\x00 ", "Kamal"),
        (" \n Kamal\u00a0", "Kamal"),
        ("🐟", "🐟"),
        ("Theresa May", "Theresa May"),
        ("A.", "A."),
        ("The The", "The"),
        ("the", "the"),
        ("a", "a"),
        ("the…", "the"),
        ("…", "…"),
        ("“”", "“”"),
        (" ", " "),
        ("\x00", "\x00"),
        ("政府军。", "政府军"),
        (". The Senate", "Senate"),
        ("- the Senate", "Senate"),
        ("... and more", "and more"),
        ("the (IS)", "IS"),
        ("7.", "7"),
    ],
)
def test_edges_are_trimmed(given: str, left: str) -> None:
    around = f"so {given} it"
    start, end = trim(around, 3, 3 + len(given))
    assert around[start:end] == left


@given(st.text(ALPHABET, max_size=24) | st.text(max_size=24), st.data())
def test_trimming_stays_inside_and_leaves_something(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    a, b = trim(text, start, end)
    assert start <= a <= b <= end
    assert (a < b) == (start < end)
    left = text[a:b]
    assert left == left.strip() or (a, b) == (start, end)


# --- whatever the text and the scores


@st.composite
def scored_texts(draw: st.DrawFn) -> tuple[str, list[tuple[int, int]], np.ndarray, np.ndarray]:
    """A text cut anywhere into pieces, some of them left out, with scores."""
    parts = st.lists(st.sampled_from([*ALPHABET, "$5", " million", " percent", "\n\n"]), max_size=40)
    text = "".join(draw(parts))
    cuts = sorted({0, len(text), *draw(st.lists(st.integers(0, len(text)), max_size=20))})
    offsets = [pair for pair in pairwise(cuts) if draw(st.integers(0, 9))]
    count = st.lists(st.floats(-20, 20, width=32), min_size=len(offsets), max_size=len(offsets))
    return text, offsets, np.array(draw(count), np.float32), np.array(draw(count), np.float32)


def best_score(text: str, offsets: list[tuple[int, int]], start: np.ndarray, end: np.ndarray) -> float | None:
    """The best pair, sought one by one."""
    inside = {at for match in WHOLE.finditer(text) for at in range(match.start() + 1, match.end())}
    pairs = [
        float(start[i] + end[j])
        for i in range(len(offsets))
        for j in range(i, min(len(offsets), i + MAX_ANSWER))
        if offsets[i][0] not in inside
        and past_marks(text, offsets[j][1]) not in inside
        and not any(offsets[i][0] <= match.start() < offsets[j][0] for match in re.finditer(r"\n\s*\n", text))
    ]
    return max(pairs, default=None)


def past_marks(text: str, at: int) -> int:
    """An accent written apart belongs to the letter before it, though pieces end in between."""
    return at + len(list(takewhile(lambda mark: unicodedata.category(mark)[0] == "M", text[at:])))


@settings(max_examples=300, deadline=None)
@given(scored_texts(), st.floats(-5, 5), st.integers(1, 6))
def test_spans_are_whole_apart_in_order_and_the_best(
    given: tuple[str, list[tuple[int, int]], np.ndarray, np.ndarray], null: float, limit: int
) -> None:
    text, offsets, start, end = given
    found = best_spans(text, offsets, start, end, null, limit)
    assert found == best_spans(text, offsets, start, end, null, limit)
    assert len(found) <= limit
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    inside = {at for match in WHOLE.finditer(text) for at in range(match.start() + 1, match.end())}
    first, last = whole(text, offsets[0][0], past_marks(text, offsets[-1][1])) if offsets else (0, 0)
    for one in found:
        assert first <= one.start < one.end <= last
        assert not {one.start, one.end} & inside
        assert sum(a < one.end and b > one.start for a, b in offsets) <= MAX_ANSWER
    in_place = sorted(found, key=lambda one: one.start)
    assert all(a.end <= b.start for a, b in pairwise(in_place))
    best = best_score(text, offsets, start, end)
    assert bool(found) == (best is not None)
    if best is not None:
        assert found[0].score == pytest.approx(best - null, abs=1e-4)


@given(st.text(max_size=30), st.floats(-5, 5))
def test_any_text_can_be_decoded(text: str, null: float) -> None:
    offsets = [(i, i + 1) for i in range(len(text))]
    zeros = np.zeros(len(text), np.float32)
    for one in best_spans(text, offsets, zeros, zeros, null):
        assert isinstance(one, Scored)
        assert type(one.start) is type(one.end) is int
        assert 0 <= one.start < one.end <= len(text)


def test_a_word_that_ends_in_a_combining_mark_can_be_an_answer() -> None:
    """BERT's normalizer gives the piece `cafe` the characters [4, 8) of the decomposed word."""
    text = unicodedata.normalize("NFD", "The café")
    assert decode(text, {"cafe": 5}, {"cafe": 5}, offsets=[(0, 3), (4, 8)], limit=1) == [(text[4:], 10.0)]


def test_an_article_alone_is_no_answer() -> None:
    text = "The army holds it."
    offsets = [(0, 3), (4, 8), (9, 14), (15, 17), (17, 18)]
    start = np.array([9.0, 1.0, 0.0, 0.0, 0.0], np.float32)
    end = np.array([9.0, 1.0, 0.0, 0.0, 0.0], np.float32)
    found = best_spans(text, offsets, start, end, null=0.0)
    assert "The" not in [text[span.start : span.end] for span in found]
    assert text[found[0].start : found[0].end] == "army"


def test_figures_are_read_whole() -> None:
    text = "It costs $4.5 million, or 12 percent more."
    offsets = [match.span() for match in re.finditer(r"[\d.]+|\w+|\$|[^\w\s]", text)]
    found = decode(text, {"4.5": 5, "12": 4}, {"4.5": 5, "12": 4}, limit=2, offsets=offsets)
    assert [words for words, _ in found] == ["$4.5 million", "12 percent"]


def test_what_overlaps_once_it_is_whole_is_one_answer() -> None:
    text = "It costs 4.5 million."
    offsets = [match.span() for match in re.finditer(r"[\d.]+\d|\w+|[^\w\s]", text)]
    assert decode(text, {"4.5": 5, "million": 4}, {"4.5": 5, "million": 4}, limit=2, offsets=offsets)[0] == (
        "4.5 million",
        10.0,
    )
    found = decode(text, {"4.5": 5, "million": 4}, {"4.5": 5, "million": 4}, limit=4, offsets=offsets)
    assert "million" not in [words for words, _ in found]


def test_no_answer_crosses_paragraphs() -> None:
    text = "Who won\n\nThe Gulls did\nso"
    found = decode(text, {"won": 9, "Gulls": 1}, {"Gulls": 9, "so": 5})
    assert found[0] == ("Gulls", 10.0)
    assert all("\n\n" not in words for words, _ in found)
    assert decode(text, {"Gulls": 9}, {"so": 9}, limit=1) == [("Gulls did\nso", 18.0)]
