"""The rules that the sample dispatches keep, so that `backissue demo` shows what it promises."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date, datetime
from difflib import SequenceMatcher
from itertools import combinations
from typing import Any
from urllib.parse import urlsplit

import pytest

from index.sample import dispatches_path

Dispatch = dict[str, Any]

FIELDS = {"id", "title", "text", "published", "source", "authors", "language", "url", "sample"}
TOWN = re.compile(r"Albu Kamal|Abu Kamal|al-Bukamal|Boukamal", re.IGNORECASE)
TOWN_HELD = {  # first and last day of a spell -> what at least one dispatch of that spell says in so many words
    ("2017-10-01", "2017-11-03"): "ISIS still holds Albu Kamal",
    ("2017-11-09", "2017-11-09"): "The Syrian army and its allies hold Albu Kamal",
    ("2017-11-11", "2017-11-12"): "ISIS holds Albu Kamal again",
    ("2017-11-19", "2017-11-20"): "The Syrian government holds al-Bukamal",
}


@pytest.fixture(scope="module")
def dispatches() -> list[Dispatch]:
    lines = dispatches_path().read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def day(dispatch: Dispatch) -> date:
    return datetime.fromisoformat(dispatch["published"]).date()


def between(dispatches: list[Dispatch], first: str, last: str) -> list[Dispatch]:
    return [d for d in dispatches if date.fromisoformat(first) <= day(d) <= date.fromisoformat(last)]


def by_title(dispatches: list[Dispatch], title: str) -> list[Dispatch]:
    return [d for d in dispatches if d["title"] == title]


def test_enough_dispatches_from_several_outlets(dispatches: list[Dispatch]) -> None:
    sources = Counter(d["source"] for d in dispatches)
    assert len(dispatches) >= 66
    assert 5 <= len(sources) <= 6
    assert min(sources.values()) >= 10


def test_fields_are_complete(dispatches: list[Dispatch]) -> None:
    for d in dispatches:
        assert set(d) == FIELDS, d["id"]
        assert all(d[name] for name in FIELDS), d["id"]
        assert d["language"] == "en"
        assert all(isinstance(author, str) and author.strip() for author in d["authors"])


def test_ids_and_addresses_are_unique(dispatches: list[Dispatch]) -> None:
    for name in ("id", "url"):
        repeated = [value for value, n in Counter(d[name] for d in dispatches).items() if n > 1]
        assert not repeated


def test_every_dispatch_is_labelled_a_sample(dispatches: list[Dispatch]) -> None:
    for d in dispatches:
        address = urlsplit(d["url"])
        assert d["sample"] is True
        assert d["source"].endswith(" (sample)")
        assert address.scheme == "https"
        assert (address.hostname or "").endswith(".example")


def test_dates_are_iso_in_range_and_in_order(dispatches: list[Dispatch]) -> None:
    for d in dispatches:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?", d["published"]), d["id"]
        assert 2016 <= day(d).year <= 2019, d["id"]
        assert f"{day(d):%Y%m%d}" in d["id"]
        assert f"/{day(d):%Y/%m/%d}/" in d["url"]
    assert any("T" in d["published"] for d in dispatches)
    assert [day(d) for d in dispatches] == sorted(day(d) for d in dispatches)


def test_texts_are_short_and_in_paragraphs(dispatches: list[Dispatch]) -> None:
    for d in dispatches:
        assert 80 <= len(d["text"].split()) <= 220, d["id"]
        assert 2 <= len(d["text"].split("\n\n")) <= 6, d["id"]
        assert d["text"] == d["text"].strip()
        assert "\r" not in d["text"]


def test_border_weeks_and_other_news_are_both_there(dispatches: list[Dispatch]) -> None:
    border = re.compile(TOWN.pattern + r"|al-Qaim|Hawija|Kirkuk|Raqqa|Rawa|Kurdistan|Syria")
    weeks = [d for d in between(dispatches, "2017-10-01", "2017-11-25") if border.search(d["text"])]
    assert len(weeks) >= 24
    assert len([d for d in dispatches if not border.search(d["text"])]) >= 36


@pytest.mark.parametrize(("spell", "statement"), TOWN_HELD.items())
def test_who_holds_albu_kamal_is_said_plainly(
    dispatches: list[Dispatch], spell: tuple[str, str], statement: str
) -> None:
    assert any(statement in d["text"] for d in between(dispatches, *spell))


def test_town_is_spelled_in_four_ways(dispatches: list[Dispatch]) -> None:
    spellings = {found.group().lower() for d in dispatches for found in TOWN.finditer(d["text"])}
    assert spellings == set(TOWN.pattern.lower().split("|"))


def test_outlets_contradict_one_another(dispatches: list[Dispatch]) -> None:
    same_day = between(dispatches, "2017-11-11", "2017-11-11")
    isis = {d["source"] for d in same_day if "ISIS holds Albu Kamal again" in d["text"]}
    army = {d["source"] for d in same_day if "The Syrian army and its allies hold al-Bukamal" in d["text"]}
    assert isis
    assert army
    assert not isis & army


def test_wire_copies(dispatches: list[Dispatch]) -> None:
    copies = [
        (a, b)
        for a, b in combinations(dispatches, 2)
        if a["source"] != b["source"]
        and (day(b) - day(a)).days <= 1
        and SequenceMatcher(None, a["text"].split(), b["text"].split()).ratio() > 0.9
    ]
    assert len({a["id"] for a, _ in copies}) >= 4
    assert any(day(a) == date(2017, 11, 9) and "Albu Kamal" in a["title"] for a, _ in copies)


def test_each_correction_follows_the_dispatch_it_corrects(dispatches: list[Dispatch]) -> None:
    corrections = [d for d in dispatches if d["title"].startswith("Correction:")]
    assert corrections
    for correction in corrections:
        title = correction["title"].removeprefix("Correction:").strip()
        originals = [d for d in by_title(dispatches, title) if d["source"] == correction["source"]]
        assert len(originals) == 1
        assert day(originals[0]) < day(correction)


def test_there_is_something_to_clean(dispatches: list[Dispatch]) -> None:
    last_lines = [d["text"].rsplit("\n", 1)[-1] for d in dispatches]
    assert sum(line.startswith("[Photo:") for line in last_lines) >= 3
    assert sum(line == "Share this story" for line in last_lines) >= 3
