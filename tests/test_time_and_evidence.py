"""The sample archive with the real models: who held Albu Kamal when, and who says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from index.archive import Archive
from index.embed import load_encoder
from index.formats import Defaults, read_path
from index.ingest import add
from index.sample import EXAMPLES, dispatches_path
from qa.answer import Ask, AskResponse, Exchange
from qa.pipeline import QA
from qa.readers import SHIPPED, load_reader

pytestmark = pytest.mark.slow
WHO = "Who holds Albu Kamal?"
ARMY = (
    "syrian army",
    "syrian government",
    "government",
    "the syrian army and its allies",
    "syrian army and its allies",
)


@pytest.fixture(scope="module")
def qa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QA]:
    with Archive.open(tmp_path_factory.mktemp("sample") / "archive", load_encoder, create=True, sample=True) as archive:
        add(archive, read_path(dispatches_path(), Defaults()))
        yield QA(archive, load_reader(SHIPPED, archive.encoder))


def said(response: AskResponse) -> str:
    return response.answer.text.lower() if response.answer else ""


@pytest.mark.parametrize(
    ("day", "holders"),
    [(3, ("isis",)), (9, ARMY), (12, ("isis",)), (20, ARMY)],
)
def test_who_held_the_town_when(qa: QA, day: int, holders: tuple[str, ...]) -> None:
    assert said(qa.ask(Ask(question=WHO, as_of=date(2017, 11, day)))) in holders


def test_its_history_in_order_with_the_current_holder_marked(qa: QA) -> None:
    timeline = qa.ask(Ask(question=WHO, as_of=date(2017, 11, 20))).timeline
    assert [entry.first_published for entry in timeline] == sorted(entry.first_published for entry in timeline)
    texts = [entry.text.lower() for entry in timeline]
    assert "isis" in texts
    assert any(text in ARMY for text in texts)
    assert [entry.text.lower() in ARMY for entry in timeline if entry.current] == [True]


def test_both_claims_of_the_week_are_shown_as_contradicting(qa: QA) -> None:
    response = qa.ask(Ask(question=WHO, as_of=date(2017, 11, 12)))
    assert [a.text.lower() in ARMY for a in response.alternatives if a.conflicting][:1] == [True]


def test_a_wire_copy_is_listed_and_counts_once(qa: QA) -> None:
    response = qa.ask(Ask(question=WHO, as_of=date(2017, 11, 9)))
    assert response.answer is not None
    copied = [c for c in response.answer.citations if c.title.startswith("Syrian army declares victory in Albu Kamal")]
    assert len(copied) == 1
    assert len(copied[0].copies) == 1


def test_the_correction_is_believed_and_warned_of(qa: QA) -> None:
    response = qa.ask(Ask(question="How many years did Cassini spend in orbit around Saturn?"))
    assert said(response) in ("13", "13 years")
    wrong = next(answer for answer in response.alternatives if answer.text in ("20", "20 years"))
    warned = [other.title for citation in wrong.citations for other in citation.corrected_by]
    assert warned == ["Correction: Cassini plunges into Saturn"]
    before = qa.ask(Ask(question="How many years did Cassini spend in orbit around Saturn?", as_of=date(2017, 9, 16)))
    assert said(before) in ("20", "20 years")
    assert before.answer is not None
    assert before.answer.citations[0].corrected_by == ()


def test_a_dated_question_is_answered_from_its_day(qa: QA) -> None:
    response = qa.ask(Ask(question="Who held Albu Kamal on 12 November 2017?"))
    assert response.period is not None
    assert (response.period.first, response.period.use) == (date(2017, 11, 12), "filter")
    assert said(response) == "isis"


def test_other_spellings_are_searched_and_said(qa: QA) -> None:
    response = qa.ask(Ask(question="Who holds Boukamal?", as_of=date(2017, 11, 3)))
    assert said(response) == "isis"
    assert {s.lower() for s in response.coverage.names[0].spellings} >= {"albu kamal", "al-bukamal", "abu kamal"}


def test_who_says_so_and_on_which_day(qa: QA) -> None:
    response = qa.ask(Ask(question=WHO, as_of=date(2017, 11, 9)))
    citations = [c for a in (response.answer, *response.alternatives) if a for c in a.citations]
    announced = next(c for c in citations if "general command said on Thursday" in c.quote)
    assert announced.attributed_to is not None
    assert announced.attributed_to.text == "the army's general command"
    assert [(e.text, e.first) for e in announced.event_dates] == [("Thursday", date(2017, 11, 9))]


def test_silence_about_what_is_not_there(qa: QA) -> None:
    response = qa.ask(Ask(question="Who is the mayor of Timbuktu?"))
    assert response.answer is None
    assert [(named.name, named.articles) for named in response.coverage.names] == [("Timbuktu", 0)]


@pytest.mark.parametrize(
    ("day", "asked", "understood", "holders"),
    [
        (20, "and who held it before?", "Who held Albu Kamal before 20 November 2017?", ("isis",)),
        (12, "and before that?", "Who holds Albu Kamal before 11 November 2017?", ARMY),
    ],
)
def test_a_follow_up_goes_back_in_time(qa: QA, day: int, asked: str, understood: str, holders: tuple[str, ...]) -> None:
    first = qa.ask(Ask(question=WHO, as_of=date(2017, 11, day)))
    second = qa.ask(Ask(question=asked, as_of=date(2017, 11, day), follows=Exchange.of(first)))
    assert second.understood_as == understood
    assert said(second) in holders


def test_articles_that_never_mention_who_is_asked_about_do_not_answer(qa: QA) -> None:
    assert qa.ask(Ask(question="Who is the mayor of Paris?")).answer is None


def test_an_alternative_is_quoted_from_a_sentence_of_its_own(qa: QA) -> None:
    response = qa.ask(Ask(question=WHO, as_of=date(2017, 11, 9)))
    assert response.answer is not None
    other = next(one for one in response.alternatives if one.text == "ISIS")
    assert other.citations[0].quote != response.answer.citations[0].quote


@pytest.mark.parametrize("question", EXAMPLES)
def test_the_examples_are_answered_well(qa: QA, question: str) -> None:
    answer = qa.ask(Ask(question=question)).answer
    assert answer is not None
    assert answer.confidence >= 0.3
