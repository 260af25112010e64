"""Filtering by language; archives from before both indexes held it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from qa_fakes import add, engine, open_archive

from index import lexical
from index.description import SCHEMA_VERSION
from index.errors import FilterError
from qa.answer import Ask

RECORDS: list[dict[str, Any]] = [
    {"id": "a", "title": "Pier", "text": "Norvik Lines runs the pier.", "published": "2017-11-03", "language": "en"},
    {
        "id": "b",
        "title": "Quai",
        "text": "Norvik Lines gère le quai, le pier.",
        "published": "2017-11-04",
        "language": "fr",
    },
    {"id": "c", "title": "Dock", "text": "Nobody runs the pier of Norvik Lines.", "published": "2017-11-05"},
]


def found(archive: Any, *languages: str) -> list[str]:
    response = engine(archive).ask(Ask(question="Who runs the pier?", languages=languages))
    assert response.filters.languages == tuple(sorted(languages))
    assert response.coverage.articles == len(response.passages)
    return sorted(archive.article(passage.article_id).metadata["id"] for passage in response.passages)


def test_only_the_languages_asked_for_are_searched(tmp_path: Path) -> None:
    with open_archive(tmp_path / "a", RECORDS) as archive:
        assert found(archive) == ["a", "b", "c"]
        assert found(archive, "fr") == ["b"]
        assert found(archive, "fr", "en") == ["a", "b"]
        assert archive.info()["languages"] == [{"language": "en", "articles": 1}, {"language": "fr", "articles": 1}]
        with pytest.raises(FilterError, match=r"no language 'fra'.*Did you mean 'fr'") as refused:
            found(archive, "fra")
        with pytest.raises(FilterError, match=r"Did you mean 'fr'"):
            found(archive, "FR")
        assert refused.value.field == "languages"


def test_an_archive_of_schema_2_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = lexical._schema

    def without_language() -> Any:
        builder = lexical.tantivy.SchemaBuilder()
        for name in ("body", "title"):
            builder.add_text_field(name, tokenizer_name=lexical.ANALYZER, index_option="freq")
        for name in ("passage_id", "article_id", "source"):
            builder.add_text_field(name, tokenizer_name="raw", index_option="basic", stored=name == "passage_id")
        for name in lexical.DAYS:
            builder.add_integer_field(name, indexed=True, fast=True)
        return builder.build()

    monkeypatch.setattr(lexical, "_schema", without_language)
    with open_archive(tmp_path / "a", [{**record, "language": None} for record in RECORDS]) as archive:
        with archive.catalog.writing() as connection:
            connection.exec_driver_sql("UPDATE articles SET language = 'fr' WHERE title = 'Quai'")
        archive.catalog.set_meta({"schema": 2})
    monkeypatch.setattr(lexical, "_schema", real)
    with open_archive(tmp_path / "a") as archive:
        assert found(archive, "fr") == ["b"]
        assert not any(archive.verify().values())
        assert archive.catalog.meta()["schema"] == SCHEMA_VERSION
    with open_archive(tmp_path / "a") as archive:
        add(archive, [{**RECORDS[0], "id": "d", "language": "fr", "text": "Une autre phrase sur le pier."}])
        assert found(archive, "fr") == ["b", "d"]
