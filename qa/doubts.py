"""What speaks against a span, by its sentence: that it is of somebody else, of another year, denied, or over.

Each doubt leaves a share of a span's weight; they multiply. The shares are set by hand, on the questions of
tests/qa/sample_questions.jsonl (of 71, 39 were answered right and 28 wrong without them, 51 and 17 with them and with
what is news judged by the name). On RealTime QA's of July to December 2023 they change little: calibrated anew and
cross-validated, EM .373 and F1 .427 with them as without.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import prod

from qa.naming import Naming
from qa.question import Understood
from qa.rank import EMPTY_WORDS, words
from qa.read import Span
from qa.retrieve import Found

# None of the question's names stands in the quotation, in the words before it, as many as these, or in the title.
APART, BEFORE = 0.135, 250
# Who is the mayor of Paris is not told by a passage that has no word of mayors.
NO_SUCH_OFFICE = 0.135
# The question has a year, in which the article was not published, and which the passage does not mention.
OTHER_YEAR = 0.05
# "Britain will not leave on Thursday": no answer to when it will.
DENIED = 0.3
# "Robert Mugabe resigned", "the former president": they hold nothing any more, whatever was reported until then.
OVER = 0.02
# "Who succeeded Mugabe?" Hardly Robert Mugabe. But who is Trump's daughter may be Ivanka Trump.
NAMED_IN_FULL = 0.3

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_FROM_OR_TO_YEAR = re.compile(
    r"\b(?:since|before|after|until|till|by|from|between|to)\s+(?:\w+\s+){0,2}(?:19|20)\d\d\b", re.IGNORECASE
)
# What happened in November and December is still reported as news of the year in these months of the next.
_AFTERMATH = 2
_ASKS_WHEN = re.compile(r"\s*(?:when|(?:(?:on|in)\s+)?(?:what|which)\s+(?:day|date|month|year))\b", re.IGNORECASE)
_NOT = re.compile(r"\b(?:not|never|no\s+longer|cannot)\b|n['’]t\b", re.IGNORECASE)
_CLAUSE_ENDS = re.compile(r"[.;:!?]\s")
# What may stand between an answer and its verb: ", who had finally ...".
_HELPED = r"\W*(?:(?:who|which|had|has|have|been|was|were|is|would|will|to|also|\w+ly)\s+)*"
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
    r"\b(?:former|ex|previous|outgoing|the\s+late|ousted|ousting|deposed|dismissed|dismissing|succeed|succeeded|replaced)"
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
MAX_NAME_WORDS = 4
# Letters that words of one stem share: president, presidential, presidents.
STEM = 6


def doubts(understood: Understood, naming: Naming, spans: Sequence[Span], found: Sequence[Found]) -> dict[Span, float]:
    """What is left of the weight of each span that something speaks against, 0 to 1."""
    shares = {span: prod(_shares(understood, naming, span, found)) for span in spans}
    if understood.of_a_state:
        for span in _over(naming, understood.of_an_office, spans, found):
            shares[span] *= OVER
    return {span: share for span, share in shares.items() if share < 1}


def both(some: Mapping[Span, float], others: Mapping[Span, float]) -> dict[Span, float]:
    """What is left where two kinds of doubt speak against a span."""
    return {span: some.get(span, 1.0) * others.get(span, 1.0) for span in {**some, **others}}


def _shares(understood: Understood, naming: Naming, span: Span, found: Sequence[Found]) -> list[float]:
    passage = found[span.passage].passage
    question = understood.text
    before = passage.cut(span.quote_start, span.start)
    near = passage.cut(max(passage.start, span.quote_start - BEFORE), span.quote_end)
    shares = []
    if not naming.mentioned(f"{passage.title}\n{near}"):
        shares.append(APART)
    if understood.of_an_office and not has_a_word_of(naming, f"{passage.title}\n{passage.text}"):
        shares.append(NO_SUCH_OFFICE)
    if of_another_year(question, passage.published_day, f"{passage.title}\n{passage.text}"):
        shares.append(OTHER_YEAR)
    if is_denied(question, before):
        shares.append(DENIED)
    if names_in_full(naming, passage.cut(span.start, span.end)):
        shares.append(NAMED_IN_FULL)
    return shares


def _over(naming: Naming, of_an_office: bool, spans: Sequence[Span], found: Sequence[Found]) -> list[Span]:
    """The spans that their sentence says hold it no more, and those of the same name reported until then."""
    last: dict[str, int] = {}
    told: list[tuple[Span, str, int]] = []
    for span in spans:
        passage = found[span.passage].passage
        name = passage.cut(span.start, span.end).casefold().split()[-1:]
        if not name:
            continue
        told.append((span, name[0], passage.published_day or 0))
        before, behind = passage.cut(span.quote_start, span.start), passage.cut(span.end, span.quote_end)
        if has_left_office(naming, before, behind) if of_an_office else has_left(naming, behind):
            last[name[0]] = max(last.get(name[0], 0), passage.published_day or 0)
    return [span for span, name, day in told if name in last and day <= last[name]]


def has_a_word_of(naming: Naming, text: str) -> bool:
    """Whether a text has any of the question's words but its names, in some form; so if it has none but names."""
    stems = _stems(_asked(naming))
    return not stems or not stems.isdisjoint(_stems(words(text)))


def _asked(naming: Naming) -> set[str]:
    """The question's words but its names."""
    return set(words(naming.question)) - EMPTY_WORDS - {w for one in naming.named for w in words(one.name)}


def _stems(some: Iterable[str]) -> set[str]:
    return {word[:STEM] for word in some}


def of_another_year(question: str, published_day: int | None, text: str) -> bool:
    """Whether a question asks of a year, and a text of that day, YYYYMMDD, is neither of it nor mentions it.

    A question that asks from a year on, or up to it, asks of other years too.
    """
    years = {int(year) for year in _YEAR.findall(question)}
    if not years or _FROM_OR_TO_YEAR.search(question):
        return False
    if published_day:
        year, month = divmod(published_day // 100, 100)
        if year in years or (month <= _AFTERMATH and year - 1 in years):
            return False
    return years.isdisjoint(map(int, _YEAR.findall(text)))


def is_denied(question: str, before: str) -> bool:
    """Whether the words before an answer in its sentence say "not", where a question asks when something happens."""
    if not _ASKS_WHEN.match(question) or _NOT.search(question):
        return False
    return bool(_NOT.search(_CLAUSE_ENDS.split(before)[-1]))


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


def names_in_full(naming: Naming, answer: str) -> bool:
    """Whether an answer is a name of the question with more of it before: Robert Mugabe, asked of Mugabe."""
    words = answer.lower().split()
    if len(words) > MAX_NAME_WORDS:
        return False
    forms = (form.lower().split() for one in naming.named for form in one.forms)
    return any(len(form) < len(words) and words[-len(form) :] == form for form in forms)
