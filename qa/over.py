"""Whether a sentence says of an answer that it holds what is asked about no more: an office, a town.

The words right before and behind the answer decide; what they are said of must be the office or the place that is
asked about, for a former vice-president may be president, and who lost one town may hold another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from qa.naming import Naming
from qa.rank import EMPTY_WORDS, words

# What may stand between an answer and its verb: ", who had finally ..."; who will resign is still there.
_HELPED = r"\W*(?:(?:who|which|had|has|have|been|was|were|also|\w+ly)\s+)*"
# "... was suddenly", before a verb that is otherwise said of who does it to others: "Trump dismissed the director".
_PASSIVE = r"(?:was|were|is|are|been|being|got|gets)\s+(?:\w+ly\s+){0,2}"
_POST = r"(?:office|power|(?:his|her|their|the)\s+(?:office|post|job|role|seat|presidency|premiership|leadership))\b"
_REMOVED = r"(?:ousted|removed|dismissed|deposed|toppled|overthrown|expelled|voted\s+out|driven\s+out)\b"
_LEFT_OFFICE = re.compile(
    _HELPED
    + r"(?:"
    # "resigned as president", not "is resigned to it"
    + r"resign(?:ed|s)?\b(?!\s+to\b)|step(?:ped|s)?\s+down\b|stood\s+down\b|died\b"
    # "left office", "quit the presidency", "quit in protest", not "quit smoking"
    + rf"|(?:left|quit)\s+{_POST}|quit(?=\W*$|[,.;:]|\s+(?:as|on|in|after|over|amid)\b)"
    # "was dismissed", "was replaced by Pompeo"
    + rf"|{_PASSIVE}(?:{_REMOVED}|(?:replaced|succeeded)\b)"
    # ", ousted by the army", "removed from office", not "dismissed calls to resign"
    + rf"|{_REMOVED}(?=\s+(?:by|as|from\s+{_POST})\b))",
    re.IGNORECASE,
)
# "The former president [X]", "Ex-president [X]", "had dismissed Mr. [X]", "to succeed [X]", "the late [X]"; what
# stands between says whether it is of the office asked about: not so "former vice-president", "was succeeded by".
_ONCE = re.compile(
    r"\b(?:former|ex|previous|the\s+late|ousted|ousting|deposed|dismissed|dismissing|succeed|succeeded|replaced)"
    r"[\s-]+((?:[\w.-]+\s+){0,3})$",
    re.IGNORECASE,
)
# Characters before an answer in which that is looked for.
_ONCE_CHARS = 120
_TITLES = re.compile(r"\b(?:the|mr|mrs|ms|dr|sir|lord|lady)\b\.?", re.IGNORECASE)
# "dismissed [Trump]'s claims": of what is his, not of him.
_OWNED = re.compile(r"['’]")
# "... as president", "from his post as vice-president": the office that was left.
_AS = re.compile(rf"(?:\s+from\s+{_POST})?\s+as\s+((?:[\w-]+\s+){{0,3}}[\w-]+)", re.IGNORECASE)
# "vice-president", "deputy prime minister": another office than the one behind it.
_LESSER = {"vice", "deputy"}
# A question that asks who leads names no office; these lead.
_LEADERS = {"leader", "president", "chancellor", "premier", "prime", "minister", "chief", "head", "ruler"}
# Words of a question that say nothing of which office it is: "who now leads", "the current president".
_NO_OFFICE = {"current", "currently", "now", "new", "lead", "head", "run", "rule", "govern"}
# "lost NAME", "fled the border town of NAME", "was driven out of NAME", "withdrew from NAME": the name follows at once,
# since others are named too: "expelled IS from NAME", "left Baghdad for NAME", "lost no time in securing NAME".
_LEFT_PLACE = re.compile(
    _HELPED
    + r"(?:left|fled|lost(?:\s+(?:its\s+|their\s+)?(?:control|hold|grip)\s+(?:of|on|over))?"
    + r"|(?:are\s+|being\s+)?(?:driven|expelled|ousted|removed|withdr[ae]w|withdrawn|retreated)\s+(?:out\s+of|from))\s+"
    + r"(?:the\s+)?(?:(?:[\w-]+\s+){0,2}(?:town|city|village|district|province|port)\s+of\s+)?",
    re.IGNORECASE,
)
# "lost NAME on Friday", not "lost NAME's airport".
_NAME_ENDS = re.compile(r"(?!\w|['’]s\b)")
# Letters that words of one stem share: president, presidential, presidents.
STEM = 6


def has_left_office(naming: Naming, before: str, behind: str) -> bool:
    """Whether the words around an answer say that it holds the office asked about no more: "resigned", "the former"."""
    if left := _LEFT_OFFICE.match(behind):
        return _left_as(naming, behind[left.end() :])
    once = _ONCE.search(before[-_ONCE_CHARS:])
    if not once or _OWNED.match(behind) or not _left_as(naming, behind):
        return False
    between = _TITLES.sub(" ", once[1])
    if not between.strip():
        return True
    # "former US president Robert [X]" has names beside the office; "former aide to president [X]" is another's.
    rest = words(" ".join(word for word in between.split() if word[0].islower()))
    return is_the_office(naming, between) and _stems(rest) <= _stems(_office(naming) or _LEADERS)


def _left_as(naming: Naming, behind: str) -> bool:
    """Whether words such as "as president" are of the office asked about, or there are none."""
    office = _AS.match(behind)
    return not office or "leader" in words(office[1]) or is_the_office(naming, office[1])


def _office(naming: Naming) -> set[str]:
    """The question's words for the office asked about; none if it asks who leads."""
    return _asked(naming) - _NO_OFFICE


def is_the_office(naming: Naming, text: str) -> bool:
    """Whether a few words name the office that is asked about: not a foreign minister, asked of the prime minister."""
    said, asked = set(words(text)), _office(naming)
    if said & (_LESSER - asked):
        return False
    return _stems(asked) <= _stems(said) if asked else bool(said & _LEADERS)


def has_left(naming: Naming, behind: str) -> bool:
    """Whether the words behind an answer say that it has left what is asked about: "lost Albu Kamal". Who was driven
    from elsewhere may hold it still."""
    left = _LEFT_PLACE.match(behind)
    if not left:
        return False
    rest = behind[left.end() :].casefold()
    forms = (form.casefold() for one in naming.named for form in one.forms)
    return any(rest.startswith(form) and _NAME_ENDS.match(rest, len(form)) for form in forms)


def has_a_word_of(naming: Naming, text: str) -> bool:
    """Whether a text has any of the question's words but its names, in some form; so if it has none but names."""
    stems = _stems(_asked(naming))
    return not stems or not stems.isdisjoint(_stems(words(text)))


def _asked(naming: Naming) -> set[str]:
    """The question's words but its names."""
    return set(words(naming.question)) - EMPTY_WORDS - {w for one in naming.named for w in words(one.name)}


def _stems(some: Iterable[str]) -> set[str]:
    return {word[:STEM] for word in some}
