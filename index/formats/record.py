"""Named fields, as every format finds them -> an Article. The one place that checks and normalises them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from index.article import Article, DatePrecision
from index.errors import FilterError
from index.formats import base
from index.formats.base import Defaults, RejectedError, shown
from index.formats.dates import parse_published
from index.formats.normalise import normalise_line, normalise_text

PUBLISHED = ("published", "published_at", "date")  # the first that says something counts
AUTHORS = ("authors", "author")
MAX_LINE_CHARS = 10_000  # for a title, name, address or id
TITLE_CHARS = 120  # a title made from the text is cut there


def to_article(record: Mapping[str, object], defaults: Defaults) -> Article:
    """The article that `record` describes; fields that Article does not know become its metadata.

    Fields: text; title, url, id, source, published, updated, authors, language, all optional.
    Raises RejectedError naming the offending field.
    """
    rest = dict(record)
    text = _text(rest.pop("text", None))
    published_at, precision = _date(rest, *PUBLISHED)
    if published_at is None:
        published_at, precision = defaults.published_at, defaults.date_precision
    return Article(
        title=_line(rest, "title") or headline(text),
        text=text,
        url=_line(rest, "url"),
        key=_line(rest, "id", number=True),
        source=_line(rest, "source") or defaults.source,
        published_at=published_at,
        date_precision=precision,
        updated_at=_date(rest, "updated")[0],
        authors=_authors(rest),
        language=_line(rest, "language"),
        metadata={name: value for name, value in rest.items() if value not in (None, "")},
    )


def headline(text: str, limit: int = TITLE_CHARS) -> str:
    """A title made from a text: its first line, cut after a sentence or a word when longer than `limit`."""
    line = normalise_line(text.strip().partition("\n")[0][: 10 * limit])
    if len(line) <= limit:
        return line
    sentence = line[:limit].rfind(". ")
    if sentence > limit // 3:  # an earlier full stop rather ends "Maj." than the sentence
        return line[: sentence + 1]
    words = line[: limit - 1].rpartition(" ")[0] or line[: limit - 1]
    return words + "…"


def _text(value: object) -> str:
    if value is None:
        raise RejectedError("no text", "the field text is missing. Give the article's words in it")
    if not isinstance(value, str):
        raise _wrong_type("text", value)
    if len(value) > base.MAX_TEXT_CHARS:
        detail = f"text has {len(value):,} characters, the most is {base.MAX_TEXT_CHARS:,}. Split it into articles"
        raise RejectedError("too large", detail)
    text = normalise_text(value)
    if not text:
        raise RejectedError("no text", "the field text is blank. Give the article's words in it")
    return text


def _line(record: dict[str, object], name: str, *, number: bool = False) -> str | None:
    """Take the field off `record`: one line of text, or None where it is absent or blank."""
    value = record.pop(name, None)
    if value is None:
        return None
    if number and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return _checked_line(name, value) or None


def _checked_line(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong_type(name, value)
    if len(value) > MAX_LINE_CHARS:
        raise RejectedError("too large", f"{name} has {len(value):,} characters, the most is {MAX_LINE_CHARS:,}")
    return normalise_line(value)


def _first_given(record: dict[str, object], names: tuple[str, ...]) -> tuple[str, object]:
    """Take the first of these fields that says something; later ones stay, as metadata."""
    for name in names:
        value = record.get(name)
        if value is not None and value != "":
            return name, record.pop(name)
    return names[0], None


def _date(record: dict[str, object], *names: str) -> tuple[datetime | None, DatePrecision | None]:
    name, value = _first_given(record, names)
    if value is None:
        return None, None
    if not isinstance(value, str):
        raise _wrong_type(name, value)
    if not value.strip():
        return None, None
    try:
        return parse_published(value, name)
    except FilterError as error:
        raise RejectedError("invalid date", str(error)) from error


def _authors(record: dict[str, object]) -> tuple[str, ...]:
    """A list of names, or one string with ";" between names."""
    name, value = _first_given(record, AUTHORS)
    if value is None:
        return ()
    names = value.split(";") if isinstance(value, str) else value
    if not isinstance(names, list):
        raise _wrong_type(name, value)
    return tuple(filter(None, (_checked_line(name, author) for author in names)))


def _wrong_type(name: str, value: object) -> RejectedError:
    return RejectedError("wrong type", f"{name} is {shown(value)}, a {type(value).__name__}. Give it as a string")
