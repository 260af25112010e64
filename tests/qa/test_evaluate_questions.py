"""Question files: what is read, and what is refused by line and field."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from index.errors import SourceFileError
from qa.evaluate.questions import Question, read_questions

GOOD = '{"id": "q1", "question": "Who won?"}'
Read = Callable[[bytes | str], list[Question]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(data: bytes | str) -> list[Question]:
        path = tmp_path / "questions.jsonl"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return read_questions(path, 50)

    return read


def test_every_field_is_read(read: Read) -> None:
    row = {
        "id": "q1",
        "question": "Who won?",
        "as_of": "2017-11-09",
        "answers": ["ISIS", "Islamic State"],
        "answerable": True,
        "filters": {"after": "2017-11-01", "before": "2017-11-05", "sources": ["Post"]},
        "in_archive": False,
    }
    (question,) = read(json.dumps(row))
    assert (question.id, question.ask.question, question.ask.passages) == ("q1", "Who won?", 50)
    assert not question.ask.timeline, "a bulk run writes none, so none is made"
    assert question.ask.as_of == date(2017, 11, 9)
    assert (question.ask.after, question.ask.before) == (date(2017, 11, 1), date(2017, 11, 5))
    assert question.ask.sources == ("Post",)
    assert question.answers == ("ISIS", "Islamic State")
    assert question.answerable is True
    assert question.extra == {"in_archive": False}
    assert question.where == "questions.jsonl:1"


def test_optional_fields_may_be_absent_or_null(read: Read) -> None:
    nulls = '{"id": 2, "question": "Who?", "as_of": null, "answers": null, "filters": null, "answerable": null}'
    for question in read(f"{GOOD}\n{nulls}"):
        assert (question.ask.as_of, question.answers, question.answerable) == (None, (), None)
        assert question.ask.sources == ()


def test_a_number_is_an_id(read: Read) -> None:
    assert [question.id for question in read('{"id": 7, "question": "Who?"}\n{"id": 0, "question": "Who?"}')] == [
        "7",
        "0",
    ]


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbf" + GOOD.encode(), f"\r\n{GOOD}\r\n\r\n".encode(), f"\n \n{GOOD}".encode()]
)
def test_a_byte_order_mark_blank_lines_and_windows_newlines_are_no_matter(read: Read, data: bytes) -> None:
    assert [question.id for question in read(data)] == ["q1"]


def test_a_line_separator_within_a_question_ends_no_line(read: Read) -> None:
    (question,) = read('{"id": "q1", "question": "Who\u2028won?"}')
    assert question.ask.question == "Who\u2028won?"


def with_field(name: str, value: Any) -> str:
    return json.dumps({"id": "q2", "question": "Who?", name: value})


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "not valid JSON"),
        ("nonsense", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[1]", "not a JSON object"),
        ('"text"', "not a JSON object"),
        ('{"question": "Who?"}', "'id' is missing"),
        ('{"id": "q2"}', "'question' is missing"),
        ('{"id": "", "question": "Who?"}', "'id' is missing or empty"),
        ('{"id": "q2", "question": "  "}', "'question' is missing or empty"),
        ('{"id": true, "question": "Who?"}', "'id' must be a string"),
        ('{"id": "q2", "question": ["Who?"]}', "'question' must be a string"),
        (with_field("answers", "ISIS"), "'answers' must be a list of strings"),
        (with_field("answers", ""), "'answers' must be a list of strings"),
        (with_field("answers", [1]), "'answers' must be a list of strings"),
        (with_field("answerable", "no"), "'answerable' must be true or false"),
        (with_field("answerable", 1), "'answerable' must be true or false"),
        (with_field("as_of", "9 November 2017"), "'as_of'"),
        (with_field("as_of", "2017-02-30"), "'as_of'"),
        (with_field("as_of", "2017-11-09T00:00:00"), "'as_of' must be a day written YYYY-MM-DD"),
        (with_field("as_of", "1510185600"), "'as_of' must be a day written YYYY-MM-DD"),
        (with_field("as_of", 0), "'as_of' must be a day written YYYY-MM-DD"),
        (with_field("as_of", False), "'as_of' must be a day written YYYY-MM-DD"),
        (with_field("filters", []), "'filters'"),
        (with_field("filters", "Post"), "'filters'"),
        (with_field("filters", {"source": ["Post"]}), "'filters' may hold after, before, languages, sources"),
        (with_field("filters", {"sources": "Post"}), "'sources'"),
        (with_field("filters", {"after": "soon"}), "'after'"),
        (with_field("filters", {"before": 20171109}), "'before'"),
        ('{"id": "q2\\ud800", "question": "Who?"}', "surrogate"),
        (GOOD, "'q1' stands in the file twice"),
    ],
)
def test_a_malformed_line_is_named_with_its_field(read: Read, line: str, says: str) -> None:
    with pytest.raises(SourceFileError) as raised:
        read(f"{GOOD}\n\n{line}\n")
    assert str(raised.value).startswith("questions.jsonl:3: ")
    assert says in str(raised.value)


def test_a_number_and_its_text_are_the_same_id(read: Read) -> None:
    with pytest.raises(SourceFileError, match=r":2: .*'7'.*twice"):
        read('{"id": 7, "question": "Who?"}\n{"id": "7", "question": "What?"}')


@pytest.mark.parametrize("data", ["", "\n\n", "  \n"])
def test_a_file_without_questions_is_refused(read: Read, data: str) -> None:
    with pytest.raises(SourceFileError, match="holds no questions"):
        read(data)


def test_other_encodings_are_refused_with_the_remedy(read: Read) -> None:
    with pytest.raises(SourceFileError, match=r"questions\.jsonl is not UTF-8 at byte 0.*UTF-8"):
        read(GOOD.encode("utf-16"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match=r"nope\.jsonl cannot be read: No such file"):
        read_questions(tmp_path / "nope.jsonl", 50)
