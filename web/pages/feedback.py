"""Saying whether an answer is right, and what was said so far."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from index.errors import InputError
from qa.answer import Ask, Citation, FoundPassage
from web.asking import parse_query, validated
from web.feedback import Feedback, Judged, Span
from web.pages.session import OWN_PATH
from web.present import address
from web.services import Services

A_PAGE = 50


def blueprint(services: Services) -> Blueprint:
    """The routes under /feedback, and what the templates need for judging."""
    pages = Blueprint("feedback", __name__)
    judgements, settings = services.judgements, services.settings

    def judging() -> dict[str, Any] | None:
        """The question for which the reader looks for words in an article: the parameter `judge` of its address."""
        try:
            ask = parse_query(MultiDict(parse_qs(request.args.get("judge", ""))), settings)
        except InputError:
            return None
        return {"ask": ask, "address": address(ask)} if ask.question.strip() else None

    pages.add_app_template_global(judging)
    pages.add_app_template_global(judge_mark)
    pages.add_app_template_global(judge_url)

    @pages.post("/feedback")
    def judge() -> BaseResponse:
        form = request.form
        asked = parse_query(MultiDict(parse_qs(urlsplit(form.get("address", "")).query)), settings)
        judgements.add(asked, _judged(form, services), services.qa)
        back = form.get("back", "")
        return redirect(back if OWN_PATH.fullmatch(back) else url_for("feedback.said"), 303)

    @pages.get("/feedback")
    def said() -> str:
        offset = int(text) if re.fullmatch(r"[0-9]{1,9}", text := request.args.get("offset", "")) else 0
        found, total = judgements.page(A_PAGE, offset)
        rows = [{"said": one, "question": address(one.asked), "article": _article_url(one)} for one in found]
        page: dict[str, Any] = {"rows": rows, "total": total, "offset": offset, "step": A_PAGE}
        return render_template("feedback.html", **page, archive=services.qa.info())

    @pages.post("/feedback/<feedback_id>/delete")
    def delete(feedback_id: str) -> BaseResponse:
        judgements.delete(feedback_id)
        return redirect(url_for("feedback.said"), 303)

    return pages


def judge_mark(turn: dict[str, Any], subject: str, citation: Citation | None) -> str:
    """The id of the thanks for a judgement, of its own on a page."""
    place = f"{citation.article_id}:{citation.answer_start}-{citation.answer_end}" if citation else ""
    judged = f"{turn['position']} {turn['address']} {subject} {place}"
    return f"thanks-{crc32(judged.encode()):08x}"


def judge_url(ask: Ask, place: Citation | FoundPassage) -> str:
    """The reading view where the words that answer a question can be selected."""
    spans: dict[str, Any] = {"start": place.start, "end": place.end}
    if isinstance(place, Citation):
        spans |= {"answer_start": place.answer_start, "answer_end": place.answer_end}
    query = address(ask).partition("?")[2]
    return url_for("article.read", article_id=place.article_id, **spans, judge=query, _anchor="hit")


def _judged(form: MultiDict[str, str], services: Services) -> Judged:
    shown = _span(form, "article_id", "start", "end")
    better = _better(form, services)
    given: dict[str, Any] = {
        "subject": form.get("subject", ""),
        "verdict": form.get("verdict", ""),
        "shown": {"citation": shown},
        "comment": form.get("comment", "").strip(),
    }
    if better and better == shown:
        given["verdict"] = "right"  # the very words that were shown
    elif better:
        given["better"] = better
    return validated(Judged, given)


def _better(form: MultiDict[str, str], services: Services) -> dict[str, Any] | None:
    """The words selected or typed in an article; None where none were asked for. Raises InputError."""
    if "words" not in form:
        return None
    words = form["words"].split()
    article_id = form.get("better_article_id", "")
    text = services.qa.article(article_id).text
    if span := _span(form, "better_article_id", "better_start", "better_end"):
        if text[span["start"] : span["end"]].split() != words:
            raise InputError("The selected words do not stand there. Select them again.", field="words")
        return span
    if not words:
        raise InputError("No words are selected. Select those that answer the question, or type them.", field="words")
    found = list(re.finditer(r"\s+".join(map(re.escape, words)), text))
    if len(found) != 1:
        where = "do not stand in the article" if not found else f"stand in it {len(found)} times: add those beside them"
        raise InputError(f"These words {where}. They must be the article's own.", field="words")
    return Span(article_id=article_id, start=found[0].start(), end=found[0].end()).model_dump()


def _span(form: MultiDict[str, str], article_id: str, start: str, end: str) -> dict[str, Any] | None:
    """A span of three fields; None where they are not filled in."""
    ends = [form.get(start, ""), form.get(end, "")]
    if not all(re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) for text in ends):
        return None
    return {"article_id": form.get(article_id, ""), "start": int(ends[0]), "end": int(ends[1])}


def _article_url(one: Feedback) -> str | None:
    place = one.better or one.citation
    if place is None:
        return None
    spans: dict[str, Any] = {
        "start": place.start,
        "end": place.end,
        "answer_start": place.start,
        "answer_end": place.end,
    }
    return url_for("article.read", article_id=place.article_id, **spans, _anchor="hit")
