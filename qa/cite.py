"""A span -> a citation: the quotation, what it says of itself, and what the archive knows of its article."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from index.archive import Archive
from index.article import FOREVER, Selection, StoredPassage
from index.chunk import sentences
from index.evidence import Related
from qa import attribution
from qa.answer import Citation, EventDate, Reference, Words
from qa.read import Span
from qa.retrieve import Found
from qa.timex import expressions

# Copies of one story that a citation names; the wire has hundreds.
MAX_COPIES = 10


class Citer:
    """Makes the citations of one answer. Asks the archive once for all of them."""

    def __init__(self, archive: Archive, selection: Selection, found: Sequence[Found], spans: Iterable[Span]) -> None:
        self._found = found
        cited = [found[index].passage for index in sorted({span.passage for span in spans})]
        stories = {passage.article_id: passage.story for passage in cited}
        self._copies = archive.evidence.copies(stories, selection)
        self._corrections = archive.evidence.corrections(stories, selection)
        self._superseded = {passage.article_id for passage in cited if passage.superseded_day != FOREVER}

    def cite(self, span: Span) -> Citation:
        """The citation of a span."""
        passage = self._found[span.passage].passage
        text = passage.cut(span.quote_start, span.quote_end)
        start, end = _sentence(text, span, passage.language)
        speaker = attribution.speaker(text[start:end])

        def words(first: int, last: int) -> Words:
            return Words(text=text[first:last], start=span.quote_start + first, end=span.quote_start + last)

        return Citation(
            **named(passage),
            quote=text,
            start=span.quote_start,
            end=span.quote_end,
            answer_start=span.start,
            answer_end=span.end,
            attributed_to=words(start + speaker[0], start + speaker[1]) if speaker else None,
            hedges=tuple(words(start + a, start + b) for a, b in attribution.hedges(text[start:end])),
            in_quotation=attribution.in_quotation(passage.text, span.start - passage.start, span.end - passage.start),
            event_dates=self._dates(span, text),
            copies=tuple(map(_reference, self._copies.get(passage.article_id, [])[:MAX_COPIES])),
            corrected_by=tuple(map(_reference, self._corrections.get(passage.article_id, []))),
            changed_later=passage.article_id in self._superseded,
        )

    def _dates(self, span: Span, text: str) -> tuple[EventDate, ...]:
        published = self._found[span.passage].passage.published_at
        if published is None:
            return ()
        at = span.quote_start
        return tuple(
            EventDate(text=text[t.start : t.end], start=at + t.start, end=at + t.end, first=t.first, last=t.last)
            for t in expressions(text, published.date())
        )


def _sentence(quote: str, span: Span, language: str | None) -> tuple[int, int]:
    """The sentence of a quotation that holds the answer; from the first to the last if it holds several."""
    start, end = span.start - span.quote_start, span.end - span.quote_start
    held = [(a, b) for a, b in sentences(quote, language) if a < end and b > start]
    return (held[0][0], held[-1][1]) if held else (0, len(quote))


def _reference(related: Related) -> Reference:
    return Reference(**named(related))


def named(article: StoredPassage | Related) -> dict[str, Any]:
    """The fields by which every record of the contract names its article."""
    return {name: getattr(article, name) for name in Reference.model_fields}
