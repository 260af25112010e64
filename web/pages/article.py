"""The reading view: an article, open at the words that a citation quotes, and what stands around it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, render_template, request, url_for

from index.article import day_number, day_of
from index.occurrences import occurrences
from web.asking import parse_day
from web.highlight import Span, paragraphs
from web.services import Services
from web.words import phrase

if TYPE_CHECKING:
    from index.article import StoredArticle

# Places that are marked, and those of them that are listed with some words around them, this many characters.
MAX_MARKED, MAX_PLACES, AROUND = 500, 20, 60
# Fields that Backissue does not know, and how much of one is shown: an input may have put anything there.
MAX_FIELDS, MAX_FIELD_CHARS = 40, 300
MAX_FIND_CHARS = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A place that holds the words looked for, with what stands before and after it."""

    before: str
    words: str
    after: str


@dataclass(frozen=True, slots=True)
class Found:
    """The words looked for, whether they were typed, and where they stand `besides` the answer, if they are there."""

    words: str
    typed: bool
    besides: bool = False
    spans: Sequence[Span] = ()
    places: Sequence[Place] = ()


def blueprint(services: Services) -> Blueprint:
    """The route /articles/ID."""
    pages = Blueprint("article", __name__)

    @pages.get("/articles/<article_id>")
    def read(article_id: str) -> str:
        stored = services.qa.article(article_id)
        quote, quote_fits = _span("start", "end", len(stored.text))
        answer, answer_fits = _span("answer_start", "answer_end", len(stored.text))
        if not (fits := quote_fits and answer_fits):
            quote = answer = None
        as_of = parse_day(request.args["as_of"], "as_of") if request.args.get("as_of") else None
        found = _find(stored.text, answer)
        shown = paragraphs(stored.text, quote, answer, found.spans)
        return render_template(
            "article.html",
            archive=services.qa.info(),
            article=stored,
            as_of=as_of,
            paragraphs=shown,
            lines=any("\n" in piece.text.strip("\n") for paragraph in shown for piece in paragraph),
            misplaced=not fits,
            not_yet=as_of is not None and stored.available_day > day_number(as_of),
            available=day_of(stored.available_day),
            found=found,
            around=services.qa.archive.browse.around(stored, day_number(as_of) if as_of else None),
            fields=_fields(stored),
            kept=_kept(),
            back=_back(as_of),
            max_find_chars=MAX_FIND_CHARS,
        )

    return pages


def _span(first: str, last: str, length: int) -> tuple[Span | None, bool]:
    """The span that two address parameters name, and whether it lies in the text (none at all does)."""
    given = [request.args.get(first), request.args.get(last)]
    if given == [None, None]:
        return None, True
    start, end = (int(text) if text and re.fullmatch(r"[0-9]{1,12}", text) else -1 for text in given)
    return ((start, end), True) if 0 <= start < end <= length else (None, False)


def _find(text: str, answer: Span | None) -> Found:
    """The places of the words typed in, else of the answer's, but for the answer itself."""
    typed = request.args.get("find", "").strip()[:MAX_FIND_CHARS]
    words = typed or (text[slice(*answer)] if answer else "")
    if not words or len(words) > MAX_FIND_CHARS:
        return Found("", typed=False)
    everywhere = occurrences(text, words, MAX_MARKED)
    spans = [span for span in everywhere if answer is None or span[1] <= answer[0] or answer[1] <= span[0]]
    places = [
        Place(text[max(0, start - AROUND) : start], text[start:end], text[end : end + AROUND])
        for start, end in spans[:MAX_PLACES]
    ]
    return Found(words, bool(typed), len(spans) < len(everywhere), spans, places)


def _fields(article: StoredArticle) -> list[tuple[str, str]]:
    """The fields of the input that Backissue does not know, as words, cut short."""
    shown = []
    for name, value in list(article.metadata.items())[:MAX_FIELDS]:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        cut = text if len(text) <= MAX_FIELD_CHARS else text[:MAX_FIELD_CHARS] + "…"
        shown.append((name[:MAX_FIELD_CHARS], cut))
    return shown


def _kept() -> dict[str, Any]:
    """What the address says besides the words to find, for a form that asks for others."""
    return {name: values for name, values in request.args.lists() if name != "find"}


def _back(as_of: date | None) -> tuple[str, str]:
    """The answer that the reader came from, else the question in the address, else the start page; and its name."""
    home = url_for("chat.home")
    try:
        referrer = urlsplit(request.referrer or "")
    except ValueError:  # the header is whatever a client sends
        referrer = urlsplit("")
    conversation = re.escape(url_for("chats.show")) + r"/[\w-]+"
    if referrer.netloc == request.host:
        whole = f"{referrer.path}?{referrer.query}" if referrer.query else referrer.path
        if referrer.path == home and "q=" in referrer.query:
            return whole, phrase("article.back_to_answer")
        if re.fullmatch(conversation, referrer.path):
            return referrer.path, phrase("article.back_to_conversation")
        if referrer.path == url_for("archive.show"):
            return whole, phrase("article.back_to_archive")
    if question := request.args.get("q"):
        there = url_for("chat.home", q=question, as_of=as_of.isoformat() if as_of else None)
        return there, phrase("article.ask_this")
    return home, phrase("site.ask")
