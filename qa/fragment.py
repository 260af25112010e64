"""A time or a name alone, "and in Raqqa?", put in its place in the question before."""

from __future__ import annotations

import re
from datetime import date

from index.names import names_in
from qa.context import Context
from qa.kinds import could_be, gender, is_body, is_event, is_place
from qa.loose import AFTER, BEFORE, dated
from qa.rank import FUNCTION_WORDS
from qa.timex import expressions

# What is left of "in October 2017" once the day is out.
_LOOSE = re.compile(r"\s+(?:in|on|since|before|after|until|as of|by)?\s*$", re.IGNORECASE)
_NOW = re.compile(r"(?:right\s+)?now|nowadays|currently|at\s+(?:the\s+moment|present)", re.IGNORECASE)
_SMALL_NAME = rf"(?!(?:{'|'.join(sorted(FUNCTION_WORDS))}|then|so|yet|now)\b)[^\W\d_][\w'’-]{{3,}}(?:\s[\w'’-]+)?"
SOMEONE = re.compile(r"(before|after)\s+(him|her|them)", re.IGNORECASE)
_YEAR_BESIDE = re.compile(r"(?:in\s+)?the\s+year\s+(before|after)(?:\s+that)?", re.IGNORECASE)
_YEAR = r"(?:1[4-9]|20)\d\d"
_PREPOSITION = re.compile(r"^(in|at|for|on|of|with|by|from|to|against)\s+(.+)$", re.IGNORECASE)
# Where a phrase after a preposition ends.
_END = r"(?=\s+(?:in|at|for|on|of|with|by|from|to|against|and|or|before|after|since|until)\b|[,;]|\W*$)"


def in_place_of(fragment: str, context: Context, as_of: date) -> str | None:
    """The question before with the fragment in the place of what is of its kind there; None if nothing surely is."""
    question = context.before.question.rstrip(" ?.!")
    if re.fullmatch(_YEAR, fragment):
        fragment = f"in {fragment}"
    if beside := _YEAR_BESIDE.fullmatch(fragment):
        return _year_beside(question, -1 if beside[1].lower() == "before" else 1, as_of)
    if someone := SOMEONE.fullmatch(fragment):
        return _at_another_time(someone[1], question, context, as_of) if _is_followed(someone, context) else None
    if is_time(fragment, as_of):
        return _at_another_time(fragment, question, context, as_of)
    if tied := _PREPOSITION.match(fragment):
        return _put_after(tied[1].lower(), tied[2], question, context)
    if put := _put_for_phrase(fragment, question, context.thing):
        return put
    # Who types no capitals types none now.
    small = context.names and all(name.islower() for name in context.names) and re.fullmatch(_SMALL_NAME, fragment)
    if names_in(fragment) or small:
        return _put_for_name(fragment, question, context)
    return _put_for_noun(fragment, question)


def _at_another_time(time: str, question: str, context: Context, as_of: date) -> str:
    """The question with its own days taken out and others put at the end. Before somebody is before the reports of
    that answer: no report says "the prime minister before Johnson"."""
    for found in reversed(expressions(question, as_of, ahead=0)):
        question = _LOOSE.sub("", question[: found.start]) + question[found.end :]
    if time.lower().startswith("before") or BEFORE.fullmatch(time):
        question = re.sub(r"^(who|what)\s+is\b", r"\1 was", question, flags=re.IGNORECASE)
        question = re.sub(r"^(who|what)\s+are\b", r"\1 were", question, flags=re.IGNORECASE)
    return f"{dated(question, context.before)} {dated(time, context.before).strip()}?"


def is_time(fragment: str, as_of: date) -> bool:
    """Whether a fragment says nothing but when."""
    found = expressions(fragment, as_of, ahead=0)
    rest = fragment
    for one in reversed(found):
        rest = rest[: one.start] + rest[one.end :]
    if re.fullmatch(_YEAR, fragment) or _YEAR_BESIDE.fullmatch(fragment):
        return True
    loose = BEFORE.fullmatch(fragment) or AFTER.fullmatch(fragment) or _NOW.fullmatch(fragment)
    return bool(loose) or (bool(found) and all(word.lower() in FUNCTION_WORDS for word in re.findall(r"\w+", rest)))


def _is_followed(someone: re.Match[str], context: Context) -> bool:
    """Whether somebody comes before or after the answer: it is that of "who is ...?", and fits "him" or "her"."""
    pronoun, known = someone[2].lower(), context.before.first_published and context.before.last_published
    whom = context.several() if pronoun == "them" else context.person("he" if pronoun == "him" else "she")
    return bool(known and context.clause and context.clause.subject and whom == context.clause.subject)


def _year_beside(question: str, years: int, as_of: date) -> str | None:
    found = [
        one for one in expressions(question, as_of, ahead=0) if re.fullmatch(r"\d{4}", question[one.start : one.end])
    ]
    if len(found) != 1:
        return None
    return f"{question[: found[0].start]}{found[0].first.year + years}{question[found[0].end :]}?"


def _put_after(preposition: str, what: str, question: str, context: Context) -> str | None:
    """ "And in physics?" after "... in literature": what stands after the same word is replaced, a name by a name."""
    named = bool(names_in(what))
    tied = re.finditer(rf"\b{preposition}\s+(?!\d)(\S.*?){_END}", question, re.IGNORECASE)
    found = [one for one in tied if bool(names_in(one[1])) == named]
    found = found or [one for one in re.finditer(rf"\b{preposition}\s+(?!\d)(\S.*?){_END}", question, re.I) if named]
    if found:
        return f"{question[: found[-1].start(1)]}{what}{question[found[-1].end(1) :]}?"
    holds = context.thing in context.names and not _acts(context.thing, question) and not is_body(context.thing)
    return _put_for_name(what, question, context) if named and holds else None


def _put_for_phrase(what: str, question: str, thing: str) -> str | None:
    """ "And the French election?", "and the government?": a phrase for one of the same last word, or of a body."""
    head = re.split(r"\s+(?:of|in|on|at|against|between|for)\s", thing)[0]
    alike = head.lower().startswith("the ") and what.lower().startswith("the ")
    same = alike and what.split()[-1].lower() == head.split()[-1].lower()
    if not same and not (alike and is_body(what) and is_body(head)) and not (is_event(what) and is_event(head)):
        return None
    # A prize has a field, which is not that of another prize: "the Nobel Prize in literature".
    field = r"(?:\s+(?:in|for|of)\s+[a-z]+)?" if is_event(head) else ""
    return re.sub(f"{re.escape(head)}{field}", lambda _: what, question, count=1, flags=re.IGNORECASE) + "?"


def _put_for_name(what: str, question: str, context: Context) -> str | None:
    """ "And Mosul?": the name of its kind is replaced, the last one if the kinds are not known."""
    names = [name for name in context.names if name.lower() in question.lower()]
    fits = [name for name in names if _may_replace(what, name) and not (gender(what) and context.is_where(name))]
    sure = [name for name in fits if (is_place(what) and is_place(name)) or (gender(what) and gender(name))]
    chosen = (sure or ([context.about] if context.about in fits else []) or fits)[-1:]
    if not chosen:
        return None
    article = r"(?:the\s+)?" if re.match(r"the\s", what, re.IGNORECASE) else ""
    name = rf"{article}(?<!\w){re.escape(chosen[0])}(?!\w)"
    # Part of a longer phrase, "the Sinai mosque attack", a name cannot be exchanged without the rest.
    if re.search(rf"{name}\s+(?!{_VERB}\b)[a-z]", question) and re.search(rf"\bthe\s+{name}", question):
        return None
    return re.sub(name, lambda _: what, question, count=1, flags=re.IGNORECASE) + "?"


_VERB = (
    r"(?:is|are|was|were|has|have|had|did|does|do|say|said|in|on|at|of|to|and|or|about|for|with|from|by|after|before)"
)


def _put_for_noun(what: str, question: str) -> str | None:
    """ "And chemistry?" after "... in physics": a word without article for the last such after a preposition."""
    found = list(re.finditer(rf"\b(?:in|for|of|on)\s+(?!\d|the\b|an?\b)([a-z]+){_END}", question))
    if not found or not re.fullmatch(r"(?!the\b|an?\b|that\b|this\b)[a-z]+", what):
        return None
    return f"{question[: found[-1].start(1)]}{what}{question[found[-1].end(1) :]}?"


def _acts(name: str, question: str) -> bool:
    return bool(re.search(rf"\b(?:did|does|do|will|has|have)\s+(?:the\s+)?{re.escape(name)}", question, re.IGNORECASE))


def _may_replace(what: str, name: str) -> bool:
    """Whether what is known of two names lets one stand for the other."""
    if gender(what):
        return could_be(name, "he") or could_be(name, "she")
    if is_place(what):
        return not gender(name) and not is_event(name) and not is_body(name)
    return is_body(what) == is_body(name) or not (is_body(what) or is_place(name) or is_place(what))
