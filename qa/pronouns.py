"""Pronouns of a question that stand for something in the one before, replaced by it; those that stand for something
in the question itself are left."""

from __future__ import annotations

import re

from index.names import names_in
from qa.clause import AUXILIARY, Clause
from qa.context import Context

# In the order of the alternatives: "her" is a possessive before a noun, "her" for a woman elsewhere.
_PRONOUN = re.compile(
    r"\b(?:(?P<kind>(?:the|that|this)\s+(?:town|city|village|place|country|region|province|border\s+post)"
    r"(?!\s+(?:of|where|that|which|with|[A-Z])\b|['’]))"
    r"|(?P<place>(?:(?:in|from)\s+)?there(?!\s+(?:is|are|was|were|be|been|will|a|any|no|proof|evidence)\b))"
    r"|(?P<own>his|its|theirs?|her(?=\s+(?!(?:in|at|on|to|by|for|with|before|after|from|as|now)\b)[a-z]))"
    r"|(?P<subject>he|she|they)|(?P<object>him|her|them)"
    r"|(?P<thing>it|(?:that|this)(?=\W*$))(?!['’]))\b"
)
_FIRST = re.compile(r"^(?:His|Her|Its|Their|He|She|They|It|There)\b")
# "It" that stands for nothing, and "that" for what was done or said.
_EXPLETIVE = re.compile(
    r"\bit\s+(?:tak(?:e|es|ing)|took|true|possible|likely|legal|illegal|clear|rain|snow|that\b)"
    r"|\b(?:is|was)\s+it\s+(?:\w+\s+){1,2}(?:that|to|if|whether)\b|\bwhat\s+(?:time|day)\s+is\s+it|\bmake\s+it\s+to\b|\b(?:has|had)\s+it\s+been\b"
    r"|\b(?:do|did|does|done|say|said|says|know|decided)\s+(?:it|that|this)\W*$",
    re.IGNORECASE,
)
# A pronoun that ends "when did Assad meet him?" or "what did Merkel say about it?" is not Assad or Merkel.
_LAST = re.compile(
    r"(?:\b(?i:did|does|do|will|has|had|have)\s+(?:the\s+)?\w[^,]*\s[a-z]+"
    r"|\b(?:about|to|on|of|for|against|with|in))\s+(?:him|her|them|it|that|this)\W*$"
)
_AFTER_AUXILIARY = re.compile(rf"(?:^|\s){AUXILIARY}\s+$|^how\s+(?:many|much)\s+of\s+$", re.IGNORECASE)
_ONE_VERB = re.compile(r"^(?:who|what|which\s+\w+)\s+(?:has\s+|have\s+|had\s+)?[a-z]+\s+$", re.IGNORECASE)
_NOUN = re.compile(r"\b(?:the|an?|this|these|some|his|her|their|which|many)\s+\w", re.IGNORECASE)
# More than these are seldom a follow-up that asks who did something to his or its own.
_SHORT, _MIDDLE, _LONG = 5, 9, 16


def replaced(asked: str, context: Context) -> str:
    """The question with its pronouns replaced."""
    several_sentences = re.search(r"[.?!]\s+\S", asked)
    # "As it shrinks, the moon ..." tells what it is.
    told = Clause.parse(asked) is None and len(asked.split()) > _SHORT
    if several_sentences or told or asked.isupper() or len(asked.split()) > _LONG:
        return asked
    asked = _FIRST.sub(lambda match: match.group().lower(), asked)
    expletive = _EXPLETIVE.search(asked)

    def put(match: re.Match[str]) -> str:
        if (match["thing"] and expletive) or not _is_outside(asked, match):
            return match.group()
        return _antecedent(match, context) or match.group()

    return _PRONOUN.sub(put, asked)


def refers(asked: str) -> bool:
    """Whether a question speaks of somebody whom it does not name."""
    return any(match["subject"] or match["object"] for match in _PRONOUN.finditer(asked))


def _is_outside(asked: str, match: re.Match[str]) -> bool:
    """Whether a pronoun stands for something outside its question."""
    before, after = asked[: match.start()], asked[match.end() :]
    named = bool(names_in(before))
    last = _LAST.search(asked) if len(asked.split()) <= _MIDDLE else None
    if (match["object"] or match["thing"]) and last and not after.strip(" ?.!"):
        return True
    if match["kind"] or match["place"]:
        # "How many are there in Spain?" speaks of no place before.
        there_are = match["place"] and after.strip(" ?.!") and _AFTER_AUXILIARY.search(before)
        return not named and not there_are
    if _AFTER_AUXILIARY.search(before) and not named:
        return True
    clause = Clause.parse(asked)
    if clause and clause.word and clause.asks_its_subject:
        # "Who killed him?" is not about the killer, "which company lost its licence?" is about the company.
        whole = not re.match(rf"\s*{AUXILIARY}\b", after, re.IGNORECASE)
        if (match["object"] or match["thing"]) and whole and _ONE_VERB.match(before):
            return True
        return not match["subject"] and whole and len(asked.split()) <= _SHORT and not names_in(asked)
    if match["own"] and len(asked.split()) > _SHORT:
        return False  # "how did the forces change their tactics?"
    return not named and not _NOUN.search(before)


def _antecedent(match: re.Match[str], context: Context) -> str:
    """What a pronoun stands for; empty if that is unclear."""
    word, own = match.group().lower(), "'s" if match["own"] else ""
    if match["kind"]:
        return context.place or context.thing
    if match["place"]:
        return context.place and f"in {context.place}"
    if word in ("he", "him", "his"):
        who = context.person("he")
    elif word in ("she", "her"):
        who = context.person("she")
    elif word.startswith("the"):
        who = context.several()
    else:
        who = context.thing
    return who and f"{who}{own}"
