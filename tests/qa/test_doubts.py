"""What speaks against an answer by its sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from qa_fakes import place

from qa.answer import Ask
from qa.doubts import (
    APART,
    DENIED,
    NAMED_IN_FULL,
    NO_SUCH_OFFICE,
    OTHER_YEAR,
    OVER,
    both,
    doubts,
    is_denied,
    names_in_full,
    of_another_year,
)
from qa.naming import Named, Naming
from qa.over import has_a_word_of, has_left, has_left_office
from qa.question import understand
from qa.read import Span

DAY = date(2017, 12, 31)


def left(question: str, text: str, answer: str, *names: str, title: str = "News", published: int = 20171103) -> float:
    """What is left of the weight of an answer in a text of one sentence."""
    return several(question, (text, answer, published), names=names, title=title)[0]


def several(
    question: str, *told: tuple[str, str, int], names: tuple[str, ...] = (), title: str = "News"
) -> list[float]:
    """The same for (text, answer, day)s in the order given."""
    found, spans = [], []
    for rank, (text, answer, day) in enumerate(told):
        item = place(text, f"a{rank}")
        passage = replace(item.passage, text=text, title=title, start=0, end=len(text), published_day=day)
        found.append(replace(item, passage=passage))
        at = text.index(answer)
        spans.append(Span(rank, at, at + len(answer), 0, len(text), 1.0))
    understood = understand(Ask(question=question, as_of=DAY), ())
    shares = doubts(understood, Naming(question, tuple(Named(name, ()) for name in names)), spans, found)
    return [shares.get(span, 1.0) for span in spans]


def test_of_whom_nothing_is_said_near_by() -> None:
    asked = "Who controls Hawija?"
    assert left(asked, "The army took control of Harare.", "army", "Hawija") == APART
    assert left(asked, "Iraqi forces control Hawija.", "Iraqi forces", "Hawija") == 1
    assert left(asked, "Iraqi forces control the town.", "Iraqi forces", "Hawija", title="In Hawija") == 1
    assert left("Who took the town?", "The army took it.", "army") == 1


def test_another_spelling_is_the_name() -> None:
    naming = Naming("Who holds Albu Kamal?", (Named("Albu Kamal", ()),))
    assert not naming.mentioned("ISIS holds al-Bukamal")
    assert left("Who holds Albu Kamal?", "ISIS holds Albu Kamal.", "ISIS", "Albu Kamal") == 1


def test_an_office_that_no_word_speaks_of() -> None:
    asked = "Who is the mayor of Paris?"
    assert left(asked, "Fire broke out in Paris, Anna Kessler said.", "Anna Kessler", "Paris") == NO_SUCH_OFFICE
    assert left(asked, "Mayor Anna Kessler of Paris said so.", "Anna Kessler", "Paris") == 1
    # Towns are held by those who take them, whatever the word.
    assert left("Who holds Rawa?", "Iraqi forces took Rawa.", "Iraqi forces", "Rawa") == 1


@pytest.mark.parametrize(
    ("question", "text", "is_so"),
    [
        ("Who is the president of Egypt?", "Presidential guards of Egypt", True),
        ("Who is the president of Egypt?", "A film from Egypt", False),
        ("Who is Egypt?", "A film", True),
    ],
)
def test_words_of_an_office_in_some_form(question: str, text: str, is_so: bool) -> None:
    assert has_a_word_of(Naming(question, (Named("Egypt", ()),)), text) == is_so


@pytest.mark.parametrize(
    ("question", "day", "text", "is_so"),
    [
        ("Who won the 2018 World Series?", 20171102, "The Astros won the World Series.", True),
        ("Who won the World Cup in 2014?", 20191102, "South Africa won the World Cup.", True),
        ("Who won the World Cup in 2014?", 20191102, "Germany, winners in 2014, lost.", False),
        ("Who won the World Cup in 2014?", 20140713, "Germany won.", False),
        ("Who won the Nobel Prize in 2017?", 20180110, "It was won by three.", False),
        ("Who won the Nobel Prize in 2017?", 20180510, "It was won by three.", True),
        ("Who has won since 2014?", 20191102, "South Africa won.", False),
        ("Who won between 2014 and 2016?", 20150102, "South Africa won.", False),
        ("Who won before May 2014?", 20110102, "South Africa won.", False),
        ("Who won?", 20110102, "South Africa won.", False),
        ("Who will be president in 2030?", None, "Trump is president.", True),
        ("Who won in 2016 or 2017?", 20170102, "South Africa won.", False),
    ],
)
def test_another_year(question: str, day: int | None, text: str, is_so: bool) -> None:
    assert of_another_year(question, day, text) == is_so


def test_a_year_of_the_question_is_asked_for() -> None:
    assert left("Who won the 2018 World Series?", "The Astros won the Series.", "Astros") == pytest.approx(OTHER_YEAR)


@pytest.mark.parametrize(
    ("question", "before", "is_so"),
    [
        ("When will Britain leave the EU?", "Britain will not leave the European Union on ", True),
        ("When will Britain leave the EU?", "Britain won’t leave on ", True),
        ("On what day does it leave?", "It no longer leaves on ", True),
        ("When will Britain leave the EU?", "It will not be soon; it leaves on ", False),
        ("When will Britain leave the EU?", "Britain will leave on ", False),
        ("When did Britain not leave?", "Britain did not leave on ", False),
        ("Who left?", "It was not ", False),
    ],
)
def test_what_is_denied(question: str, before: str, is_so: bool) -> None:
    assert is_denied(question, before) == is_so


def test_a_day_that_is_denied() -> None:
    text = "Britain will not leave on Thursday."
    assert left("When will Britain leave?", text, "Thursday", "Britain") == DENIED


ZIMBABWE = Naming("Who is president of Zimbabwe?", (Named("Zimbabwe", ()),))
BRITAIN = Naming("Who is prime minister of Britain?", (Named("Britain", ()),))
LEADS = Naming("Who leads Zimbabwe now?", (Named("Zimbabwe", ()),))


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("", " resigned as president"),
        ("", " resigned from his post as president"),
        ("", ", who had been ousted"),
        ("", ", ousted by the army"),
        ("", ", removed from office on Friday"),
        ("", " has finally stepped down"),
        ("", " was dismissed"),
        ("", " was suddenly removed"),
        ("", " was deposed by the army"),
        ("", " was replaced by his deputy"),
        ("", " quit."),
        ("", " has quit the presidency"),
        ("", " quit in protest"),
        ("", " left office in June"),
        ("The former president ", " spoke"),
        ("The former Zimbabwean president Robert ", " spoke"),
        ("Ex-president ", " spoke"),
        ("Ex-", " spoke"),
        ("the party had dismissed Mr. ", " as its leader"),
        ("the ousted president ", " spoke"),
        ("is expected to succeed ", " soon"),
        ("is to succeed President ", " as president"),
        ("who succeeded ", " in 2017"),
        ("the late ", " was mourned"),
        ("the late president ", " was mourned"),
    ],
)
def test_who_has_left_office(before: str, behind: str) -> None:
    assert has_left_office(ZIMBABWE, before, behind)


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("", " holds the office"),
        ("President ", " met the former minister"),
        ("The army drove out ", " and its allies"),
        ("", " said that the minister had resigned"),
        ("A latecomer, ", " won"),
        ("", " dismissed the FBI director"),
        ("", " quit the Paris accord"),
        ("", " dismissed calls to resign"),
        ("", " ousted Mugabe"),
        ("", ", who had ousted Mugabe"),
        ("", " has quit smoking"),
        ("", " is resigned to it"),
        ("", " dismissed as nonsense what was reported"),
        ("", " was dismissed as vice-president"),
        ("was succeeded by ", ""),
        ("was replaced by ", ""),
        ("In late November ", " was sworn in"),
        ("Late on Sunday ", ", the chancellor, spoke"),
        ("former vice-president ", " was sworn in as president"),
        ("former deputy president ", " was sworn in as president"),
        ("the former footballer ", " was sworn in as president"),
        ("a former aide to president ", " spoke"),
        ("dismissed vice-president ", " is back"),
        ("the late night show host ", " spoke"),
        ("She was chosen to succeed him as president ", " spoke"),
        ("who succeeded Mugabe as president ", " spoke"),
        ("Clinton dismissed Mr. ", "'s claims"),
        ("Clinton dismissed ", " as a fool"),
    ],
)
def test_who_has_not(before: str, behind: str) -> None:
    assert not has_left_office(ZIMBABWE, before, behind)


@pytest.mark.parametrize(
    ("naming", "before", "is_so"),
    [
        (BRITAIN, "the former prime minister ", True),
        (BRITAIN, "the former foreign minister ", False),
        (BRITAIN, "the former president ", False),
        (LEADS, "the former president ", True),
        (LEADS, "the former vice-president ", False),
        (LEADS, "the former footballer ", False),
    ],
)
def test_whose_former_office_is_asked_about(naming: Naming, before: str, is_so: bool) -> None:
    assert has_left_office(naming, before, " spoke") == is_so


@pytest.mark.parametrize(
    ("behind", "is_so"),
    [
        (" was driven out of Albu Kamal on Friday", True),
        (", driven from Albu Kamal on Friday", True),
        (", which lost Albu Kamal", True),
        (" lost control of Albu Kamal.", True),
        (" fled the border town of Albu Kamal", True),
        (" withdrew from Albu Kamal to Rawa", True),
        (" has been driven from most of its strongholds. Its last position is Albu Kamal", False),
        (" lost Rawa", False),
        (" said that the army had left Albu Kamal", False),
        (" holds Albu Kamal", False),
        (" expelled IS from Albu Kamal", False),
        (" ousted Islamic State from Albu Kamal and control the city", False),
        (" lost 20 men in taking Albu Kamal", False),
        (" lost no time in securing Albu Kamal", False),
        (" withdrew from Deir Ezzor to Albu Kamal", False),
        (" removed mines from Albu Kamal", False),
        (" left Baghdad for Albu Kamal", False),
        (" lost Albu Kamal's airport", False),
    ],
)
def test_who_has_left_what_is_asked_about(behind: str, is_so: bool) -> None:
    assert has_left(Naming("Who holds Albu Kamal?", (Named("Albu Kamal", ()),)), behind) == is_so


@pytest.mark.parametrize("hostile", ["former ", "a" * 40 + " ", "-", "late.", " ", "was slowly ", "was ", "lost the "])
def test_long_hostile_text_is_soon_read(hostile: str) -> None:
    # No time is asserted: what took quadratic time would not end.
    text = hostile * (200_000 // len(hostile))
    for judged in (
        has_left_office(ZIMBABWE, text + "!", text),
        has_left(ZIMBABWE, text),
        is_denied(text[:2000], text),
        is_denied(text, text),
    ):
        assert judged in (True, False)


def test_who_is_to_go_is_still_there() -> None:
    for behind in (" will step down on 7 June", " would resign", " is to be dismissed"):
        assert not has_left_office(ZIMBABWE, "", behind)
    assert not has_left_office(ZIMBABWE, "the outgoing president ", " spoke")


def test_who_has_gone_holds_nothing_whatever_was_reported_until_then() -> None:
    asked = "Who is president of Zimbabwe?"
    before = ("President Robert Mugabe of Zimbabwe spoke.", "Robert Mugabe", 20171110)
    gone = ("Robert Mugabe resigned as president of Zimbabwe.", "Robert Mugabe", 20171121)
    after = ("President Mugabe is back in Zimbabwe.", "Mugabe", 20171125)
    other = ("Emmerson Mnangagwa is president of Zimbabwe.", "Emmerson Mnangagwa", 20171110)
    assert several(asked, before, gone, after, other, names=("Zimbabwe",)) == [OVER, OVER, 1, 1]
    assert several(asked, before, other, names=("Zimbabwe",)) == [1, 1]
    # Who resigned is asked of.
    assert several("Who resigned in Zimbabwe?", before, gone, names=("Zimbabwe",)) == [1, 1]


@pytest.mark.parametrize(
    ("answer", "is_so"),
    [("Robert Mugabe", True), ("President Robert Mugabe", True), ("Mugabe", False), ("Mugabe ally", False),
     ("Emmerson Mnangagwa", False), ("the man who had for long been Mugabe", False)],
)  # fmt: skip
def test_the_one_asked_about_in_full(answer: str, is_so: bool) -> None:
    assert names_in_full(Naming("Who succeeded Mugabe?", (Named("Mugabe", ()),)), answer) == is_so


def test_doubts_add_up() -> None:
    text = "Robert Mugabe spoke in 2015."
    assert left("Who succeeded Mugabe in 2017?", text, "Robert Mugabe", "Mugabe") == NAMED_IN_FULL
    assert left("Who succeeded Mugabe in 2012?", text, "Robert Mugabe", "Mugabe") == pytest.approx(
        NAMED_IN_FULL * OTHER_YEAR
    )
    one, other = (Span(0, 0, 1, 0, 1, score) for score in (1.0, 2.0))
    assert both({one: 0.5}, {one: 0.5, other: 0.1}) == {one: 0.25, other: 0.1}
