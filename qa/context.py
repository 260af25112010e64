"""What an exchange leaves for the next question to refer to: a thing, a place, a man, a woman, several."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.names import names_in, without_titles
from qa.answer import Exchange
from qa.clause import AUXILIARY, Clause, short_answer
from qa.kinds import Gender, could_be, gender, is_body, is_event, is_place

_VERBS_OF_PLACES = (
    "visit|visited|leave|leaves|reach|reached|enter|entered|hold|holds|held|control|controls|controlled|capture"
    "|captured|take|takes|took|retake|retook|lose|lost|seize|seized|attack|attacked|bomb|bombed"
)
_IN = r"(?:in|at|near|from|into|around|over|on|to)"
# What ends a phrase that begins with "the".
_STOP = (
    rf"(?:{AUXILIARY}|a|an|the|and|or|but|who|that|which|as|by|about|after|before|since|until|during|when|while|not)"
)
_WORDS = rf"(?:(?!(?:{_STOP}|of|in|on|at|against|between|for|with|from|to|into)\b)[\w'’-]+\s*){{1,6}}"
_PHRASE = re.compile(
    rf"\bthe\s+{_WORDS}(?:(?:of|in|on|at|against|between|for)\s+(?!\d{{1,2}}\b)(?:the\s+)?{_WORDS})*", re.I
)
# "Who is the mayor of X?", "what is the population of X?" are about X.
_OF = re.compile(r"^(?:who|what)(?:['’]s|\s+(?:is|are|was|were))\s+(?:the\s+)?[^,]+?\s+(?:of|in)\s+(.+?)\W*$", re.I)
_IDENTITY = re.compile(r"^(?:who|what)(?:['’]s|\s+(?:is|are|was|were))\s+(?:the\s+)?(.+?)\W*$", re.I)
# Nouns before "of" that tell what befell somebody: whose name may follow.
_BEFELL = r"(?:murder|death|killing|arrest|assassination|resignation|election|wife|husband|son|daughter|mother|trial)"


@dataclass(frozen=True, slots=True)
class Context:
    """`about` is what the question is about, for one that says nothing of it; `thing` is what "it" stands for."""

    before: Exchange
    names: tuple[str, ...]
    clause: Clause | None
    about: str
    thing: str

    @classmethod
    def of(cls, before: Exchange) -> Context:
        """What this exchange leaves."""
        names = before.names or tuple(names_in(before.question))
        thing = _thing(before.question, names)
        people = [name for name in names if gender(name, _before(before.question, name))]
        about = thing or next((name for name in reversed(names) if name not in people), "") or (names or ("",))[-1]
        return cls(before, names, Clause.parse(before.question, short_answer(before)), about, thing)

    @property
    def called(self) -> str:
        """The name that "who is NAME?" asks about: its answer describes it."""
        asked = _IDENTITY.match(self.before.question)
        return asked[1] if asked and without_titles(asked[1]) in self.names else ""

    @property
    def place(self) -> str:
        """What "there" stands for: the place that the question names or was answered with, else its thing."""
        question, clause = self.before.question, self.clause
        if clause and clause.word == "where" and names_in(clause.answer):
            return clause.answer
        at = [name for name in self.names if re.search(rf"\b{_IN}\s+(?:the\s+)?{re.escape(name)}", question)]
        at = [name for name in at if not is_event(name)]
        return at[-1] if at else self.thing if self.thing in self.names and not is_body(self.thing) else ""

    def person(self, pronoun: Gender) -> str:
        """Whom "he" or "she" stands for; empty if nobody, or if it could be two."""
        question, clause = self.before.question, self.clause
        if self.called:
            return self.called if could_be(self.called, pronoun) else ""
        if clause and clause.word in ("who", "whom") and clause.answer and could_be(clause.answer, pronoun):
            return clause.answer
        known = [name for name in self.names if gender(name, _before(question, name)) == pronoun]
        may = [name for name in self.names if could_be(name, pronoun, _before(question, name))]
        may = known or [name for name in may if not self.is_where(name)]
        return may[0] if len(may) == 1 else ""

    def several(self) -> str:
        """Whom or what "they" stands for; empty if unclear."""
        question, clause = self.before.question, self.clause
        if clause and (counted := re.match(r"how\s+many\s+(\w+)$", clause.word)) and clause.asks_its_subject:
            passive = re.match(r"(?:were|was)\s+(\w+ed\b.*)$", clause.rest)
            return f"the {counted[1]} {passive[1]}" if passive else f"the {counted[1]} that {clause.rest}"
        if clause and clause.word == "who" and clause.subject:
            # "Who discovered gravitational waves?": they may be either.
            plural = re.search(r"\s(?:the\s+)?[a-z][\w ]*[a-z]{2}[^s\W]s(?:\s+(?:in|at|of)\s.+)?$", clause.rest)
            return "" if plural or gender(clause.subject) else clause.subject
        if self.called:
            return self.called if not gender(self.called) else ""
        either = "|".join(re.escape(name) for name in self.names)
        if self.names and (joined := re.search(rf"(?:(?:{either}),\s+)*(?:{either})\s+and\s+(?:{either})", question)):
            return joined.group()
        for name in self.names if len(self.names) == 1 else [name for name in self.names if is_body(name)]:
            acting = re.search(rf"\b{AUXILIARY}\s+((?:the\s+)?{re.escape(name)})\b", question, re.IGNORECASE)
            if acting and not gender(name, _before(question, name)):
                return acting[1]
        return ""

    def is_where(self, name: str) -> bool:
        """Whether a name stands where a place does: "visit Kyiv", "mayor of Raqqa"."""
        stands = re.escape(name)
        befell = re.search(rf"\b{_BEFELL}\s+of\s+{stands}", self.before.question, re.IGNORECASE)
        place = rf"(?:\b(?:in|at|near|from|into|around|over|of|{_VERBS_OF_PLACES})|,)\s+{stands}"
        within = rf"\bthe\s+{stands}\s+[a-z]"  # "the Sinai attack"
        return bool(re.search(f"{place}|{within}", self.before.question, re.IGNORECASE)) and not befell


def _before(question: str, name: str) -> str:
    """The word before a name, which may be a title: "Mrs", "Prince"."""
    words = question[: max(0, question.find(name))].split()
    return words[-1] if words else ""


def _thing(question: str, names: tuple[str, ...]) -> str:
    """The last phrase with "the" or name that is neither a person nor where something was."""
    if about := _OF.match(question):
        last = [name for name in names if name.lower() in about[1].lower()]
        return last[-1] if last else about[1]
    phrases = [(found.start(), _whole(question, found)) for found in _PHRASE.finditer(question)]
    spans = [(start, start + len(phrase)) for start, phrase in phrases]
    for name in names:
        at = question.find(name)
        if at >= 0 and not any(start <= at < end for start, end in spans):
            phrases.append((at, name))
    things = [
        phrase
        for at, phrase in sorted(phrases)
        if not ((phrase in names or is_place(phrase)) and re.search(rf"\b{_IN}\s*$", question[:at], re.IGNORECASE))
        and not (phrase in names and gender(phrase, _before(question, phrase)))
    ]
    return things[-1] if things else ""


def _whole(question: str, found: re.Match[str]) -> str:
    """The phrase without the verb that ends it in "did the Syrian army take ..." or "was the match played"."""
    words = found.group().split()
    before, after = question[: found.start()], question[found.end() :].strip(" ?.!")
    simple = [
        i for i, word in enumerate(words) if word.lower() in ("of", "in", "on", "at", "against", "between", "for")
    ]
    end = simple[0] if simple else len(words)
    if re.search(r"\b(?:did|does|do|will|can|could|would|should)\s+$", before, re.I) and end > 2:
        return " ".join(words[: end - 1])
    if re.search(r"\b(?:is|are|was|were|has|have|had)\s+$", before, re.I) and not after and end > 2:
        ends = re.search(r"(?:ed|en|held|won|made|built|found|shot|born|lost)$", words[end - 1])
        return " ".join(words[: end - 1] if ends else words)
    return " ".join(words)
