"""Distant supervision: what counts as the answer's words, which passages are kept, and that no later day leaks in."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from qa_fakes import HARBOUR, open_archive

from index.article import StoredPassage
from qa.training.__main__ import BASE
from qa.training.data import Pieces, read
from qa.training.distant import RIGHT, WRONG, Known, group, groups, occurrences, read_known, write_groups
from qa.windows import header

DAY = date(2022, 5, 1)


def said(text: str, answer: str) -> list[str]:
    return [text[a:b] for a, b in occurrences(text, answer)]


# --- where an answer stands


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        pytest.param("Norvik and NORVIK and norvik", "Norvik", ["Norvik", "NORVIK", "norvik"], id="case"),
        pytest.param("the mayor spoke", "The Mayor", ["mayor"], id="leading article"),
        pytest.param("Mayor spoke", "a mayor", ["Mayor"], id="article that the text lacks"),
        pytest.param("“Squid Game” won", "Squid Game.", ["Squid Game"], id="marks around"),
        pytest.param("ISIS-held towns", "ISIS", ["ISIS"], id="part of a compound"),
        pytest.param("Tollen's pumpkin", "Tollen", ["Tollen"], id="possessive"),
        pytest.param("Dwayne (The-Rock) or New-York", "New York", ["New-York"], id="hyphen for a blank"),
        pytest.param("a New\n  York man", "New York", ["New\n  York"], id="blanks"),
        pytest.param("Spider-Man came", "Spider-Man", ["Spider-Man"], id="hyphen"),
        pytest.param("it cost $1.5 million", "$1.5 million", ["1.5 million"], id="amount"),
        pytest.param("in 1,234 cases", "1,234", ["1,234"], id="thousands"),
        pytest.param("rose 15% then 15 percent", "15%", ["15", "15"], id="percent sign"),
        pytest.param("Zoë won", "ZOË", ["Zoë"], id="letters of other kinds"),
        pytest.param("category and catalogue", "cat", [], id="inside words"),
        pytest.param("in 2022 and 220", "22", [], id="inside numbers"),
        pytest.param("New from York", "New York", [], id="not in a row"),
        pytest.param("(a.b)", "a.b*", ["b"], id="no pattern but words"),
        pytest.param("anything", "", [], id="nothing"),
        pytest.param("the the", "The", [], id="an article alone"),
        pytest.param("a! b?", "?!", [], id="marks alone"),
    ],
)
def test_occurrences(text: str, answer: str, expected: list[str]) -> None:
    assert said(text, answer) == expected


def test_a_percent_sign_belongs_to_the_word_before() -> None:
    ((start, end),) = occurrences("rose 15% in May", "15%")
    assert "rose 15% in May"[start:end] in ("15", "15%")


@pytest.mark.parametrize("answer", ["House of the Dragon", "Orange Is the New Black", "“Sail into the sunset”"])
def test_an_article_within_an_answer_is_found(answer: str) -> None:
    assert said(f"They watched {answer} again", answer) == [answer.strip("“”")]


@pytest.mark.parametrize(("text", "answer"), [("1.5 million", "5"), ("15,000 men", "15"), ("at 7:30", "30")])
def test_a_number_is_not_found_inside_another(text: str, answer: str) -> None:
    assert said(text, answer) == []


# --- which questions


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") if path.suffix == ".gz" else path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": f"q{i}", **row}, ensure_ascii=False) + "\n" for i, row in enumerate(rows))
    return path


def asked(question: str, as_of: str | None = "2022-05-01", *answers: str, **rest: Any) -> dict[str, Any]:
    return {"question": question, "answers": list(answers or ("Ann",)), **({"as_of": as_of} if as_of else {}), **rest}


@pytest.mark.parametrize("name", ["questions.jsonl", "questions.jsonl.gz"])
def test_questions_asked_later_are_left_out(tmp_path: Path, name: str) -> None:
    path = lines(
        tmp_path / name,
        asked("Before?", "2023-06-29"),
        asked("The day?", "2023-06-30"),
        asked("After?", "2023-07-01"),
        asked("Much later?", "2024-01-01"),
        asked("Undated?", None),
    )
    found = read_known(path, until=date(2023, 6, 30), undated=DAY)
    assert [(one.question, one.before) for one in found] == [
        ("Before?", date(2023, 6, 29)),
        ("The day?", date(2023, 6, 30)),
        ("Undated?", DAY),
    ]
    assert read_known(path, until=date(2019, 1, 1), undated=date(2020, 1, 1)) == []


@pytest.mark.parametrize("answer", ["yes", "No.", "True", "FALSE", "both", "All", "", "…", "one two " * 6])
def test_what_cannot_be_a_span_is_no_answer(tmp_path: Path, answer: str) -> None:
    path = lines(tmp_path / "a.jsonl", asked("Only that?", None, answer), asked("Both?", None, answer, "Ann"))
    assert read_known(path, until=DAY, undated=DAY) == [Known("Both?", ("Ann",), DAY)]


def test_a_question_without_answers_is_left_out(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "a.jsonl", {"question": "A?", "answers": []}, {"question": "B?"}, {"question": "C?", "answers": None}
    )
    assert read_known(path, until=DAY, undated=DAY) == []


def test_two_questions_an_article(tmp_path: Path) -> None:
    rows = [asked(f"{i}?", None, url="https://a.example" if i < 4 else "https://b.example") for i in range(6)]
    path = lines(tmp_path / "a.jsonl", *rows, asked("x?", None), asked("y?", None), asked("z?", None))
    found = [one.question for one in read_known(path, until=DAY, undated=DAY)]
    assert found == ["0?", "1?", "4?", "5?", "x?", "y?", "z?"]


def test_a_file_without_days_asks_for_the_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from index.errors import BackissueError
    from qa.training import __main__ as program

    path = lines(tmp_path / "a.jsonl", asked("Undated?", None))
    line = f"training distant {path} --archive {tmp_path} --out {tmp_path / 'x.jsonl.gz'} --until 2023-06-30"
    monkeypatch.setattr("sys.argv", line.split())
    with pytest.raises((SystemExit, BackissueError)):
        program.main()


# --- which passages


def passage(text: str, key: str = "a", title: str = "Regatta", day: str | None = "2022-04-30") -> StoredPassage:
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None
    number = int(day.replace("-", "")) if day else None
    return StoredPassage(key, 0, len(text), text, title, None, None, moment, number, key, None)


QUESTION = Known("Which club won the autumn regatta of Ellery?", ("Gulls", "The Gull Club"), DAY)
GOOD = "The Gulls won the autumn regatta of Ellery, the club said."
POOR = "Gulls sat on the roof and the fish was cold that day in the north."
WITHOUT = "The autumn regatta of Ellery has a winner, the club said."


def texts(made: tuple[dict[str, Any], bool] | None) -> list[str]:
    assert made is not None
    return [one["text"] for one in made[0]["passages"]]


def test_passages_that_hold_the_answer_are_right_those_that_do_not_are_wrong() -> None:
    made = group(QUESTION, [passage(WITHOUT), passage(GOOD)])
    assert made is not None
    assert made[1] is True
    assert made[0]["question"] == QUESTION.question
    right, wrong = made[0]["passages"]
    assert (right["text"], wrong["text"], wrong["answers"]) == (GOOD, WITHOUT, [])
    assert [right["text"][a:b] for a, b in right["answers"]] == ["Gulls"]
    assert right["header"] == header("Regatta", datetime(2022, 4, 30, tzinfo=UTC))


def test_a_passage_that_holds_the_answer_by_chance_is_neither() -> None:
    made = group(QUESTION, [passage(POOR), passage(WITHOUT)])
    assert texts(made) == [WITHOUT]
    assert made is not None
    assert made[1] is False
    assert group(QUESTION, [passage(POOR)]) is None
    assert group(QUESTION, []) is None


def test_short_answers_need_more_shared_words() -> None:
    """Of won, autumn and regatta, by rarity, the passage has a share of 0.56."""
    half, other = passage("7 boats won the regatta.", title=""), passage("Autumn rain. Nobody won.", title="")
    known = Known("Who won the autumn regatta?", ("7 boats",), DAY)
    assert half.text in texts(group(known, [half, other]))
    assert texts(group(replace(known, answers=("7",)), [half, other])) == [other.text]


def test_the_nearest_right_ones_and_the_best_ranked_wrong_ones_are_kept() -> None:
    close = [passage(f"{GOOD} Day {i}.", f"c{i}") for i in range(3)]
    wrong = [passage(f"{WITHOUT} Day {i}.", f"w{i}") for i in range(5)]
    made = group(QUESTION, [*wrong[:3], passage(f"{POOR} regatta autumn club", "p"), *close, *wrong[3:]])
    assert texts(made) == [one.text for one in (*close[:RIGHT], *wrong[:WRONG])]


def test_the_title_counts_as_words_but_holds_no_answer() -> None:
    titled = passage("Gulls it was.", title="Which club won the autumn regatta of Ellery")
    other = passage(WITHOUT, title="Gulls win")
    made = group(QUESTION, [titled, other])
    assert made is not None
    assert [bool(one["answers"]) for one in made[0]["passages"]] == [True, False]


def test_every_accepted_answer_is_marked_once() -> None:
    text = "Gulls! The Gull Club won the autumn regatta; which club of Ellery? Gulls."
    made = group(replace(QUESTION, answers=("Gulls", "gulls", "Gull Club")), [passage(text)])
    assert made is not None
    spans = made[0]["passages"][0]["answers"]
    assert [text[a:b] for a, b in spans] == ["Gulls", "Gull Club", "Gulls"]


# --- out of an archive


ASKED = (
    Known("Who runs the old ferry pier in Port Ellery?", ("Norvik Lines",), date(2017, 11, 10)),
    Known("Who won the autumn regatta?", ("Gulls",), date(2017, 11, 10)),
    Known("Who won the autumn regatta?", ("Gulls",), date(2017, 11, 13)),
)


@pytest.mark.parametrize("dense", [False, True])
def test_no_article_of_a_later_day_is_shown(tmp_path: Path, dense: bool) -> None:
    with open_archive(tmp_path / "archive", HARBOUR) as archive:
        found = list(groups(archive, ASKED, dense=dense, unanswered=1.0, seed=1))
    answered = [any(one["answers"] for one in row["passages"]) for row in found]
    assert [row["question"] for row in found] == [one.question for one in ASKED][: len(found)]
    assert answered == [True, False, True]
    shown = [" ".join(one["text"] for one in row["passages"]) for row in found]
    assert all("judge ruled" not in text for text in shown)
    assert "regatta by two lengths" not in shown[1]
    assert "regatta by two lengths" in shown[2]


def test_the_share_of_unanswered_questions_is_as_asked(tmp_path: Path) -> None:
    with open_archive(tmp_path / "archive", HARBOUR) as archive:

        def kept(share: float, seed: int = 1) -> list[int]:
            known = [replace(ASKED[1], question=f"Who won the autumn regatta number {i}?") for i in range(60)]
            found = groups(archive, known, dense=False, unanswered=share, seed=seed)
            return [int(row["question"].rsplit(" ", 1)[1].rstrip("?")) for row in found]

        assert kept(0.0) == []
        assert kept(1.0) == list(range(60))
        assert 15 <= len(kept(0.5)) <= 45
        assert kept(0.5) == kept(0.5)
        assert kept(0.5) != kept(0.5, seed=2)


def test_groups_are_written_and_read_for_training(tmp_path: Path) -> None:
    with open_archive(tmp_path / "archive", HARBOUR) as archive:
        rows = list(groups(archive, ASKED, dense=False, unanswered=1.0, seed=1))
    path = tmp_path / "groups.jsonl.gz"
    assert write_groups(path, iter(rows)) == len(rows)
    pieces = Pieces(BASE)
    found = read(path, pieces)
    assert [example.text for example in found] == [row["question"] for row in rows]
    for example, row in zip(found, rows, strict=True):
        for held, one in zip(example.passages, row["passages"], strict=True):
            (encoding,) = pieces.encode([one["text"]])
            spans = [(encoding.offsets[a][0], encoding.offsets[b][1]) for a, b in held.gold]
            assert spans == [tuple(span) for span in one["answers"]]


def test_no_groups_are_an_empty_file(tmp_path: Path) -> None:
    assert write_groups(tmp_path / "groups.jsonl.gz", iter(())) == 0
    assert read(tmp_path / "groups.jsonl.gz", Pieces(BASE)) == []


def test_the_file_appears_when_all_is_written(tmp_path: Path) -> None:
    def broken() -> Iterator[dict[str, Sequence[Any]]]:
        yield {"question": "Who?", "passages": []}
        raise OSError("the archive is gone")

    with pytest.raises(OSError, match="gone"):
        write_groups(tmp_path / "groups.jsonl.gz", broken())
    assert not (tmp_path / "groups.jsonl.gz").exists()
