"""Text as an archive keeps it."""

from __future__ import annotations

import time
import unicodedata

from index.formats import normalise_text


def test_marks_of_real_languages_are_composed_and_kept():
    assert normalise_text("e\u0301") == "\u00e9"
    zalgo = "Z" + "\u0301" * 30
    assert normalise_text(zalgo) == unicodedata.normalize("NFC", zalgo)


def test_hostile_runs_of_marks_take_no_quadratic_time_and_lose_nothing():
    marks = "\u0301\u0323" * 50_000
    start = time.perf_counter()
    kept = normalise_text("a" + marks)
    assert time.perf_counter() - start < 10
    assert sorted(unicodedata.normalize("NFD", kept).replace("\u034f", "")) == sorted("a" + marks)
