"""What speaks against a span, by its sentence: that it is of somebody else, of another year, denied, or over.

Each doubt leaves a share of a span's weight; they multiply. The shares are set by hand, on the questions of
tests/qa/sample_questions.jsonl (of 71, 39 were answered right and 28 wrong without them, 51 and 17 with them and with
what is news judged by the name). On RealTime QA's of July to December 2023 they change little: calibrated anew and
cross-validated, EM .373 and F1 .427 with them as without.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import prod

from index.article import StoredPassage
from qa.naming import Naming
from qa.over import has_a_word_of, has_left, has_left_office
from qa.question import Understood
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
MAX_NAME_WORDS = 4


def doubts(understood: Understood, naming: Naming, spans: Sequence[Span], found: Sequence[Found]) -> dict[Span, float]:
    """What is left of the weight of each span that something speaks against, 0 to 1."""
    of_passage = {index: _of_passage(understood, naming, found[index].passage) for index in {s.passage for s in spans}}
    shares = {
        span: of_passage[span.passage] * prod(_of_span(understood, naming, span, found[span.passage].passage))
        for span in spans
    }
    if understood.of_a_state:
        for span in _over(naming, understood.of_an_office, spans, found):
            shares[span] *= OVER
    return {span: share for span, share in shares.items() if share < 1}


def both(some: Mapping[Span, float], others: Mapping[Span, float]) -> dict[Span, float]:
    """What is left where two kinds of doubt speak against a span."""
    return {span: some.get(span, 1.0) * others.get(span, 1.0) for span in {**some, **others}}


def _of_passage(understood: Understood, naming: Naming, passage: StoredPassage) -> float:
    """What is left of all spans of a passage."""
    text = f"{passage.title}\n{passage.text}"
    share = NO_SUCH_OFFICE if understood.of_an_office and not has_a_word_of(naming, text) else 1.0
    return share * (OTHER_YEAR if of_another_year(understood.text, passage.published_day, text) else 1.0)


def _of_span(understood: Understood, naming: Naming, span: Span, passage: StoredPassage) -> list[float]:
    before = passage.cut(span.quote_start, span.start)
    near = passage.cut(max(passage.start, span.quote_start - BEFORE), span.quote_end)
    shares = []
    if not naming.mentioned(f"{passage.title}\n{near}"):
        shares.append(APART)
    if is_denied(understood.text, before):
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


def names_in_full(naming: Naming, answer: str) -> bool:
    """Whether an answer is a name of the question with more of it before: Robert Mugabe, asked of Mugabe."""
    words = answer.lower().split()
    if len(words) > MAX_NAME_WORDS:
        return False
    forms = (form.lower().split() for one in naming.named for form in one.forms)
    return any(len(form) < len(words) and words[-len(form) :] == form for form in forms)
