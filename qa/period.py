"""When a question asks about: its time expressions as a range of days that filters, or that is only preferred."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from qa.days import DAY
from qa.timex import Timex, expressions

Use = Literal["filter", "prefer"]


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, inclusive, None being open, that the words `text` of a question mean.

    `filter`: only reports published then are searched; `prefer`: those are preferred.
    """

    text: str
    first: date | None
    last: date | None
    use: Use


# What ties an expression to the question's time, right before it or a few words earlier in the clause.
_OPERATOR = re.compile(
    r"\b(as\s+of|since|after|before|until|till|by|from|between|in|on|during|of|at|around)\b", re.IGNORECASE
)
_BOUNDS = frozenset(("since", "after", "before", "until", "till", "by", "from"))
# Words from the operator to its expression, at most: "before the Mosul offensive ended on 10 July 2017".
_REACH = 8
# "For the first time since 1979" dates a comparison, not what is asked.
_COMPARISON = re.compile(
    r"\b(?:first|highest|lowest|biggest|largest|worst|best|most|least|longest|youngest|oldest|not|never|\w+n['’]t|hasn|"
    r"no|every|nearly)\b[^.;?!]*\bsince\b[^.;?!]*$",
    re.IGNORECASE,
)
# Days. With all days of the year before as filters, RealTime QA's questions of 2022 and 2023 lost .006 of recall@10.
JUST_PAST = 21
# Words of the present: dates beside them only explain ("retired in 2018 ... made it official this week").
_PRESENT = re.compile(
    r"\b(?:now|newly|currently|recently|lately|at\s+present|these\s+days|this\s+(?:past\s+)?(?:week|weekend|month|year)"
    r"|(?:past|last)\s+few\s+(?:days|weeks)|(?-i:today|tonight))\b",
    re.IGNORECASE,
)
# A question of the present: dates in it belong to what is asked about ("Who leads the party founded in 2013?").
_NOW = re.compile(
    r"^\W*(?:who|what|which(?:\s+[\w’'-]+){1,3}?)\s+(?:is|are|has|have|holds?|controls?|leads?|heads?|runs?|rules?|governs?"
    r"|owns?|commands?|occup(?:y|ies))\b|^\W*(?:is|are|has|have|does|do)\b",
    re.IGNORECASE,
)


# Verbs of the past that no ending tells; regular ones end in -ed.
_PAST = re.compile(
    r"\b(was|were|did|had|won|lost|took|held|fell|made|said|told|became|began|went|came|got|gave|left|led|met|ran"
    r"|beat|broke|bought|sold|built|sent|spent|struck|wrote|drew|rose|set|hit|\w{2,}ed)\b",
    re.IGNORECASE,
)


def asks_of_the_past(question: str) -> bool:
    """Whether a question speaks of something over ("who won ...?"): then the latest report is not the better one."""
    return bool(_PAST.search(question))


def period(question: str, as_of: date) -> Period | None:
    """The period that a question asks about, seen from `as_of`; None when it asks of the present or of no time.

    A calendar date ("in November 2017", "on 3 May", "since 2015") filters; what is vaguer ("last week", "in May",
    two dates that make no range) is preferred. Times wholly after `as_of` are no time of publication: None.
    """
    found = expressions(question, as_of, ahead=0)
    if not found:
        return None
    operators = [_operator(question, found, i) for i in range(len(found))]
    if len(found) == 2 and operators[0] in ("between", "from") and _joins(question, found) and found[0].first <= as_of:
        words = question[_start(question, found[0], operators[0]) : found[1].end]
        return _made(words, found, found[0].first, _followed(found[0].first, found[1].last, as_of), as_of)
    asked = [
        (timex, operator)
        for timex, operator in zip(found, operators, strict=True)
        if timex.first <= as_of and not _COMPARISON.search(question, 0, timex.start)
    ]
    if _PRESENT.search(question):
        asked = [(timex, operator) for timex, operator in asked if operator in ("since", "as of")]
    elif (asking := _asking(question)) is not None:
        asked = [(timex, operator) for timex, operator in asked if _of_the_verb(question, asking, timex, operator)]
    if not asked:
        return None
    first_timex, operator = asked[0]
    if len(asked) > 1:
        first, last = min(t.first for t, _ in asked), max(t.last for t, _ in asked)
        words = question[first_timex.start : asked[-1][0].end]
        return Period(words, first, min(last, as_of), "prefer")
    words = question[_start(question, first_timex, operator) : first_timex.end]
    if operator == "around":
        return Period(words, first_timex.first, min(first_timex.last, as_of), "prefer")
    return _made(words, [first_timex], *_bounds(question, first_timex, operator, as_of), as_of)


def _asking(question: str) -> int | None:
    """Where the sentence that asks begins, if its verb is of the present; None if it is not."""
    begin = max((match.end() for match in re.finditer(r"[.!?]\s+(?=[A-Z])", question)), default=0)
    return begin if _NOW.search(re.sub(r",[^,]*,", " ", question[begin:])) else None


def _of_the_verb(question: str, asking: int, timex: Timex, operator: str) -> bool:
    """Whether a date in a question of the present is its own ("who holds it on 9 November"), not that of something
    over which it mentions ("the party founded in 2013")."""
    if operator in ("since", "as of"):
        return True
    return timex.start >= asking and operator != "of" and not asks_of_the_past(question[asking : timex.start])


def _made(words: str, found: Sequence[Timex], first: date | None, last: date | None, as_of: date) -> Period:
    certain = all(t.kind == "dated" or _surely_this_year(t, as_of) for t in found)
    return Period(words, first, last, "filter" if certain else "prefer")


def _surely_this_year(timex: Timex, as_of: date) -> bool:
    """Whether a time without a year is a day just past: "in May" may be any year's, "July 4" is every year's."""
    return timex.kind == "yearless" and timex.first == timex.last and (as_of - timex.last).days <= JUST_PAST


def _bounds(question: str, timex: Timex, operator: str, as_of: date) -> tuple[date | None, date | None]:
    """The first and last day; "after losing Raqqa in October 2017" begins in October, "after October 2017" does not."""
    between = question[_start(question, timex, operator) : timex.start]
    within = len(between.split()) > 1 and timex.first != timex.last
    if operator == "since" or (operator == "from" and timex.kind != "relative"):
        return timex.first, None
    if operator == "after":
        return timex.first if within else timex.last + DAY, None
    if operator == "before":
        return None, min(timex.last, as_of) if within else timex.first - DAY
    if operator in ("until", "till", "by", "as of"):
        return None, min(timex.last, as_of)
    return timex.first, _followed(timex.first, timex.last, as_of)


def _followed(first: date, last: date, as_of: date) -> date:
    """The day by which what happened in a period has been reported: a tenth of its length later, a day at least."""
    after = max(1, (last - first).days // 10)
    return min(last + timedelta(days=after), as_of)


def _operator(question: str, found: Sequence[Timex], i: int) -> str:
    """The word that ties the expression to the question, lower case; empty when none does."""
    begin = found[i - 1].end if i else 0
    clause = re.split(r"[.;?!]", question[begin : found[i].start])[-1]
    said = [(" ".join(match.group(1).lower().split()), match.end()) for match in _OPERATOR.finditer(clause)]
    if {"before", "after"} <= {word for word, _ in said}:
        return "around"
    near = [word for word, end in said if len(clause[end:].split()) <= _REACH]
    bound = next((word for word in reversed(near) if word in _BOUNDS and word not in ("from", "by")), "")
    right_before = said[-1][0] if said and not clause[said[-1][1] :].strip(" ,") else ""
    if right_before in ("in", "on", "during", "at", "of", "around", "") and bound:
        return bound
    return right_before


def _joins(question: str, found: Sequence[Timex]) -> bool:
    return bool(
        re.fullmatch(r"\s*(?:and|to|until|till|through|[-\u2013\u2014])\s*", question[found[0].end : found[1].start])
    )


def _start(question: str, timex: Timex, operator: str) -> int:
    """Where the words begin that the reader is shown: at the operator, if it stands right before."""
    places = [match.start() for match in re.finditer(rf"\b{operator}\b", question[: timex.start], re.IGNORECASE)]
    return places[-1] if operator and places else timex.start
