"""The roll against the plain words of its definition: every article version held to every selection, one by one."""

from __future__ import annotations

import gc
import random
import threading
import weakref
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, update

from index.article import FOREVER, Selection, day_of
from index.browse import Browse
from index.catalog import Catalog
from index.evidence import Evidence
from index.names import fold, skeleton, written
from index.roll import Roll, Rolls
from index.tables import ArticleRow, NameRow

NAMES = ["Raqqa", "ar-Raqqa", "Rakka", "RAQQA", "Mosul", "Musil", "Haider al-Abadi"]
STATES = ["indexed", "indexed", "indexed", "pending", "removing"]


def rows(chance: random.Random) -> list[dict]:
    made = []
    for number in range(160):
        published = chance.choice([None, *range(20171101, 20171109)])
        available = published or 20171105
        made.append(
            {
                "id": f"{chance.randrange(1 << 32):08x}",
                "base_id": str(number),
                "version": 1,
                "digest": "",
                "state": chance.choice(STATES),
                "title": "",
                "text": "",
                "source": chance.choice([None, "A", "B", "C"]),
                "language": chance.choice([None, "en", "de"]),
                "published_day": published,
                "available_day": available,
                "superseded_day": chance.choice([FOREVER, FOREVER, available, available + 2]),
                "authors": [],
                "extra": {},
                "story": str(number),
                "added_at": datetime(2017, 12, 1, tzinfo=UTC).replace(tzinfo=None),
            }
        )
    return made


def selections(chance: random.Random) -> list[Selection]:
    def day() -> int | None:
        return chance.choice([None, *range(20171031, 20171111)])

    few = [(), (), ("A",), ("A", "C"), ("Nobody",)]
    return [
        Selection(day(), day(), day(), chance.choice(few), chance.choice([(), (), ("en",), ("en", "fr")]))
        for _ in range(60)
    ]


@pytest.fixture(params=[1, 2, 3])
def made(request, tmp_path):
    chance = random.Random(request.param)
    catalog = Catalog.in_folder(tmp_path)
    articles = rows(chance)
    names = {(chance.choice(NAMES), chance.choice(articles)["id"]) for _ in range(300)}
    with catalog.writing() as connection:
        connection.execute(insert(ArticleRow), articles)
        stored = [{"skeleton": skeleton(name), "name": name, "article_id": one} for name, one in sorted(names)]
        connection.execute(insert(NameRow), stored)
    yield chance, catalog, articles, names
    catalog.close()


def holds(selection: Selection, row: dict) -> bool:
    """What a selection means, in plain words."""
    day = row["published_day"] or 0
    if selection.as_of is None:
        stood = row["superseded_day"] == FOREVER
    else:
        stood = row["available_day"] <= selection.as_of < row["superseded_day"]
    in_days = (selection.after is None or day >= selection.after) and (
        selection.before is None or 0 < day <= selection.before
    )
    told = not selection.sources or row["source"] in selection.sources
    return stood and in_days and told and (not selection.languages or row["language"] in selection.languages)


def held(articles: list[dict], selection: Selection) -> list[dict]:
    indexed = sorted((row for row in articles if row["state"] == "indexed"), key=lambda row: row["id"])
    return [row for row in indexed if holds(selection, row)]


def test_a_selection_holds_what_it_is_defined_to_hold(made):
    chance, catalog, articles, _ = made
    roll = Rolls(catalog.engine).now()
    for selection in selections(chance):
        expected = held(articles, selection)
        found = {one for one, stands in zip(roll.ids, roll.standing(selection), strict=True) if stands}
        assert found == {row["id"] for row in expected}
        assert {row["id"] for row in articles if roll.holds(row["id"], selection)} == found
        assert not roll.holds("unknown", selection)
        asked = chance.sample(articles, 20)
        kept = [roll.ids[row] for row in roll.rows([row["id"] for row in asked], selection)]
        assert kept == [row["id"] for row in asked if row in expected]
        days = [day_of(row["published_day"]) for row in expected if row["published_day"]]
        assert roll.coverage(selection) == (len(expected), min(days, default=None), max(days, default=None))


@pytest.mark.parametrize("form", [fold, written])
def test_who_mentions_a_name_is_who_writes_one_of_the_same_form(made, form):
    chance, catalog, articles, names = made
    roll = Rolls(catalog.engine).now()
    for selection in selections(chance):
        asked = chance.sample([*NAMES, "Nobody Known"], 2)
        wanted = {form(name) for name in asked}
        expected = {row["id"] for row in held(articles, selection)}
        expected &= {one for name, one in names if form(name) in wanted}
        found = [roll.ids[row] for row in roll.mentioning(asked, form, selection)]
        assert found == sorted(expected)


def test_months_count_what_is_held(made, tmp_path):
    chance, catalog, articles, names = made
    rolls = Rolls(catalog.engine)
    browse = Browse(catalog.engine, tmp_path, Evidence(catalog.engine, rolls), rolls)
    for selection in selections(chance):
        mentioning = {one for name, one in names if name in ("Mosul",)}
        for found, ids in (
            (browse.months(selection), None),
            (browse.months_mentioning([["Mosul"]], selection), mentioning),
            (browse.months_of(sorted(mentioning), selection), mentioning),
        ):
            kept = [row for row in held(articles, selection) if ids is None or row["id"] in ids]
            counted = Counter(row["published_day"] // 100 for row in kept if row["published_day"])
            assert {month.month: month.articles for month in found.months} == {
                f"{month // 100}-{month % 100:02}": number for month, number in counted.items()
            }
            assert found.undated == sum(row["published_day"] is None for row in kept)


def test_a_roll_is_read_anew_only_after_a_change(made):
    _, catalog, articles, _ = made
    rolls = Rolls(catalog.engine)
    first = rolls.now()
    one = next(row["id"] for row in articles if row["state"] == "pending")
    with catalog.writing() as connection:
        connection.execute(update(ArticleRow).where(ArticleRow.id == one).values(state="indexed"))
    assert rolls.now() is first
    rolls.forget()
    assert one not in first.ids
    assert one in rolls.now().ids


def test_a_roll_read_while_the_archive_changed_is_not_kept(made, monkeypatch):
    _, catalog, _, _ = made
    rolls = Rolls(catalog.engine)
    read = Roll.__init__
    change = threading.Thread(target=rolls.forget)

    def changed_meanwhile(roll, engine):
        read(roll, engine)
        change.start()
        change.join(0.2)  # it waits until the roll is there to be forgotten

    monkeypatch.setattr(Roll, "__init__", changed_meanwhile)
    early = rolls.now()
    monkeypatch.undo()
    change.join()
    assert rolls.now() is not early


def test_all_threads_have_one_roll(made):
    _, catalog, _, _ = made
    rolls = Rolls(catalog.engine)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: rolls.now(), range(8)))
    assert len(set(map(id, found))) == 1


def test_a_forgotten_roll_is_gone_without_waiting_for_the_collector(made):
    _, catalog, _, _ = made
    rolls = Rolls(catalog.engine)
    gc.disable()
    try:
        rolls.now().standing(Selection())
        old = weakref.ref(rolls.now())
        rolls.forget()
        assert old() is None
    finally:
        gc.enable()


def test_selections_are_forgotten_rather_than_piled_up(made, monkeypatch):
    chance, catalog, articles, _ = made
    monkeypatch.setattr("index.roll.SELECTIONS", 2)
    roll = Rolls(catalog.engine).now()
    chosen = selections(chance)[:5]
    for selection in (*chosen, *chosen):
        assert roll.coverage(selection)[0] == len(held(articles, selection))


def test_names_are_forgotten_rather_than_piled_up(made, monkeypatch):
    _, catalog, _, _ = made
    monkeypatch.setattr("index.roll.SKELETONS", 2)
    roll = Rolls(catalog.engine).now()
    asked = ["Raqqa", "Mosul", "Haider al-Abadi", "Nobody Known"]
    expected = [len(roll.mentioning([name], written, Selection(as_of=20171103))) for name in asked]
    assert [len(roll.mentioning([name], written, Selection(as_of=20171103))) for name in asked] == expected
    assert any(expected)
    together = roll.named(map(skeleton, asked))
    assert set(together) == set(map(skeleton, asked))


def test_an_empty_archive_has_an_empty_roll(tmp_path):
    catalog = Catalog.in_folder(tmp_path)
    roll = Rolls(catalog.engine).now()
    assert roll.coverage(Selection()) == (0, None, None)
    assert not len(roll.mentioning(["Raqqa"], written, Selection(as_of=20171103)))
    assert not roll.standing(Selection(after=20171101, sources=("A",))).size
    catalog.close()
