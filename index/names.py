"""Names in text, and which of them are spellings of one name.

A name is a run of capitalised words: enough for people, places and bodies in news, in any script that has
capitals, without a model. Spellings are compared after transliteration ("Путин", "Poutine", "Putin"), by their
consonants first and then by their likeness.
"""

from __future__ import annotations

import re
from functools import lru_cache

from anyascii import anyascii
from rapidfuzz.distance import Levenshtein

# A longer run of capitals is a headline, not a name.
MAX_WORDS = 7
# The least share of letters in common for two long names of the same consonants, vowels often swapped being one.
LIKENESS = 0.8
# Names with fewer letters must agree in all of them: "Kyiv" and "Kiev" do, "Iran" and "Iron" do not.
LONG = 6
# In names of this length a vowel makes no other name: "Haider al-Abadi", "Haidar al-Abadi".
VERY_LONG = 10

_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
# Words that join the parts of a name and are no name themselves.
_JOINING_WORDS = """
    of the de la del du da dos der den van von bin ibn al el
"""
_JOINING = frozenset(_JOINING_WORDS.split())
_PARTICLE = re.compile(r"^(?:al|el|an|as|ad|ar|ash|at|az|ez|es|er|et)[-'’ ]", re.IGNORECASE)
# Words that begin a sentence more often than a name, and titles: never the first word of a name.
_NOT_FIRST_WORDS = """
    a an and are as at be because but by did do does for from had has have he her here his how i if in into is
    it its mr mrs ms dr my no not now of off on or our she so some such than that the their then there these
    they this those to under until was we were what when where which while who whose why will with you your
    yes after again all also although among another any around before being both can could despite during each
    even every few following former however just like many meanwhile might much must nearly never nor only
    other over per rather same several should since still through too very well would yet according about
    against between
"""
_NOT_FIRST = frozenset(_NOT_FIRST_WORDS.split())
# Words that name nothing when they stand alone.
_NOT_ALONE_WORDS = """
    new first last one two three four five six seven eight nine ten next later more most second third up
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december
"""
_NOT_ALONE = _NOT_FIRST | frozenset(_NOT_ALONE_WORDS.split())
_DAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday yesterday today tomorrow".split())  # noqa: SIM905
# Titles say who holds an office, not what somebody is called.
_TITLE_WORDS = """
    president president-elect prime minister foreign defence defense interior finance king queen prince princess crown
    chancellor secretary general senator governor sen gov rep congressman congresswoman mayor judge justice
    pope sir lord lady chief executive ceo director colonel col gen major captain lieutenant vice deputy
    former
"""
_TITLES = frozenset(_TITLE_WORDS.split())
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*\s*$|[\n\"“‘(\[]\s*$|^\s*$")
_VOWELS = re.compile(r"[aeiouy]+")
_ROMAN = {
    "I": "1",
    "II": "2",
    "III": "3",
    "IV": "4",
    "V": "5",
    "VI": "6",
    "VII": "7",
    "VIII": "8",
    "IX": "9",
    "XIV": "14",
}
# What transliterations write differently, applied in turn to lower-case ASCII: first what leaves no doubt, then
# what two different names may differ in too.
_SOUNDS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?<=[a-z]{4}in)e$", ""), (r"tch|tsch", "ch"), (r"sch", "sh"), (r"ph", "f"), (r"dh", "d"), (r"kh|q|ck", "k"),
        (r"dj", "j"), (r"ou|oo", "u"), (r"ee", "i"), (r"(?<=k)i?[yi]+$", "i"), (r"ah$", "a"), (r"^albu", "bu"),
        (r"([a-z])\1+", r"\1"),
    )
)  # fmt: skip
_DOUBTFUL = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"th", "t"), (r"gh?", "k"), (r"c(?=[eiy])", "s"), (r"c(?!h)", "k"), (r"w", "v"),
        (r"x", "ks"), (r"[eiy]+", "i"), (r"[ou]+", "u"), (r"([a-z])\1+", r"\1"),
    )
)  # fmt: skip


def names_in(text: str) -> list[str]:
    """The distinct names of a text, in order of their first appearance, without titles such as "Mr"."""
    words = list(_WORD.finditer(text))
    plain = {word.group() for word in words if word.group().islower()}
    found: dict[str, None] = {}
    run: list[re.Match[str]] = []
    for word in words:
        if run and not _continues(text, run[-1], word):
            _close(text, run, plain, found)
            run = []
        if capital(word.group()) or (run and word.group() in _JOINING):
            run.append(word)
        elif run:
            _close(text, run, plain, found)
            run = []
    _close(text, run, plain, found)
    return list(found)


def _continues(text: str, before: re.Match[str], word: re.Match[str]) -> bool:
    """Whether a name may go on from one word to the next: over a blank, or the stop of "John F. Kennedy"."""
    between = text[before.end() : word.start()]
    if before.group().endswith(("'s", "’s")):
        return False
    stop = between in (". ", ".\u00a0") and (len(before.group()) == 1 or before.group() in ("St", "Mt", "Ft"))
    return stop or between in (" ", "\u00a0")


def capital(word: str) -> bool:
    """Whether a word begins with a capital, a particle before it aside: "al-Assad", "d’Ivoire"."""
    bare = _PARTICLE.sub("", word) if "-" in word else re.sub(r"^[dl]['’]", "", word)
    return bare[:1].isupper()


def _close(text: str, run: list[re.Match[str]], plain: set[str], found: dict[str, None]) -> None:
    """Adds the name that a run of capitalised words holds, if any; `plain` are the text's words without capitals."""
    first, last = 0, len(run)
    while first < last and not capital(run[last - 1].group()):
        last -= 1
    while first < last and _is_no_first(run[first].group(), alone=last - first == 1):
        first += 1
    if not 0 < last - first <= MAX_WORDS or all(_in(word.group(), _NOT_ALONE) for word in run[first:last]):
        return
    if last - first == 1 and run[first].group().lower() in plain and _begins_sentence(text, run[first].start()):
        return
    name = re.sub(r"['’]s$", "", text[run[first].start() : run[last - 1].end()])
    if len(name) > 1:
        found.setdefault(name)


def _is_no_first(word: str, *, alone: bool) -> bool:
    return not capital(word) or _in(word, _NOT_FIRST) or (not alone and _in(word, _DAYS))


def _in(word: str, words: frozenset[str]) -> bool:
    """Whether a word is one of these; an abbreviation in capitals, such as WHO, never is."""
    return word.lower() in words and not (len(word) > 1 and word.isupper())


def _begins_sentence(text: str, at: int) -> bool:
    return bool(_SENTENCE_END.search(text[max(0, at - 8) : at]))


def written(name: str) -> str:
    """A name in lower case and without particles: as it is spelled, whoever wrote it."""
    return " ".join(_PARTICLE.sub("", word) for word in name.lower().split() if word not in ("al", "el", "the"))


@lru_cache(maxsize=65536)
def fold(name: str) -> str:
    """A name as lower-case ASCII letters and digits, without particles and marks, what transliterations always swap
    made one: "Poutine" and "Путин" are "putin". Names with equal folds are spellings of one name; empty for marks."""
    words = re.sub(r"['’]s$", "", name).split()
    bare = [
        _PARTICLE.sub("", word) for i, word in enumerate(words) if word.lower() not in (("al", "el") if i else ("the",))
    ]
    if len(bare) > 1 and (number := _ROMAN.get(bare[-1])):
        bare[-1] = number  # "Elizabeth II" is not "Elizabeth I"
    letters = re.sub(r"[^a-z0-9]", "", "".join(anyascii(word) for word in bare or words).lower())
    return _apply(_SOUNDS, letters)


@lru_cache(maxsize=65536)
def rough(name: str) -> str:
    """The fold with everything made one that spellings of a name may differ in."""
    sound = fold(name)
    if " " not in name.strip():
        sound = re.sub(r"^al(?=[a-z]{6})", "", sound)  # "Alhashimi" is "al-Hashimi" in one word
    return _apply(_DOUBTFUL, sound)


def skeleton(name: str) -> str:
    """The consonants of a name: what all its spellings have in common."""
    sound = rough(name)
    return _VOWELS.sub("", sound) or sound


def alike(one: str, other: str) -> bool:
    """Whether two names may be spellings of one: "Albu Kamal" and "Abu Kamal", but also "Patterson" and "Peterson",
    so that their company must decide (see `index.spellings`)."""
    a, b = rough(one), rough(other)
    if a == b:
        return min(len(one), len(other)) > 3 and not a.isdigit()
    if skeleton(one) != skeleton(other) or min(len(a), len(b)) < LONG or re.search(r"\d", a + b):
        return False
    return Levenshtein.normalized_similarity(a, b) >= LIKENESS


def one_name(one: str, other: str) -> bool:
    """Whether two names sound alike, but for a vowel that one leaves out or that a long one changes: closer than
    `alike`."""
    a, b = rough(one), rough(other)
    if skeleton(one) != skeleton(other) or min(len(a), len(b)) < 4 or re.search(r"\d", a + b):
        return False
    apart, longest = Levenshtein.distance(a, b), max(len(a), len(b))
    return apart == 0 or (apart == 1 and ((len(a) != len(b) and longest > LONG) or longest >= VERY_LONG))


def _apply(steps: tuple[tuple[re.Pattern[str], str], ...], letters: str) -> str:
    for pattern, replacement in steps:
        letters = pattern.sub(replacement, letters)
    return letters


_BRACKET = re.compile(
    r"\s\(\s*(?:(?:also\s+known\s+as|or|known\s+as)\s+)?[\"“‘']?(?P<short>[^\W_][\w.&’'-]{1,14})[\"”’']?\s*\)"
)
_KNOWN_AS = re.compile(
    r"(?<!\s),?\s{1,3}\(?(?:also|better|formerly|previously|otherwise|commonly|sometimes)\s+"
    r"(?:known|called|referred\s+to|spell?ed|spelt|written)\s+(?:as\s+)?"
    r"[\"“‘']?(?P<short>[A-Z][\w.’'-]*(?:\s+[A-Z][\w.’'-]*){0,3})"
)


def aliases_in(text: str) -> list[tuple[str, str]]:
    """Pairs of a name and another that the text itself gives for it: "Islamic State of Iraq and Syria (ISIS)".

    A bracket counts when its letters begin the words before it (after Schwartz & Hearst 2003), or when
    "also known as" says so.
    """
    found: dict[tuple[str, str], None] = {}
    for match in _BRACKET.finditer(text):
        short = match["short"]
        before = text[max(0, match.start() - 120) : match.start()]
        if sum(c.isupper() for c in short) >= 2 and (long := _spelled_out(before, short)):
            found.setdefault((long, short))
    for match in _KNOWN_AS.finditer(text):
        before = text[max(0, match.start() - 80) : match.start()]
        names = names_in(before)
        if names and before.endswith(names[-1]):
            found.setdefault((names[-1], match["short"].rstrip(".'’")))
    return list(found)


def _spelled_out(before: str, short: str) -> str | None:
    """The words right before a bracket whose first letters make up `short`, small words skipped if need be."""
    letters = [c.lower() for c in short if c.isalnum()]
    words = list(_WORD.finditer(before))[-2 * len(letters) - 2 :]
    at = len(letters) - 1
    for word in reversed(words):
        if word.group()[0].lower() == letters[at]:
            at -= 1
        elif word.group().lower() not in ("of", "the", "and", "for", "in", "on", "de", "la", "to", "a"):
            return None
        if at < 0:
            return before[word.start() :] if capital(word.group()) else None
    return None


def without_titles(name: str) -> str:
    """A name without titles before it: "President Putin" is called "Putin"; empty when it is nothing but a title."""
    words = name.split()
    while len(words) > 1 and words[0].lower().rstrip(".") in _TITLES:
        words = words[1:]
    return "" if len(words) == 1 and words[0].lower().rstrip(".") in _TITLES else " ".join(words)


def initials(name: str) -> str:
    """The capitals that begin the words of a name: "ISIS" for "Islamic State of Iraq and Syria"."""
    return "".join(word[0] for word in _WORD.findall(name) if word[0].isupper())
