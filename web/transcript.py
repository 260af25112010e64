"""A conversation as a text to keep: Markdown, every answer with its sources."""

from __future__ import annotations

import re

from qa.answer import Answer, AskResponse, Citation
from web.chats import Chat
from web.present import confidence, count, day, web_link

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
# What makes a list or a heading of the line that it begins.
_LEADING = re.compile(r"^(\d*)([-+=.)])")


def markdown(chat: Chat) -> str:
    """The transcript. Words of articles and people are escaped: nothing in them is markup."""
    parts = [f"# {_plain(chat.title or 'Conversation')}"]
    for turn in chat.exchanges:
        parts += _turn(turn.response)
    return "\n\n".join(parts) + "\n"


def _turn(response: AskResponse) -> list[str]:
    parts = [f"## {_plain(response.question)}"]
    if response.understood_as.split() != response.question.split():
        parts.append(f"Understood as: {_plain(response.understood_as)}")
    if response.as_of:
        parts.append(f"As of {day(response.as_of)}.")
    if response.answer is None:
        return [*parts, "Nothing in the archive answers this."]
    parts += _answer(response.answer)
    for other in response.alternatives:
        standing = "Reported otherwise in the same period" if other.conflicting else "Another answer found"
        parts += [f"{standing}:", *_answer(other)]
    return parts


def _answer(answer: Answer) -> list[str]:
    sources = count(answer.independent_sources, "independent source")
    standing = f"{confidence(answer.confidence)} ({answer.confidence:.0%}), {sources}."
    return [f"**{_plain(answer.text)}**", standing, *map(_citation, answer.citations)]


def _citation(citation: Citation) -> str:
    where = f"{_plain(citation.source or 'unknown source')}, {day(citation.published_at)}"
    title = _plain(citation.title.strip() or "Untitled")
    link = web_link(citation.url)
    named = f"[{title}](<{link}>)" if link and not re.search("[<>]", link) else title
    place = f"{citation.article_id}:{citation.start}-{citation.end}"
    return f"> {_plain(citation.quote)}\n>\n> — {named}, {where} ({place})"


def _plain(text: str) -> str:
    return _LEADING.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", " ".join(text.split())))
