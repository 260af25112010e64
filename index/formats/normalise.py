"""Text as an archive keeps it: one kind of newline, composed characters, nothing invisible that reorders or hides."""

from __future__ import annotations

import re
import unicodedata

NEWLINES = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Control characters but tab and newline; marks that reorder what is shown, so that a quotation would not read
# as it is stored; a byte order mark inside the text.
UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# Composition sorts a run of combining marks in quadratic time: a hostile megabyte of them would take hours. So the
# runs are kept short as Unicode proposes (UAX #15, "Stream-Safe Text Format"); no language writes more than a few.
MAX_MARKS = 30
JOINER = "\u034f"  # invisible; ends a run
MAYBE_MARKS = re.compile(rf"[^\w\s\x00-\x7f]{{{MAX_MARKS + 1},}}")


def normalise_text(text: str) -> str:
    """`text` in NFC with "\\n" newlines, no control or bidi characters, no blanks at line ends or around the whole."""
    text = MAYBE_MARKS.sub(_with_short_runs, UNWANTED.sub("", NEWLINES.sub("\n", text)))
    lines = unicodedata.normalize("NFC", text).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def normalise_line(text: str) -> str:
    """`text` normalised on one line, as titles and names are kept."""
    return " ".join(normalise_text(text).split())


def _with_short_runs(match: re.Match[str]) -> str:
    kept: list[str] = []
    run = 0
    for char in match[0]:
        run = run + 1 if unicodedata.combining(char) else 0
        if run > MAX_MARKS:
            kept.append(JOINER)
            run = 1
        kept.append(char)
    return "".join(kept)
