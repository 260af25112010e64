"""Questions that an archive answers, made from its own articles, for people who see it for the first time.

Round-trip consistency (Alberti et al. 2019): what the archive says somebody is, it is asked in turn; a question stays
when its answer is the name that it was made from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from index.browse import Listing
from index.names import names_in, one_name
from qa.answer import Ask
from qa.pipeline import QA

# Articles whose headlines are searched for names, and names that are tried: some ten seconds of work.
LATEST, TRIED = 200, 24
# A description of somebody has this many words, and both answers are at least this likely.
WORDS = range(2, 9)
LEAST_CONFIDENCE = 0.3


def example_questions(qa: QA, wanted: int) -> list[str]:
    """At most `wanted` questions whose answers the archive gives with some confidence; [] for an empty archive."""
    found: list[str] = []
    for name in _names(qa):
        question = _asked_back(qa, name)
        if question and question not in found:
            found.append(question)
        if len(found) == wanted:
            break
    return found


def _names(qa: QA) -> Iterator[str]:
    """Names of several words in the latest headlines, those of most articles first."""
    _, latest = qa.archive.browse.articles(Listing(), 0, LATEST)
    counts: Counter[str] = Counter()
    for article in latest:
        # A headline in which every word has a capital tells no names.
        if any(word.islower() and len(word) > 4 for word in article.title.split()):
            counts.update(name for name in names_in(article.title) if " " in name)
    return (name for name, _ in counts.most_common(TRIED))


def _asked_back(qa: QA, name: str) -> str | None:
    """A question that is answered by `name`; None when the archive does not say well enough who it is."""
    described = qa.ask(Ask(question=f"Who is {name}?", timeline=False)).answer
    if described is None or described.confidence < LEAST_CONFIDENCE or len(described.text.split()) not in WORDS:
        return None
    if names_in(name)[0] in names_in(described.text):
        return None
    question = f"Who is {_article(described.text)}{described.text}?"
    answer = qa.ask(Ask(question=question, timeline=False)).answer
    if answer is None or answer.confidence < LEAST_CONFIDENCE or not _same(answer.text, name):
        return None
    return question


def _same(answer: str, name: str) -> bool:
    return one_name(answer, name) or answer in name or name in answer


def _article(description: str) -> str:
    first = description.split()[0]
    return "" if first.lower() in ("the", "a", "an") or first.endswith(("'s", "’s")) else "the "
