"""Text as an archive keeps it: one kind of newline, composed characters, nothing invisible that reorders or hides."""

from __future__ import annotations

import re
import unicodedata

NEWLINES = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Control characters but tab and newline; marks that reorder what is shown, so that a quotation would not read
# as it is stored; a byte order mark inside the text.
UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def normalise_text(text: str) -> str:
    """`text` in NFC with "\\n" newlines, no control or bidi characters, no blanks at line ends or around the whole."""
    text = UNWANTED.sub("", NEWLINES.sub("\n", text))
    lines = unicodedata.normalize("NFC", text).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def normalise_line(text: str) -> str:
    """`text` normalised on one line, as titles and names are kept."""
    return " ".join(normalise_text(text).split())
