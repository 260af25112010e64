"""A question's names: which they are, how the archive spells them, and the question and texts rewritten with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pytest
from fakes import located, make_article, open_archive
from hypothesis import given, settings
from hypothesis import strategies as st

from index import ingest
from index.article import Selection
from index.evidence import Spelling
from index.names import fold
from qa.naming import MAX_SPELLINGS, Named, Naming, naming

NOW = Selection()


class Known:
    """What `naming` asks of `index.evidence.Evidence`, from a table of spellings."""

    def __init__(self, spellings: Mapping[str, Sequence[str]]) -> None:
        self._spellings = spellings
        self.asked: list[tuple[str, Selection]] = []

    def spellings(self, name: str, selection: Selection) -> tuple[Spelling, ...]:
        self.asked.append((name, selection))
        return tuple(Spelling(text, 1) for text in self._spellings.get(name, ()))

    def known(self, names: Iterable[str], selection: Selection) -> set[str]:
        known = {fold(name) for name in self._spellings}
        self.asked += [(name, selection) for name in names]
        return {name for name in names if fold(name) in known}


def named(**spellings: Sequence[str]) -> tuple[Named, ...]:
    return tuple(
        Named(name.replace("_", " "), tuple(Spelling(text, 1) for text in texts)) for name, texts in spellings.items()
    )


TOWN = Naming("Who holds Albu Kamal?", named(Albu_Kamal=("al-Bukamal", "Abu Kamal")))


# --- which names


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Who holds Albu Kamal?", ["Albu Kamal"]),
        ("What did President Putin say?", ["Putin"]),
        ("What did Prime Minister Haider al-Abadi say?", ["Haider al-Abadi"]),
        ("What did President-elect Donald Trump say?", ["Donald Trump"]),
        ("Who is Prime Minister?", []),
        ("Did President Trump meet Mr Trump or Trump?", ["Trump"]),
        ("What did Gen. Mattis and Sen. McCain agree?", ["Mattis", "McCain"]),
        ("Who won?", []),
        ("", []),
        ("What is Trump's plan for Obama’s law?", ["Trump", "Obama"]),
        ("Who leads the Islamic State?", ["Islamic State"]),
        ("Is it Kyiv or Kiev?", ["Kyiv", "Kiev"]),
        ("What did the Pope say in Rome?", ["Rome"]),
        ("Who killed Osama bin Laden?", ["Osama bin Laden"]),
        ("Кто такой Путин?", ["Путин"]),
    ],
)
def test_the_names_of_a_question(question: str, names: list[str]) -> None:
    found = [one.name for one in naming(question, Known({}), NOW).named]
    assert [name for name in found if name != "Кто"] == names


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("who holds albu kamal", ["albu kamal"]),
        ("Who holds albu kamal?", ["albu kamal"]),
        ("did haider al-abadi visit albu kamal", ["haider al-abadi", "albu kamal"]),
        ("what is putin's plan", ["putin"]),
        ("what did the army do", []),
        ("who is it", []),
        ("albu", []),
        ("", []),
    ],
)
def test_names_typed_without_capitals_are_those_of_the_archive(question: str, names: list[str]) -> None:
    known = Known({"Albu Kamal": (), "Haider al-Abadi": (), "Putin": ()})
    found = [one.name for one in naming(question, known, NOW).named]
    assert sorted(name.removesuffix("'s") for name in found) == sorted(names)


def test_a_name_typed_small_beside_a_capital_one_is_still_a_name() -> None:
    known = Known({"Albu Kamal": ("al-Bukamal",), "Reuters": ()})
    assert "albu kamal" in [one.name for one in naming("Who holds albu kamal, Reuters asks?", known, NOW).named]


@pytest.mark.parametrize(
    "question", ["On Friday, who met Abadi?", "On Friday Abadi said what?", "Did Abadi go Friday?"]
)
def test_a_weekday_is_no_part_of_a_name(question: str) -> None:
    assert [one.name for one in naming(question, Known({}), NOW).named] == ["Abadi"]


def test_the_selection_reaches_the_archive() -> None:
    known = Known({"Albu Kamal": ("al-Bukamal",)})
    chosen = Selection(as_of=20171103, sources=("A",))
    naming("Who holds Albu Kamal?", known, chosen)
    naming("who holds albu kamal?", known, chosen)
    assert known.asked
    assert {selection for _, selection in known.asked} == {chosen}


def test_without_spelling_the_names_alone_are_told() -> None:
    known = Known({"Albu Kamal": ("al-Bukamal",)})
    found = naming("Who holds Albu Kamal?", known, NOW, spell=False)
    assert found.named == (Named("Albu Kamal", ()),)
    assert found.spellings == ()
    assert known.asked == []


# --- rewriting


def test_the_question_in_other_spellings() -> None:
    assert TOWN.spellings == ("Who holds al-Bukamal?", "Who holds Abu Kamal?")
    assert Naming("Who won?").spellings == ()
    small = Naming("who holds albu kamal", (Named("albu kamal", (Spelling("al-Bukamal", 1),)),))
    assert small.spellings == ("who holds al-Bukamal",)


def test_two_names_are_spelled_in_every_combination_up_to_a_number() -> None:
    both = Naming("Did Putin visit Kyiv?", named(Putin=("Poutine",), Kyiv=("Kiev", "Kyyiv")))
    assert set(both.spellings) == {
        "Did Putin visit Kiev?",
        "Did Putin visit Kyyiv?",
        "Did Poutine visit Kyiv?",
        "Did Poutine visit Kiev?",
        "Did Poutine visit Kyyiv?",
    }
    many = Naming("Did A1 B2 C3 meet D4?", named(A1=("E", "F", "G"), B2=("H", "I", "J"), C3=("K",), D4=("L",)))
    assert len(many.spellings) == len(set(many.spellings)) == MAX_SPELLINGS


def test_a_name_within_a_word_is_not_rewritten() -> None:
    found = Naming("Is Kiev in the Kievan Rus?", named(Kiev=("Kyiv",)))
    assert found.spellings == ("Is Kyiv in the Kievan Rus?",)
    assert found.asked("Kyivan Kyiv KYIV’s") == "Kyivan Kiev Kiev’s"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Troops took al-Bukamal.", "Troops took Albu Kamal."),
        ("Troops took ABU KAMAL’s bridge.", "Troops took Albu Kamal’s bridge."),
        ("Troops took Albu Kamal.", "Troops took Albu Kamal."),
        ("Troops took Mosul.", "Troops took Mosul."),
        ("", ""),
    ],
)
def test_a_text_is_put_as_the_question_spells(text: str, asked: str) -> None:
    assert TOWN.asked(text) == asked
    assert TOWN.asked(TOWN.asked(text)) == asked


@pytest.mark.parametrize(
    ("name", "other", "text"),
    [("al-Bukamal", "Bukamal", "Troops took al-Bukamal."), ("Bashar al-Assad", "Assad", "Here Bashar al-Assad spoke.")],
)
def test_a_text_that_has_the_asked_spelling_stays_as_it_is(name: str, other: str, text: str) -> None:
    assert Naming(f"Who is {name}?", (Named(name, (Spelling(other, 1),)),)).asked(text) == text


@pytest.mark.parametrize(
    ("text", "share"),
    [("in albu kamal", 1), ("in Al-Bukamal", 1), ("ABU KAMAL’s", 1), ("Abu Kamalian", 0), ("Mosul", 0), ("", 0)],
)
def test_whether_a_text_mentions_a_name(text: str, share: float) -> None:
    assert TOWN.mentioned(text) == share


def test_the_share_of_the_names_that_a_text_mentions() -> None:
    both = Naming("Did Putin visit Kyiv?", named(Putin=("Poutine",), Kyiv=("Kiev",)))
    shares = [both.mentioned(text) for text in ("Poutine in Kiev", "Putin, Poutine", "Kiev", "Minsk")]
    assert shares == [1, 0.5, 0.5, 0]


def test_a_question_without_names_is_mentioned_everywhere() -> None:
    assert Naming("Who won?").mentioned("") == 1


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Troops took al-Bukamal.", "Who holds al-Bukamal?"),
        ("Troops took Abu Kamal.", "Who holds Abu Kamal?"),
        ("Troops took Abu Kamal, also Albu Kamal.", "Who holds Albu Kamal?"),
        ("Troops took Mosul.", "Who holds Albu Kamal?"),
    ],
)
def test_the_question_is_put_as_a_text_spells(text: str, question: str) -> None:
    assert TOWN.question_for(text) == question


def test_marks_of_patterns_in_names_are_only_marks() -> None:
    found = Naming(r"Who is A.B (C) \1 D?", (Named("A.B", (Spelling(r"C\g<0>\1", 1), Spelling("C+", 1))),))
    assert found.spellings == (r"Who is C\g<0>\1 (C) \1 D?", r"Who is C+ (C) \1 D?")
    assert found.asked("C+ or AXB") == "A.B or AXB"
    assert Naming("(", (Named("(", (Spelling("[", 1),)),)).question_for("[") in ("(", "[")


def test_names_that_cannot_be_replaced_do_not_multiply_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real = Naming._replaced
    monkeypatch.setattr(Naming, "_replaced", lambda self, chosen: (calls.append(chosen), real(self, chosen))[1])
    names = {f"N{i}": [f"N{i}{letter}" for letter in "abc"] for i in range(6)}
    hostile = Naming(" ".join(f"_{name}" for name in names), named(**names))
    assert len(hostile.spellings) <= MAX_SPELLINGS
    assert len(calls) <= 500, "every combination of spellings was tried"


@given(st.lists(st.text("abAB .-'\\(", min_size=1, max_size=6), max_size=4), st.text("abAB .-'\\(", max_size=20))
@settings(max_examples=200, deadline=None)
def test_any_names_and_texts(names: list[str], text: str) -> None:
    found = Naming(text, tuple(Named(name, (Spelling(name[::-1], 1),)) for name in names))
    assert len(found.spellings) <= MAX_SPELLINGS
    assert text not in found.spellings
    assert isinstance(found.asked(text), str)
    assert isinstance(found.question_for(text), str)


# --- with an archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    articles = [
        make_article("1", "Troops took Albu Kamal on Friday.", "2017-11-03"),
        make_article("2", "Militants hold al-Bukamal again.", "2017-11-09"),
        make_article("3", "Here Prime Minister Haider al-Abadi spoke of Mosul.", "2017-11-05"),
    ]
    with open_archive(tmp_path_factory.mktemp("naming") / "archive") as opened:
        ingest.add(opened, located(articles))
        yield opened


@pytest.mark.parametrize("question", ["Who holds Albu Kamal?", "who holds albu kamal"])
def test_the_archive_spells_the_question_as_of_a_day(archive, question) -> None:
    def spelled(day: int) -> list[str]:
        found = naming(question, archive.evidence, Selection(as_of=day)).named
        return [spelling.text for one in found for spelling in one.spellings]

    assert spelled(20171109) == ["al-Bukamal"]
    assert spelled(20171108) == []


def test_a_question_in_capitals_has_names_too(archive) -> None:
    found = naming("WHO HOLDS ALBU KAMAL?", archive.evidence, NOW)
    assert [spelling.text for one in found.named for spelling in one.spellings] == ["al-Bukamal"]


def test_a_name_the_archive_only_learned_later_is_no_name_yet(archive) -> None:
    def names(day: int) -> list[str]:
        return [one.name for one in naming("what did abadi say", archive.evidence, Selection(as_of=day)).named]

    assert names(20171105) == ["abadi"]
    assert names(20171104) == []


@pytest.mark.parametrize(
    ("question", "names", "does"),
    [
        ("Who is the mayor of Paris?", ("Paris",), True),
        ("What is the capital of peru", ("peru",), True),
        ("Who won in Zürich", ("Zürich",), False),
        ("Who was ousted as speaker of the US House?", ("US House",), False),
        ("Who holds Albu Kamal?", ("Albu Kamal",), False),
        ("Who met Putin in Kyiv?", ("Putin", "Kyiv"), False),
        ("Who leads?", (), False),
    ],
)
def test_whether_a_question_asks_of_one_name(question: str, names: tuple[str, ...], does: bool) -> None:
    assert Naming(question, tuple(Named(name, ()) for name in names)).asks_of_one is does
