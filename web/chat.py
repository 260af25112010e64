"""The pages: ask and read. Everything works by GET and without JavaScript."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from index.errors import InputError
from qa.answer import Ask
from web.asking import DATES, parse_query
from web.highlight import Span, paragraphs
from web.present import address, chips
from web.problems import problem_of
from web.settings import Settings

if TYPE_CHECKING:
    from qa.pipeline import QA

# More sources than this are typed in, not ticked.
MAX_TICKED_SOURCES = 60


def blueprint(qa: QA, settings: Settings, examples: tuple[str, ...]) -> Blueprint:
    """The routes /, /answer (one answer alone, for the page's own script) and /articles/ID."""
    pages = Blueprint("chat", __name__)

    @pages.get("/")
    def home() -> BaseResponse | tuple[str, int]:
        if clean := _without_blanks(request.args):
            return redirect(clean)
        archive = qa.info()
        page: dict[str, Any] = {
            "archive": archive,
            "examples": examples,
            "form": _form(request.args, archive, settings.max_question_chars),
        }
        try:
            ask = parse_query(request.args, settings)
            turn = _turn(qa, ask) if "q" in request.args else None
        except InputError as error:
            # The form stays on the page as it was filled in, so that the slip can be mended.
            problem = problem_of(error)
            return render_template("chat.html", **page, turn=None, problem=problem), problem.status
        return render_template("chat.html", **page, turn=turn, problem=None), 200

    @pages.get("/answer")
    def answer() -> str:
        ask = parse_query(request.args, settings)
        return render_template("_answer.html", turn=_turn(qa, ask))

    @pages.get("/articles/<article_id>")
    def article(article_id: str) -> str:
        stored = qa.article(article_id)
        quote, quote_fits = _span("start", "end", len(stored.text))
        words, words_fit = _span("answer_start", "answer_end", len(stored.text))
        fits = quote_fits and words_fit
        return render_template(
            "article.html",
            archive=qa.info(),
            article=stored,
            paragraphs=paragraphs(stored.text, quote, words) if fits else paragraphs(stored.text),
            misplaced=not fits,
            back=_back(),
        )

    return pages


def _turn(qa: QA, ask: Ask) -> dict[str, Any]:
    response = qa.ask(ask)
    return {"response": response, "address": address(ask), "chips": chips(ask, response)}


def _without_blanks(args: MultiDict[str, str]) -> str | None:
    """The address without the fields that a form sent empty; None when there are none."""
    given = list(args.items(multi=True))
    kept = [(name, value) for name, value in given if value or name == "q"]
    if kept == given:
        return None
    return url_for("chat.home") + (f"?{urlencode(kept)}" if kept else "")


def _form(args: MultiDict[str, str], archive: dict[str, Any], max_chars: int) -> dict[str, Any]:
    """What the question form shows: the values as given, and the sources to choose from."""
    chosen = [source for source in args.getlist("source") if source]
    known = {row["source"]: row["articles"] for row in archive["sources"] if row["source"]}
    offered = list(known.items())[:MAX_TICKED_SOURCES]
    offered += [(source, known.get(source)) for source in chosen if source not in dict(offered)]
    return {
        "q": args.get("q", ""),
        "dates": {name: args.get(name, "") for name in DATES},
        "chosen": chosen,
        "sources": offered,
        "more_sources": len(known) > MAX_TICKED_SOURCES,
        "max_chars": max_chars,
    }


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
