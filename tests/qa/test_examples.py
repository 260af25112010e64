"""Example questions: made of names in headlines, kept when the archive answers them with the name they came from."""

from types import SimpleNamespace

import pytest

from qa.examples import LEAST_CONFIDENCE, TRIED, example_questions

MAYOR = "the mayor of Port Ellery"
TITLES = ("Maud Tollen opens the autumn regatta", "Maud Tollen speaks about harbours")
ASKED = {"Who is Maud Tollen?": (MAYOR, 0.9), f"Who is {MAYOR}?": ("Maud Tollen", 0.8)}


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


def examples(answers, titles=TITLES, wanted=4):
    return example_questions(Engine(titles, answers), wanted)


def test_what_somebody_is_said_to_be_is_asked_in_turn():
    assert examples(ASKED) == [f"Who is {MAYOR}?"]


def test_a_name_in_part_is_the_same():
    assert examples(ASKED | {f"Who is {MAYOR}?": ("Tollen", 0.8)}) == [f"Who is {MAYOR}?"]


@pytest.mark.parametrize(
    ("described", "asked"),
    [("mayor of Port Ellery", "Who is the mayor of Port Ellery?"), ("Ellery's mayor", "Who is Ellery's mayor?")],
)
def test_the_article_is_put_in_where_one_belongs(described, asked):
    answers = {"Who is Maud Tollen?": (described, 0.9), asked: ("Maud Tollen", 0.9)}
    assert examples(answers) == [asked]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who is Maud Tollen?", (None, 0)),
        ("Who is Maud Tollen?", (MAYOR, LEAST_CONFIDENCE - 0.01)),
        ("Who is Maud Tollen?", ("mayor", 0.9)),
        ("Who is Maud Tollen?", ("one two three four five six seven eight nine", 0.9)),
        ("Who is Maud Tollen?", ("Mayor Maud Tollen of Port Ellery", 0.9)),
        (f"Who is {MAYOR}?", (None, 0)),
        (f"Who is {MAYOR}?", ("Maud Tollen", LEAST_CONFIDENCE - 0.01)),
        (f"Who is {MAYOR}?", ("Jon Harrow", 0.9)),
    ],
    ids=["unknown", "unsure", "one word", "too long", "only the name", "not answered", "answered unsurely", "another"],
)
def test_what_the_archive_does_not_answer_well_is_no_example(question, answer):
    assert examples(ASKED | {question: answer}) == []


@pytest.mark.parametrize(
    "title", ["", "Regatta put off", "Maud Tollen", "Maud Tollen Opens The Autumn Regatta", "Tollen opens the regatta"]
)
def test_headlines_that_tell_no_name_are_passed_over(title):
    engine = Engine([title], ASKED)
    assert example_questions(engine, 4) == []
    assert engine.asked == []


def test_an_empty_archive_has_no_examples():
    assert examples(ASKED, titles=()) == []


def several(number):
    """Headlines on so many people, and the answers about them."""
    people = {f"Maud {chr(65 + n // 26)}{chr(97 + n % 26)}llen": f"the keeper of pier {n}" for n in range(number)}
    told = {f"Who is {name}?": (what, 0.9) for name, what in people.items()}
    return [f"{name} opens another regatta" for name in people], told | {
        f"Who is {what}?": (name, 0.9) for name, what in people.items()
    }


def test_no_more_are_made_than_wanted():
    titles, answers = several(9)
    assert len(examples(answers, titles, wanted=3)) == 3


def test_no_more_names_are_tried_than_is_quick():
    titles, _ = several(TRIED + 9)
    engine = Engine(titles, {})
    assert example_questions(engine, 4) == []
    assert len(engine.asked) == TRIED


def test_the_same_question_is_offered_once():
    answers = ASKED | {"Who is Jon Harrow?": (MAYOR, 0.9), f"Who is {MAYOR}?": ("Maud Tollen and Jon Harrow", 0.9)}
    assert examples(answers, (*TITLES, "Jon Harrow closes the regatta")) == [f"Who is {MAYOR}?"]
