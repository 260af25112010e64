"""Questions made of news: a name or figure of one article's lead is asked for, and other articles' passages answer.

No labels are needed, as in unsupervised question answering (Lewis et al. 2019); but there the question is made of the
very passage that answers it. Here the article that it is made of, and its copies, do not count: what is left is what
a reader of an archive asks, in other words than the answer's.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import date, timedelta

from index.archive import Archive
from index.article import Selection, StoredArticle, day_number
from index.browse import Listing
from index.chunk import sentences
from index.names import names_in
from qa.rank import EMPTY_WORDS, words
from qa.training.distant import Known

# Sentences of an article's beginning, beside its title; questions made of each; and words of a question on either side
# of what it asks for.
SENTENCES, A_SENTENCE, BESIDE = 3, 2, 13
# Words beside function words that a sentence needs to be about something.
ABOUT = 4
# Days before it in which other articles are of the same event.
EVENT = 14
# Articles listed at a time.
PAGE = 500
# A figure by itself: no score, time, span of years or part of a word.
_FIGURE = re.compile(
    r"(?<![\w.,:/–-])[$£€]?\d(?:[\d,.]*\d)?(?:%|\s(?:thousand|million|billion|trillion|percent)\b)?(?![\w:/–-]|[.,]\w)"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_PLACED = re.compile(r"\b(?:in|at|near|from|to|outside|across)\s+$")
_MADE_OF = ("who", "what", "which", "which one")


def questions(archive: Archive, until: date, seed: int) -> Iterator[Known]:
    """Questions asked up to a day, each of an article published the day before."""
    chance = random.Random(seed)
    listing = Listing(Selection(before=day_number(until - timedelta(days=1))))
    total, _ = archive.browse.articles(listing, 0, 0)
    told: set[str] = set()
    for offset in range(0, total, PAGE):
        for listed in archive.browse.articles(listing, offset, PAGE)[1]:
            yield from _asked(archive.article(listed.article_id), told, chance)


def _asked(article: StoredArticle, told: set[str], chance: random.Random) -> Iterator[Known]:
    """Questions of an article's sentences that were not `told` before: what many say ("From wire reports") is of no
    event."""
    if article.published_at is None:
        return
    day = article.published_at.date() + timedelta(days=1)
    lead = sentences(article.text[:2000], article.language)[:SENTENCES]
    for text in (article.title, *(article.text[start:end] for start, end in lead)):
        found = targets(text) if text not in told else []
        told.add(text)
        for start, end in chance.sample(found, min(A_SENTENCE, len(found))):
            if len(set(words(f"{text[:start]} {text[end:]}")) - EMPTY_WORDS) >= ABOUT:
                asked = question(text, start, end, chance)
                yield Known(asked, (text[start:end],), day, day - timedelta(days=EVENT), article.story)


def targets(text: str) -> list[tuple[int, int]]:
    """Where the names and figures of a sentence stand that stand in it once."""
    places = {match.span() for match in _FIGURE.finditer(text)}
    for name in names_in(text):
        whole = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
        # What begins a sentence has a capital anyway; what comes again would give its own answer.
        if len(whole) == 1 and (whole[0][0] > 0 or " " in name):
            places.add(whole[0])
    kept: list[tuple[int, int]] = []
    for start, end in sorted(places, key=lambda place: (place[0] - place[1], place)):
        if all(end <= a or start >= b for a, b in kept):
            kept.append((start, end))
    return sorted(kept)


def question(text: str, start: int, end: int, chance: random.Random) -> str:
    """The words around [start, end) as a question for it: "Iraqi forces seize what on the Syrian border?"."""
    before, after = text[:start].split()[-BESIDE:], text[end:].split()[:BESIDE]
    joined = "" if text[end : end + 1].strip() else " "  # "which one's chief", "where, on Monday"
    if _YEAR.fullmatch(text, start, end):
        word = chance.choice(("when", "what year"))
    elif text[start:end].strip("$£€")[:1].isdigit():
        word = chance.choice(("how many", "how much", "what number"))
    elif _PLACED.search(text[:start]):
        word = chance.choice(("where", "which place", *_MADE_OF))
    else:
        word = chance.choice(_MADE_OF)
    words = f"{' '.join([*before, word])}{joined}{' '.join(after)}".rstrip(" .,;:!?")
    return f"{words[:1].upper()}{words[1:]}?"
