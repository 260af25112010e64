"""Archives of made-up articles, a reader that needs no weights, and what every response must satisfy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fakes import FakeEncoder

from index import ingest
from index.archive import Archive
from index.article import StoredPassage, day_number
from index.chunk import Chunking
from index.embed import Encoder, Precision
from index.formats import Defaults, Located
from index.formats.record import to_article
from qa import same
from qa.answer import Answer, AskResponse, Citation, TimelineEntry, Words
from qa.calibration import Calibration
from qa.pipeline import QA
from qa.read import Span
from qa.retrieve import Found
from qa.sentences import SentenceReader

Record = Mapping[str, Any]


def log_odds(probability: float) -> float:
    """The score of a span with this probability; finite for 0 and 1 too."""
    certain = 1e-6
    bounded = min(max(probability, certain), 1 - certain)
    return math.log(bounded / (1 - bounded))


BEFORE, AFTER = "Today ", " has been named by the board."


def place(
    answer: str,
    key: str,
    day: str | None = "2017-11-03",
    story: str | None = None,
    age: int | None = None,
    source: str | None = "",
) -> Found:
    """A passage that says `answer`, from 50 characters into its article on, of an outlet of its own unless told."""
    text = BEFORE + answer + AFTER
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None
    number = day_number(moment.date()) if moment else None
    outlet = f"Source {key}" if source == "" else source
    passage = StoredPassage(
        key, 50, 50 + len(text), text, f"Title {key}", outlet, None, moment, number, story or key, None
    )
    return Found(passage, 0.5, 0.5, age)


def span(places: Sequence[Found], rank: int, probability: float) -> Span:
    """Where a passage of `place` says its answer."""
    passage = places[rank].passage
    ends = (passage.start + len(BEFORE), passage.end - len(AFTER))
    return Span(rank, *ends, passage.start, passage.end, log_odds(probability))


def spans(places: Sequence[Found], *probabilities: float) -> list[Span]:
    """The spans of the first passages, with these probabilities."""
    return [span(places, rank, probability) for rank, probability in enumerate(probabilities)]


def keys(given: Sequence[Span], places: Sequence[Found]) -> list[str]:
    """The key of each span, in an archive that gives no evidence of names."""
    passages = [places[one.passage].passage for one in given]
    said = [
        (passage.text[one.start - passage.start : one.end - passage.start], passage.article_id)
        for one, passage in zip(given, passages, strict=True)
    ]
    return same.keys(said, {}, ())


class WordsReader:
    """A `qa.read.Reader` that finds one phrase wherever it stands, with a probability of its own for each passage."""

    name = "words/test"
    calibration = Calibration(rivalry=0, threshold=0.15)
    one_by_one = True

    def __init__(self, *phrases: str, probability: float = 0.9) -> None:
        self.phrases = phrases
        self.probability = probability

    def read(self, question: str, passages: Sequence[StoredPassage]) -> list[Span]:
        spans = []
        for rank, passage in enumerate(passages):
            for phrase in self.phrases:
                at = passage.text.find(phrase)
                if at >= 0:
                    start = passage.start + at
                    whole = (passage.start, passage.end)
                    score = log_odds(self.probability / (1 + 0.1 * rank))
                    spans.append(Span(rank, start, start + len(phrase), *whole, score))
        return sorted(spans, key=lambda span: (-span.score, span.passage, span.start))


def load_fake(_model: str, _precision: Precision) -> Encoder:
    """What `Archive.open` takes to load an encoder."""
    return FakeEncoder()


def open_archive(folder: Path, records: Sequence[Record] = (), chunking: Chunking | None = None) -> Archive:
    """An archive in `folder`, made if there is none, that holds these records as `backissue add` would read them."""
    archive = Archive.open(folder, load_fake, create=True, chunking=chunking)
    add(archive, records)
    return archive


def add(archive: Archive, records: Sequence[Record]) -> ingest.Report:
    """Adds records as the lines of a .jsonl file would be."""
    items = [Located(f"test:{i}", to_article(record, Defaults())) for i, record in enumerate(records, start=1)]
    return ingest.add(archive, items)


def engine(archive: Archive) -> QA:
    """The engine as `web.engine.open_qa` makes it."""
    return QA(archive, SentenceReader(archive.encoder))


def all_answers(response: AskResponse) -> list[Answer | TimelineEntry]:
    """The answer, its alternatives and the timeline's entries."""
    return [*([response.answer] if response.answer else []), *response.alternatives, *response.timeline]


def all_citations(response: AskResponse) -> list[Citation]:
    """Every citation of a response, wherever it stands."""
    return [citation for answer in all_answers(response) for citation in answer.citations]


def without_timings(response: AskResponse) -> dict[str, Any]:
    """A response as JSON, less the only thing that may differ between two runs."""
    return response.model_dump(mode="json", exclude={"timings_ms"})


def assert_offsets_hold(archive: Archive, response: AskResponse) -> None:
    """Slices the articles by every offset of a response and compares."""
    for passage in response.passages:
        assert archive.article(passage.article_id).text[passage.start : passage.end] == passage.text
    citations = all_citations(response)
    for citation in citations:
        article = archive.article(citation.article_id)
        assert article.text[citation.start : citation.end] == citation.quote
        assert citation.start <= citation.answer_start < citation.answer_end <= citation.end
        for words in words_of(citation):
            assert citation.start <= words.start < words.end <= citation.end
            assert article.text[words.start : words.end] == words.text
        assert all(event.first <= event.last for event in citation.event_dates)
        for reference in (citation, *citation.copies, *citation.corrected_by):
            named = archive.article(reference.article_id)
            assert (named.title, named.source, named.url) == (reference.title, reference.source, reference.url)
            assert named.published_at == reference.published_at
        others = [reference.article_id for reference in citation.copies]
        assert len({citation.article_id, *others}) == 1 + len(others)
    for answer in all_answers(response):
        best = answer.citations[0]
        assert archive.article(best.article_id).text[best.answer_start : best.answer_end] == answer.text


def words_of(citation: Citation) -> Iterator[Words]:
    """All that a citation points at in its quotation, besides the answer."""
    if citation.attributed_to:
        yield citation.attributed_to
    yield from citation.hedges
    yield from citation.event_dates


HARBOUR: tuple[Record, ...] = (
    {
        "id": "pier-1",
        "title": "Norvik Lines takes over the ferry pier",
        "text": "Norvik Lines runs the old ferry pier in Port Ellery from Monday on. "
        "The harbour board voted six to one.\n\nFishing crews said that nobody had asked them. 🐟 Café owners cheered.",
        "published": "2017-11-03",
        "source": "Harbour Post",
        "url": "https://harbour-post.example/pier-1",
    },
    {
        "id": "pier-2",
        "title": "Court gives the pier back",
        "text": "The town of Ellery runs the old ferry pier again, a judge ruled on Monday. "
        "Norvik Lines said that it would appeal against the ruling.",
        "published": "2017-11-20T09:30:00Z",
        "source": "Demo Courier",
        "url": "https://demo-courier.example/pier-2",
    },
    {
        "id": "regatta",
        "title": "Gulls win the regatta",
        "text": "The Gulls won the autumn regatta by two lengths, ahead of the Terns. "
        "A storm had put the race off by a week.",
        "published": "2017-11-12",
        "source": "Harbour Post",
        "url": "https://harbour-post.example/regatta",
    },
    {
        "id": "pumpkin",
        "title": "Pumpkin of two hundred kilograms",
        "text": "A pumpkin of two hundred kilograms won first prize at the Ellery show. Its grower is Maud Tollen.",
        "source": "Demo Courier",
    },
)
