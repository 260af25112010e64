"""What articles give evidence of beside their words: the names they mention, what they correct, and which are copies
of one story. Derived from the articles on registering; asked when a question is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, insert, select

from index.article import Selection
from index.names import aliases_in, capital, fold, names_in, skeleton, written
from index.roll import Rolls
from index.spellings import Spelling, Spellings
from index.statements import aware, batches
from index.tables import AliasRow, ArticleRow, CorrectionRow, MentionRow, NameRow

__all__ = ["Evidence", "Related", "Spelling", "corrected_title", "fold_title", "forget", "remember"]

_CORRECTION = re.compile(
    r"^\W*(?:correct(?:ions?|ed|s)?|clarif(?:ications?|ied)|erratum|retraction)(?:\s*(?:&|and)\s*clarifications?)?\b(?:\s*\([^)]*\))?\s*[:\u2013\u2014-]\s*"
    r"(?P<title>.+)$|^(?P<titled>.+?)\s*[(\[](?:corrected|correction|clarified)[)\]]\s*$",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Related:
    """An article that copies or corrects another."""

    article_id: str
    title: str
    source: str | None
    url: str | None
    published_at: datetime | None


def remember(connection: Connection, article_id: str, title: str, text: str) -> None:
    """Keeps what an article version gives evidence of."""
    names = list(dict.fromkeys(part for name in names_in(text) for part in _parts(name)))
    connection.execute(insert(MentionRow), [{"article_id": article_id, "names": "\n".join(names)}])
    if keyed := [(key, name) for name in names if (key := skeleton(name))]:
        rows = [{"skeleton": key, "name": name, "article_id": article_id} for key, name in sorted(keyed)]
        connection.execute(insert(NameRow), rows)
    pairs = {(fold(one), fold(other)) for one, other in aliases_in(text)}
    aliases = [
        {"one": one, "other": other, "article_id": article_id}
        for one, other in sorted(pairs)
        if one and other and one != other
    ]
    if aliases:
        connection.execute(insert(AliasRow), aliases)
    if corrected := corrected_title(title):
        connection.execute(insert(CorrectionRow), [{"article_id": article_id, "title": fold_title(corrected)}])


def forget(connection: Connection, article_ids: Sequence[str]) -> None:
    """Forgets what article versions gave evidence of."""
    for batch in batches(article_ids):
        held = select(MentionRow.article_id, MentionRow.names).where(MentionRow.article_id.in_(batch))
        for row in connection.execute(held).all():
            keys = sorted({skeleton(name) for name in row.names.split("\n")})
            mine = (NameRow.skeleton.in_(keys), NameRow.article_id == row.article_id)
            connection.execute(delete(NameRow).where(*mine))
        for table in (MentionRow, AliasRow, CorrectionRow):
            connection.execute(delete(table).where(table.article_id.in_(batch)))


def _parts(name: str) -> list[str]:
    """A name, its last two words and its last: "Prime Minister Haider al-Abadi", "Haider al-Abadi", "al-Abadi"."""
    words = name.split()
    return [name, *(" ".join(words[-n:]) for n in (2, 1) if len(words) > n and _may_begin(words[-n]))]


def _may_begin(word: str) -> bool:
    return len(word) > 1 and capital(word)


def corrected_title(title: str) -> str | None:
    """The title of the article that an article of this title corrects; None when it corrects none."""
    match = _CORRECTION.match(title.strip())
    return (match["title"] or match["titled"]).strip() if match else None


def fold_title(title: str) -> str:
    """A title's words alone."""
    return " ".join(re.findall(r"\w+", title.lower()))


class Evidence:
    """Asks the catalog for it. Every answer is held to a selection, so that nothing later than `as_of` shows."""

    def __init__(self, engine: Engine, rolls: Rolls) -> None:
        self._engine = engine
        self._rolls = rolls
        self._spellings = Spellings(self.names_of)

    def forget_cached(self) -> None:
        """Call when the archive has changed."""
        self._spellings.forget_cached()

    def spellings(self, name: str, selection: Selection) -> tuple[Spelling, ...]:
        """How the archive spells a name otherwise, the commonest first, at most `spellings.SPELLINGS`."""
        return self._spellings.find(name, _any_filter(selection), self._rolls.now())

    def mentioning(self, names: Iterable[str], selection: Selection) -> int:
        """How many articles mention one of these names, in these very spellings (capitals and particles aside)."""
        return len(self._rolls.now().mentioning(names, written, selection))

    def known(self, names: Iterable[str], selection: Selection) -> set[str]:
        """Those of these names that an article mentions, in this spelling or one that is surely the same."""
        roll, names = self._rolls.now(), list(names)
        roll.named(map(skeleton, names))  # looked up all at once, they are at hand below
        return {name for name in names if len(roll.mentioning([name], fold, selection))}

    def names_of(self, article_ids: Sequence[str]) -> dict[str, list[str]]:
        """The names that each article version mentions, in order of appearance."""
        found: dict[str, list[str]] = {article_id: [] for article_id in article_ids}
        with self._engine.connect() as connection:
            for batch in batches(list(found)):
                query = select(MentionRow.article_id, MentionRow.names).where(MentionRow.article_id.in_(batch))
                found.update({row.article_id: row.names.split("\n") for row in connection.execute(query) if row.names})
        return found

    def aliases(self, names: Iterable[str], selection: Selection) -> set[frozenset[str]]:
        """The pairs, folded, of one of these names and another that an article says is the same."""
        folded = sorted({fold(name) for name in names} - {""})
        query = select(AliasRow.__table__).where(AliasRow.one.in_(folded) | AliasRow.other.in_(folded))
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        roll, day = self._rolls.now(), _any_filter(selection)
        return {frozenset((row.one, row.other)) for row in rows if roll.holds(row.article_id, day)}

    def corrections(self, articles: Mapping[str, str], selection: Selection) -> dict[str, list[Related]]:
        """The articles that correct these (given by id, with their stories): of a title that the story has, by an
        outlet that has told it."""
        day = _any_filter(selection)
        by_title: dict[str, list[Any]] = {}
        tellers = select(ArticleRow.story, *_RELATED, ArticleRow.published_day)
        for row in self._standing(tellers.where(ArticleRow.story.in_(sorted(set(articles.values())))), day):
            by_title.setdefault(fold_title(row.title), []).append(row)
        query = (
            select(CorrectionRow.title.label("corrected"), *_RELATED, ArticleRow.published_day)
            .join(ArticleRow, ArticleRow.id == CorrectionRow.article_id)
            .where(CorrectionRow.title.in_(sorted(by_title)))
            .order_by(*_OLDEST_FIRST)
        )
        found: dict[str, list[Related]] = {}
        for row in self._standing(query, day):
            held = by_title[row.corrected]
            for story in {told.story for told in held if _corrects(row, told)}:
                found.setdefault(story, []).append(_related(row))
        return {
            article_id: [related for related in found[story] if related.article_id != article_id]
            for article_id, story in articles.items()
            if story in found
        }

    def copies(self, articles: Mapping[str, str], selection: Selection) -> dict[str, list[Related]]:
        """The other articles of the selection that tell the same story (story by article id), oldest first."""
        query = select(ArticleRow.story, *_RELATED).where(ArticleRow.story.in_(sorted(set(articles.values()))))
        by_story: dict[str, list[Related]] = {}
        for row in self._standing(query.order_by(*_OLDEST_FIRST), selection):
            by_story.setdefault(row.story, []).append(_related(row))
        return {
            article_id: [copy for copy in by_story.get(story, []) if copy.article_id != article_id]
            for article_id, story in articles.items()
        }

    def _standing(self, query: Select[Any], selection: Selection) -> list[Any]:
        roll = self._rolls.now()
        with self._engine.connect() as connection:
            return roll.held(connection.execute(query), selection)


_RELATED: tuple[Any, ...] = (
    ArticleRow.id, ArticleRow.title, ArticleRow.source, ArticleRow.url, ArticleRow.published_at
)  # fmt: skip
_OLDEST_FIRST: tuple[Any, ...] = (ArticleRow.published_at, ArticleRow.id)


def _related(row: Any) -> Related:
    return Related(row.id, row.title, row.source, row.url, aware(row.published_at))


def _corrects(correction: Any, told: Any) -> bool:
    """Whether a correction comes from the outlet of an article with its title, and not before it."""
    later = not correction.published_day or not told.published_day or correction.published_day >= told.published_day
    return bool(later and (correction.source == told.source or None in (correction.source, told.source)))


def _any_filter(selection: Selection) -> Selection:
    """The selection's day alone: what explains an article may come from outside the filters."""
    return replace(selection, after=None, before=None, sources=())
