"""Where the command line writes, and how it counts things."""

from __future__ import annotations

from rich.console import Console

out = Console(highlight=False)
# Progress and notes go to standard error, so that results can be piped.
notes = Console(stderr=True, highlight=False)


def counted(number: int, thing: str) -> str:
    """`1 article`, `11,775 articles`."""
    return f"{number:,} {thing}{'s' * (number != 1)}"
