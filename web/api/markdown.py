"""An answer as Markdown, with numbered citations, for programs that show one text and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import urljoin

from flask import request

from qa.answer import Answer, AskResponse, Citation
from web.present import cite_url, confidence, count, date_range, day, period_words, told_dates


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
    yield plain(answer.text) + " " + "".join(f"[{number}]" for number in range(1, own + 1))
    yield f"\n\n> {plain(cited[0].quote)}"
    yield f"\n\n{_standing(answer)}"
    for number, other in enumerate(against, start=own + 1):
        yield f"\n\nReported otherwise in the same period: {plain(other.text)} [{number}]. {_standing(other)}"
    if response.period:
        yield f"\n\n{plain(period_words(response.period))}."
    yield "\n"
    for number, citation in enumerate(cited, start=1):
        quote = f": “{plain(citation.quote)}”" if number > 1 else ""  # the first stands above
        yield f"\n- [{number}] {_source(citation, as_of)}{quote}{_notes(citation)}"


def plain(text: str) -> str:
    """A text of an article in one line, with what would start a link, an image, code or HTML taken literally."""
    return re.sub(r"([\\`\[\]<>])", r"\\\1", " ".join(text.split()))


def _standing(answer: Answer) -> str:
    words = f"{confidence(answer.confidence)} ({round(answer.confidence * 100)} %)"
    return f"{words}, {count(answer.independent_sources, 'independent source')}."


def _source(citation: Citation, as_of: date | None) -> str:
    """Where a quotation stands, of whom and when."""
    # Beside an answer on someone else's page, only a whole address leads back here.
    address = urljoin(request.host_url, cite_url(citation, as_of))
    title, source = plain(citation.title) or "Untitled", plain(citation.source or "unknown source")
    return f"[{title}]({address}), {source}, {day(citation.published_at)}"


def _notes(citation: Citation) -> str:
    """What the quotation and the archive say of a citation."""
    notes = [f"said by {plain(citation.attributed_to.text)}"] if citation.attributed_to else []
    notes += [f"hedged: “{plain(hedge.text)}”" for hedge in citation.hedges]
    notes += [f"“{plain(text)}” is {days}" for text, days in told_dates(citation)]
    notes += [f"corrected by “{plain(other.title)}” ({day(other.published_at)})" for other in citation.corrected_by]
    notes += ["this article was changed later"] if citation.changed_later else []
    return "".join(f"; {note}" for note in notes)


def _nothing(response: AskResponse) -> str:
    covered = response.coverage
    said = ["Nothing in the archive answers this."]
    if covered.articles:
        dates = date_range(covered.first_published, covered.last_published)
        said.append(f"It was looked for in {count(covered.articles, 'article')} {dates}.")
    else:
        said.append("No article matches these dates and sources.")
    for named in covered.names:
        number = count(named.articles, "article") if named.articles else "None of them"
        said.append(f"{number} {'mentions' if named.articles < 2 else 'mention'} {plain(named.name)}.")
    return " ".join(said)
