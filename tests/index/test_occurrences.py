from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.occurrences import occurrences

TEXT = (
    "Norvik Lines runs it. NORVIK\nLINES’s ships; the Norvik-Lines fleet. Norviks Lines? Norvik; Lines. 🐟 Haider "
    "al-Abadi met Хайдер and Haider Al Abadi. Путин, Poutine and Putin.\nNorvik\n\nLines"
)


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("the Norvik Lines", ["Norvik Lines", "NORVIK\nLINES", "Norvik-Lines"]),
        ("norvik", ["Norvik", "NORVIK", "Norvik", "Norvik", "Norvik"]),
        ("Haider al-Abadi", ["Haider al-Abadi", "Haider Al Abadi"]),
        ("Abadi", ["al-Abadi", "Abadi"]),
        ("Putin", ["Путин", "Poutine", "Putin"]),
        ("orvik", []),
        ("?!", []),
        ("", []),
    ],
)
def test_whole_words_whatever_their_capitals_and_script(words, places):
    assert [TEXT[start:end] for start, end in occurrences(TEXT, words, 100)] == places


def test_no_more_than_asked_for():
    assert occurrences("pier " * 9, "pier", 2) == [(0, 4), (5, 9)]


@given(st.text(alphabet="ab Bя-'.\n🐟", max_size=60), st.text(alphabet="ab я-", max_size=6))
def test_places_are_in_order_apart_and_of_the_same_letters(text, words):
    found = occurrences(text, words, 100)
    assert all(start < end for start, end in found)
    assert all(one[1] <= other[0] for one, other in pairwise(found))
    assert [occurrences(text[start:end], words, 2) != [] for start, end in found] == [True] * len(found)


@pytest.mark.parametrize("text", ["x" * 1_000_000, "a " * 200_000, "al-" * 200_000, "\n" * 1_000_000, "a'" * 300_000])
def test_hostile_texts_are_looked_through(text):
    assert occurrences(text, "a " * 90 + "b", 10) == []
