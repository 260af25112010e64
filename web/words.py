"""The words of the interface, which stand in `words.toml`, by their keys there."""

from __future__ import annotations

import tomllib
from pathlib import Path

from markupsafe import Markup, escape

# Where the file gives a text in two forms, the value `number` chooses between them.
Forms = dict[str, str]
_WORDS: dict[str, dict[str, str | Forms]] = tomllib.loads(
    Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
)


def say(key: str, **values: object) -> Markup:
    """The words of `key`, such as `answer.nothing`, for a page: neither they nor the values are markup, unless a
    value is Markup already. Raises KeyError for an unknown key and for a missing value."""
    return escape(_words(key, values)).format(**values)


def phrase(key: str, **values: object) -> str:
    """The same as plain text: for what a template escapes, and for Markdown. Raises KeyError."""
    return _words(key, values).format(**values)


def _words(key: str, values: dict[str, object]) -> str:
    part, _, name = key.partition(".")
    try:
        words = _WORDS[part][name]
    except KeyError:
        raise KeyError(f"words.toml has no {key!r}") from None
    return words if isinstance(words, str) else words["one" if values["number"] == 1 else "other"]
