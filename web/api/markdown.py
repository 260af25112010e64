"""An answer as Markdown, with numbered citations, for programs that show one text and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import urljoin

from flask import request

from qa.answer import Answer, AskResponse, Citation
from web.present import cite_url, confidence, count, date_range, day, days_meant, period_words, restricted, told_dates
from web.words import phrase
from web.yes_no import wants_yes_or_no


def markdown(response: AskResponse, as_of: date | None = None) -> Iterator[str]:
    """The text in pieces that join without a break: the answer first, then its quotation, how likely it is and what
    contradicts it, then a line for each citation, whose link is as of the day that was asked for."""
    answer = response.answer
    if answer is None:
        yield _nothing(response)
        return
    against = [other for other in response.alternatives if other.conflicting]
    cited = [*answer.citations, *(other.citations[0] for other in against)]
    own = len(answer.citations)
    yield f"{_named(answer)} " + "".join(f"[{number}]" for number in range(1, own + 1))
    yield f"\n\n> {plain(cited[0].quote)}"
    yield f"\n\n{_standing(answer)}"
    for number, other in enumerate(against, start=own + 1):
        yield f"\n\n{phrase('answer.otherwise')}: {_named(other)} [{number}]. {_standing(other)}"
    if response.period:
        yield f"\n\n{plain(period_words(response.period))}."
    yield "\n"
    for number, citation in enumerate(cited, start=1):
        quote = f": “{plain(citation.quote)}”" if number > 1 else ""  # the first stands above
        yield f"\n- [{number}] {_source(citation, as_of)}{quote}{_notes(citation)}"


def plain(text: str) -> str:
    """A text of an article in one line, with what would start a link, an image, code or HTML taken literally."""
    return re.sub(r"([\\`\[\]<>])", r"\\\1", " ".join(text.split()))


def _named(answer: Answer) -> str:
    """Its words; after such as “Thursday” the days meant."""
    days = days_meant(answer.citations[0])
    return plain(answer.text) + (f" ({days})" if days else "")


def _standing(answer: Answer) -> str:
    return phrase(
        "markdown.likely",
        confidence=confidence(answer.confidence),
        percent=round(answer.confidence * 100),
        sources=count(answer.independent_sources, "independent_source"),
    )


def _source(citation: Citation, as_of: date | None) -> str:
    """Where a quotation stands, of whom and when."""
    # Beside an answer on someone else's page, only a whole address leads back here.
    address = urljoin(request.host_url, cite_url(citation, as_of))
    title = plain(citation.title) or phrase("common.untitled")
    source = plain(citation.source or phrase("common.unknown_source"))
    return f"[{title}]({address}), {source}, {day(citation.published_at)}"


def _notes(citation: Citation) -> str:
    """What the quotation and the archive say of a citation."""
    said = citation.attributed_to
    notes = [phrase("markdown.said", speaker=plain(said.text))] if said else []
    notes += [phrase("markdown.hedged", words=plain(hedge.text)) for hedge in citation.hedges]
    notes += [phrase("evidence.date", words=plain(text), days=days) for text, days in told_dates(citation)]
    notes += [
        phrase("markdown.corrected", title=plain(other.title), day=day(other.published_at))
        for other in citation.corrected_by
    ]
    notes += [phrase("markdown.changed")] if citation.changed_later else []
    return "".join(f"; {note}" for note in notes)


def _nothing(response: AskResponse) -> str:
    covered = response.coverage
    if not covered.articles and not restricted(response):
        return phrase("empty.archive")
    said = [phrase("answer.nothing")]
    if wants_yes_or_no(response.understood_as):
        said.append(phrase("answer.own_words"))
    if covered.articles:
        published = date_range(covered.first_published, covered.last_published)
        said.append(phrase("answer.looked_in", articles=count(covered.articles, "article"), published=published))
    else:
        said.append(phrase("answer.no_match"))
    for named in covered.names:
        name, number = plain(named.name), named.articles
        mentioned = phrase("markdown.mentioned", number=number, name=name)
        said.append(mentioned if number else phrase("answer.nowhere_mentioned", name=name))
    return " ".join(said)
