"""Which answers are one: partial names, aliases, spellings, numbers; and which must stay apart."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import pytest

from index.names import fold
from qa.same import keys, normalise, on_its_day

ISIS_IN_FULL = "Islamic State of Iraq and Syria"
Alias = tuple[str, str]


def keyed(
    *answers: str | tuple[str, str], names: Mapping[str, Sequence[str]] | None = None, aliases: Iterable[Alias] = ()
) -> list[str]:
    """The keys of answers; one given alone stands in an article of its own, which mentions no names."""
    placed = [answer if isinstance(answer, tuple) else (answer, f"article-{i}") for i, answer in enumerate(answers)]
    return keys(placed, names or {}, [frozenset((fold(a), fold(b))) for a, b in aliases])


def one(*answers: str | tuple[str, str], **evidence: object) -> bool:
    """Whether all answers say the same."""
    return len(set(keyed(*answers, **evidence))) == 1  # type: ignore[arg-type]


def all_apart(*answers: str | tuple[str, str], **evidence: object) -> bool:
    """Whether no two answers say the same."""
    return len(set(keyed(*answers, **evidence))) == len(answers)  # type: ignore[arg-type]


# --- the simplest: case, articles, marks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Syrian Army", "syrian army"),
        ("“Squid Game”", "squid game"),
        ("  an   apple a day ", "apple day"),
        ("St. Louis", "st louis"),
        ("the", ""),
        ("", ""),
        ("Another", "another"),
        ("theatre", "theatre"),
    ],
)
def test_normalise(text: str, expected: str) -> None:
    assert normalise(text) == expected


def test_case_articles_and_marks_make_no_other_answer() -> None:
    assert one("The Syrian army", "the Syrian Army", "Syrian army,", "“Syrian army”", "SYRIAN ARMY")
    assert one("“Squid Game”", "Squid Game", "'Squid Game'")


def test_no_answers_have_no_keys() -> None:
    assert keys([], {}, []) == []


def test_answers_of_marks_alone_keep_apart_and_do_not_fail() -> None:
    assert all_apart("...", "!!!", "?")
    assert len(keyed("", " ", "the", "🐟", "a")) == 5


# --- abbreviations


def test_isis_is_the_islamic_state() -> None:
    assert one("ISIS", "Islamic State", f"the {ISIS_IN_FULL}")
    assert one(f"the {ISIS_IN_FULL}", "the Islamic State", "ISIS", "Isis")
    assert one("ISIL", "Islamic State of Iraq and the Levant")


@pytest.mark.parametrize("longer", ["the Islamic State group", "Islamic State militants", "Islamic State (ISIS)"])
def test_the_islamic_state_is_the_islamic_state_group(longer: str) -> None:
    assert one("Islamic State", longer)


def test_an_alias_that_an_article_gives_makes_two_names_one() -> None:
    assert one("ISIS", "the Islamic State", aliases=[("ISIS", "Islamic State")])
    assert one("Daesh", "Islamic State", aliases=[("Islamic State", "Daesh")])
    assert all_apart("Daesh", "Islamic State")
    assert all_apart("Hezbollah", "Hamas", aliases=[("ISIS", "Islamic State")])


def test_aliases_are_transitive() -> None:
    assert one("Daesh", "Islamic State", "ISIL", aliases=[("Islamic State", "Daesh"), ("ISIL", "Daesh")])


def test_isis_is_the_islamic_state_by_the_full_name_in_its_article() -> None:
    # Nobody answers with the full name, but the article that says "ISIS" spells it out.
    names = {"wire": ["ISIS", ISIS_IN_FULL], "post": ["Islamic State"]}
    assert one(("ISIS", "wire"), ("the Islamic State", "post"), names=names)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("SDF", "Syrian Democratic Forces"),
        ("NASA", "National Aeronautics and Space Administration"),
        ("WHO", "the World Health Organization"),
        ("I.M.F.", "International Monetary Fund"),
        ("EU", "the European Union"),
        ("U.S.", "United States"),
        ("UK", "United Kingdom"),
        ("UN", "United Nations"),
    ],
)
def test_an_abbreviation_is_its_name(short: str, long: str) -> None:
    assert one(short, long)


def test_an_abbreviation_is_no_other_name() -> None:
    assert all_apart("SDF", "Syrian Arab Army")
    assert all_apart("ISIS", "ISIL", "SDF")
    assert all_apart("WHO", "Who Dares Wins Club")
    assert all_apart("US", "us today")


# --- partial names


def test_a_surname_is_the_full_name_of_its_article() -> None:
    mentioned = {f"article-{i}": ["Haider al-Abadi"] for i in range(4)}
    assert one("Abadi", "Haider al-Abadi", names=mentioned)
    assert one("al-Abadi", "Haider al-Abadi", "Haider Al Abadi", "Abadi", names=mentioned)
    assert all_apart("Abadi", "Haider al-Abadi")  # no article says whose name it is
    names = {"a": ["Haider al-Abadi", "Baghdad"], "b": ["Haider al-Abadi"]}
    assert one(("Abadi", "a"), ("Haider al-Abadi", "b"), names=names)


def test_a_surname_is_the_full_name_with_and_without_the_office() -> None:
    # An article that mentions the longest form mentions its parts, as `index.evidence` keeps them.
    full = ["Prime Minister Haider al-Abadi", "Haider al-Abadi", "al-Abadi"]
    answers = [("Prime Minister Haider al-Abadi", "a"), ("Haider al-Abadi", "b"), ("Abadi", "a"), ("al-Abadi", "b")]
    assert one(*answers, names={"a": full, "b": full[1:]})


def test_two_clintons_stay_apart() -> None:
    names = {"h": ["Hillary Clinton"], "b": ["Bill Clinton"], "h2": ["Hillary Clinton", "Clinton"]}
    hillary, bill, of_h, of_b = keyed(
        ("Hillary Clinton", "h"), ("Bill Clinton", "b"), ("Clinton", "h2"), ("Clinton", "b"), names=names
    )
    assert hillary == of_h
    assert bill == of_b
    assert hillary != bill


def test_a_surname_whose_article_mentions_both_is_neither() -> None:
    names = {"both": ["Hillary Clinton", "Bill Clinton"], "h": ["Hillary Clinton"], "b": ["Bill Clinton"]}
    assert all_apart(("Clinton", "both"), ("Hillary Clinton", "h"), ("Bill Clinton", "b"), names=names)


def test_a_surname_whose_article_mentions_neither_joins_no_two() -> None:
    hillary, bill, _ = keyed("Hillary Clinton", "Bill Clinton", "Clinton")
    assert hillary != bill


@pytest.mark.parametrize(
    ("one_answer", "other"),
    [
        ("Syria", "Northern Syria"),
        ("Syria", "northern Syria"),
        ("Syria", "the Northeastern Syria"),
        ("Korea", "South Korea"),
        ("North Korea", "South Korea"),
        ("York", "New York"),
        ("Mexico", "New Mexico"),
        ("Ireland", "Northern Ireland"),
        ("Virginia", "West Virginia"),
        ("Sudan", "South Sudan"),
        ("Asia", "Central Asia"),
        ("Iran", "Iraq"),
        ("Iran", "Iron"),
        ("Niger", "Nigeria"),
        ("Austria", "Australia"),
        ("Trump", "Trudeau"),
        ("Ivanka Trump", "Donald Trump"),
        ("John Smith", "Smith Jones"),
        ("Trump Tower", "Trump"),
        ("Syrian army", "Iraqi army"),
        ("Syrian army", "ISIS"),
        ("Patterson", "Peterson"),
        ("yes", "no"),
    ],
)
def test_what_is_not_the_same_stays_apart(one_answer: str, other: str) -> None:
    assert all_apart(one_answer, other)
    assert all_apart(other, one_answer)


@pytest.mark.parametrize(
    ("short", "long", "beside"),
    [
        ("Guinea", "Papua New Guinea", ["Guinea", "Conakry"]),
        ("Mongolia", "Inner Mongolia", ["Mongolia", "Ulaanbaatar"]),
        ("California", "Baja California", ["California", "Sacramento"]),
        ("Jordan", "Michael Jordan", ["Jordan", "Amman"]),
        ("Washington", "Denzel Washington", ["Washington", "White House"]),
    ],
)
def test_a_name_whose_article_never_mentions_the_longer_one_is_another(
    short: str, long: str, beside: list[str]
) -> None:
    assert all_apart((short, "a"), (long, "b"), names={"a": beside, "b": [long]})


# --- plurals


def test_one_and_many_of_a_kind_are_one_answer() -> None:
    assert one("chicken nugget", "chicken nuggets", "Chicken nuggets")
    assert one("surfboard", "surfboards", "the surfboards")
    assert one("whales", "Whale")


def test_what_only_looks_like_a_plural_is_none() -> None:
    assert all_apart("1990", "1990s")
    assert all_apart("gas", "ga")
    assert all_apart("boss", "bos")
    assert all_apart("virus", "viru")
    assert all_apart("crisis", "crisi")
    assert all_apart("Paris", "Pari")


# --- allies


def test_an_army_and_its_allies_is_the_army() -> None:
    assert one("the Syrian army", "The Syrian army and its allies", "Syrian Army and its allied militias")
    assert one("Russia and her partners", "Russia")


def test_another_party_beside_it_is_another_answer() -> None:
    assert all_apart("Syrian army", "Syrian army and Hezbollah")
    assert all_apart("Syrian army and its navy", "Syrian army")


@pytest.mark.parametrize(
    ("alone", "both"),
    [
        ("Hezbollah", "Syrian army and Hezbollah"),
        ("Putin", "Trump and Putin"),
        ("Iraq", "Syria and Iraq"),
        ("Boeing", "Airbus, Boeing"),
        ("Bob", "Ann or Bob"),
        ("Bob", "Ann & Bob"),
    ],
)
def test_the_last_of_several_is_not_all_of_them(alone: str, both: str) -> None:
    assert all_apart(alone, both)


# --- spellings


@pytest.mark.parametrize(
    "forms",
    [
        ("Putin", "Poutine", "Путин"),
        ("Albu Kamal", "Albukamal", "al-Bukamal", "Boukamal"),
        ("Albu Kamal", "Abu Kamal"),
        ("Haider al-Abadi", "Haidar al-Abadi"),
        ("Gaddafi", "Gadhafi"),
        ("Muqtada al-Sadr", "Muqtada Al Sadr"),
        ("Beyoncé", "Beyonce"),
        ("São Paulo", "Sao Paulo"),
        ("Côte d’Ivoire", "Cote d'Ivoire"),
    ],
    ids=lambda forms: forms[-1],
)
def test_spellings_of_a_name_are_one_answer(forms: tuple[str, ...]) -> None:
    assert one(*forms)


# --- numbers


@pytest.mark.parametrize(
    "forms",
    [
        ("three", "3", "Three"),
        ("twelve people", "12 people"),
        ("51.9 per cent", "51.9%", "51.9 percent", "51.9 %"),
        ("five percent", "5%", "5 per cent"),
        ("1,000", "1000"),
        ("1,234,567 votes", "1234567 votes"),
        ("4-2", "4–2"),
    ],
    ids=lambda forms: forms[0],
)
def test_a_number_is_one_however_written(forms: tuple[str, ...]) -> None:
    assert one(*forms)


@pytest.mark.parametrize(
    ("number", "other"),
    [
        ("3", "4"),
        ("three", "thirteen"),
        ("5%", "5"),
        ("5 people", "5"),
        ("1.5 million", "15 million"),
        ("$1.5 billion", "$15 billion"),
        ("51.9%", "519%"),
        ("4.1", "41"),
        ("10.00", "1000"),
        ("4–2", "42"),
        ("2-1", "21"),
        ("$5 billion", "€5 billion"),
        ("-5 degrees", "5 degrees"),
        ("-5 °C", "5 °C"),
        ("2015-16", "201516"),
        ("9/11", "911"),
        ("1/2", "12"),
        ("10:30", "1030"),
    ],
)
def test_other_numbers_are_other_answers(number: str, other: str) -> None:
    assert all_apart(number, other)


# --- properties

SOME = (
    "ISIS", "Islamic State", ISIS_IN_FULL, "the Islamic State", "Abadi", "Haider al-Abadi", "Clinton", "Bill Clinton",
    "Hillary Clinton", "Syria", "Northern Syria", "Syrian army", "The Syrian army and its allies", "3", "three", "51%",
    "51 per cent", "Putin", "Vladimir Putin", "Путин", "SDF", "Syrian Democratic Forces", "", "…", "the",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_the_order_of_answers_decides_nothing(seed: int) -> None:
    draw = random.Random(seed)
    chosen = [(text, f"a{draw.randrange(6)}") for text in draw.choices(SOME, k=draw.randrange(1, 14))]
    names = {f"a{i}": draw.sample([text for text in SOME if text], 4) for i in range(6)}
    aliases = [frozenset((fold("ISIS"), fold("Islamic State")))] if draw.random() < 0.5 else []
    found = dict(zip(chosen, keys(chosen, names, aliases), strict=True))
    shuffled = draw.sample(chosen, len(chosen))
    again = dict(zip(shuffled, keys(shuffled, names, aliases), strict=True))
    assert all((found[a] == found[b]) == (again[a] == again[b]) for a, b in combinations(found, 2))
    assert found == again


def test_equal_answers_of_one_article_have_equal_keys() -> None:
    answers = [(text, "a") for text in SOME] * 2
    found = keys(answers, {}, [])
    assert found[: len(SOME)] == found[len(SOME) :]


def test_many_answers_take_no_time() -> None:
    answers = [(f"Name{i} Of House{i % 40}", f"a{i % 20}") for i in range(150)]
    start = time.perf_counter()
    keys(answers, {f"a{i}": [f"Name{i} Of House{i}"] for i in range(20)}, [])
    assert time.perf_counter() - start < 5


def test_keys_of_hostile_answers_take_no_time() -> None:
    start = time.perf_counter()
    keyed("A " * 3000, "and its " * 1000, "1," * 3000, "%" * 3000, " " * 5000 + "%", "Ab" * 3000 + " C", "al-" * 2000)
    assert time.perf_counter() - start < 3


@pytest.mark.parametrize(
    ("text", "published", "key"),
    [
        ("Sunday", 20171120, "20171119"),
        ("on Sunday", 20171113, "on Sunday"),
        ("19 November", 20171120, "20171119"),
        ("19 November 2017", None, "19 November 2017"),
        ("last month", 20171120, "20171001 20171031"),
        ("Sunday Times", 20171120, "Sunday Times"),
        ("ISIS", 20171120, "ISIS"),
        ("three", 20171120, "three"),
    ],
)
def test_days_are_told_apart_by_their_date(text: str, published: int | None, key: str) -> None:
    assert on_its_day(text, published) == key
