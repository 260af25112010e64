"""A conversation as a text to keep: Markdown, every answer with its sources."""

from __future__ import annotations

import re

from qa.answer import Answer, AskResponse, Citation
from web.chats import Chat
from web.present import confidence, count, day, days_meant, web_link
from web.words import phrase

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
# What makes a list or a heading of the line that it begins.
_LEADING = re.compile(r"^(\d*)([-+=.)])")


def markdown(chat: Chat) -> str:
    """The transcript. Words of articles and people are escaped: nothing in them is markup."""
    parts = [f"# {_plain(chat.title or phrase('transcript.title'))}"]
    for turn in chat.exchanges:
        parts += _turn(turn.response)
    return "\n\n".join(parts) + "\n"


def _turn(response: AskResponse) -> list[str]:
    parts = [f"## {_plain(response.question)}"]
    if response.understood_as.split() != response.question.split():
        parts.append(phrase("answer.understood", question=_plain(response.understood_as)))
    if response.as_of:
        parts.append(phrase("transcript.as_of", day=day(response.as_of)))
    if response.answer is None:
        return [*parts, phrase("answer.nothing")]
    parts += _answer(response.answer)
    for other in response.alternatives:
        standing = phrase("answer.otherwise") if other.conflicting else phrase("answer.other")
        parts += [f"{standing}:", *_answer(other)]
    return parts


def _answer(answer: Answer) -> list[str]:
    standing = phrase(
        "transcript.likely",
        confidence=confidence(answer.confidence),
        probability=answer.confidence,
        sources=count(answer.independent_sources, "independent_source"),
    )
    days = days_meant(answer.citations[0])
    words = f"**{_plain(answer.text)}**" + (f" ({days})" if days else "")
    return [words, standing, *map(_citation, answer.citations)]


def _citation(citation: Citation) -> str:
    where = f"{_plain(citation.source or phrase('common.unknown_source'))}, {day(citation.published_at)}"
    title = _plain(citation.title.strip() or phrase("common.untitled"))
    link = web_link(citation.url)
    named = f"[{title}](<{link}>)" if link and not re.search("[<>]", link) else title
    place = f"{citation.article_id}:{citation.start}-{citation.end}"
    return f"> {_plain(citation.quote)}\n>\n> — {named}, {where} ({place})"


def _plain(text: str) -> str:
    return _LEADING.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", " ".join(text.split())))
