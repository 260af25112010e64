"""What is asked: the question made clean, its filters checked, `as_of` settled."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from index.article import Selection, day_number
from index.errors import FilterError, QuestionError
from qa.answer import Ask, Filters
from qa.followup import in_full
from qa.period import Period, asks_of_the_past, period

# A question of this length is a page of text; longer ones are refused, not cut.
MAX_QUESTION_CHARS = 2000
# Days after which what "the past year" says of its beginning is old news.
A_LONG_TIME = 60
# Printed news begins later (1605), the calendar of `date` ends in 9999: nothing sensible lies outside.
FIRST_YEAR, LAST_YEAR = 1400, 2999


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as it will be answered.

    `filters` are those in force, the question's own dates included; `asked` those the caller set. `period` is what
    the question's words say of time, None when they say nothing or are to be ignored.
    """

    text: str
    as_of: date
    filters: Filters
    asked: Filters
    period: Period | None = None
    relaxed: bool = False

    @property
    def selection(self) -> Selection:
        """The restriction in the terms of the archive."""
        after, before = self.filters.after, self.filters.before
        return Selection(
            as_of=day_number(self.as_of),
            after=day_number(after) if after else None,
            before=day_number(before) if before else None,
            sources=self.filters.sources,
            languages=self.filters.languages,
        )

    @property
    def near(self) -> tuple[date, date]:
        """The days asked about: those of the period, else the last that the filters let through."""
        last = min(self.as_of, self.filters.before or self.as_of)
        if self.period is None or self.period.last is None or self._until_now:
            return last, last
        return self.period.first or self.period.last, self.period.last

    @property
    def of_the_past(self) -> bool:
        """Whether it speaks of something over, or of days of its own: then the newest report is not the best one."""
        dated = self.period is not None and self.period.last is not None and not self._until_now
        return not self._just_before and (dated or asks_of_the_past(self.text))

    @property
    def of_a_state(self) -> bool:
        """Whether it asks how things stand ("who holds ..."): then a newer report outweighs several older ones."""
        now = self.period is None and not self.of_the_past and bool(_STATE.search(self.text))
        return now or self._just_before

    @property
    def of_an_office(self) -> bool:
        """Whether that is who holds an office, or is somebody's husband or the like, not who holds a place."""
        return self.of_a_state and not _HOLDS.search(self.text)

    @property
    def _until_now(self) -> bool:
        """Whether it asks of a long time that goes on, "over the past year": the newest report knows best."""
        asked = self.period
        if asked is None or asked.use != "prefer" or asked.first is None or asked.last != self.as_of:
            return False
        return (asked.last - asked.first).days > A_LONG_TIME

    @property
    def _just_before(self) -> bool:
        """Whether it asks how things stood up to a day: "who held it before 20 November?" """
        until = self.period is not None and self.period.first is None and self.period.last is not None
        return until and bool(_STATE.search(self.text) or _STOOD.search(self.text))

    @property
    def can_relax(self) -> bool:
        """Whether dates of the question's own words filter."""
        return self.filters != self.asked

    def relax(self) -> Understood:
        """The same without the question's own dates as a filter; they are still preferred."""
        return replace(self, filters=self.asked, relaxed=True)


def understand(
    ask: Ask, known_sources: Collection[str], known_languages: Collection[str] = (), newest: date | None = None
) -> Understood:
    """Checks a question against what the archive holds, and reads its time expressions.

    `as_of` defaults to today (UTC); times without a year then count from `newest`, the archive's last day. Raises
    QuestionError for an empty or oversized question and FilterError for dates that contradict one another, or a source
    or language that the archive does not have.
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
    # "In October", asked of an archive that ends in 2019 and of no day, is the last October that it knows.
    today = min(as_of, newest) if newest and ask.as_of is None else as_of
    if ask.follows:
        text = in_full(text, ask.follows, today)
    for field, day in (("as_of", ask.as_of), ("after", ask.after), ("before", ask.before)):
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise FilterError(f"{field}: the year {day.year} is not between {FIRST_YEAR} and {LAST_YEAR}.", field=field)
    if ask.after and ask.before and ask.after > ask.before:
        raise FilterError(f"after ({ask.after}) is later than before ({ask.before}): nothing can match.", field="after")
    if ask.after and ask.after > as_of:
        raise FilterError(f"after ({ask.after}) is later than as_of ({as_of}): nothing can match.", field="after")
    _check("source", ask.sources, known_sources)
    _check("language", ask.languages, known_languages)
    asked = Filters(
        after=ask.after,
        before=ask.before,
        sources=tuple(sorted(set(ask.sources))),
        languages=tuple(sorted(set(ask.languages))),
    )
    found = None if ask.ignore_period else period(text, today)
    if found and (ask.after or ask.before):
        found = replace(found, use="prefer")  # the caller's own dates go before those read from words
    applied = asked
    if found and found.use == "filter":
        applied = asked.model_copy(update={"after": found.first, "before": found.last})
    return Understood(text, as_of, applied, asked, found)


# Verbs of holding a place or an office, in the present.
_STATE = re.compile(
    r"\b(?:who|which|what)\b.*\b(?:holds?|controls?|leads?|heads?|runs?|rules?|governs?|owns?|commands?|occup(?:y|ies)"
    r"|in\s+(?:control|charge|power))\b|\bwho(?:['’]s|\s+is|\s+are)\s+(?:now\s+)?(?:the\s+)?\w+",
    re.IGNORECASE,
)
# Of these, those that are said of places, where things change from day to day.
_HOLDS = re.compile(
    r"\b(?:hold(?:s|ing)?|held|control(?:s|led)?|own(?:s|ed)?|command(?:s|ed)?|occup(?:y|ies|ied)"
    r"|in\s+(?:control|charge|power))\b",
    re.IGNORECASE,
)
_STOOD = re.compile(
    r"\b(?:who|which|what)\b.*\b(?:held|controlled|led|headed|ran|ruled|governed|owned|commanded|occupied)\b"
    r"|\bwho\s+(?:was|were)\s+(?:the\s+)?\w+",
    re.IGNORECASE,
)


def _check(kind: str, asked: Collection[str], known: Collection[str]) -> None:
    for name in asked:
        if name not in known:
            same = [one for one in sorted(known) if one.lower() == name.lower()]
            near = same or difflib.get_close_matches(name, list(known), n=3, cutoff=0.4)
            hint = f" Did you mean {', '.join(map(repr, near))}?" if near else ""
            message = f"The archive has no {kind} {name!r}.{hint} `backissue info` lists them."
            raise FilterError(message, field=f"{kind}s")


def _printable(text: str) -> str:
    """Control and formatting characters (zero widths, direction overrides) and lone surrogates become blanks."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in text)
