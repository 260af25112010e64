"""Where rejects stand, in short, for a table of their reasons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

SHOWN = 3
# A file's name and line are at the end of a place.
MAX_CHARS = 50


class _Rejected(Protocol):
    @property
    def where(self) -> str: ...

    @property
    def reason(self) -> str: ...


def first_places(rejects: Iterable[_Rejected], reason: str) -> list[str]:
    """The first places of what was rejected for a reason, the long ones cut at their beginning; then, where there are
    more, an ellipsis."""
    places = [reject.where for reject in rejects if reject.reason == reason]
    shown = [place if len(place) <= MAX_CHARS else "…" + place[1 - MAX_CHARS :] for place in places[:SHOWN]]
    return shown + ["…"] * (len(places) > SHOWN)
