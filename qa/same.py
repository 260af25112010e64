"""Which answers are one: "ISIS" and "the Islamic State", "Abadi" and "Haider al-Abadi", "three" and "3".

Every span gets a key; spans with equal keys say the same. What makes two forms one is evidence from the articles
themselves: a full name in the article that uses the short one, an alias that an article gives, or a spelling.
"""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Iterable, Mapping, Sequence

from index.article import day_of
from index.names import MAX_WORDS, capital, fold, initials, one_name, skeleton, without_titles
from qa.timex import expressions

_PUNCTUATION = str.maketrans("", "", string.punctuation + "“”‘’–—…")
_COUNTED = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty
"""
_NUMBERS = {word: str(value) for value, word in enumerate(_COUNTED.split())}
# What follows a party to a conflict without making it another one.
_ALLIES = re.compile(
    r"\s+and\s+(?:its|his|her|their)\s+(?:allies|allied|partners|supporters|backers)\b.*$", re.IGNORECASE
)
_UNITS = (
    (re.compile(r"\s*(?:%|\bper ?cent\b|\bpercent\b)"), " percent"),
    (re.compile(r"(?<=\d),(?=\d{3})"), ""),
    # Marks between digits are part of the figure: 1.5 is not 15, a score of 4-2 is not 42.
    (re.compile(r"(?<=\d)[.](?=\d)"), "point"),
    (re.compile(r"(?<=\d)\s?[-–—/:](?=\s?\d)"), "dash"),
    (re.compile(r"(?<![\w.])[-−](?=\d)"), "minus"),
)
# Words before a name that make it another one.
_REGION = re.compile(
    r"(?:the\s+)?(?:(?:north|south|east|west)(?:-?(?:east|west))?(?:ern)?|central|new|old|greater|upper|lower|anti)\b",
    re.IGNORECASE,
)
# What may follow a name of several words without making it another one: "Islamic State (of Iraq and Syria) group".
_GOES_ON = re.compile(r"\s(?:of|group|party|militants?|fighters?|organi[sz]ation|movement)\b")
# "Chicken nugget" and "chicken nuggets" are one answer; "1990" and "1990s" are two.
_PLURAL = re.compile(r"(?<=[^\W\d_]{3})(?<![siu])s$")
_MARKS = " .,;:!?\"'“”‘’()[]"
_LIST = re.compile(r"\s(?:and|or|&)\s|,\s")


def normalise(text: str) -> str:
    """Lower case, no punctuation, no articles, single spaces: the SQuAD normaliser, with typographic marks too."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def on_its_day(text: str, published: int | None) -> str:
    """A time expression as the days that it means, counted from the day of publication (YYYYMMDD): two Sundays are two
    answers, "Sunday" and "19 November" may be one. Other words as they are."""
    found = expressions(text, day_of(published)) if published else []
    if len(found) != 1 or text[: found[0].start].strip() or text[found[0].end :].strip():
        return text
    first, last = (f"{day:%Y%m%d}" for day in (found[0].first, found[0].last))
    return first if first == last else f"{first} {last}"


def keys(
    answers: Sequence[tuple[str, str]], names: Mapping[str, Sequence[str]], aliases: Iterable[frozenset[str]]
) -> list[str]:
    """The key of each answer, given as (its words, the id of its article).

    `names` are the names that each article mentions, `aliases` pairs of folded names that an article says are one.
    """
    forms = sorted({bare for text, _ in answers if (bare := _name(text))})
    # Names of bodies that the articles write out say what an abbreviation stands for, also where no answer does.
    bodies = {name for mentioned in names.values() for name in mentioned if " of " in name or " for " in name}
    one_of = _Union()
    for pair in aliases:
        one_of.join(*sorted(pair))
    _join_spellings(forms, one_of)
    _join_bodies(forms, sorted(bodies | set(forms)), one_of)
    longer = {short: _longer(short, forms) for short in forms}
    mentioned = {article_id: {fold(name) for name in held} for article_id, held in names.items()}
    by_words = {_plain(form): form for form in forms}  # for names that an answer has without their capitals
    found = []
    for text, article_id in answers:
        bare = _name(text) or by_words.get(_plain(text))
        if bare is None:
            found.append(_plain(text))
        else:
            found.append(one_of.head(fold(_in_full(bare, longer[bare], mentioned.get(article_id, set())))))
    return found


def _plain(text: str) -> str:
    """The normal form, numbers in digits, percent in one way, no plurals; the text itself when nothing else is left."""
    lowered = _ALLIES.sub("", text.lower())
    for pattern, replacement in _UNITS:
        lowered = pattern.sub(replacement, lowered)
    words = [_NUMBERS.get(word) or _PLURAL.sub("", word) for word in normalise(lowered).split()]
    return " ".join(words) or text


def _name(text: str) -> str | None:
    """The name that an answer is, without article, title, allies and what stands in brackets; None if it is none."""
    bare = re.sub(r"^(?:the|a|an)\s+", "", _ALLIES.sub("", text.lstrip(_MARKS)), flags=re.IGNORECASE)
    bare = without_titles(re.sub(r"\s*\([^()]*\)\W*$", "", bare).strip(_MARKS))
    words = bare.split()
    named = 0 < len(words) <= MAX_WORDS and capital(words[0]) and words[0].lower() not in _NUMBERS
    return bare if named and fold(bare) and not re.search(r"\d", bare) else None


def _join_spellings(forms: Sequence[str], one_of: _Union) -> None:
    by_sound: dict[str, list[str]] = {}
    for form in forms:
        by_sound.setdefault(skeleton(form), []).append(form)
    for peers in by_sound.values():
        for i, one in enumerate(peers):
            for other in peers[i + 1 :]:
                if one_name(one, other):
                    one_of.join(fold(one), fold(other))


def _join_bodies(forms: Sequence[str], bodies: Sequence[str], one_of: _Union) -> None:
    """Joins abbreviations and beginnings with the full names: "ISIS", "Islamic State", "Islamic State of Iraq ..."."""
    by_initials: dict[str, list[str]] = {}
    lowered = [(body, normalise(body)) for body in bodies]
    for body in bodies:
        if len(body.split()) > 1:
            by_initials.setdefault(initials(body), []).append(body)
    for form in forms:
        letters = re.sub(r"\W", "", form)
        if len(letters) >= 2 and letters.isupper():
            for body in by_initials.get(letters, ()):
                one_of.join(fold(form), fold(body))
        elif " " in form:
            begins = normalise(form)
            for body, plain in lowered:
                if plain.startswith(f"{begins} ") and _GOES_ON.match(plain, len(begins)):
                    one_of.join(fold(form), fold(body))


def _longer(short: str, names: Iterable[str]) -> list[str]:
    """The names that end in this one: "Haider al-Abadi" for "Abadi"; but "Northern Syria" is another place."""
    words = short.split()
    found = []
    for name in names:
        parts = name.split()
        ends = len(parts) > len(words) and fold(" ".join(parts[-len(words) :])) == fold(short)
        if ends and not _REGION.match(name) and not _LIST.search(name):
            found.append(name)
    return found


def _in_full(text: str, longer: Sequence[str], mentioned: Collection[str]) -> str:
    """The one full name among the answers that the article of a short one mentions; the short one if there is none."""
    here = {fold(name): name for name in longer if fold(name) in mentioned}
    return next(iter(here.values())) if len(here) == 1 else text


class _Union:
    """Joins keys; the head of a joined set is the first of its keys in the order of the alphabet."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def head(self, key: str) -> str:
        while (parent := self._parent.get(key, key)) != key:
            key = parent
        return key

    def join(self, one: str, other: str) -> None:
        a, b = sorted((self.head(one), self.head(other)))
        if a != b:
            self._parent[b] = a
