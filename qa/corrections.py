"""Which spans repeat a mistake that the archive has corrected."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.archive import Archive
from index.article import Selection, StoredPassage
from index.chunk import sentences
from index.errors import NotFoundError
from index.evidence import Related, corrected_title, fold_title
from qa.read import Span
from qa.retrieve import Found

# How a correction tells of the mistake, and the mistake itself: "The report said that ..."; not "gave the wrong date".
_TELLS = re.compile(
    r"\b(?:report|article|dispatch|story|version|headline|item|caption|column|it)s?\b[^.]*?\b(?:said|says|stated|misstated|misidentified"
    r"|reported|wrote|described|identified|gave|put)\b(?!\s+(?:the\s+wrong|an?\s+(?:wrong|incorrect)))"
    r"(?P<mistake>(?:(?!\b(?:when|but|although)?\s*in\s+fact\b|\binstead\s+of\b|\brather\s+than\b|;|,\s+not\b).)*)",
    re.IGNORECASE | re.DOTALL,
)


# "... corrected to show that 14 people died, not 40."
_SHOWS = re.compile(r"\bcorrected\s+to\s+(?:show|say|reflect)\b.*,\s+not\s+(?P<mistake>.*)", re.IGNORECASE | re.DOTALL)


# What is left of the weight of words that a correction gives as the mistake.
MISTAKEN = 0.2


def mistaken(
    spans: Sequence[Span], found: Sequence[Found], archive: Archive, selection: Selection
) -> dict[Span, float]:
    """What is left of the weight of spans whose words a correction gives as the mistake: in the article that it
    corrects, its copies, or itself.

    All else in a corrected article stands.
    """
    passages = {span.passage: found[span.passage].passage for span in spans}
    stories = {passage.article_id: passage.story for passage in passages.values()}
    corrected = archive.evidence.corrections(stories, selection) if stories else {}
    told: dict[str, str] = {}
    wrong: dict[Span, float] = {}
    for span in spans:
        passage = passages[span.passage]
        for correction in _corrections(passage, corrected):
            if correction not in told:
                told[correction] = _mistakes(archive, correction)
            words = fold_title(passage.cut(span.start, span.end))
            if words and f" {words} " in told[correction]:
                wrong[span] = MISTAKEN
    return wrong


def _corrections(passage: StoredPassage, corrected: dict[str, list[Related]]) -> list[str]:
    """The ids of the corrections that speak of a passage's article: those of it, or itself."""
    own = [passage.article_id] if corrected_title(passage.title) else []
    return own + [related.article_id for related in corrected.get(passage.article_id, [])]


def _mistakes(archive: Archive, correction: str) -> str:
    """The words that a correction gives as the mistake, between blanks."""
    try:
        article = archive.article(correction)
    except NotFoundError:  # removed since it was found
        return ""
    told = [
        match["mistake"]
        for start, end in sentences(article.text, article.language)
        for match in [_SHOWS.search(article.text, start, end) or _TELLS.search(article.text, start, end)]
        if match
    ]
    return f" {' | '.join(map(fold_title, told))} "
