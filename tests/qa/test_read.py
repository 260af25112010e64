"""The span reader: true offsets into articles, the title and date before each passage, a quotation that shows both."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.article import StoredPassage
from index.chunk import sentences
from qa.calibration import Calibration
from qa.read import ECHO, Span, SpanReader, echoes, half_a_name, joined, quotation
from qa.span_model import Text
from qa.spans import Scored


class PhraseModel:
    """A `qa.span_model.SpanModel` that finds phrases, the first the best; it keeps what it was given to read."""

    name = "phrases/test"
    calibration = Calibration(temperature=2.0, threshold=0.3)

    def __init__(self, *phrases: str) -> None:
        self.phrases = phrases
        self.seen: list[tuple[str, list[Text]]] = []

    def spans(self, question: str, texts: Sequence[Text]) -> list[list[Scored]]:
        self.seen.append((question, list(texts)))
        found = []
        for text in texts:
            places = [(text.body.find(phrase), phrase) for phrase in self.phrases]
            found.append([Scored(at, at + len(p), -float(i)) for i, (at, p) in enumerate(places) if p and at >= 0])
        return found


def passage(text: str, start: int = 0, **fields: object) -> StoredPassage:
    plain = StoredPassage("a", start, start + len(text), text, "Title", "Post", None, None, None, "a", None)
    return dataclasses.replace(plain, **fields)  # type: ignore[arg-type]


ISIS = "ISIS has been driven from most of its strongholds. Its last major position is the border town of Albu Kamal."
RAIN = "Rain fell on the old town all day. Nobody minded it."


def read(reader: SpanReader, passages: Sequence[StoredPassage], question: str = "Who?") -> list[tuple[str, str]]:
    """Answer and quotation of each span."""
    found = []
    for span in reader.read(question, passages):
        here = passages[span.passage]
        text = " " * here.start + here.text
        found.append((text[span.start : span.end], text[span.quote_start : span.quote_end]))
    return found


def test_offsets_are_those_of_the_article() -> None:
    (span,) = SpanReader(PhraseModel("town")).read("Where?", [passage(RAIN, start=100)])
    assert span == Span(0, 121, 125, 100, 134, 0.0)


def test_the_model_sees_question_date_title_and_text_but_nothing_else() -> None:
    model = PhraseModel()
    dated = passage(RAIN, title="Wet", published_at=datetime(2017, 11, 3, tzinfo=UTC))
    SpanReader(model).read("Where did rain fall?", [dated, passage(ISIS)])
    assert model.seen == [("Where did rain fall?", [Text("November 3, 2017. Wet.", RAIN), Text("Title.", ISIS)])]


def test_spans_of_all_passages_come_best_first_then_in_place() -> None:
    passages = [passage(RAIN), passage("Nobody of the town minded the Rain.", 50), passage(RAIN, 10)]
    spans = SpanReader(PhraseModel("town", "Nobody", "Rain")).read("Who?", passages)
    keys = [(-span.score, span.passage, span.start) for span in spans]
    assert keys == sorted(keys)
    assert [span.score for span in spans] == [0.0] * 3 + [-1.0] * 3 + [-2.0] * 3


def test_nothing_to_read_gives_no_span() -> None:
    reader = SpanReader(PhraseModel("town"))
    assert reader.read("Who?", []) == []
    assert reader.read("Who?", [passage("")]) == []
    assert SpanReader(PhraseModel("no such words")).read("Who?", [passage(RAIN)]) == []


def test_name_and_calibration_are_the_models() -> None:
    reader = SpanReader(PhraseModel())
    assert (reader.name, reader.calibration) == (PhraseModel.name, PhraseModel.calibration)


def test_the_quotation_is_the_answers_sentence() -> None:
    assert read(SpanReader(PhraseModel("Nobody")), [passage(RAIN, 7)]) == [("Nobody", "Nobody minded it.")]


def test_the_quotation_shows_what_was_asked_too() -> None:
    question = "Who holds the border town of Albu Kamal?"
    assert read(SpanReader(PhraseModel("ISIS")), [passage(ISIS)], question) == [("ISIS", ISIS)]


@pytest.mark.parametrize(
    ("answer", "question", "only_repeats"),
    [
        ("town", "Which town?", True),
        ("the Towns", "Which town did rain fall on?", True),
        ("old town", "Which town?", False),
        ("the", "Which town is the wettest?", False),
        ("Ann", "Who won, Ann or Bob?", False),
        ("…", "Who won?", False),
    ],
)
def test_an_answer_that_only_repeats_the_question_loses(answer: str, question: str, only_repeats: bool) -> None:
    assert echoes(question, answer) == only_repeats
    (span,) = SpanReader(PhraseModel(answer)).read(question, [passage(f"{answer} it was")])
    assert span.score == (-ECHO if only_repeats else 0.0)


# --- the quotation

THREE = "Ann runs the pier. The board voted on Monday. Crews of the bay cheered."


def quote(text: str, answer: str, question: str, language: str | None = None) -> str:
    at = text.index(answer)
    start, end = quotation(text, sentences(text, language), at, at + len(answer), question)
    return text[start:end]


@pytest.mark.parametrize(
    ("answer", "question", "quoted"),
    [
        ("Ann", "Who runs the pier?", "Ann runs the pier."),
        ("Ann", "Who?", "Ann runs the pier."),
        ("Monday", "When did the crews of the bay cheer?", "The board voted on Monday. Crews of the bay cheered."),
        ("Monday", "Who runs a pier?", "Ann runs the pier. The board voted on Monday."),
        # The neighbours are as good as one another: the earlier one.
        ("Monday", "Which pier and which crews?", "Ann runs the pier. The board voted on Monday."),
        # Its own sentence says as much as the neighbour would.
        ("Monday", "When did the board discuss the pier?", "The board voted on Monday."),
        # Two sentences away is too far.
        ("cheered", "Who runs the pier?", "Crews of the bay cheered."),
        ("pier. The board", "Who?", "Ann runs the pier. The board voted on Monday."),
    ],
)
def test_a_neighbour_is_quoted_when_it_shows_better_what_was_asked(answer: str, question: str, quoted: str) -> None:
    assert quote(THREE, answer, question) == quoted


@pytest.mark.parametrize(
    "question",
    [
        "Who is that on the it of the?",
        ("Who was that?"),
    ],
)
def test_words_that_say_nothing_ask_for_nothing(question: str) -> None:
    text = "Ann is in a fine harbour. Of the and the on it was that for which."
    assert quote(text, "Ann", question) == "Ann is in a fine harbour."


def test_an_answer_in_no_sentence_is_its_own_quotation() -> None:
    assert quotation("Ann runs.", [], 0, 3, "Who?") == (0, 3)
    assert quotation("\n \nAnn", [(3, 6)], 0, 2, "Who?") == (0, 2)


def test_sentences_without_blanks_between_are_quoted_one_by_one() -> None:
    assert quote("政府军周日宣布收复该镇。居民欢呼。", "政府军", "谁？", "zh") == "政府军周日宣布收复该镇。"


@settings(max_examples=100, deadline=None)
@given(st.text("abN .!?\n“”é🐟", min_size=1, max_size=80), st.text("abN ?", max_size=12), st.data())
def test_a_quotation_holds_the_answer_and_stays_in_the_text(text: str, question: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    a, b = quotation(text, sentences(text), start, end, question)
    assert 0 <= a <= start < end <= b <= len(text)
    assert (a, b) == quotation(text, sentences(text), start, end, question)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("ab c.!?\n“é🐟", max_size=60), max_size=4), st.text("abc .🐟", min_size=1, max_size=4))
def test_whatever_the_words_are_the_offsets_hold(texts: list[str], phrase: str) -> None:
    passages = [passage(text, start=7 * i) for i, text in enumerate(texts)]
    reader = SpanReader(PhraseModel(phrase))
    for span in reader.read("Who?", passages):
        here = passages[span.passage]
        assert here.text[span.start - here.start : span.end - here.start] == phrase
        assert here.start <= span.quote_start <= span.start < span.end <= span.quote_end <= here.end


@pytest.mark.parametrize(
    ("text", "answer", "half"),
    [
        ("Prime Minister Haider al-Abadi spoke", "Prime Minister", True),
        ("Prime Minister al-Abadi spoke", "Prime Minister", True),
        ("Prime Minister Haider al-Abadi spoke", "Prime Minister Haider al-Abadi", False),
        ("The Prime Minister spoke", "Prime Minister", False),
        ("He is Prime Minister. Haider al-Abadi spoke", "Prime Minister", False),
        ("He is Prime Minister", "Prime Minister", False),
        ("Haider al-Abadi spoke", "Haider", False),
    ],
)
def test_a_title_without_its_bearer_is_half_a_name(text: str, answer: str, half: bool) -> None:
    at = text.index(answer)
    assert half_a_name(text, at, at + len(answer)) is half


def test_half_a_name_loses_to_a_whole_one() -> None:
    abadi = passage("Prime Minister Haider al-Abadi spoke of the town.")
    (half,) = SpanReader(PhraseModel("Prime Minister")).read("Who spoke?", [abadi])
    (whole,) = SpanReader(PhraseModel("Prime Minister Haider al-Abadi")).read("Who spoke?", [abadi])
    assert whole.score - half.score == pytest.approx(ECHO)


def test_words_lose_where_a_figure_is_asked_for() -> None:
    twelve = passage("In California prices rose in twelve towns.")
    spans = SpanReader(PhraseModel("California", "twelve")).read("How many towns paid more?", [twelve])
    assert [span.score for span in spans] == [-1.0, -ECHO]
    german = passage("Zwölf Orte in Kalifornien.", language="de")
    (span,) = SpanReader(PhraseModel("Zwölf")).read("How many towns paid more?", [german])
    assert span.score == 0.0


# --- answers that the passage joins


@pytest.mark.parametrize(
    ("text", "answers", "expected"),
    [
        ("The army and its allies hold it.", [("army", 5.0), ("allies", 4.0)], ["army and its allies"]),
        ("The army and its allies hold it.", [("allies", 5.0), ("army", 4.0)], ["army and its allies"]),
        ("The army and allies hold it.", [("army", 5.0), ("hold", 4.9), ("allies", 4.0)], ["army and allies", "hold"]),
        ("The army and its allies hold it.", [("army", 5.0), ("allies", 1.0)], ["army", "allies"]),
        ("ISIS lost to the army.", [("ISIS", 5.0), ("army", 5.0)], ["ISIS", "army"]),
        ("Ann, Bob and Cleo won.", [("Bob", 5.0), ("Cleo", 4.5), ("Ann", 4.0)], ["Bob and Cleo", "Ann"]),
        ("Ann and Bob and Cleo won.", [("Ann", 5.0), ("Bob", 4.5), ("Cleo", 4.0)], ["Ann and Bob", "Cleo"]),
    ],
)  # fmt: skip
def test_answers_that_a_passage_joins_are_one(text: str, answers: list[tuple[str, float]], expected: list[str]) -> None:
    found = [Scored(text.index(words), text.index(words) + len(words), score) for words, score in answers]
    joint = joined(text, found)
    assert [text[one.start : one.end] for one in joint] == expected
    assert joint[0].score == max(score for _, score in answers)
