"""A question that leans on the one before it -> the same question standing alone.

"Who holds Albu Kamal?" - "and who held it before?" -> "who held Albu Kamal before 9 November 2017?". Rules only, so
that what was understood is plain, shown, and taken back by asking in other words. The rules are tried in the order of
`RULES`; the first that makes a question of it wins. What none understands with confidence is left as it was asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from index.names import names_in
from qa.answer import Exchange
from qa.context import Context
from qa.fragment import SOMEONE, in_place_of, is_time
from qa.loose import dated
from qa.pronouns import refers, replaced
from qa.rank import FUNCTION_WORDS
from qa.timex import expressions

# As long as a question may be: every "it" of a long one made a long name would be a multiple of that.
LONGEST_QUESTION = 2000
# A longer "what about ...?" is a question of its own; so is one that ends in "... say?", or "before", after more words.
_LONGEST_FRAGMENT, _LONGEST_LOOSE = 7, 10


def _any_case(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_LINK = _any_case(r"^(?:(?:and|but|so|then|also|ok|okay)\b[\s,]*)+(?=\S)")
_ABOUT = _any_case(r"^(?:what|how)\s+about\s+")
_ASKS = _any_case(
    r"^(?:who|whom|whose|what|when|where|why|which|how|is|are|was|were|do|does|did|has|have|had|can|could|will|would"
    r"|should)\b|\bto\s+whom\b"
)
_WITH_PREPOSITION = _any_case(r"^(?:in|on|at|for|of|before|after|during|since|until)\s+\S+(?:\s+\S+){0,3}$")
# "When was that?", "since when?", "where did it happen?": only the question word is new.
_BARE = _any_case(
    r"^(?P<word>(?:(?:since|until|till|by|for|to|with|against|in|on|at|from)\s+)?"
    r"(?:when|where|why|how(?:\s+(?:long|often|come|much))?|(?:what|which)\s+(?:day|date|year|month|time)|whom)"
    r"|(?:by|for|to|with|against|in|on|at|from)\s+(?:what|which)(?:\s+\w+)?|what\s+for)(?:\s+exactly)?"
    r"(?:\s+(?:was|were|is|did)\s+(?:that|this|it)(?:\s+(?:happen|be|so|occur)\w*)?)?"
    r"(?:\s+(?:exactly|that|this|it|so))?\W*$"
)
# "Where is that?" asks for the place of a thing; "how much?" and "whom?" may ask for anything.
_NOT_ALONE = _any_case(
    r"^(?:where(?:\s+exactly)?\s+is\b|how\s+(?:long|much|often)\s+(?:is|was|were)\b|(?:whom|how\s+much)\W*$)"
)
_TIMES = {"day": "on", "date": "on", "year": "in", "month": "in", "time": "at"}
_WHO_SAYS = _any_case(
    r"^who\s+(?:(says?|said|reports?|reported|confirms?|confirmed|denies|denied)(?:\s+(?:that|this|it|so))?"
    r"|(claims?|claimed)(?:\s+(?:that|this|so))?)\W*$"
)
_IS_TRUE = _any_case(r"^(?:is|was|has)\s+(?:that|this|it)\s+(?:been\s+)?(confirmed|true|certain|verified|official)\W*$")
_WHO_ELSE = _any_case(r"^(who|what|where|when)\s+else\W*$")
_WHO_DID = _any_case(r"^(?:who\s+(?:did|has\s+done)\s+(?:it|that|this)|by\s+whom)\W*$")
# "Who was it before?", "who was before him?": the question before, of another time.
_WHO_WAS = _any_case(
    r"^(who|what)\s+(?:is|was|were|came|has\s+been|had\s+been)\s+(?:(?:it|that|this)\s+)?(?=\S)(.+?)\W*$"
)
_SPEAKS = _any_case(
    r"\b(?:say|said|says|think|thought|respond(?:ed)?|react(?:ed)?|comment(?:ed)?|claim(?:ed)?)(?=\W*$)"
)
_WHAT_HAPPENED = _any_case(r"^(what\s+(?:else\s+)?happened)\b")
# Words that tell nothing of what a question is about.
_GENERAL = frozenset("many much people persons exactly long often far take last happen happened cost start end".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class _Turn:
    """A question after another: `asked` without an "and" before it, and whether it had one."""

    asked: str
    linked: bool
    before: Exchange
    context: Context
    as_of: date


def in_full(question: str, before: Exchange, as_of: date) -> str:
    """`question` as it would be asked without `before`; itself when it does not lean on it, or would be too long."""
    asked = _ABOUT.sub("", _LINK.sub("", question))
    turn = _Turn(asked, asked != question, before, Context.of(before), as_of)
    full = next((made for rule in RULES if (made := rule(turn))), asked)
    return question if full == asked or len(full) > LONGEST_QUESTION else full[:1].upper() + full[1:]


# Whatever was asked before: enough to tell whether a question leans on it.
_DAY = date(2000, 1, 1)
_ANYTHING = (
    Exchange(
        question="Who leads X in war in 2000?", names=("X",), answer="X", first_published=_DAY, last_published=_DAY
    ),
    Exchange(question="How many people were killed in war?", answer="5", first_published=_DAY, last_published=_DAY),
)


def leans(question: str, as_of: date) -> bool:
    """Whether a question is not complete without the one before it."""
    fragment = _LINK.match(question) and not _ASKS.search(_LINK.sub("", question))
    return bool(fragment) or any(in_full(question, before, as_of) != question for before in _ANYTHING)


def _another_question_word(turn: _Turn) -> str | None:
    """ "When was that?", "why?", "to whom?"."""
    bare, clause = _BARE.match(turn.asked), turn.context.clause
    if not bare or _NOT_ALONE.match(turn.asked) or not clause:
        return None
    word = " ".join(bare["word"].lower().split())
    if (what := re.match(r"(?:what|which)\s+(\w+)$", word)) and what[1] in _TIMES:
        word = f"{_TIMES[what[1]]} {word}"
    word = "why" if word in ("what for", "how come") else word
    exactly = " exactly" if re.search(r"\bexactly\b", turn.asked, re.IGNORECASE) else ""
    return clause.asked_with(f"{word}{exactly}")


def _who_says_so(turn: _Turn) -> str | None:
    if not (says := _WHO_SAYS.match(turn.asked)):
        return None
    verb = re.sub(r"^(?:says?|claims?|claimed|reports?|reported)$", "said", (says[1] or says[2]).lower())
    stated = turn.context.clause.stated() if turn.context.clause else None
    about = turn.context.about
    return f"who {verb} that {stated}?" if stated else f"who said so about {about}?" if about else None


def _whether_it_is_so(turn: _Turn) -> str | None:
    true, clause = _IS_TRUE.match(turn.asked), turn.context.clause
    stated = clause.stated() if true and clause else None
    return f"is it {true[1].lower()} that {stated}?" if true and stated else None


def _who_else(turn: _Turn) -> str | None:
    else_, clause = _WHO_ELSE.match(turn.asked), turn.context.clause
    return clause.asked_of_another() if else_ and clause and clause.word == else_[1].lower() else None


def _who_did_it(turn: _Turn) -> str | None:
    return turn.context.clause.done_by() if _WHO_DID.match(turn.asked) and turn.context.clause else None


def _of_another_time_or_name(turn: _Turn) -> str | None:
    """ "And in Raqqa?", "what about 2016?", "who was it before him?": the question before, with that put in."""
    fragment = turn.asked.rstrip(" ?.!")
    if (was := _WHO_WAS.match(turn.asked)) and was[1].lower() == (turn.context.clause and turn.context.clause.word):
        told = is_time(was[2], turn.as_of) or SOMEONE.fullmatch(was[2])
        return in_place_of(was[2], turn.context, turn.as_of) if told else None
    if len(fragment.split()) > _LONGEST_FRAGMENT:
        return None
    alone = _WITH_PREPOSITION.match(fragment) or is_time(fragment, turn.as_of)
    if _ASKS.search(fragment) or not (turn.linked or alone):
        return None
    return in_place_of(fragment, turn.context, turn.as_of)


def _referring(turn: _Turn) -> str | None:
    """ "When did he lose it?": with pronouns replaced by what they stand for, days and what it is about added."""
    if not _ASKS.search(turn.asked):
        put = replaced(turn.asked, turn.context)
        return f"what about {put}" if turn.linked and put != turn.asked else put
    short = len(turn.asked.split()) <= _LONGEST_LOOSE
    asked = replaced(dated(turn.asked, turn.before) if short else turn.asked, turn.context)
    about = turn.context.about if short else ""
    if not about or refers(asked):
        return asked
    if asked != turn.asked:
        happened = None if names_in(asked) else _WHAT_HAPPENED.match(asked)
        return f"{happened.group()} with {about}{asked[happened.end() :]}" if happened else asked
    if _SPEAKS.search(asked):
        return f"{asked.rstrip(' ?.!')} about {about}?"
    return f"{asked.rstrip(' ?.!')}, {about}?" if _incomplete(asked, turn.as_of) else asked


RULES: tuple[Callable[[_Turn], str | None], ...] = (
    _who_says_so,
    _whether_it_is_so,
    _who_else,
    _who_did_it,
    _another_question_word,
    _of_another_time_or_name,
    _referring,
)


def _incomplete(asked: str, as_of: date) -> bool:
    """Whether a question lacks what it is about, having hardly a word of its own."""
    words = [word.lower() for word in re.findall(r"[^\W_]+", asked)]
    told = [word for word in words if word not in FUNCTION_WORDS and word not in _GENERAL]
    return (
        bool(_ASKS.match(asked)) and len(told) <= 1 and not names_in(asked) and not expressions(asked, as_of, ahead=0)
    )
