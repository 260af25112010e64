"""Questions that want a yes, a no or a choice, which no words of an article are."""

from __future__ import annotations

import re

_LEADS = r"(?:(?:and|but|so|then|well|or|also)\b\W*)*"
_VERBS = (
    r"(?:(?:is|are|was|were|do|does|did|has|have|had|could|would|should|might|must|need|ca|wo)(?:n['’]t)?|am|can|cannot"
    r"|will|shall|may(?!\s+\d))"
)
_BEGINS = re.compile(rf"\W*{_LEADS}{_VERBS}\b", re.IGNORECASE)
_CHOICE = re.compile(r"\w\W+or\s+\w", re.IGNORECASE)
_ASKS_FOR_WORDS = re.compile(r"\b(?:who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE)


def wants_yes_or_no(question: str) -> bool:
    """Whether an English question begins with the verb ("Did Trump win?"), or names what to choose between and asks
    for nothing else ("Harvey or Maria?")."""
    if _BEGINS.match(question):
        return True
    return _CHOICE.search(question) is not None and not _ASKS_FOR_WORDS.search(question)
