"""What is asked: the question made clean, its filters checked, `as_of` settled."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime

from index.article import Selection, day_number
from index.errors import FilterError, QuestionError
from qa.answer import Ask, Filters

# A question of this length is a page of text; longer ones are refused, not cut.
MAX_QUESTION_CHARS = 2000
# Printed news begins later (1605), the calendar of `date` ends in 9999: nothing sensible lies outside.
FIRST_YEAR, LAST_YEAR = 1400, 2999


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as it will be answered."""

    text: str
    as_of: date
    filters: Filters

    @property
    def selection(self) -> Selection:
        """The same restriction in the terms of the archive."""
        after, before = self.filters.after, self.filters.before
        return Selection(
            as_of=day_number(self.as_of),
            after=day_number(after) if after else None,
            before=day_number(before) if before else None,
            sources=self.filters.sources,
        )


def understand(ask: Ask, known_sources: Collection[str]) -> Understood:
    """Checks a question against what the archive holds.

    `as_of` defaults to today (UTC). Raises QuestionError for an empty or oversized question and FilterError
    for dates that contradict one another or a source that the archive does not have.
    """
    text = " ".join(_printable(ask.question).split())
    if not any(character.isalnum() for character in text):
        raise QuestionError("The question is empty. Ask something, such as: who holds Albu Kamal?", field="question")
    if len(text) > MAX_QUESTION_CHARS:
        raise QuestionError(
            f"The question has {len(text):,} characters; at most {MAX_QUESTION_CHARS:,} are read. Shorten it.",
            field="question",
        )
    text = unicodedata.normalize("NFC", text)  # after the check: it takes quadratic time on hostile text
    as_of = ask.as_of or datetime.now(UTC).date()
    for field, day in (("as_of", ask.as_of), ("after", ask.after), ("before", ask.before)):
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise FilterError(f"{field}: the year {day.year} is not between {FIRST_YEAR} and {LAST_YEAR}.", field=field)
    if ask.after and ask.before and ask.after > ask.before:
        raise FilterError(f"after ({ask.after}) is later than before ({ask.before}): nothing can match.", field="after")
    if ask.after and ask.after > as_of:
        raise FilterError(f"after ({ask.after}) is later than as_of ({as_of}): nothing can match.", field="after")
    for source in ask.sources:
        _check_source(source, known_sources)
    return Understood(text, as_of, Filters(after=ask.after, before=ask.before, sources=tuple(sorted(set(ask.sources)))))


# Verbs of the past that no ending tells; regular ones end in -ed.
_PAST = re.compile(
    r"\b(was|were|did|had|won|lost|took|held|fell|made|said|told|became|began|went|came|got|gave|left|led|met|ran"
    r"|beat|broke|bought|sold|built|sent|spent|struck|wrote|drew|rose|set|hit|\w{2,}ed)\b",
    re.IGNORECASE,
)


def asks_of_the_past(question: str) -> bool:
    """Whether a question speaks of something over ("who won ...?"): then the latest report is not the better one."""
    return bool(_PAST.search(question))


def _check_source(source: str, known: Collection[str]) -> None:
    if source in known:
        return
    near = difflib.get_close_matches(source, list(known), n=3, cutoff=0.4)
    hint = f" Did you mean {', '.join(repr(name) for name in near)}?" if near else ""
    raise FilterError(f"The archive has no source {source!r}.{hint} `backissue info` lists them.", field="sources")


def _printable(text: str) -> str:
    """Control and formatting characters (zero widths, direction overrides) and lone surrogates become blanks."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in text)
