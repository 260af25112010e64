"""Questions that an archive answers, made from its own headlines, for people who see it for the first time.

"Trevor Noah to host the Grammys" becomes "Who is to host the Grammys?", and stays when the archive answers it with the
name that was taken out: round-trip consistency (Alberti et al. 2019).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from index.browse import Listing
from index.names import names_in, one_name
from qa.answer import Ask
from qa.pipeline import QA

# Articles whose headlines are looked at, and headlines that are tried, newest first: a dozen seconds of work.
LATEST, TRIED = 300, 24
# The words of a headline after its name, and how likely the answer must be.
WORDS = range(4, 13)
LEAST_CONFIDENCE = 0.3

_VERB = re.compile(r"(?P<to>to )?[a-z]{3,}")
_NO_SENTENCE = re.compile(r"\.\.\.|[…:;|?!\"“”()\[\]]|\s[-–—]\s")


def example_questions(qa: QA, wanted: int, *, pause: float = 0.0) -> list[str]:
    """At most `wanted` questions, each of another name; [] for an archive without such headlines. Rests for `pause`
    seconds after each try, so that somebody who asks meanwhile need not wait."""
    found: dict[str, str] = {}
    for name, question in _tried(qa):
        if name not in found:
            answer = qa.ask(Ask(question=question, timeline=False)).answer
            if answer and answer.confidence >= LEAST_CONFIDENCE and _same(answer.text, name):
                found[name] = question
            time.sleep(pause)
        if len(found) == wanted:
            break
    return list(found.values())


def _tried(qa: QA) -> Iterator[tuple[str, str]]:
    _, latest = qa.archive.browse.articles(Listing(), 0, LATEST)
    made = [(name, question) for article in latest for name, question in _asked(" ".join(article.title.split()))]
    return iter(made[:TRIED])


def _asked(headline: str) -> Iterator[tuple[str, str]]:
    """The name that a headline begins with, and the question for it; nothing for other headlines."""
    name = next(iter(names_in(headline)), "")
    rest = headline[len(name) :].strip(" .")
    verb = _VERB.match(rest)
    if " " not in name or not headline.startswith(f"{name} ") or not verb or _NO_SENTENCE.search(headline):
        return
    # "Supreme Court rules", but not "Supreme Court justice": a headline's verb ends in s, or stands behind "to".
    if len(rest.split()) in WORDS and (verb["to"] or verb[0].endswith("s")):
        yield name, f"Who {'is ' if verb['to'] else ''}{rest}?"


def _same(answer: str, name: str) -> bool:
    return one_name(answer, name) or answer in name or name in answer
