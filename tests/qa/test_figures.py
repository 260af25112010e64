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
        ("It cost AUS$50 million", "50", "AUS$50 million"),
        ("It cost R$50 million", "50", "R$50 million"),
        ("It cost R$50 million", "$50", "R$50 million"),
        ("It cost ₹50", "50", "₹50"),
        ("On the MENUS$5 stood", "5", "$5"),
        ("It fell 61 %", "61", "61 %"),
        ("It fell 61-percent", "61", "61-percent"),
        ("It cost $4.5 Billion", "4.5", "$4.5 Billion"),
        ("They are 4.5\nmillion", "4.5", "4.5\nmillion"),
        ("They are 4.5\n\nMillion people", "4.5", "4.5"),
        ("The 2021 trillion-dollar law", "2021", "2021"),
        ("A $5 million-a-year deal", "$5", "$5 million"),
        ("Nov. 3 million-dollar bail", "3", "3"),
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
        ("What percentage of people is immune?", "four in 10", False),
        ("What percentage of people is immune?", "nine out of ten", False),
        ("What percentage of people is immune?", "two-fifths", False),
        ("What percentage of people is immune?", "61pc", False),
        ("What percentage of people is immune?", "Spain", True),
        ("How many goals did it score?", "zero", False),
        ("How many goals did it score?", "a handful", False),
        ("How many soldiers were killed?", "a single soldier", False),
        ("How much did it grow?", "tenfold", False),
        ("How much did it rain?", "more than an inch", False),
        ("How old is she?", "in her fifties", False),
        ("How old is she?", "twenty-one", False),
        ("How much longer will it last?", "until Friday", False),
        ("Who said how many were killed?", "Lindsey Graham", False),
        ("What number one single is by Adele?", "Hello", False),
        ("What number did she call?", "Anna", True),
        ("Prices fell by how much?", "the city", True),
        ("", "ISIS", False),
        ("Who holds Albu Kamal?", "ISIS", False),
        ("Who knows how to win?", "ISIS", False),
    ],
)
def test_where_a_number_is_asked_for_other_words_lose(question: str, answer: str, lacks: bool) -> None:
    assert lacks_figure(question, answer) is lacks
