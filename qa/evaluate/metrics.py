"""What one answer and one passage are worth: EM and F1 as SQuAD defines them, and where an accepted answer stands.

A text holds an answer when the answer stands in it as a run of whole words, both bare of case, punctuation and
articles. EM and F1 are SQuAD's (Rajpurkar et al. 2016, 2018).
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

RECALL_AT = (1, 5, 10, 20, 50)
# An answer counts as right from this F1 on: "Joe Biden" for "President Joe Biden", not "Biden" for "Hunter Biden".
RIGHT = 0.6
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = ("a", "an", "the")
# Between two words of an answer; possessive, so that no text takes longer than its length.
_GAP = r"(?:\W++(?:an?|the)(?!\w))*+\W++"


def normalise(text: str) -> str:
    """SQuAD's: lower case, ASCII punctuation out, a/an/the out, single spaces."""
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(prediction: str | None, answers: Sequence[str]) -> float:
    """1 when the prediction equals an accepted answer, both normalised; None counts as the empty answer."""
    return max((float(normalise(prediction or "") == normalise(answer)) for answer in answers or [""]), default=0.0)


def f1(prediction: str | None, answers: Sequence[str]) -> float:
    """The best harmonic mean of word precision and recall over the accepted answers."""
    return max(_f1(normalise(prediction or "").split(), normalise(answer).split()) for answer in answers or [""])


def _f1(predicted: list[str], accepted: list[str]) -> float:
    if not predicted or not accepted:
        return float(predicted == accepted)
    common = sum((Counter(predicted) & Counter(accepted)).values())
    return 2 * common / (len(predicted) + len(accepted))


class Finder:
    """Finds accepted answers in texts.

    By words alone, so that “Squid Game” and "Squid Game", ISIS-held and ISIS meet; SQuAD's normaliser parts them.
    """

    def __init__(self, answers: Sequence[str]) -> None:
        words = (re.findall(r"\w+", answer) for answer in answers)
        wanted = [[word for word in one if word.lower() not in _ARTICLES] for one in words]
        self._wanted = [([word.lower() for word in one], _pattern(one)) for one in wanted if one]

    def find(self, text: str, lowered: str | None = None) -> tuple[int, int] | None:
        """The first place of an accepted answer in the text, as half-open offsets; None when it holds none.

        `lowered` is the text in lower case, for those that look through one text again and again.
        """
        # Nearly all texts are ruled out by a look for the words, which is much quicker.
        lowered = text.lower() if lowered is None else lowered
        found = (
            match.span()
            for words, pattern in self._wanted
            if all(word in lowered for word in words) and (match := pattern.search(text))
        )
        return min(found, default=None)


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){_GAP.join(map(re.escape, words))}(?!\w)", re.IGNORECASE)


def first_hit(passages: Sequence[str], answers: Sequence[str]) -> int | None:
    """The rank, from 1, of the first passage text that holds an accepted answer; None when none does."""
    finder = Finder(answers)
    return next((rank for rank, text in enumerate(passages, start=1) if finder.find(text)), None)
