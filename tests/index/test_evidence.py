"""What articles tell of names, aliases, corrections, copies: counted once, forgotten with them, not before as_of."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes import located, make_article, open_archive

from index import evidence, ingest, upgrade, versions
from index.archive import Archive
from index.article import Article, Selection
from index.description import SCHEMA_VERSION
from index.errors import ArchiveMismatchError, BackissueError
from index.evidence import corrected_title, fold_title
from index.names import fold
from index.roll import Rolls
from index.spellings import SPELLINGS, _written

NOW = Selection()
TABLES = ("names", "mentions", "aliases", "corrections")


@pytest.fixture
def archive(tmp_path):
    with open_archive(tmp_path / "archive") as opened:
        yield opened


def add(archive: Archive, *articles: Article) -> None:
    report = ingest.add(archive, located(articles))
    assert not report.rejects


def spelled(archive: Archive, name: str, selection: Selection = NOW) -> list[tuple[str, int]]:
    return [(one.text, one.articles) for one in archive.evidence.spellings(name, selection)]


def story(archive: Archive, *keys: Article) -> dict[str, str]:
    return {article.base_id: archive.article(article.base_id).story for article in keys}


def rows(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        return {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in TABLES}


# --- mentions and spellings


def test_the_sure_spellings_of_a_name_with_their_articles_the_commonest_first(archive):
    add(
        archive,
        make_article("1", "Troops took Albu Kamal."),
        make_article("2", "Militants hold al-Bukamal."),
        make_article("3", "Jets struck al-Bukamal."),
        make_article("4", "Les troupes ont pris Boukamal."),
        make_article("5", "Nothing happened in Mosul."),
    )
    assert spelled(archive, "Albu Kamal") == [("al-Bukamal", 2), ("Boukamal", 1)]
    assert spelled(archive, "al-Bukamal") == [("Albu Kamal", 1), ("Boukamal", 1)]
    assert spelled(archive, "ALBU KAMAL") == [("al-Bukamal", 2), ("Boukamal", 1)]
    assert spelled(archive, "Mosul") == []
    assert spelled(archive, "Bukamal") == [("al-Bukamal", 2), ("Albu Kamal", 1), ("Boukamal", 1)]


def test_a_name_is_judged_by_the_form_that_is_newest(archive):
    add(
        archive,
        make_article("1", "Troops took Boukamal.", "2017-11-03"),
        make_article("2", "Troops took al-Bukamal.", "2017-11-09"),
        make_article("3", "Troops took Bukemal.", "2017-11-05"),
        make_article("4", "Troops took BOUKAMAL.", "2017-11-07"),
    )
    roll = Rolls(archive.catalog.engine).now()
    assert [form.text for form in _written(roll, "el-Bukamal", NOW).values()] == ["al-Bukamal", "BOUKAMAL", "Bukemal"]


def test_poutine_is_found_as_putin(archive):
    add(archive, make_article("1", "Aides met Putin on Friday."), make_article("2", "Путин приехал."))
    assert {text for text, _ in spelled(archive, "Poutine")} == {"Putin", "Путин"}


def test_a_spelling_that_the_archive_lacks_still_finds_the_one_it_has(archive):
    add(archive, *(make_article(str(i), "Troops took Albu Kamal from militants.") for i in range(3)))
    assert spelled(archive, "Abu Kamal") == [("Albu Kamal", 3)]


def test_no_more_spellings_than_are_worth_searching(archive):
    forms = ("Gadafi", "Gaddafi", "Gadhafi", "Gaddhafi", "Gadaffi", "Gadhaffi", "Gaddaffi", "Gadaafi")
    add(archive, *(make_article(form, f"Rebels fought {form} there.") for form in forms[: SPELLINGS + 3]))
    found = spelled(archive, "Gaddafi")
    assert 0 < len(found) <= SPELLINGS
    assert {fold(text) for text, _ in found} <= {fold("Gaddafi"), fold("Gadaffi"), fold("Gadaafi")}


def test_the_last_word_of_a_full_name_counts_as_the_name(archive):
    add(archive, make_article("1", "Here Prime Minister Haider al-Abadi spoke."), make_article("2", "Then Abadi left."))
    assert spelled(archive, "Abadi") == [("al-Abadi", 1)]
    assert archive.evidence.mentioning(["Haider al-Abadi"], NOW) == 1
    assert archive.evidence.mentioning(["Abadi"], NOW) == 2


def test_mentions_are_articles_not_words_and_hold_to_filters_and_days(archive):
    add(
        archive,
        make_article("1", "Mosul, Mosul and Mosul again.", "2017-11-03", source="A"),
        make_article("2", "In Mosul and Raqqa.", "2017-11-05", source="B"),
        make_article("3", "In Raqqa alone.", "2017-11-07", source="A"),
    )
    known = archive.evidence
    assert known.mentioning(["Mosul"], NOW) == 2
    assert known.mentioning(["mosul"], NOW) == 2
    assert known.mentioning(["Mosul", "Raqqa"], NOW) == 3
    assert known.mentioning(["Mosul"], Selection(sources=("A",))) == 1
    assert known.mentioning(["Raqqa"], Selection(after=20171106)) == 1
    assert known.mentioning(["Raqqa"], Selection(as_of=20171105)) == 1
    assert known.mentioning(["Raqqa"], Selection(as_of=20171104)) == 0
    assert known.mentioning([], NOW) == 0
    assert known.mentioning(["", "()"], NOW) == 0
    assert not known.known(["Raqqa"], Selection(as_of=20171104))
    assert known.known(["raqqa"], NOW)


def test_names_of_articles_in_order_of_appearance(archive):
    first, second = make_article("1", "Here Raqqa fell, then Mosul, then Raqqa."), make_article("2", "nothing.")
    add(archive, first, second)
    assert archive.evidence.names_of([first.base_id, second.base_id, "none"]) == {
        first.base_id: ["Raqqa", "Mosul"],
        second.base_id: [],
        "none": [],
    }


# --- company decides


def company(spelling: str, friends: str, source: str, keys: str) -> list[Article]:
    return [
        make_article(f"{source}{key}", f"In report {key} the {spelling} side met {friends} there.", source=source)
        for key in keys
    ]


UKRAINE = "Petro Poroshenko near Maidan Square beside Mykola Azarov"
FILLER = [make_article(f"filler {i}", f"Here Filler{i} spoke of Other{i}.", source="F") for i in range(20)]


def test_kyiv_and_kiev_keep_the_same_company(archive):
    add(archive, *FILLER, *company("Kyiv", UKRAINE, "A", "12"), *company("Kiev", UKRAINE, "B", "12"))
    assert spelled(archive, "Kyiv") == [("Kiev", 2)]
    assert spelled(archive, "Kiev") == [("Kyiv", 2)]


def test_patterson_and_peterson_do_not(archive):
    banks, sports = "Goldman Sachs and Janet Yellen", "Minnesota Vikings and Aaron Rodgers"
    add(archive, *FILLER, *company("Patterson", banks, "A", "12"), *company("Peterson", sports, "B", "12"))
    assert spelled(archive, "Patterson") == []
    assert spelled(archive, "Peterson") == []


def test_two_names_that_one_outlet_often_writes_are_two(archive):
    friends = "Goldman Sachs and Janet Yellen"
    add(archive, *FILLER, *company("Patterson", friends, "A", "123"), *company("Peterson", friends, "A", "456"))
    assert spelled(archive, "Patterson") == []


def test_a_slip_of_one_outlet_does_not_make_two_names(archive):
    add(archive, *FILLER, *company("Kyiv", UKRAINE, "A", "12345"), *company("Kiev", UKRAINE, "A", "6"))
    assert spelled(archive, "Kyiv") == [("Kiev", 1)]


# --- nothing from the future

EARLY = [
    *(replace(article, published_at=datetime(2017, 1, 2, tzinfo=UTC)) for article in FILLER),
    *company("Kyiv", UKRAINE, "A", "12"),
    *company("Kiev", UKRAINE, "B", "12"),
    make_article("alias", "The Islamic State (IS) lost Mosul.", "2017-11-02"),
    make_article("sure", "Troops took Albu Kamal.", "2017-11-01", title="Troops take town"),
    make_article("correction", "It was militants.", "2017-11-02", title="Correction: Troops take town"),
]
LATE = [
    *(
        make_article(f"late {i}", f"Late {i}: Petro Poroshenko near Maidan Square with Mykola Azarov.", "2017-12-01")
        for i in range(60)
    ),
    make_article("late alias", "The Islamic State of Iraq and Syria (ISIS) is gone.", "2017-12-01"),
    make_article("late sure", "Troops left al-Bukamal.", "2017-12-01"),
    make_article("late correction", "It was no one.", "2017-12-02", title="Troops take town (corrected)"),
    make_article("late copy", "Troops took Albu Kamal.", "2017-12-01", title="Another headline", source="Z"),
]
DAY = Selection(as_of=20171110)


@pytest.fixture(scope="module")
def then_and_later(tmp_path_factory):
    """An archive of what there was on DAY, and one that has gone on since."""
    folder = tmp_path_factory.mktemp("leaks")
    with open_archive(folder / "then") as then, open_archive(folder / "later") as later:
        add(then, *EARLY)
        add(later, *EARLY, *LATE)
        yield then, later


@pytest.mark.parametrize(
    "name", ["Kyiv", "Kiev", "Albu Kamal", "al-Bukamal", "Islamic State", "Poroshenko", "Mosul", "Nowhere"]
)
def test_what_came_later_changes_no_spelling_and_no_count(then_and_later, name):
    then, later = then_and_later
    assert spelled(later, name, DAY) == spelled(then, name, DAY)
    assert later.evidence.mentioning([name], DAY) == then.evidence.mentioning([name], DAY)
    assert later.evidence.known([name], DAY) == then.evidence.known([name], DAY)


def test_what_came_later_changes_no_alias_correction_or_copy(then_and_later):
    then, later = then_and_later
    names = ["Islamic State", "IS", "Islamic State of Iraq and Syria", "ISIS"]
    town = EARLY[-2]
    for archive in (then, later):
        assert archive.evidence.aliases(names, DAY) == {frozenset((fold("Islamic State"), "is"))}
        stories = story(archive, town)
        corrected = archive.evidence.corrections(stories, DAY)[town.base_id]
        assert [related.title for related in corrected] == ["Correction: Troops take town"]
        assert archive.evidence.copies(stories, DAY) == {town.base_id: []}
    assert len(later.evidence.aliases(names, NOW)) == 2
    assert len(later.evidence.corrections(story(later, town), NOW)[town.base_id]) == 2
    assert [copy.source for copy in later.evidence.copies(story(later, town), NOW)[town.base_id]] == ["Z"]
    assert ("al-Bukamal", 1) in spelled(later, "Albu Kamal", NOW)


def test_an_earlier_day_does_not_answer_from_the_cache_of_a_later_one(then_and_later):
    _, later = then_and_later
    assert spelled(later, "Albu Kamal", Selection(as_of=20171201)) == [("al-Bukamal", 1)]
    assert spelled(later, "Albu Kamal", Selection(as_of=20171130)) == []
    assert spelled(later, "Albu Kamal", Selection(as_of=20171201, sources=("nowhere",))) == [("al-Bukamal", 1)]


def test_a_newer_version_spells_from_its_own_day_on(archive):
    first = make_article("a", "Troops took Albu Kamal.", "2017-11-03")
    add(archive, first, make_article("b", "Troops took Albu Kamal, too.", "2017-11-03"))
    add(archive, replace(first, text="Troops took al-Bukamal.", updated_at=datetime(2017, 11, 9, tzinfo=UTC)))
    assert spelled(archive, "Albu Kamal", Selection(as_of=20171108)) == []
    assert archive.evidence.mentioning(["Albu Kamal"], Selection(as_of=20171108)) == 2
    assert spelled(archive, "Albu Kamal", Selection(as_of=20171109)) == [("al-Bukamal", 1)]
    assert spelled(archive, "Albu Kamal") == [("al-Bukamal", 1)]


def test_new_articles_are_seen_at_once(archive):
    add(archive, make_article("1", "Troops took Albu Kamal."))
    assert spelled(archive, "Albu Kamal") == []
    add(archive, make_article("2", "Troops left al-Bukamal."))
    assert spelled(archive, "Albu Kamal") == [("al-Bukamal", 1)]


def test_what_is_not_indexed_yet_is_not_told(archive):
    article = make_article("1", "Troops took Albu Kamal.")
    archive.register([(article, article.digest)], datetime(2017, 11, 4, tzinfo=UTC))
    assert archive.evidence.mentioning(["Albu Kamal"], NOW) == 0
    archive.index_pending()
    assert archive.evidence.mentioning(["Albu Kamal"], NOW) == 1


# --- corrections


@pytest.mark.parametrize(
    ("title", "corrected"),
    [
        ("Correction: Army takes town", "Army takes town"),
        ("CORRECTED: Army takes town", "Army takes town"),
        ("Corrected - Army takes town", "Army takes town"),
        ("Correction — Army takes town", "Army takes town"),
        ("Correction (3 Nov): Army takes town", "Army takes town"),
        ("Clarification: Army takes town", "Army takes town"),
        ("Erratum: Army takes town", "Army takes town"),
        ("Retraction: Army takes town", "Army takes town"),
        ("[Correction] Army takes town", None),
        ("Army takes town (corrected)", "Army takes town"),
        ("Army takes town [Correction]", "Army takes town"),
        ("Army takes town", None),
        ("Correctional officers strike", None),
        ("Correction officers: we strike", None),
        ("Court corrects: no vote", None),
        ("Corrections and clarifications", None),
        ("Correction", None),
        ("Correction:", None),
        ("", None),
        ("Market correction: what to expect", None),
    ],
)
def test_titles_of_corrections(title: str, corrected: str | None) -> None:
    assert corrected_title(title) == corrected


def test_folded_titles_compare_by_words_alone() -> None:
    assert fold_title("Army “takes” town!") == fold_title("ARMY takes\ttown") == "army takes town"
    assert fold_title("…") == ""


def test_a_correction_is_of_the_title_that_came_before_it(archive):
    before = make_article("1", "The army took it.", "2017-11-03", title="Army takes town")
    elsewhere = make_article("2", "Another report, of another army.", "2017-11-20", title="Army takes town")
    other = make_article("3", "No army took it.", "2017-11-03", title="Army leaves town")
    correction = make_article("4", "It was militia.", "2017-11-05", title="Correction: Army Takes Town", source="S")
    add(archive, before, elsewhere, other, correction)
    stories = story(archive, before, elsewhere, other, correction)
    found = archive.evidence.corrections(stories, NOW)
    assert {key: [related.article_id for related in related_] for key, related_ in found.items()} == {
        before.base_id: [correction.base_id]
    }
    assert found[before.base_id][0].source == "S"
    assert found[before.base_id][0].published_at == datetime(2017, 11, 5, tzinfo=UTC)
    assert archive.evidence.corrections(stories, Selection(as_of=20171104)) == {}
    assert archive.evidence.corrections(stories, Selection(as_of=20171105, sources=("nowhere",))) == found
    assert archive.evidence.corrections({}, NOW) == {}


# --- copies


def test_copies_are_the_other_articles_of_a_story_in_the_selection(archive):
    text = " ".join(f"Sentence {i} of the wire report tells of column {i}." for i in range(20))
    one = make_article("1", text, "2017-11-03", source="A")
    two = make_article("2", text, "2017-11-05", source="B")
    other = make_article("3", "Something else entirely happened elsewhere.", "2017-11-03", source="C")
    add(archive, one, two, other)
    stories = story(archive, one, two, other)
    found = archive.evidence.copies(stories, NOW)
    ids = {key: [copy.article_id for copy in copies] for key, copies in found.items()}
    assert ids == {one.base_id: [two.base_id], two.base_id: [one.base_id], other.base_id: []}
    assert archive.evidence.copies(stories, Selection(as_of=20171104))[one.base_id] == []
    assert archive.evidence.copies(stories, Selection(sources=("A",)))[one.base_id] == []


# --- forgetting


def test_removal_forgets_all_that_an_article_told(archive, tmp_path):
    gone = make_article("1", "The Islamic State (IS) lost al-Bukamal.", title="Correction: Town falls")
    stays = make_article("2", "Troops took Albu Kamal.", title="Town falls")
    add(archive, gone, stays)
    assert spelled(archive, "Albu Kamal") == [("al-Bukamal", 1)]
    add(archive, replace(gone, text="The Islamic State (IS) has lost al-Bukamal, officials said."))
    archive.remove([gone.base_id])
    assert spelled(archive, "Albu Kamal") == []
    assert archive.evidence.mentioning(["Islamic State", "IS"], NOW) == 0
    assert archive.evidence.corrections(story(archive, stays), NOW) == {}
    left = rows(tmp_path / "archive")
    assert gone.base_id not in json.dumps(left)
    assert {"Albu Kamal", "Kamal"} <= {row[1] for row in left["names"]}
    assert (left["aliases"], left["corrections"]) == ([], [])


def test_removing_all_leaves_nothing(archive, tmp_path):
    add(archive, *EARLY[-3:])
    archive.remove([article.base_id for article in EARLY[-3:]])
    assert rows(tmp_path / "archive") == {table: [] for table in TABLES}


def test_an_article_that_comes_back_is_remembered_once(archive):
    article = make_article("1", "The Islamic State (IS) lost al-Bukamal.")
    add(archive, article)
    archive.remove([article.base_id])
    add(archive, article)
    assert archive.evidence.mentioning(["al-Bukamal"], NOW) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Ab " * 5_000 + "end.",
        "The army met Robert'); DROP TABLE names;-- and O'Brien. \"Quoted\" %Like_ Name\\ End.",
        "Здесь Путин и Şırnak, İstanbul, Łódź und ẞtraße, Ǆungla.",
        "Name\u2028Other and Name\u0085Other and Na\u0301me.",
        "A1B2 " * 50 + "(A1) (B2) " * 50,
    ],
)
def test_any_text_is_remembered_and_forgotten(archive, tmp_path, text):
    article = make_article("1", text)
    add(archive, article)
    for name in archive.evidence.names_of([article.base_id])[article.base_id]:
        assert archive.evidence.mentioning([name], NOW) == 1
        archive.evidence.spellings(name, NOW)
    archive.remove([article.base_id])
    assert rows(tmp_path / "archive") == {table: [] for table in TABLES}


# --- archives of an older schema


def downgrade(folder: Path, *, drop: bool = False, schema: int = 1) -> None:
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection, connection:
        for table in TABLES:
            connection.execute(f"DROP TABLE {table}" if drop else f"DELETE FROM {table}")
        connection.execute("UPDATE meta SET value = ? WHERE key = 'schema'", (str(schema),))


def filled(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with open_archive(folder) as archive:
        add(archive, *EARLY[-7:])
        add(
            archive, replace(EARLY[-2], text="Militants took al-Bukamal.", updated_at=datetime(2017, 11, 9, tzinfo=UTC))
        )
        pending = make_article("pending", "The army waits at Deir ez-Zor.")
        archive.register([(pending, pending.digest)], datetime(2017, 11, 10, tzinfo=UTC))
    before = rows(folder)
    assert all(before.values())
    return before


@pytest.mark.parametrize("drop", [False, True])
def test_opening_an_archive_of_schema_1_gathers_what_it_lacks(tmp_path, drop):
    before = filled(tmp_path / "archive")
    downgrade(tmp_path / "archive", drop=drop)
    with open_archive(tmp_path / "archive") as archive:
        assert rows(tmp_path / "archive") == before
        assert archive.catalog.meta()["schema"] == SCHEMA_VERSION
        archive.index_pending()
        assert not any(archive.verify().values())
    with open_archive(tmp_path / "archive"):
        assert rows(tmp_path / "archive") == before


@pytest.mark.parametrize("survivors", [0, 1, 4, 7])
def test_an_interrupted_upgrade_is_taken_up_again(tmp_path, monkeypatch, survivors):
    before = filled(tmp_path / "archive")
    downgrade(tmp_path / "archive")
    real, calls = evidence.remember, []

    def fails(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) > survivors:
            raise RuntimeError("planted")
        real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(upgrade, "ROUND", 2)
        patch.setattr(evidence, "remember", fails)
        with pytest.raises(RuntimeError, match="planted"):
            open_archive(tmp_path / "archive")
    assert rows(tmp_path / "archive") != before
    with open_archive(tmp_path / "archive"):
        assert rows(tmp_path / "archive") == before


def test_an_upgraded_archive_is_not_gathered_again(tmp_path, monkeypatch):
    filled(tmp_path / "archive")
    downgrade(tmp_path / "archive")
    open_archive(tmp_path / "archive").close()
    monkeypatch.setattr(evidence, "remember", lambda *_: pytest.fail("gathered again"))
    open_archive(tmp_path / "archive").close()


@pytest.mark.parametrize("schema", [0, 4, 99])
def test_other_schemas_are_refused_and_left_as_they_are(tmp_path, schema):
    before = filled(tmp_path / "archive")
    with closing(sqlite3.connect(tmp_path / "archive" / "catalog.sqlite")) as connection, connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'schema'", (str(schema),))
    with pytest.raises(ArchiveMismatchError, match=f"schema {schema}") as raised:
        open_archive(tmp_path / "archive")
    assert isinstance(raised.value, BackissueError)
    assert rows(tmp_path / "archive") == before


def test_a_removal_that_was_interrupted_before_the_upgrade_stays_removed(tmp_path, monkeypatch):
    folder = tmp_path / "archive"
    gone, stays = make_article("1", "Troops took al-Bukamal."), make_article("2", "Troops took Mosul.")
    with open_archive(folder) as archive:
        add(archive, gone, stays)
        with archive.catalog.writing() as connection:
            versions.set_state(connection, [gone.base_id], "removing")
    downgrade(folder)
    with open_archive(folder) as archive:
        assert archive.evidence.mentioning(["al-Bukamal"], NOW) == 0
        archive.index_pending()
    assert gone.base_id not in json.dumps(rows(folder))
