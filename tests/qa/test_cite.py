"""What a citation says of its quotation and its article, and which words a correction takes back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from qa_fakes import Record, WordsReader, add, all_citations, assert_offsets_hold, log_odds, open_archive

from index.archive import Archive
from index.article import Selection
from index.sample import dispatches_path
from qa.answer import Ask, AskResponse, Citation
from qa.cite import MAX_COPIES, Citer
from qa.corrections import mistaken
from qa.pipeline import QA
from qa.rank import days_off
from qa.read import Span
from qa.retrieve import Found

SYRIA = (
    "The Syrian army and its allies hold Albu Kamal, the army's general command said on Thursday, announcing the "
    "capture of the last town in Syria that was held by ISIS.\n\nThe command said that its troops had cleared the town "
    "and that engineers were removing mines. Hezbollah fought beside the army, according to the Syrian Observatory for "
    "Human Rights, while some ISIS fighters were reportedly on their way to the countryside."
)


def report(key: str, text: str = SYRIA, published: str | None = "2017-11-09", **fields: Any) -> Record:
    record = {
        "id": key,
        "title": f"Title of {key}",
        "text": text,
        "published": published,
        "source": f"Paper {key}",
        "url": f"https://papers.example/{key}",
        **fields,
    }
    return {name: value for name, value in record.items() if value is not None}


def asked(archive: Archive, *phrases: str, question: str = "Who holds Albu Kamal?", **fields: Any) -> AskResponse:
    response = QA(archive, WordsReader(*phrases)).ask(Ask(question=question, **fields))
    assert_offsets_hold(archive, response)
    return response


def cited(archive: Archive, key: str, answer: str, quote: str | None = None, **selection: int) -> Citation:
    """The citation of an answer in an article, the quotation being the whole passage unless given."""
    (article_id,) = [c for c in archive.catalog.in_state("indexed") if f"/{key}" in (archive.article(c).url or "")]
    return cited_version(archive, article_id, answer, quote, **selection)


def cited_version(
    archive: Archive, article_id: str, answer: str, quote: str | None = None, **selection: int
) -> Citation:
    passages = archive.passages([p.id for p in archive.catalog.passages_of([article_id])[article_id]])
    passage = next(p for p in passages if answer in p.text)
    quoted = quote or passage.text
    at = passage.start + passage.text.index(quoted)
    start = at + quoted.index(answer)
    span = Span(0, start, start + len(answer), at, at + len(quoted), log_odds(0.9))
    near = (date(2017, 12, 1), date(2017, 12, 1))
    found = [Found(passage, 1.0, 1.0, days_off(passage, near))]
    citation = Citer(archive, Selection(**selection), found, [span]).cite(span)
    assert archive.article(article_id).text[citation.start : citation.end] == citation.quote
    return citation


def addresses(references: Sequence[Any]) -> list[str]:
    return [str(reference.url).rpartition("/")[2] for reference in references]


# --- what the quotation says of itself


@pytest.fixture(scope="module")
def syria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with open_archive(tmp_path_factory.mktemp("syria"), [report("syria", f"🐟 Café. {SYRIA}")]) as archive:
        yield archive


def test_the_words_of_the_citation_are_slices_of_the_article(syria: Archive) -> None:
    citation = cited(syria, "syria", "Hezbollah", "Hezbollah" + SYRIA.partition("Hezbollah")[2])
    text = syria.article(citation.article_id).text
    said_by = citation.attributed_to
    assert said_by is not None
    assert said_by.text == "the Syrian Observatory for Human Rights"
    assert text[said_by.start : said_by.end] == said_by.text
    assert [hedge.text for hedge in citation.hedges] == ["reportedly"]
    assert all(text[hedge.start : hedge.end] == hedge.text for hedge in citation.hedges)


def test_only_the_sentence_of_the_answer_is_asked_who_says_so(syria: Archive) -> None:
    # The quotation is the whole passage, in which three others speak and something is hedged.
    citation = cited(syria, "syria", "The Syrian army and its allies")
    assert citation.attributed_to is not None
    assert citation.attributed_to.text == "the army's general command"
    assert citation.hedges == ()
    assert cited(syria, "syria", "engineers").attributed_to is not None
    assert cited(syria, "syria", "engineers").attributed_to.text == "The command"  # type: ignore[union-attr]


def test_a_sentence_that_names_nobody_has_no_speaker(tmp_path: Path) -> None:
    text = "ISIS holds the town. The army said on Friday that it would attack, reportedly from the south."
    with open_archive(tmp_path, [report("a", text)]) as archive:
        citation = cited(archive, "a", "ISIS")
        assert (citation.attributed_to, citation.hedges, citation.in_quotation) == (None, (), False)


def test_an_answer_in_a_quotation_says_so(tmp_path: Path) -> None:
    text = "“The town was taken by the army,” said Ann Lee, a teacher. The Terns held the other town."
    with open_archive(tmp_path, [report("a", text)]) as archive:
        inside, outside = cited(archive, "a", "the army"), cited(archive, "a", "The Terns")
        assert (inside.in_quotation, outside.in_quotation) == (True, False)
        assert inside.attributed_to is not None
        assert inside.attributed_to.text == "Ann Lee"
        assert outside.attributed_to is None


def test_a_quotation_mark_outside_the_quoted_sentence_still_counts(tmp_path: Path) -> None:
    text = "“We waited. The army took the town. We left,” said Ann Lee."
    with open_archive(tmp_path, [report("a", text)]) as archive:
        assert cited(archive, "a", "The army", "The army took the town.").in_quotation


def test_an_answer_of_two_sentences_has_a_speaker_of_either(tmp_path: Path) -> None:
    text = "The army holds it, the ministry said. Nobody else is near. Reportedly the bridge is open."
    with open_archive(tmp_path, [report("a", text)]) as archive:
        citation = cited(archive, "a", "The army holds it, the ministry said. Nobody else is near.")
        assert citation.attributed_to is not None
        assert citation.attributed_to.text == "the ministry"
        assert citation.hedges == ()


# --- event dates


@pytest.mark.parametrize(
    ("published", "words", "first", "last"),
    [
        ("2017-11-20", "on Friday", "2017-11-17", "2017-11-17"),
        ("2017-11-17", "on Friday", "2017-11-17", "2017-11-17"),
        ("2017-11-20", "last month", "2017-10-01", "2017-10-31"),
        ("2017-11-20", "on November 3rd", "2017-11-03", "2017-11-03"),
        ("2017-01-02", "on 30 December", "2016-12-30", "2016-12-30"),
        ("2017-11-20", "yesterday", "2017-11-19", "2017-11-19"),
        ("2017-11-20T23:59:00Z", "yesterday", "2017-11-19", "2017-11-19"),
        ("2017-11-20", "in 2015", "2015-01-01", "2015-12-31"),
    ],
)
def test_event_dates_are_counted_from_publication(
    tmp_path: Path, published: str, words: str, first: str, last: str
) -> None:
    with open_archive(
        tmp_path, [report("a", f"The army took the town {words}, as was expected.", published)]
    ) as archive:
        citation = cited(archive, "a", "The army")
        (event,) = citation.event_dates
        assert event.text in words
        assert citation.quote[event.start - citation.start : event.end - citation.start] == event.text
        assert (event.first, event.last) == (date.fromisoformat(first), date.fromisoformat(last))
        assert citation.published_at is not None
        assert citation.published_at.date() == date.fromisoformat(published[:10])


def test_an_article_without_a_date_dates_no_events(tmp_path: Path) -> None:
    with open_archive(tmp_path, [report("a", "The army took the town on Friday.", None)]) as archive:
        citation = cited(archive, "a", "The army")
        assert (citation.published_at, citation.event_dates) == (None, ())


def test_event_dates_are_of_the_quotation_alone(tmp_path: Path) -> None:
    text = "On Monday it rained. The army took the town on Friday. On Sunday it lost it."
    with open_archive(tmp_path, [report("a", text, "2017-11-20")]) as archive:
        events = cited(archive, "a", "The army", "The army took the town on Friday.").event_dates
        assert [str(event.first) for event in events] == ["2017-11-17"]


# --- copies


def wire(number: int, **fields: Any) -> Record:
    return report(f"wire-{number:02}", published=f"2017-11-{1 + number:02}", **fields)


def test_copies_are_collapsed_listed_and_counted_once(tmp_path: Path) -> None:
    records = [wire(3), wire(1), wire(5, title="Army in Albu Kamal"), report("other", "ISIS holds the road to Hajin.")]
    with open_archive(tmp_path, records) as archive:
        response = asked(archive, "The Syrian army and its allies")
        assert response.answer is not None
        assert response.answer.independent_sources == 1
        for citation in all_citations(response):
            assert addresses([citation]) not in addresses(citation.copies)
            assert sorted(addresses([citation, *citation.copies])) == ["wire-01", "wire-03", "wire-05"]
        assert len([p for p in response.passages if "Albu Kamal" in p.text]) == 1


def test_copies_are_listed_oldest_first(tmp_path: Path) -> None:
    with open_archive(tmp_path, [wire(9), wire(1), wire(5), wire(13)]) as archive:
        assert addresses(cited(archive, "wire-05", "Hezbollah").copies) == ["wire-01", "wire-09", "wire-13"]


def test_no_more_copies_are_named_than_a_reader_wants(tmp_path: Path) -> None:
    with open_archive(tmp_path, [wire(number) for number in range(MAX_COPIES + 5)]) as archive:
        citation = cited(archive, "wire-12", "Hezbollah")
        assert addresses(citation.copies) == [f"wire-{number:02}" for number in range(MAX_COPIES)]


def test_later_copies_are_not_seen_before_their_day(tmp_path: Path) -> None:
    with open_archive(tmp_path, [wire(9), wire(1), wire(5)]) as archive:
        response = asked(archive, "The Syrian army and its allies", as_of="2017-11-09")
        assert {tuple(addresses([c, *c.copies])) for c in all_citations(response)} <= {
            ("wire-01", "wire-05"),
            ("wire-05", "wire-01"),
        }
        assert cited(archive, "wire-01", "Hezbollah", as_of=20171105).copies == ()


def test_superseded_copies_are_not_listed(tmp_path: Path) -> None:
    with open_archive(tmp_path, [wire(1), wire(5)]) as archive:
        add(archive, [{**wire(5), "text": f"{SYRIA} More follows.", "updated": "2017-11-15"}])
        copies = cited(archive, "wire-01", "Hezbollah").copies
        assert addresses(copies) == ["wire-05"]
        assert copies[0].article_id.endswith(".2")


def test_one_outlet_that_prints_a_story_twice_is_one_source(tmp_path: Path) -> None:
    stories = [
        report("a", "ISIS holds Albu Kamal and the road to Mayadin, people in the town told us.", source="Post"),
        report("b", "In the desert nothing has changed: ISIS holds the wells, and the border too.", source="Post"),
        report("c", "ISIS holds Albu Kamal, where markets opened today after a week.", source="Courier"),
    ]
    with open_archive(tmp_path, stories) as archive:
        response = asked(archive, "ISIS")
        assert response.answer is not None
        assert response.answer.independent_sources == 2
        assert all(citation.copies == () for citation in all_citations(response))


# --- corrections

RAWA = (
    "Iraqi forces took Rawa on Friday. Rawa is in Nineveh province, in the north. It was the last town of ISIS in Iraq."
)
CORRECTION = (
    "A dispatch of Friday gave the wrong province. The dispatch said that Rawa is in Nineveh province. That was wrong: "
    "Rawa is in Anbar province, in the west.\n\nThe other facts stand. Iraqi forces took the town on Friday."
)


def rawa(**fields: Any) -> Record:
    given = {"text": RAWA, "published": "2017-11-17", "title": "Iraqi forces take Rawa", "source": "Wire"}
    return report("rawa", **{**given, **fields})


def correction(title: str = "Correction: Iraqi forces take Rawa", **fields: Any) -> Record:
    return report("correction", CORRECTION, "2017-11-20", **{"title": title, "source": "Wire", **fields})


def test_a_corrected_article_links_its_correction_from_its_day_on(tmp_path: Path) -> None:
    with open_archive(tmp_path, [correction(), rawa()]) as archive:
        for as_of, by in ((20171117, []), (20171119, []), (20171120, ["correction"]), (None, ["correction"])):
            selection = {"as_of": as_of} if as_of else {}
            assert addresses(cited(archive, "rawa", "Nineveh", **selection).corrected_by) == by
        assert cited(archive, "correction", "Anbar").corrected_by == ()


@pytest.mark.parametrize(
    "title",
    [
        "Correction: Iraqi forces take Rawa",
        "CORRECTION: Iraqi Forces Take Rawa",
        "Corrected: Iraqi forces take Rawa",
        "Corrections & clarifications: Iraqi forces take Rawa",
        "Correction - Iraqi forces take Rawa",
        "Correction — “Iraqi forces take Rawa”",
        "Clarification: Iraqi forces take Rawa.",
        "Iraqi forces take Rawa (corrected)",
        "Iraqi forces take Rawa [Correction]",
        "Retraction: Iraqi forces take Rawa",
    ],
)
def test_a_correction_is_known_by_its_title(tmp_path: Path, title: str) -> None:
    with open_archive(tmp_path, [rawa(), correction(title)]) as archive:
        assert addresses(cited(archive, "rawa", "Nineveh").corrected_by) == ["correction"]


@pytest.mark.parametrize(
    "title",
    ["Iraqi forces take Rawa", "A correction of course in Rawa", "Market correction: shares fall", "Correct: he won"],
)
def test_another_title_corrects_nothing(tmp_path: Path, title: str) -> None:
    with open_archive(tmp_path, [rawa(), correction(title)]) as archive:
        assert cited(archive, "rawa", "Nineveh").corrected_by == ()


def test_the_copies_of_a_corrected_article_are_corrected_too(tmp_path: Path) -> None:
    printed = report("printed", RAWA, "2017-11-18", title="ISIS loses last town", source="Gazette")
    with open_archive(tmp_path, [rawa(), printed, correction()]) as archive:
        assert addresses(cited(archive, "printed", "Nineveh").corrected_by) == ["correction"]


def test_the_correction_of_another_outlet_corrects_its_own_article_alone(tmp_path: Path) -> None:
    brief = "Morning briefing"
    ours = report("ours", "Ann Lee won the vote in Port Ellery by 40.", "2017-11-17", title=brief, source="Post")
    theirs = report("theirs", "Rain is due in the west by noon, and snow.", "2017-11-17", title=brief, source="Gazette")
    fixed = report(
        "fixed", "The report said rain. Sun is due.", "2017-11-18", title=f"Correction: {brief}", source="Gazette"
    )
    with open_archive(tmp_path, [ours, theirs, fixed]) as archive:
        assert addresses(cited(archive, "theirs", "Rain").corrected_by) == ["fixed"]
        assert cited(archive, "ours", "Ann Lee").corrected_by == ()


def test_a_correction_outside_the_filters_still_warns(tmp_path: Path) -> None:
    with open_archive(tmp_path, [rawa(), correction()]) as archive:
        response = asked(archive, "Nineveh", question="Where is Rawa?", before=date(2017, 11, 17))
        assert [addresses(citation.corrected_by) for citation in all_citations(response)[:1]] == [["correction"]]


def test_an_earlier_correction_of_the_same_title_corrects_nothing_later(tmp_path: Path) -> None:
    with open_archive(tmp_path, [rawa(published="2017-11-25"), correction()]) as archive:
        assert cited(archive, "rawa", "Nineveh").corrected_by == ()


# --- versions


def test_a_changed_article_says_so_only_to_those_who_see_the_old_one(tmp_path: Path) -> None:
    with open_archive(tmp_path, [rawa()]) as archive:
        assert not cited(archive, "rawa", "Nineveh").changed_later
        add(archive, [rawa(text=RAWA.replace("Nineveh", "Anbar"), updated="2017-11-20")])
        before = asked(archive, "Nineveh", "Anbar", question="Where is Rawa?", as_of="2017-11-19")
        after = asked(archive, "Nineveh", "Anbar", question="Where is Rawa?", as_of="2017-11-20")
        assert [c.changed_later for c in all_citations(before)] == [True] * len(all_citations(before))
        assert not any(c.changed_later for c in all_citations(after))
        assert before.answer is not None
        assert after.answer is not None
        assert (before.answer.text, after.answer.text) == ("Nineveh", "Anbar")
        newer = archive.article(all_citations(before)[0].article_id).superseded_by
        assert newer == all_citations(after)[0].article_id


# --- words that a correction takes back


def wrong_words(archive: Archive, *words: str, **selection: int) -> set[tuple[str, str]]:
    """Which of these words, wherever they stand, are a corrected mistake, with the address of their article."""
    ids = [p.id for found in archive.catalog.passages_of(archive.catalog.in_state("indexed")).values() for p in found]
    found = [Found(passage, 1.0, 1.0, 0) for passage in archive.passages(sorted(ids))]
    spans = [
        Span(rank, one.passage.start + at, one.passage.start + at + len(word), one.passage.start, one.passage.end, 1.0)
        for rank, one in enumerate(found)
        for word in words
        if (at := one.passage.text.find(word)) >= 0
    ]
    chosen = mistaken(spans, found, archive, Selection(**selection))
    return {
        (addresses([passage])[0], passage.text[span.start - passage.start : span.end - passage.start])
        for span in chosen
        for passage in [found[span.passage].passage]
    }


def test_the_mistake_is_mistaken_and_all_else_stands(tmp_path: Path) -> None:
    with open_archive(tmp_path, [rawa(), correction()]) as archive:
        wrong = wrong_words(archive, "Nineveh", "Nineveh province", "Anbar", "Iraqi forces", "Friday", "ISIS", "It")
        assert wrong == {(key, words) for key in ("rawa", "correction") for words in ("Nineveh", "Nineveh province")}


def test_before_the_correction_nothing_is_mistaken(tmp_path: Path) -> None:
    with open_archive(tmp_path, [rawa(), correction()]) as archive:
        assert ("rawa", "Nineveh") not in wrong_words(archive, "Nineveh", as_of=20171119)
        assert ("rawa", "Nineveh") in wrong_words(archive, "Nineveh", as_of=20171120)


def test_the_same_words_in_another_story_are_no_mistake(tmp_path: Path) -> None:
    mosul = report("mosul", "Mosul is the seat of Nineveh province, on the Tigris.", "2017-11-01")
    with open_archive(tmp_path, [rawa(), correction(), mosul]) as archive:
        assert wrong_words(archive, "Nineveh") == {("rawa", "Nineveh"), ("correction", "Nineveh")}


@pytest.mark.parametrize(
    ("text", "mistake", "truth"),
    [
        ("An earlier version of this article misstated the year. It said 1999; it was 2004.", "1999", "2004"),
        ("An earlier version of this article said the fire began in Leeds. It began in York.", "Leeds", "York"),
        ("The article described Ann Lee as the mayor. Bob Roe is.", "Ann Lee", "Bob Roe"),
        ("A caption misidentified the goalkeeper as Ann Lee. It is Bob Roe.", "Ann Lee", "Bob Roe"),
        ("A previous headline incorrectly stated that 40 people died. 14 did.", "40", "14"),
        ("This story has been corrected to show that 14 people died, not 40.", "40", "14"),
        ("The report gave the number of dead as 40. It is 14.", "40", "14"),
        ("Our report put the toll at 40 instead of 14.", "40", "14"),
        ("The report said that 40 people died, when in fact 14 did.", "40", "14"),
    ],
    ids=lambda text: text[:40],
)
def test_a_correction_tells_of_its_mistake(tmp_path: Path, text: str, mistake: str, truth: str) -> None:
    told = "Ann Lee and Bob Roe spoke of 40, of 14, of 1999, of 2004, of Leeds and of York."
    records = [
        report("rawa", told, "2017-11-17", title="Fire"),
        report("c", text, "2017-11-18", title="Correction: Fire", source="Paper rawa"),
    ]
    with open_archive(tmp_path, records) as archive:
        wrong = {words for key, words in wrong_words(archive, mistake, truth) if key == "rawa"}
        assert truth not in wrong
        assert mistake in wrong


# --- the sample archive


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    lines = dispatches_path().read_text(encoding="utf-8").splitlines()
    with open_archive(tmp_path_factory.mktemp("sample"), [json.loads(line) for line in lines]) as archive:
        yield archive


def test_the_sample_warns_of_the_corrected_dispatch_and_its_copy(sample: Archive) -> None:
    response = asked(sample, "Nineveh province", "Anbar province", question="In which province is Rawa?")
    corrected = {c.source: c for c in all_citations(response) if c.corrected_by}
    assert set(corrected) == {"Euphrates Wire (sample)"}
    for citation in corrected.values():
        assert [r.title[:10] for r in citation.corrected_by] == ["Correction"]
        assert [r.source for r in citation.copies] == ["Harbour Gazette (sample)"]
    assert response.answer is not None
    assert response.answer.text == "Anbar province"


def test_the_sample_warns_of_nothing_before_its_correction(sample: Archive) -> None:
    response = asked(
        sample, "Nineveh province", "Anbar province", question="In which province is Rawa?", as_of="2017-11-19"
    )
    assert response.answer is not None
    assert response.answer.text == "Nineveh province"
    assert response.answer.independent_sources == 1
    assert not any(citation.corrected_by for citation in all_citations(response))


def test_the_sample_counts_a_wire_copy_once_and_names_the_command(sample: Archive) -> None:
    response = asked(sample, "The Syrian army and its allies hold", as_of="2017-11-10")
    assert response.answer is not None
    assert response.answer.independent_sources == 1
    best = response.answer.citations[0]
    assert {r.source for r in (best, *best.copies)} == {
        "Euphrates Wire (sample)",
        "Harbour Gazette (sample)",
        "Lantern Daily (sample)",
    }
    assert best.attributed_to is not None
    assert best.attributed_to.text == "the army's general command"
    assert [str(event.first) for event in best.event_dates if "Thursday" in event.text] == ["2017-11-09"]
