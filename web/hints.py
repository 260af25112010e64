"""Hints for names that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence, with a blank before it: the closest known name, else all of them."""
    names = sorted(known)
    # difflib is quadratic: a name longer than any real one is not worth comparing whole.
    close = get_close_matches(name[:64].lower(), names, n=1) or get_close_matches(name[:64], names, n=1)
    if close:
        return f" Did you mean {close[0]!r}?"
    return f" Known: {', '.join(names)}." if names else ""
