"""Example questions: made of headlines, kept when the archive answers them with the name that was taken out."""

from types import SimpleNamespace

import pytest

from qa.examples import LEAST_CONFIDENCE, TRIED, example_questions

TITLE = "Maud Tollen opens the autumn regatta"
QUESTION = "Who opens the autumn regatta?"


class Engine:
    """Headlines, the newest first, and what is answered to which question, with what confidence."""

    def __init__(self, titles, answers):
        self.titles, self.answers, self.asked = titles, answers, []
        self.archive = SimpleNamespace(browse=self)

    def articles(self, _listing, offset, limit):
        found = [SimpleNamespace(title=title) for title in self.titles[offset : offset + limit]]
        return len(self.titles), found

    def ask(self, ask):
        self.asked.append(ask.question)
        assert not ask.timeline
        text, confidence = self.answers.get(ask.question, (None, 0))
        return SimpleNamespace(answer=SimpleNamespace(text=text, confidence=confidence) if text else None)


def examples(answers, titles=(TITLE,), wanted=4):
    return example_questions(Engine(titles, answers), wanted)


@pytest.mark.parametrize(
    ("title", "question"),
    [
        (TITLE, QUESTION),
        ("Maud Tollen  to open the autumn regatta.", "Who is to open the autumn regatta?"),
        ("Maud Tollen speaks of harbours and boats", "Who speaks of harbours and boats?"),
    ],
)
def test_a_headline_becomes_a_question(title, question):
    assert examples({question: ("Maud Tollen", 0.8)}, [title]) == [question]


def test_a_name_in_part_is_the_same():
    assert examples({QUESTION: ("Tollen", 0.8)}) == [QUESTION]


@pytest.mark.parametrize("answer", [(None, 0), ("Maud Tollen", LEAST_CONFIDENCE - 0.01), ("Jon Harrow", 0.9)])
def test_what_the_archive_does_not_answer_well_is_no_example(answer):
    assert examples({QUESTION: answer}) == []


@pytest.mark.parametrize(
    "title",
    [
        "",
        "Regatta put off",
        "Maud Tollen",
        "Maud Tollen Opens The Autumn Regatta",
        "Tollen opens the autumn regatta",
        "Maud Tollen opens the autumn ...",
        "Maud Tollen opens the regatta: all photos",
        "Maud Tollen opens it",
        "Port Ellery mayor elected by a slim majority",
    ],
)
def test_other_headlines_are_passed_over(title):
    engine = Engine([title], {})
    assert example_questions(engine, 4) == []
    assert engine.asked == []


def several(number):
    names = [f"Maud {chr(65 + n // 26)}{chr(97 + n % 26)}llen" for n in range(number)]
    answers = {f"Who opens regatta number {n} today?": (name, 0.9) for n, name in enumerate(names)}
    return [f"{name} opens regatta number {n} today" for n, name in enumerate(names)], answers


def test_no_more_are_made_than_wanted():
    titles, answers = several(9)
    assert len(examples(answers, titles, wanted=3)) == 3


def test_no_more_headlines_are_tried_than_is_quick():
    titles, _ = several(TRIED + 9)
    engine = Engine(titles, {})
    assert example_questions(engine, 4) == []
    assert len(engine.asked) == TRIED


def test_a_name_is_asked_for_once():
    titles = [TITLE, "Maud Tollen closes the autumn regatta"]
    answers = {QUESTION: ("Maud Tollen", 0.9), "Who closes the autumn regatta?": ("Maud Tollen", 0.9)}
    assert examples(answers, titles) == [QUESTION]
