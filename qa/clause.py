"""The question before, taken apart: what another question word can be put before, and what it and its answer state."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.names import names_in
from qa.answer import Exchange

# An answer longer than this is no name that could stand in a question.
LONGEST_NAME = 60

AUXILIARY = r"(?:is|are|was|were|has|have|had|did|does|do|will|would|can|could|should|may|might|must)"
_DO = frozenset(("did", "does", "do"))
_PARTS = re.compile(
    rf"^(?P<word>(?:(?:since|until|till|by|for|to|with|against|in|on|at|from)\s+)?"
    rf"(?:how\s+(?:many|much)(?:\s+(?!{AUXILIARY}\b)[\w-]+(?=\s))?|how\s+(?!{AUXILIARY}\b)[\w-]+|how|which\s+[\w-]+"
    rf"|what\s+[\w-]+(?=\s+{AUXILIARY}\b)|what|whom?|when|where|why))(?:\s+exactly)?\s+(?P<rest>\S.*)$",
    re.IGNORECASE,
)
_YES_NO = re.compile(rf"^{AUXILIARY}\s+\S", re.IGNORECASE)
_COUNT = re.compile(r"^how\s+many(?:\s+(\S+))?$", re.IGNORECASE)
# Verbs after which "that" stands for what was asked; the answer, part of a sentence, does not fit there.
_OPEN_VERB = re.compile(r"\b(do|say|think|mean|want|announce|promise|claim|find)\b(?!\s+that\b)", re.IGNORECASE)
_PREPOSITION = re.compile(r"\b(?:in|at|on|to|of|for|about|with|from|against|into|by)\b", re.IGNORECASE)
_DAY = re.compile(r"when$|(?:on|in)\s+(?:what|which)\s+(?:day|date|year|month)$")
_PASSIVE = re.compile(
    r"^(?:was|were|has\s+been|have\s+been)\s+(\w+ed|shot|held|hit|won|built|made|sold|sent|lost|found)\b"
)


def short_answer(before: Exchange) -> str:
    """The answer if it can stand in a sentence: short, with the article that a headline leaves out."""
    answer = (before.answer or "").strip(" .,")
    if not answer or len(answer) > LONGEST_NAME:
        return ""
    words = answer.split()
    body = len(words) > 1 and words[0][:1].isupper() and words[-1].isalpha() and words[-1].islower()
    return f"the {answer}" if body and words[0].lower() not in ("the", "a", "an") else answer


@dataclass(frozen=True, slots=True)
class Clause:
    """A question as its question word and the rest, "who" and "holds Albu Kamal"; `word` is lower case, and empty for
    one that asks yes or no."""

    word: str
    rest: str
    answer: str

    @classmethod
    def parse(cls, question: str, answer: str = "") -> Clause | None:
        """The parts of a question with what answered it; None when it is put in another way."""
        question = question.strip(" ?.!")
        if parts := _PARTS.match(question):
            return cls(parts["word"].lower(), parts["rest"], answer)
        return cls("", question[:1].lower() + question[1:], "") if _YES_NO.match(question) else None

    @property
    def _verb(self) -> str:
        return self.rest.split()[0].lower()

    @property
    def asks_its_subject(self) -> bool:
        """Whether the answer is who or what does it: "who holds X?", not "who did X beat?" or "when did X fall?"."""
        if not re.match(r"who$|what|which|how m(?:any|uch)", self.word) or self._verb in _DO:
            return False
        # "Who will Trump meet?" has its subject, "who will be president?" asks for it.
        return not re.match(rf"{AUXILIARY}\s+(?:the\s+)?[A-Z].*\s[a-z]+$", self.rest)

    @property
    def subject(self) -> str:
        """The words for who or what does it: the answer, "people" of "how many people"; empty if not told."""
        if counted := _COUNT.match(self.word):
            return counted[1] or ""
        # "Who is Saad Hariri?" and "what is LIGO?" are answered by a description.
        bare = bool(names_in(self.answer)) and not re.match(r"(?:is|are)\s+[A-Z][\w'’. -]*$", self.rest)
        return self.answer if self.asks_its_subject and (bare or self.word.startswith("which")) else ""

    def asked_with(self, word: str) -> str | None:
        """The same under another question word: "why does ISIS hold Albu Kamal?"; None if that makes no question."""
        if not self.word:
            return f"{word} {self.rest}?"
        verb, _, more = self.rest.partition(" ")
        if not self.asks_its_subject:
            return f"{word} {self._with_object()}?" if re.match(rf"{AUXILIARY}$", verb, re.IGNORECASE) else None
        if re.match(r"happen(?:ed|s)?$", verb, re.IGNORECASE):
            return f"{word} did it happen {more}?" if more else None
        who = self.subject
        if not who:
            return None
        # "When?" of a state that lasts asks for its beginning.
        state = bool(_DAY.match(word)) and not _COUNT.match(self.word)
        since = re.sub(r"^(?:on |in )?", "since ", word)
        if re.match(rf"{AUXILIARY}$", verb, re.IGNORECASE):
            word = since if state and verb in ("is", "are") else word
            return f"{word} {verb} {who} {more}?"
        if verb.endswith("s") and not verb.endswith("ss"):
            does = "do" if re.search(r"\band\b|\bforces$", who) else "does"
            return f"{since if state else word} {does} {who} {_infinitive(verb)} {more}".rstrip() + "?"
        # The infinitive of "held" and "took" would want a dictionary.
        return f"{re.sub('^(?:since|until) when', 'when', word)} was it that {who} {self.rest}?"

    def stated(self) -> str | None:
        """What the question and its answer say together: "ISIS holds Albu Kamal"."""
        if _COUNT.match(self.word):
            number = self.answer if re.match(r"[\d.,]+$", self.answer) else ""
            return (
                f"{number} {self.subject} {self.rest}".replace("  ", " ") if number and self.asks_its_subject else None
            )
        return f"{self.subject} {self.rest}" if self.subject else None

    def asked_of_another(self) -> str | None:
        """The same for another answer: "who else holds Albu Kamal?"."""
        return f"{self.word} else {self.rest}?" if self.word in ("who", "what", "where", "when") else None

    def done_by(self) -> str | None:
        """The question for who did what is told in the passive: "who killed people in the Sinai mosque attack?"."""
        done = _PASSIVE.match(self.rest)
        return f"who {done[1]} {self.subject}{self.rest[done.end() :]}?" if done and self.subject else None

    def _with_object(self) -> str:
        """The rest with what was asked for in its place: "did Macron beat Marine Le Pen", "was Hariri in Lebanon"."""
        if self.word == "where" and names_in(self.rest) == [re.sub(r"^(?:is|are|was|were)\s+", "", self.rest)]:
            return f"{self.rest} in {self.answer}" if names_in(self.answer) else self.rest
        if not re.match(r"what|whom?$|which|how many", self.word) or self._verb not in _DO:
            return self.rest
        if _OPEN_VERB.search(self.rest):
            return _OPEN_VERB.sub(r"\1 that", self.rest, count=1)
        if counted := _COUNT.match(self.word):
            return f"{self.rest} {counted[1]}" if counted[1] else self.rest
        when = re.search(r"(?:\s+(?:on|in|since|before|after)\s+[^,]*\d[^,]*)?$", self.rest)
        rest, time = (self.rest[: when.start()], when.group()) if when else (self.rest, "")
        stranded = bool(re.search(rf"{_PREPOSITION.pattern}$", rest))
        if _PREPOSITION.search(rest) and not stranded:
            return self.rest
        return f"{rest} {self.answer if names_in(self.answer) else 'it'}{time}"


def _infinitive(verb: str) -> str:
    if verb.endswith("ies") and len(verb) > 4:
        return f"{verb[:-3]}y"
    return verb[:-2] if re.search(r"(?:ch|sh|ss|x|z|o)es$", verb) else verb[:-1]
