"""Who says so: the speaker that a sentence names, the words that hedge it, and whether it is quoted speech.

Only what the sentence itself says is given; nothing is inferred from other sentences.
"""

from __future__ import annotations

import re

Span = tuple[int, int]

_VERB = (
    r"(?:said|says|say|told|announced|announces|reported|reports|confirmed|confirms|claimed|claims|denied|denies"
    r"|insisted|insists|maintained|maintains|declared|declares|warned|warns|added|adds|wrote|writes|tweeted|testified"
    r"|estimated|estimates|acknowledged|acknowledges|alleged|alleges|argued|argues|stated|states|suggested|suggests"
    r"|predicted|predicts|revealed|admitted|explained|noted)"
)
# "Announced by", "added to the pressure" and "claimed 40 lives" say nothing.
_SAID = re.compile(
    rf"\b{_VERB}\b(?!\s+(?:by|to\s+the)\b)(?!(?<=claimed)\s+(?:at\s+least|more\s+than|some|the\s+li[fv]e|\d))"
)
# What may stand between a speaker and "said": "has", "also", "on Friday".
_BETWEEN = re.compile(
    r"(?:\s+(?:has|have|had|since|also|later|then|previously|earlier|reportedly|repeatedly|today|yesterday"
    r"|(?:on|late|early)\s+(?:[A-Z]\w+day|(?:on\s+)?[A-Z]\w+day|[A-Z]\w+\s+\d{1,2})))*\s*$"
)
_ACCORDING = re.compile(r"\baccording\s+to\s+|\bas\s+reported\s+by\s+|\bciting\s+|\bquoting\s+", re.IGNORECASE)
# Where the words that name a speaker end.
_END = re.compile(
    r"[,;:.!?)\]\"”’—–](?:\s|$)|\s[-–—]\s|\s+(?:who|which|that|as|when|while|after|before|but|because|if|whose)\s"
    r"|\s+(?:on|late|early)\s+(?:[A-Z]\w+day)\b|\s+in\s+(?:a|an|its|his|her|their)\s|\s+during\s|$"
)
# People and bodies that speak without a name.
_SPEAKER = re.compile(
    r"\b(?:officials?|sources?|police|army|military|ministry|minister|government|authorities|spokes(?:man|woman|person|people)"
    r"|media|residents?|witnesses|activists?|monitors?|monitoring|reports?|study|researchers?|scientists?|experts?"
    r"|analysts?|company|agency|agencies|statement|council|court|doctors?|sheriff|mayor|governor|coach|captain|chief|lawyers?|prosecutors?|rebels?|commanders?"
    r"|troops|militants|television|radio|newspaper|group|organi[sz]ation|people|survey|poll|data|documents?|figures)\b",
    re.IGNORECASE,
)
# "The coach", "one witness": somebody, whatever the noun.
_SOMEBODY = re.compile(r"(?:the|a|an|one|two|three|his|her|its|their|another|several)\s+\w+", re.IGNORECASE)
_PRONOUN = re.compile(r"(?:he|she|they|it|we|i|you|who|which|that|this|there|one|some|many|others)$", re.IGNORECASE)
# Small words and connections that may lead up to a speaker but are no part of one.
_LEAD = re.compile(
    r"^(?:(?:and|but|while|as|however|meanwhile|also|still|yet|then|later|earlier|separately|instead|so|on"
    r"\s+[A-Z]\w+day|in\s+\d{4}|in\s+(?:a|his|her|its|their)\s+(?:statement|speech|interview|letter|report)(?:\s+on\s+[A-Z]\w+day)?)\b[\s,]*)+",
    re.IGNORECASE,
)
# Words that show that a run before "said" is a clause, not a speaker.
_CLAUSE = re.compile(
    r"\b(?:is|are|was|were|will|would|had\s+been|have\s+been|has\s+been|did|does)\b|\s[-–—]\s|^(?:[Ii]t|[Tt]his|[Tt]here)\s"
    r"|\s(?:after|before|when|while|because|until)\s"
    r"|\b(?:after|before|when|while|as|because|that|than|since|until|if|and|or|of|in|on|at|to|for|with|by|he|she|they|it"
    r"|we|who|which)$"
)
MAX_SPEAKER_WORDS = 14

_HEDGES = re.compile(
    r"\b(?:reportedly|allegedly|alleged|apparently|purported(?:ly)?|supposed(?:ly)?|unconfirmed|unverified|claim(?:s|ed)?(?!\s+(?:\d|at\s+least|the\s+li[fv]e|more\s+than))"
    r"|rumou?r(?:s|ed)?|suspected|seemingly|presumably|possibly|perhaps|probably|likely|(?:may|might|could)\s+(?:be|have)"
    r"|appear(?:s|ed)?\s+to|seem(?:s|ed)?\s+to|(?:is|are|was|were)\s+(?:believed|thought|said|understood|feared)\s+to"
    r"|believed\s+to|thought\s+to|said\s+to|if\s+confirmed|(?:could\s+not|cannot|couldn['’]t|not)\s+(?:yet\s+)?(?:be|been)"
    r"\s+(?:independently\s+)?(?:verified|confirmed)|has\s+not\s+(?:yet\s+)?(?:been\s+)?confirmed)\b",
    re.IGNORECASE,
)
# A paragraph of a longer quotation is opened and not closed.
_MARKS = re.compile(r"“[^”]*(?:”|$)|«[^»]*»|\"[^\"]*\"|(?<!\w)‘[^’]*(?:’\w[^’]*)*’(?!\w)")


def speaker(sentence: str) -> Span | None:
    """The words of a sentence that name who says so, as characters; None when it names nobody (or only "he")."""
    for match in _ACCORDING.finditer(sentence):
        if found := _named(sentence, match.end(), _end_of(sentence, match.end())):
            return found
    for match in _SAID.finditer(sentence):
        if _quoted(sentence, match.start()):
            continue
        if found := _before(sentence, match.start()) or _after(sentence, match):
            return found
    return None


def hedges(sentence: str) -> list[Span]:
    """The words of a sentence that leave what it says open: "reportedly", "may have", "could not be verified"."""
    return [match.span() for match in _HEDGES.finditer(sentence)]


def in_quotation(text: str, start: int, end: int) -> bool:
    """Whether [start, end) stands between quotation marks of its paragraph, as part of a longer quotation."""
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    paragraph = text[begin : len(text) if stop < 0 else stop]
    return any(
        match.start() + begin < start and end < match.end() + begin and match.end() - match.start() > end - start + 4
        for match in _MARKS.finditer(paragraph)
    )


def _end_of(sentence: str, at: int) -> int:
    end = _END.search(sentence, at)
    # "the U.S. State Department", "St. Louis": a stop after a capital or a short word within a sentence ends no name.
    while (
        end
        and end.end() < len(sentence)
        and sentence[end.start() : end.start() + 1] == "."
        and _SHORT.search(sentence[at : end.start()])
    ):
        end = _END.search(sentence, end.end())
    return end.start() if end else len(sentence)


_SHORT = re.compile(r"\b(?:[A-Z]|[A-Z][a-z]{1,2})$")


def _before(sentence: str, verb: int) -> Span | None:
    """The speaker right before "said", or before what is inserted: "Ann Lee, a spokeswoman, said"."""
    end = verb - len(_BETWEEN.search(sentence[:verb]).group())  # type: ignore[union-attr]  # it matches the empty end
    if sentence[:end].rstrip().endswith(","):
        inserted = sentence.rfind(",", 0, sentence.rstrip().rfind(",", 0, end))
        if inserted < 0:
            return None
        end = inserted
    begin = max((m.end() for m in re.finditer(r"[;:\"”“—]\s*|\bthat\s+|,\s+", sentence[:end])), default=0)
    return _named(sentence, begin, end)


def _after(sentence: str, said: re.Match[str]) -> Span | None:
    """The speaker right after "said", as in '..., said the ministry' and '" says Ann.'; "told" has its hearer there."""
    if said.group() == "told" or not re.search(r"[,\"”’?!]\s*$", sentence[: said.start()]):
        return None
    begin = said.end() + len(sentence[said.end() :]) - len(sentence[said.end() :].lstrip())
    return _named(sentence, begin, _end_of(sentence, begin))


def _named(sentence: str, start: int, end: int) -> Span | None:
    """[start, end) without what leads up to it and blanks; None when it is too long, a clause, or names nobody."""
    lead = _LEAD.match(sentence[start:end])
    start += lead.end() if lead else 0
    words = sentence[start:end]
    start += len(words) - len(words.lstrip())
    words = words.strip(" ,“\"'‘")
    start = sentence.find(words, start) if words else start
    if not words or len(words.split()) > MAX_SPEAKER_WORDS or _PRONOUN.match(words) or _CLAUSE.search(words):
        return None
    if not (re.search(r"[^\W\d_a-z]", words) or _SPEAKER.search(words) or _SOMEBODY.match(words)) or words[0].isdigit():
        return None
    return start, start + len(words)


def _quoted(sentence: str, at: int) -> bool:
    return any(match.start() < at < match.end() for match in _MARKS.finditer(sentence))
