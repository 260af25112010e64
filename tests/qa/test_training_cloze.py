"""Questions made of news: what is asked for, how, and that neither the story itself nor later days answer."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest
from qa_fakes import open_archive

from qa.training.cloze import A_SENTENCE, BESIDE, EVENT, question, questions, targets
from qa.training.distant import groups

LEAD = "Iraqi forces entered Albu Kamal on Monday, killing 40 fighters, Haider al-Abadi said."


def asked_for(text: str) -> list[str]:
    return [text[start:end] for start, end in targets(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LEAD, ["Albu Kamal", "40", "Haider al-Abadi"]),
        ("Check your car: 1.2 million are recalled", ["1.2 million"]),
        ("It cost $3.5 billion, or 12% more than in 2016.", ["$3.5 billion", "12%", "2016"]),
        ("Elon Musk bought it", ["Elon Musk"]),
        ("On Sunday the Sun said so", ["Sun"]),
        ("It won 3-2 at 10:30 in 2016-17, for $1.5bn", []),
        ("The talks in Syria ended as Syria's army left Raqqa", ["Raqqa"]),
        ("nothing to ask for", []),
        ("", []),
    ],
)
def test_names_and_figures_are_asked_for_but_no_word_that_merely_begins_a_sentence(
    text: str, expected: list[str]
) -> None:
    assert asked_for(text) == expected


@pytest.mark.parametrize("seed", range(5))
def test_the_question_has_the_words_around_and_not_what_it_asks_for(seed: int) -> None:
    for start, end in targets(LEAD):
        made = question(LEAD, start, end, random.Random(seed))
        assert LEAD[start:end] not in made
        assert made.endswith("?")
        assert made[0].isupper()
        assert len(made.split()) <= 2 * BESIDE + 2
    at = LEAD.index("40")
    made = question(LEAD, at, at + 2, random.Random(seed))
    assert "how" in made or "number" in made


def test_what_follows_without_a_blank_stays_so() -> None:
    for text, asked in (("He met Musk's lawyer", "Musk"), ("They met in Paris, France", "Paris")):
        at = text.index(asked)
        made = question(text, at, at + len(asked), random.Random(3))
        assert " '" not in made
        assert " ," not in made


def test_a_year_is_asked_for_as_a_day() -> None:
    text = "They met in 2016 in Paris"
    at = text.index("2016")
    assert question(text, at, at + 4, random.Random(1)) in (
        "They met in when in Paris?",
        "They met in what year in Paris?",
    )


def report(number: int, title: str, text: str, day: str) -> dict[str, str]:
    return {"id": f"r{number}", "title": title, "text": text, "published": day, "source": f"Paper {number}"}


def test_other_articles_of_those_days_answer_and_nothing_else(tmp_path: Path) -> None:
    fell = "The border town of Albu Kamal fell to the army on Thursday, said the general Haider Tollen of Ellery."
    records = [
        report(1, "Army takes Albu Kamal", fell, "2017-11-09"),
        report(2, "Border town falls", "After weeks the border town of Albu Kamal fell to the army.", "2017-11-08"),
        report(3, "Old news", "Years ago the border town of Albu Kamal fell to the army, too.", "2017-01-08"),
        report(4, "Later news", "The border town of Albu Kamal fell to the army, it is recalled.", "2017-11-20"),
    ]
    with open_archive(tmp_path, records) as archive:
        made = [one for one in questions(archive, date(2017, 11, 10), 1) if "Albu Kamal" in one.answers]
        assert {one.before for one in made} <= {date(2017, 11, 10), date(2017, 11, 9), date(2017, 1, 9)}
        assert all((one.before - one.after).days == EVENT for one in made if one.after)
        own = [one for one in made if one.before == date(2017, 11, 10)]
        assert own
        for group in groups(archive, own, dense=False, unanswered=0.0, seed=1):
            assert [passage["text"] for passage in group["passages"] if passage["answers"]] == [records[1]["text"]]
            assert all(passage["text"] != fell for passage in group["passages"])


def test_what_was_published_later_is_not_asked_about(tmp_path: Path) -> None:
    records = [report(1, "Army takes Albu Kamal", LEAD, "2017-11-09"), report(2, "Musk buys", LEAD, "2017-11-12")]
    with open_archive(tmp_path, records) as archive:
        assert {one.before for one in questions(archive, date(2017, 11, 10), 1)} == {date(2017, 11, 10)}
        assert not list(questions(archive, date(2017, 11, 9), 1))
        assert not list(questions(archive, date(2017, 1, 1), 1))


def test_what_stands_over_many_articles_and_what_is_about_nothing_is_not_asked(tmp_path: Path) -> None:
    wire = (
        "From the border towns and army roads: wire reports of Haider Tollen and Ellery Network. So was Haider Tollen."
    )
    records = [report(i, f"News of day {i}", f"{wire} Story {i}.", f"2017-11-0{i}") for i in range(1, 6)]
    with open_archive(tmp_path, records) as archive:
        made = [one.question for one in questions(archive, date(2017, 11, 10), 1)]
    assert 0 < sum("border towns" in one for one in made) <= A_SENTENCE
    assert not [one for one in made if one.startswith("So was")]
