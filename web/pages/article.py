"""The reading view: an article, open at the words that a citation quotes."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Blueprint, render_template, request, url_for

from web.highlight import Span, paragraphs
from web.services import Services


def blueprint(services: Services) -> Blueprint:
    """The route /articles/ID."""
    pages = Blueprint("article", __name__)

    @pages.get("/articles/<article_id>")
    def read(article_id: str) -> str:
        stored = services.qa.article(article_id)
        quote, quote_fits = _span("start", "end", len(stored.text))
        words, words_fit = _span("answer_start", "answer_end", len(stored.text))
        fits = quote_fits and words_fit
        return render_template(
            "article.html",
            archive=services.qa.info(),
            article=stored,
            paragraphs=paragraphs(stored.text, quote, words) if fits else paragraphs(stored.text),
            misplaced=not fits,
            back=_back(),
        )

    return pages


def _span(first: str, last: str, length: int) -> tuple[Span | None, bool]:
    """The span that two address parameters name, and whether it lies in the text (none at all does)."""
    given = [request.args.get(first), request.args.get(last)]
    if given == [None, None]:
        return None, True
    start, end = (int(text) if text and re.fullmatch(r"[0-9]{1,12}", text) else -1 for text in given)
    return ((start, end), True) if 0 <= start < end <= length else (None, False)


def _back() -> str:
    """The answer that the reader came from, else the start page."""
    home = url_for("chat.home")
    try:
        referrer = urlsplit(request.referrer or "")
    except ValueError:  # the header is whatever a client sends
        return home
    same = referrer.netloc == request.host and referrer.path == home and referrer.query
    return f"{home}?{referrer.query}" if same else home
