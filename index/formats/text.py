"""Plain text and Markdown: one article a file, its title the first line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.formats.base import MAX_TEXT_CHARS, Defaults, Item, Located, RejectedError, Source, read_whole
from index.formats.decode import decode
from index.formats.normalise import normalise_text
from index.formats.record import headline, to_article

MAX_TITLE_CHARS = 200  # a longer first line is a paragraph
# Headlines have no full stop; "..." and "U.S." end some.
SENTENCE = re.compile(r"[^\s.]{3,}[.][\"”’)]*$")
HEADING = re.compile(r"#{1,6}\s+(.+?)(?:\s+#+)?")
FRONT_MATTER = re.compile(r"---\n(.*?)\n---(?:\n|$)", re.DOTALL)
ENTRY = re.compile(r"([A-Za-z][\w -]*?)\s*:(?:\s+(.*))?")


def read(source: Source, defaults: Defaults) -> Iterator[Item]:
    """The one article of a plain text file."""
    title, text = split_title(_content(source))
    yield Located(source.where, to_article({"title": title, "text": text, "file": source.name}, defaults))


def read_markdown(source: Source, defaults: Defaults) -> Iterator[Item]:
    """The one article of a Markdown file, its text as written; front matter gives the fields that it names."""
    front, content = split_front_matter(_content(source))
    title, text = split_title(content, markdown=True)
    if "title" in front and front["title"] != title:
        text = content
    yield Located(source.where, to_article({"title": title, **front, "text": text, "file": source.name}, defaults))


def split_title(content: str, *, markdown: bool = False) -> tuple[str, str]:
    """(title, text): a first line that stands alone and is no sentence is the title; else it is made from the text."""
    first, _, rest = content.partition("\n")
    heading = HEADING.fullmatch(first) if markdown else None
    alone = rest.startswith("\n") and len(first) <= MAX_TITLE_CHARS and not SENTENCE.search(first)
    title = heading[1] if heading else first
    if (alone or (heading and len(title) <= MAX_TITLE_CHARS)) and rest.strip():
        return title, rest.strip()
    return headline(title), content


def split_front_matter(content: str) -> tuple[dict[str, str], str]:
    """(fields, the rest) of a text that begins with "---", lines of "name: value", "---"; else ({}, content)."""
    block = FRONT_MATTER.match(content)
    if not block:
        return {}, content
    fields: dict[str, str] = {}
    for line in filter(None, block[1].split("\n")):
        entry = ENTRY.fullmatch(line)
        if not entry:  # nested YAML, or a rule above a first paragraph: nothing is lost by keeping it as text
            return {}, content
        fields[entry[1].lower()] = (entry[2] or "").strip().strip("\"'")
    return fields, content[block.end() :].strip()


def _content(source: Source) -> str:
    text = decode(read_whole(source))
    if len(text) > MAX_TEXT_CHARS:
        raise RejectedError("too large", f"{len(text):,} characters, the most is {MAX_TEXT_CHARS:,}. Split the file")
    return normalise_text(text)
