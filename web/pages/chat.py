"""The page to ask on, and conversations. Everything works without JavaScript: a question is a form that is posted,
and an answer has an address of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from index.errors import InputError
from qa.answer import Ask, AskResponse, Exchange
from web.asking import DATES, PARAMETERS, SEVERAL, parse_query, whole_number
from web.chats import Turn
from web.events import event, stream
from web.limits import asks
from web.present import Chip, filter_words, turn_of
from web.problems import Problem, problem_of, wants_events
from web.services import Services

# More sources than this are typed in, not ticked.
MAX_TICKED_SOURCES = 60
RECENT_CHATS = 5
# A conversation is shown in parts of so many questions: five hundred at once are 15 MB and four seconds.
SHOWN_TURNS = 20
# What the form sends besides the question and its filters: the conversation it belongs to, the id of the one that it
# may begin, the address of the answer that a conversation begins with, and that the question stands alone.
BESIDES = ("chat", "begins", "started", "alone")
# In the address of a conversation: the filters of the next question, instead of those of the one before.
SET = "set"


def blueprint(services: Services) -> Blueprint:
    """The routes / (start, or one answer at its permanent address), /ask and /chats/ID."""
    pages = Blueprint("chat", __name__)
    pages.add_app_template_global(lambda: BESIDES, "besides")
    chats = services.chats

    @pages.get("/")
    @asks
    def home() -> BaseResponse | tuple[str, int]:
        if clean := _without_blanks(request.args):
            return redirect(clean)
        try:
            ask = parse_query(request.args, services.settings)
            if "q" not in request.args:
                return _page(services, request.args, recent=chats.page(RECENT_CHATS)[0])
            turn = turn_of(ask, services.qa.ask(ask), version=request.args.get("version"))
        except InputError as error:
            return _page(services, request.args, problem=problem_of(error))
        return _page(services, request.args, [turn], started=urlencode(list(request.args.items(multi=True))))

    @pages.post("/ask")
    @asks
    def ask() -> BaseResponse | tuple[str, int]:
        try:
            asking = _Asking(services)
            if wants_events():
                return stream(asking.events(), _problem_fragment)
            return redirect(asking.kept(), 303)
        except InputError as error:
            if wants_events():
                raise
            kept = MultiDict((name, value) for name, value in request.form.items(multi=True) if name in PARAMETERS)
            chat = request.form.get("chat", "")
            turns = [_shown(turn) for turn in chats.latest(chat, SHOWN_TURNS)] if chat else []
            return _page(services, kept, turns, chat=chat, problem=problem_of(error))

    @pages.get("/chats/<chat_id>")
    def conversation(chat_id: str) -> tuple[str, int]:
        before = whole_number(request.args.get("before"))
        kept = chats.latest(chat_id, SHOWN_TURNS, before)
        form = MultiDict(_filters(kept[-1].asked)) if kept else None
        if SET in request.args:
            form = MultiDict(parse_qsl(request.args[SET]))
        earlier = kept[0].position if kept and kept[0].position > 1 else None
        return _page(services, form, [_shown(turn) for turn in kept], chat=chat_id, earlier=earlier, before=before)

    return pages


class _Asking:
    """A posted question: what it follows, the answering of it, and the conversation that it is kept in."""

    def __init__(self, services: Services) -> None:
        """Raises InputError for a question that cannot be asked, NotFoundError for an unknown conversation."""
        self._qa, self._chats = services.qa, services.chats
        fields = MultiDict((name, value) for name, value in request.form.items(multi=True) if name not in BESIDES)
        self.chat = request.form.get("chat", "")
        begins = request.form.get("begins", "")
        self._begins = begins if re.fullmatch("[0-9a-f]{16}", begins) else token_hex(8)
        self._started: tuple[Ask, AskResponse] | None = None
        ask = parse_query(fields, services.settings)
        last = self._chats.last(self.chat) if self.chat else None
        follows = Exchange.of(last.response) if last else None
        if started := request.form.get("started", ""):
            earlier = parse_query(MultiDict(parse_qsl(started)), services.settings)
            self._started = (earlier, self._qa.ask(earlier))
            follows = Exchange.of(self._started[1])
        self._ask = ask if request.form.get("alone") else ask.model_copy(update={"follows": follows})

    def kept(self) -> str:
        """Answers, keeps the turn, and gives its address."""
        return self._keep(self._qa.ask(self._ask))

    def events(self) -> Iterator[str]:
        """What the page's script shows, step by step: `passages`, `answer`, `later` (all HTML) and `done`."""
        for step in self._qa.steps(self._ask):
            if not isinstance(step.response, AskResponse):
                yield event("passages", render_template("_passages.html", response=step.response))
                continue
            turn = turn_of(self._ask, step.response)
            if step.name == "answer":
                page = {"turn": turn, "later": False, "archive": self._qa.info()}
                yield event("answer", render_template("_answer.html", **page))
            else:
                yield event("later", render_template("_later.html", turn=turn))
                yield event("done", json.dumps({"address": self._keep(step.response), "chat": self.chat}))

    def _keep(self, response: AskResponse) -> str:
        if self.chat:
            position = self._chats.add(self.chat, self._ask, response)
        else:
            exchanges = [*([self._started] if self._started else []), (self._ask, response)]
            self.chat, position = self._chats.begin(self._begins, exchanges), len(exchanges)
        return url_for("chat.conversation", chat_id=self.chat, _anchor=f"turn-{position}")


def _page(
    services: Services,
    filled: MultiDict[str, str] | None = None,
    turns: list[dict[str, Any]] | None = None,
    *,
    problem: Problem | None = None,
    **more: Any,
) -> tuple[str, int]:
    archive = services.qa.info()
    page = render_template(
        "chat.html",
        archive=archive,
        examples=services.examples() if not turns else (),
        form=_form(filled or MultiDict(), archive, services.settings.max_question_chars, more.get("chat", "")),
        turns=turns or [],
        problem=problem,
        begins=token_hex(8),
        **{"chat": "", "started": "", "recent": [], "earlier": None, "before": None, **more},
    )
    return page, problem.status if problem else 200


def _problem_fragment(problem: Problem) -> str:
    return render_template("_problem.html", problem=problem)


def _shown(turn: Turn) -> dict[str, Any]:
    return turn_of(turn.asked, turn.response, position=turn.position)


def _filters(ask: Ask) -> list[tuple[str, str]]:
    """The filters of a question as the form's fields, for the next one."""
    days = [(name, day.isoformat()) for name in DATES if (day := getattr(ask, name))]
    return days + [(name, one) for name in SEVERAL for one in getattr(ask, PARAMETERS[name])]


def _without_blanks(args: MultiDict[str, str]) -> str | None:
    """The address without the fields that a form sent empty; None when there are none."""
    given = list(args.items(multi=True))
    kept = [(name, value) for name, value in given if value or name == "q"]
    if kept == given:
        return None
    return url_for("chat.home") + (f"?{urlencode(kept)}" if kept else "")


def _form(args: MultiDict[str, str], archive: dict[str, Any], max_chars: int, chat: str) -> dict[str, Any]:
    """What the question form shows: the values as given, what is set of them, and the sources to choose from."""
    chosen = [source for source in args.getlist("source") if source]
    known = {row["source"]: row["articles"] for row in archive["sources"] if row["source"]}
    offered = list(known.items())[:MAX_TICKED_SOURCES]
    offered += [(source, known.get(source)) for source in chosen if source not in dict(offered)]
    languages = [row["language"] for row in archive["languages"]] if len(archive["languages"]) > 1 else []
    shown = [name for name in (*DATES, *SEVERAL) if name != "language" or languages]
    return {
        "q": args.get("q", ""),
        "set": _set([(name, value) for name in shown for value in args.getlist(name) if value], args.get("q"), chat),
        "dates": {name: args.get(name, "") for name in DATES},
        "chosen": chosen,
        "sources": offered,
        "more_sources": len(known) > MAX_TICKED_SOURCES,
        "languages": languages,
        "chosen_languages": args.getlist("language"),
        "max_chars": max_chars,
    }


def _set(filters: list[tuple[str, str]], question: str | None, chat: str) -> list[Chip]:
    """What is set for the next question, each with the address of this page without it."""
    chips = []
    for one in filters:
        rest = [other for other in filters if other != one]
        if chat:
            address = url_for("chat.conversation", chat_id=chat) + f"?{urlencode({SET: urlencode(rest)})}"
        else:
            address = url_for("chat.home") + (f"?{urlencode(given)}" if (given := _asking(question) + rest) else "")
        chips.append(Chip(filter_words(*one), address))
    return chips


def _asking(question: str | None) -> list[tuple[str, str]]:
    return [("q", question)] if question else []
