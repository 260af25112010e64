"""Figures: whole with currency and magnitude, and there where one is asked for."""

from __future__ import annotations

import pytest

from qa.figures import lacks_figure, whole


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("It pays $7.25 an hour", "7.25 an hour", "$7.25 an hour"),
        ("It pays US$7 an hour", "7", "US$7"),
        ("Some 97% are immune", "97", "97%"),
        ("Some 97 percent are immune", "97", "97 percent"),
        ("Some 97 per cent are immune", "97", "97 per cent"),
        ("They are 4.5 million people", "4.5", "4.5 million"),
        ("They are 4.5 million people", "4.5 million people", "4.5 million people"),
        ("It cost €3 billion", "3", "€3 billion"),
        ("It cost about £3bn", "3bn", "£3bn"),
        ("A bus of 97 percentage points", "97", "97"),
        ("He met 3 millionaires", "3", "3"),
        ("ISIS% held it", "ISIS", "ISIS"),
        ("$ISIS held it", "ISIS", "ISIS"),
        ("40 fighters", "40", "40"),
    ],
)
def test_a_figure_has_its_currency_and_its_magnitude(text: str, answer: str, expected: str) -> None:
    at = text.index(answer)
    start, end = whole(text, at, at + len(answer))
    assert text[start:end] == expected


@pytest.mark.parametrize(
    ("question", "answer", "lacks"),
    [
        ("How many states are paying more?", "California", True),
        ("How many states are paying more?", "12", False),
        ("How many states are paying more?", "twelve", False),
        ("How many states are paying more?", "at least a dozen", False),
        ("How many fighters were killed?", "scores", False),
        ("How many fighters were killed?", "none", False),
        ("How many fighters were killed?", "the army", True),
        ("How much does it cost?", "$7.25", False),
        ("How much does it cost?", "the city", True),
        ("How much did prices fall?", "by a third", False),
        ("How old is the mayor?", "Anna Kessler", True),
        ("What percentage of people is immune?", "97%", False),
        ("What percentage of people is immune?", "97 per cent", False),
        ("What percentage of people is immune?", "one in five", False),
        ("What percentage of people is immune?", "half", False),
        ("What percentage of people is immune?", "61", True),
        ("Who holds Albu Kamal?", "ISIS", False),
        ("Who knows how to win?", "ISIS", False),
    ],
)
def test_where_a_number_is_asked_for_other_words_lose(question: str, answer: str, lacks: bool) -> None:
    assert lacks_figure(question, answer) is lacks
