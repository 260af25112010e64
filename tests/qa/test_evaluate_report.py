"""The report: one file that needs nothing else, whatever the articles and the question file hold."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from qa_fakes import HARBOUR, WordsReader, engine, open_archive

from qa.answer import Ask
from qa.evaluate.compare import compare, write_html
from qa.evaluate.files import replacing
from qa.evaluate.record import Question
from qa.evaluate.report import WORST, worst_of
from qa.evaluate.run import evaluate
from qa.evaluate.score import Found, Scored
from qa.pipeline import QA

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)></style></svg></blockquote>&lt;b&gt; {{ 7*7 }} \u202egnp \x00"
)
ARTICLE = {
    "title": f"Title {HOSTILE}",
    "text": f"The lighthouse of Ellery is kept by {HOSTILE} Maud Tollen. " + "Waves came. " * 30,
    "published": "2017-11-05",
    "source": '"><script>alert(2)</script>',
    "url": "javascript:alert(1)",
}
ROWS: list[dict[str, Any]] = [
    {
        "id": f"1{HOSTILE}",
        "question": f"Who keeps the lighthouse? {HOSTILE}",
        "answers": [f"Nobody {HOSTILE}"],
        "k": "$x$",
    },
    {"id": "2", "question": "Who won the regatta?", "as_of": "2017-11-30", "answers": ["Gulls"], "k": HOSTILE},
    {"id": "3", "question": "Who is the archbishop of Zanzibar?", "answerable": False},
    {"id": "4", "question": "Who runs the old ferry pier?", "answers": ["Norvik Lines"], "k": "x" * 500},
]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    (folder / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    with open_archive(folder / "archive", [*HARBOUR, ARTICLE]) as archive:
        evaluate(engine(archive), folder / "q.jsonl", folder / "out", group="k", compare_retrieval=True)
        other = QA(archive, WordsReader("Maud Tollen"))
        evaluate(other, folder / "q.jsonl", folder / "other")
    with replacing(folder / "out" / "compare.html") as file:
        write_html(file, compare(folder / "out", folder / "other"))
    return folder / "out"


class Page(HTMLParser):
    """The tags, attributes and texts of a page; raises where tags do not match."""

    VOID = ("meta",)

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("name", ["report.html", "compare.html"])
def test_nothing_hostile_comes_alive_and_nothing_is_fetched(out: Path, name: str) -> None:
    html = (out / name).read_text(encoding="utf-8")
    page = Page(html)
    assert not {"script", "img", "a", "link", "iframe", "object", "b", "image", "foreignobject"} & set(page.tags)
    for attribute, value in page.attributes:
        assert not attribute.startswith("on")
        assert attribute not in ("src", "action", "data")
        assert attribute not in ("href", "xlink:href") or value.startswith("#")
    assert not re.search(r"url\((?!#)|@import", html)
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", html)
    assert HOSTILE.rstrip("\x00 ")[:40] in "".join(page.texts)
    assert "{{ 7*7 }}" in "".join(page.texts)


def test_ids_in_the_page_are_unique(out: Path) -> None:
    page = Page((out / "report.html").read_text(encoding="utf-8"))
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_every_plot_has_a_name_and_a_table_with_its_numbers(out: Path) -> None:
    html = (out / "report.html").read_text(encoding="utf-8")
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    page = Page(html)
    names = [value for name, value in page.attributes if name == "aria-label"]
    assert page.tags.count("svg") == len(names) == len(set(names)) == 9
    text = "".join(page.texts)
    for value in (metrics["f1"], metrics["confidence"]["ece"], *metrics["retrieval"]["bm25"].values()):
        assert f"{value:.3f}" in text
    assert metrics["run"]["predictions_sha256"] in text


def test_colours_are_the_pages_own_so_that_dark_and_light_are_legible(out: Path) -> None:
    html = (out / "report.html").read_text(encoding="utf-8")
    drawings = "".join(re.findall(r"<svg.*?</svg>", html, re.DOTALL))
    assert "prefers-color-scheme: dark" in html
    assert "var(--series-1)" in drawings
    assert "currentColor" in drawings
    assert not re.search(r"#[0-9a-f]{6}\b", drawings)


def test_a_report_is_the_same_but_for_times(out: Path, tmp_path: Path) -> None:
    with open_archive(out.parent / "archive") as archive:
        evaluate(engine(archive), out.parent / "q.jsonl", out, group="k", compare_retrieval=True)
        first = (out / "report.html").read_bytes()
        evaluate(engine(archive), out.parent / "q.jsonl", out, group="k", compare_retrieval=True)
    assert (out / "report.html").read_bytes() == first


def scored(number: int, prediction: str | None, confidence: float, f1: float | None) -> Scored:
    question = Question(str(number), Ask(question="Who?"), "q:1", ("x",))
    return Scored(question, prediction, confidence, 0.5, 1.0, 0.0, f1, {"hybrid": Found((), ())}, None, {})


def test_the_worst_are_the_most_confident_of_the_wrong() -> None:
    rows = [
        scored(1, "right", 0.9, 1.0),
        scored(2, None, 0.0, 0.0),
        scored(3, "unsure", 0.1, 0.2),
        scored(4, "sure", 0.8, 0.0),
        scored(5, "unknown", 0.99, None),
    ]
    assert [one.question.id for one in worst_of(rows)] == ["4", "3", "2"]
    assert len(worst_of([scored(i, "wrong", 0.5, 0.0) for i in range(80)])) == WORST == 50


@pytest.mark.parametrize(
    "row", [{"id": 1, "question": "Who won the regatta?"}, {"id": 1, "question": "Who?", "answers": ["Gulls"]}]
)
def test_a_run_without_anything_to_score_or_answer_has_a_report(tmp_path: Path, row: dict[str, Any]) -> None:
    (tmp_path / "q.jsonl").write_text(json.dumps(row))
    with open_archive(tmp_path / "archive") as archive:
        evaluate(engine(archive), tmp_path / "q.jsonl", tmp_path / "out")
    assert "No question with a known answer was answered" in (tmp_path / "out" / "report.html").read_text()
