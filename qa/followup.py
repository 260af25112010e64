"""A question that leans on the one before it -> the same question standing alone.

"Who holds Albu Kamal?" - "and who held it before?" -> "who held Albu Kamal before 9 November 2017?". Rules only, so
that what was understood is plain, shown, and taken back by asking in other words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import partial

from index.names import names_in
from qa.answer import Exchange
from qa.rank import FUNCTION_WORDS
from qa.timex import expressions

# An answer longer than this is no name that a pronoun could stand for.
LONGEST_NAME = 60
# As long as a question may be: every "it" of a long one made a long name would be a multiple of that.
LONGEST_QUESTION = 2000


def _any_case(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_LINK = _any_case(r"^(?:(?:and|but|so|then|also|ok|okay)\b[\s,]*)+(?=\S)")
_ABOUT = _any_case(r"^(?:what|how)\s+about\s+")
_ASKS = _any_case(
    r"^(?:who|whom|whose|what|when|where|why|which|how|is|are|was|were|do|does|did|has|have|had|can|could|will|would"
    r"|should)\b|\bto\s+whom\b"
)
# "When was that?", "why?", "where did it happen?": only the question word is new.
_BARE = _any_case(
    r"^(when|where|why|how)(?:\s+(?:(?:was|is|were|did)\s+)?(?:that|this|it|they|he|she)(?:\s+(?:happen|be|so|do|go)\w*)?"
    r"(?:\s+(?:that|this|it|so))?)?\W*$"
)
_WHO_SAYS = _any_case(r"^who\s+(?:says?|said|claims?|claimed|reports?|reported)(?:\s+(?:that|this|it|so))?\W*$")
# "Who holds X?" asks for its subject, "when did X fall?" has it.
_SUBJECT = _any_case(r"^(?:who|what|which\s+\w+)\s+(?!(?:is|are|was|were)\s+\w+ing\b|did|does|do\b)(.+?)\W*$")
_INVERTED = _any_case(r"^(?:what|which\s+\w+|whom?|when|where|why|how)\s+((?:did|does|do|was|were|is|are)\s.+?)\W*$")
_BEFORE = _any_case(r"[\s,]*\b(?:before(?:\s+(?:that|then|this|it))?|earlier|previously|until\s+then)(?=\W*$)")
_AFTER = _any_case(
    r"[\s,]*\b(?:after(?:\s+(?:that|then|this|it))?|afterwards?|later(?:\s+on)?|next|since(?:\s+then)?)(?=\W*$)"
)
_SPEAKS = _any_case(
    r"\b(?:say|said|says|think|thought|respond(?:ed)?|react(?:ed)?|comment(?:ed)?|claim(?:ed)?)(?=\W*$)"
)
_THING = _any_case(r"\b(?:it|(?:that|this)(?=\W*$))(?!['’])\b")
_EXPLETIVE = _any_case(
    r"\bit\s+(?:tak(?:e|es|ing)|took|true|possible|likely|legal|illegal|clear|rain|snow|that\b)"
    r"|\bwhat\s+(?:time|day)\s+is\s+it"
)
_PLACE = _any_case(r"\b(?:in\s+|from\s+)?there\b(?!\s+(?:is|are|was|were|be|been|will|a|any|no)\b)")
_KIND = _any_case(r"\b(?:the|that|this)\s+(?:town|city|village|place|country|region|province|border\s+post)\b")
_PERSON = _any_case(r"\b(?:he|she|him|they|them)\b")
_OWN = _any_case(r"\b(?:its|his|their|hers|theirs|her)\b")
_GENERAL = frozenset(("many", "much", "people", "persons", "exactly", "long", "often", "far"))
# What is left of "in October 2017" once the day is out.
_LOOSE = _any_case(r"\s+(?:in|on|since|before|after|until|as of|by)?\s*$")


@dataclass(frozen=True, slots=True)
class _Context:
    """What the question before leaves to refer to: the thing it is about, who answered it or acts in it."""

    thing: str
    who: str


def in_full(question: str, before: Exchange, as_of: date) -> str:
    """`question` as it would be asked without `before`; itself when it does not lean on it, or would be too long.

    A pronoun stands for the last name of the question before, a personal one for its answer if that is a name, else
    for its first name; "before" and "after" without an object for the days of its answer; a question of its question
    word alone, or of a name or a day alone, for the question before with that put in.
    """
    full = _in_full(question, before, as_of)
    return question if full == question or len(full) > LONGEST_QUESTION else full[:1].upper() + full[1:]


# Whatever was asked before: enough to tell whether a question leans on it.
_ANYTHING = Exchange(
    question="Who leads X?", names=("X",), answer="X", first_published=date(2000, 1, 1), last_published=date(2000, 1, 1)
)


def leans(question: str, as_of: date) -> bool:
    """Whether a question is not complete without the one before it."""
    return in_full(question, _ANYTHING, as_of) != question


def _in_full(question: str, before: Exchange, as_of: date) -> str:
    linked = _LINK.match(question) or _ABOUT.match(question)
    asked = _ABOUT.sub("", _LINK.sub("", question))
    context = _context(before)
    if bare := _BARE.match(asked) or _WHO_SAYS.match(asked):
        about = f"who said so about {context.thing}?" if bare.re is _WHO_SAYS and context.thing else question
        return _asked_anew(bare, before) or about
    if linked and not _ASKS.match(asked):
        return _put_in(asked.rstrip(" ?.!"), before, context, as_of)
    full = _referring(_dated(asked, before), context)
    if full == asked and context.thing and _incomplete(asked, as_of):
        link = " about " if _SPEAKS.search(asked) else ", "
        full = f"{asked.rstrip(' ?.!')}{link}{context.thing}?"
    return full if full != asked else question


def _context(before: Exchange) -> _Context:
    names = before.names or tuple(names_in(before.question))
    phrase = re.search(r"\bthe\s+[^,?]+?(?=\W*$)", before.question)
    # "The orbit around Saturn" is not about Saturn; a name that no preposition ties to another thing is.
    tied = [rf"\b(?:around|near|from|over|to|at)\s+{re.escape(name)}" for name in names]
    free = [name for name, pattern in zip(names, tied, strict=True) if not re.search(pattern, before.question)]
    thing = (free or names)[-1] if names else phrase.group() if phrase else ""
    answer = before.answer or ""
    named = len(answer) <= LONGEST_NAME and bool(names_in(answer))
    return _Context(thing, answer if named else names[0] if names else thing)


def _asked_anew(bare: re.Match[str], before: Exchange) -> str | None:
    """The question before under another question word: "when was it that ISIS held Albu Kamal?"."""
    answer = before.answer if before.answer and len(before.answer) <= LONGEST_NAME else None
    word = bare.group(1) if bare.re is _BARE else None
    if (subject := _SUBJECT.match(before.question)) and answer:
        return f"{word} was it that {answer} {subject[1]}?" if word else f"who said that {answer} {subject[1]}?"
    if (inverted := _INVERTED.match(before.question)) and word:
        return f"{word} {inverted[1]}?"
    return None


def _put_in(fragment: str, before: Exchange, context: _Context, as_of: date) -> str:
    """The question before, with a day or a name alone put in the place of its own."""
    question = before.question.rstrip(" ?.!")
    if _is_time(fragment, as_of):
        for found in reversed(expressions(question, as_of, ahead=0)):
            question = _LOOSE.sub("", question[: found.start]) + question[found.end :]
        return f"{_dated(question, before)} {_dated(fragment, before).strip()}?"
    bare = re.sub(r"^(?:in|at|for|on|of|with)\s+", "", fragment, flags=re.IGNORECASE)
    if context.thing and context.thing.lower() in question.lower():
        put = re.sub(re.escape(context.thing), lambda _: bare, question, count=1, flags=re.IGNORECASE)
        return f"{put}?"
    return f"{question}, {fragment}?"


def _is_time(fragment: str, as_of: date) -> bool:
    found = expressions(fragment, as_of, ahead=0)
    rest = fragment
    for one in reversed(found):
        rest = rest[: one.start] + rest[one.end :]
    return bool(_BEFORE.fullmatch(fragment) or _AFTER.fullmatch(fragment)) or (
        bool(found) and all(word.lower() in FUNCTION_WORDS for word in re.findall(r"\w+", rest))
    )


def _referring(asked: str, context: _Context) -> str:
    """The question with its pronouns replaced by what they stand for; those after a name of its own stand for that."""
    own = names_in(asked)
    reach = min((asked.find(name) for name in own), default=len(asked))

    def said(match: re.Match[str], what: str) -> str:
        return what if what and match.start() < reach else match.group()

    rules = [(_KIND, context.thing), (_PLACE, context.thing and f"in {context.thing}")]
    if context.who:
        rules += [(_PERSON, context.who), (_OWN, f"{context.who}'s")]
    if not _EXPLETIVE.search(asked):
        rules.append((_THING, context.thing))
    for pattern, what in rules:
        asked = pattern.sub(partial(said, what=what), asked)
    return asked


def _dated(asked: str, before: Exchange) -> str:
    """The question with a loose "before" or "after" counted from the reports of the answer before it."""
    first, last = before.first_published, before.last_published
    if first and _BEFORE.search(asked):
        return _BEFORE.sub(f" before {first.day} {first:%B} {first.year}", asked, count=1)
    if last and _AFTER.search(asked):
        return _AFTER.sub(f" after {last.day} {last:%B} {last.year}", asked, count=1)
    return asked


def _incomplete(asked: str, as_of: date) -> bool:
    """Whether a question lacks what it is about: it ends in a verb of saying, or has hardly a word of its own."""
    if _SPEAKS.search(asked):
        return True
    words = [word.lower() for word in re.findall(r"[^\W_]+", asked)]
    told = [word for word in words if word not in FUNCTION_WORDS and word not in _GENERAL]
    return (
        bool(_ASKS.match(asked)) and len(told) <= 1 and not names_in(asked) and not expressions(asked, as_of, ahead=0)
    )
