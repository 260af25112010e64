"""The page to ask on. Everything works by GET and without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from index.errors import InputError
from qa.answer import Ask
from web.asking import DATES, parse_query
from web.present import address, chips
from web.problems import problem_of
from web.services import Services

if TYPE_CHECKING:
    from qa.pipeline import QA

# More sources than this are typed in, not ticked.
MAX_TICKED_SOURCES = 60


def blueprint(services: Services) -> Blueprint:
    """The routes / and /answer (one answer alone, for the page's own script)."""
    qa, settings = services.qa, services.settings
    pages = Blueprint("chat", __name__)

    @pages.get("/")
    def home() -> BaseResponse | tuple[str, int]:
        if clean := _without_blanks(request.args):
            return redirect(clean)
        archive = qa.info()
        page: dict[str, Any] = {
            "archive": archive,
            "examples": services.examples,
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
