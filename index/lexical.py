"""BM25 index over passages (the only module that imports tantivy): lower case, accents folded, English stems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import tantivy
from tantivy import FieldType, Filter, Occur, Query, TextAnalyzerBuilder, Tokenizer

from index.article import IndexRow, Selection
from index.errors import ArchiveCorruptError

ANALYZER = "english"
# The writer's buffer. tantivy wants 15 MB at least; a larger one makes fewer, larger segments.
WRITER_BYTES = 100_000_000
DAYS = ("published_day", "available_day", "superseded_day")


class LexicalIndex:
    """BM25 (k1 1.2, b 0.75: tantivy's) over a body and a title field. Raises ArchiveCorruptError when unreadable."""

    def __init__(self, folder: Path) -> None:
        self._analyzer = _analyzer()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(_schema(), path=str(folder), reuse=True)
        except Exception as error:
            raise ArchiveCorruptError(
                f"The BM25 index in {folder} cannot be read ({error}). Delete that folder and run `backissue rebuild`."
            ) from error
        self._index.register_tokenizer(ANALYZER, self._analyzer)
        self._writer: Any = None

    def add(self, rows: Iterable[IndexRow]) -> None:
        """Replaces the passages of the articles in `rows`. Durable on return."""
        rows = list(rows)
        writer = self._open_writer()
        for article_id in {row.article_id for row in rows}:
            writer.delete_documents_by_term("article_id", article_id)
        for row in rows:
            writer.add_document(_document(row))
        writer.commit()
        self._index.reload()

    def remove(self, article_ids: Iterable[str]) -> None:
        """Deletes all passages of these articles. Durable on return."""
        writer = self._open_writer()
        for article_id in article_ids:
            writer.delete_documents_by_term("article_id", article_id)
        writer.commit()
        self._index.reload()

    @property
    def is_empty(self) -> bool:
        """Whether it holds no passage at all."""
        return not self._index.searcher().num_docs

    def search(
        self, questions: Sequence[str], selection: Selection, limit: int, *, title_boost: float
    ) -> list[tuple[str, float]]:
        """Passage ids with BM25 scores, best first: those that share a word with a question and pass the filter.

        Several questions are spellings of one: a passage has the score of the spelling that fits it best.
        """
        words = [query for question in questions if (query := self._words(question, title_boost)) is not None]
        if not words:
            return []
        asked = words[0] if len(words) == 1 else Query.disjunction_max_query(words)
        query = Query.boolean_query([(Occur.Must, asked), *self._filters(selection)])
        searcher = self._index.searcher()
        hits = searcher.search(query, limit, count=False).hits
        return [(searcher.doc(address)["passage_id"][0], float(score)) for score, address in hits]

    def _words(self, question: str, title_boost: float) -> Any:
        """The query for a question's words, in body or title; None when it has none."""
        terms = list(dict.fromkeys(self._analyzer.analyze(question)))
        if not terms:
            return None
        schema = self._index.schema
        words = [(Occur.Should, Query.term_query(schema, "body", term, "freq")) for term in terms]
        if title_boost:
            titles = [Query.term_query(schema, "title", term, "freq") for term in terms]
            words += [(Occur.Should, Query.boost_query(title, title_boost)) for title in titles]
        return Query.boolean_query(words)

    def passage_ids(self) -> list[str]:
        """All passage ids, sorted; for verification."""
        searcher = self._index.searcher()
        if not searcher.num_docs:
            return []
        hits = searcher.search(Query.all_query(), searcher.num_docs, count=False).hits
        return sorted(searcher.doc(address)["passage_id"][0] for _, address in hits)

    def close(self) -> None:
        """Waits for background merges and lets go of the folder."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    def _open_writer(self) -> Any:
        if self._writer is None:
            try:
                self._writer = self._index.writer(WRITER_BYTES, 1)
            except ValueError as error:
                raise ArchiveCorruptError(f"The BM25 index cannot be written to: {error}") from error
        return self._writer

    def _filters(self, selection: Selection) -> list[tuple[Any, Any]]:
        """Must-clauses that do not score."""
        clauses = []
        if selection.as_of is not None:
            clauses.append(self._days("available_day", None, selection.as_of))
            clauses.append(self._days("superseded_day", selection.as_of + 1, None))
        if selection.after is not None or selection.before is not None:
            clauses.append(self._days("published_day", selection.after or 1, selection.before))
        if selection.sources:
            clauses.append(Query.term_set_query(self._index.schema, "source", list(selection.sources)))
        if selection.languages:
            clauses.append(Query.term_set_query(self._index.schema, "language", list(selection.languages)))
        return [(Occur.Must, Query.const_score_query(clause, 0.0)) for clause in clauses]

    def _days(self, field: str, first: int | None, last: int | None) -> Any:
        bounds = (first or 0, last or 99_999_999)
        return Query.range_query(self._index.schema, field, FieldType.Integer, *bounds, True, True)


def _analyzer() -> Any:
    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for step in (Filter.remove_long(80), Filter.lowercase(), Filter.ascii_fold(), Filter.stemmer("english")):
        builder = builder.filter(step)
    return builder.build()


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    for name in ("body", "title"):
        builder.add_text_field(name, tokenizer_name=ANALYZER, index_option="freq")
    for name in ("passage_id", "article_id", "source", "language"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", stored=name == "passage_id")
    for name in DAYS:
        builder.add_integer_field(name, indexed=True, fast=True)
    return builder.build()


def _document(row: IndexRow) -> Any:
    document = tantivy.Document()
    document.add_text("body", row.text)
    document.add_text("title", row.title)
    document.add_text("passage_id", row.passage_id)
    document.add_text("article_id", row.article_id)
    if row.source:
        document.add_text("source", row.source)
    if row.language:
        document.add_text("language", row.language)
    for name in DAYS:
        document.add_integer(name, getattr(row, name))
    return document
