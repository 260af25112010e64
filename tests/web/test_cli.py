"""The `backissue` command: what it prints, what it writes, and the status that it exits with."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest
from click.testing import CliRunner, Result
from fakes import FakeEncoder
from qa_fakes import HARBOUR, assert_offsets_hold, open_archive
from site_pages import page, rss
from site_pages import serving as web_site
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from index import versions
from index.errors import ArchiveLockedError, InputError
from qa.answer import Ask, AskResponse
from qa.calibration import Calibration
from qa.sentences import SentenceReader
from qa.span_model import Text
from qa.spans import Scored
from web import engine, remote
from web.cli import main

ROOT = Path(__file__).parents[2]
SEED = ROOT.parent / "shared" / "data" / "seed"
COMMANDS = (
    *("demo", "add", "ask", "serve", "evaluate", "compare", "read", "feedback"),
    *("info", "remove", "verify", "rebuild", "export"),
)
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """run(*words): `backissue` with these words in a folder of its own, with models that need no weights."""
    for variable in [name for name in os.environ if name.startswith("BACKISSUE_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setattr(engine, "load_encoder", lambda *_, **__: FakeEncoder())
    monkeypatch.setattr(engine, "load_reader", lambda _, encoder, *__: SentenceReader(encoder))
    monkeypatch.chdir(tmp_path)
    return lambda *words, **options: CliRunner().invoke(main, [str(word) for word in words], **options)


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    file = tmp_path / "articles.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in HARBOUR))
    return file


@pytest.fixture
def harbour(run: Run, articles: Path) -> Path:
    """An archive of the harbour's articles, in the folder `a`."""
    succeed(run("--archive", "a", "add", articles))
    return Path("a").absolute()


def succeed(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def refuse(result: Result, status: int, *says: str) -> str:
    """Exactly this status, an error in words on standard error, no traceback, nothing that looks like a result."""
    assert result.exit_code == status, result.output
    assert isinstance(result.exception, SystemExit)
    assert "Error:" in result.stderr
    # Click folds its own messages at the width of the terminal.
    message = " ".join(result.stderr.split())
    for words in says:
        assert words in message
    return message


def counts(output: str) -> dict[str, int]:
    """The rows of the table that `add` prints."""
    return {name.strip(): int(number) for name, number in re.findall(r"│ ([\w: ]+?) +│ +([\d]+) │", output)}


def answer(result: Result) -> dict[str, Any]:
    """The JSON that `ask --json` prints, by the contract, less its timings."""
    return AskResponse.model_validate_json(succeed(result)).model_dump(mode="json", exclude={"timings_ms"})


# --- help and usage


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help(run: Run, command: tuple[str, ...], flag: str) -> None:
    output = succeed(run(*command, flag))
    assert output.startswith("Usage:")
    assert ("--archive DIR" in output) == (command not in (("read",), ("compare",)))  # which open none
    assert list(Path().iterdir()) == []


def test_help_lists_every_command(run: Run) -> None:
    assert set(main.commands) >= set(COMMANDS)
    output = succeed(run("--help"))
    assert all(re.search(rf"^  {name} +\w", output, re.MULTILINE) for name in main.commands)


@pytest.mark.parametrize(
    "words",
    [
        ("nope",),
        ("ask",),
        ("ask", "one", "two"),
        ("ask", "who?", "--nope"),
        ("ask", "who?", "--passages", "0"),
        ("ask", "who?", "--passages", "51"),
        ("add",),
        ("remove",),
        ("evaluate", "nope.jsonl", "--out", "o"),
        ("read", "nope.json", "--out", "o"),
        ("read", "nope.json"),
        ("export",),
        ("add", ".", "--precision", "int4"),
    ],
)
def test_wrong_usage_exits_with_2_and_makes_nothing(run: Run, words: tuple[str, ...]) -> None:
    refuse(run(*words), 2)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("BACKISSUE_ARCHVE", "x", "Did you mean 'BACKISSUE_ARCHIVE'"),
        ("BACKISSUE_PORT", "eighty", "BACKISSUE_PORT must be a whole number"),
        ("BACKISSUE_PORT", "70000", "BACKISSUE_PORT must be between 0 and 65535"),
    ],
)
@pytest.mark.parametrize("command", [("info",), ("ask", "who?"), ("verify",)])
def test_the_environment_is_checked(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv(variable, value)
    refuse(run(*command), 2, says)


def test_a_precision_that_does_not_exist_makes_no_archive(
    run: Run, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKISSUE_PRECISION", "int4")
    refuse(run("--archive", "a", "add", articles), 2, "precision must be int8 or float32, not 'int4'")
    assert not Path("a").exists()


# --- which archive


@pytest.mark.parametrize(
    "command",
    [
        ("info",),
        ("ask", "who?"),
        ("verify",),
        ("rebuild",),
        ("remove", "x"),
        ("export", "--out", "x.jsonl"),
        ("serve",),
    ],
)
def test_without_an_archive_the_remedy_is_named(run: Run, command: tuple[str, ...]) -> None:
    refuse(run("--archive", "none", *command), 1, "no archive in none", "add")
    assert list(Path().iterdir()) == []


def test_archive_may_stand_before_or_after_the_command(run: Run, harbour: Path) -> None:
    first = succeed(run("--archive", "a", "info", "--json"))
    assert succeed(run("info", "--json", "--archive", "a")) == first
    assert succeed(run("--archive", "elsewhere", "info", "--json", "--archive", "a")) == first
    question = ("ask", "Who won the regatta?", "--json")
    assert answer(run("--archive", "a", *question)) == answer(run(*question, "--archive", "a"))


def test_archive_may_come_from_the_environment_and_the_option_wins(
    run: Run, harbour: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKISSUE_ARCHIVE", "a")
    assert json.loads(succeed(run("info", "--json")))["articles"] == 4
    refuse(run("--archive", "none", "info"), 1, "no archive in none")


def test_an_archive_without_a_name_is_refused(run: Run) -> None:
    refuse(run("--archive", "", "info"), 2, "archive must not be empty")


def test_a_folder_of_something_else_is_left_alone(run: Run, articles: Path) -> None:
    Path("mine").mkdir()
    Path("mine/letter.txt").write_text("Dear all")
    refuse(run("--archive", "mine", "add", articles), 1, "mine is not empty")
    assert [path.name for path in Path("mine").iterdir()] == ["letter.txt"]


def test_a_file_in_place_of_the_archive_is_refused_in_words(run: Run, articles: Path) -> None:
    refuse(run("--archive", articles, "add", articles), 1, "articles.jsonl")


def test_other_settings_than_the_archives_own_are_refused(run: Run, harbour: Path, articles: Path) -> None:
    refuse(run("--archive", "a", "add", articles, "--chunk-tokens", "64"), 1, "chunking", "Leave the setting out")
    refuse(run("--archive", "a", "add", articles, "--precision", "float32"), 1, "'int8', not 'float32'")


# --- add


def test_add_counts_and_adding_again_changes_nothing(run: Run, articles: Path) -> None:
    assert counts(succeed(run("--archive", "a", "add", articles))) == {"added": 4, "updated": 0, "unchanged": 0}
    before = succeed(run("--archive", "a", "info", "--json"))
    assert counts(succeed(run("--archive", "a", "add", articles))) == {"added": 0, "updated": 0, "unchanged": 4}
    assert succeed(run("--archive", "a", "info", "--json")) == before


def test_a_changed_article_is_updated(run: Run, harbour: Path) -> None:
    changed = {**HARBOUR[2], "text": "The Terns won the autumn regatta after a protest."}
    Path("changed.jsonl").write_text(json.dumps(changed))
    assert counts(succeed(run("--archive", "a", "add", "changed.jsonl")))["updated"] == 1
    assert json.loads(succeed(run("--archive", "a", "info", "--json")))["articles"] == 4


def test_add_takes_a_folder_and_gives_defaults(run: Run) -> None:
    Path("in/deep").mkdir(parents=True)
    Path("in/deep/storm.txt").write_text("A storm took the roof of the old ferry pier.\n\nNobody was hurt.")
    succeed(run("--archive", "a", "add", "in", "--published", "3 November 2017", "--source", "My Paper"))
    found = answer(run("--archive", "a", "ask", "What did the storm take?", "--json", "--as-of", "2017-11-03"))
    (passage,) = found["passages"]
    assert (passage["source"], passage["published_at"]) == ("My Paper", "2017-11-03T00:00:00Z")


def test_add_takes_the_address_of_a_feed(run: Run) -> None:
    with web_site() as site:
        site.pages |= {
            "/a": page("Iraqi forces enter al-Qaim"),
            "/feed": rss(
                {"title": "A", "link": f"{site.url}/a", "description": "T", "pubDate": "Fri, 03 Nov 2017 10:00:00 GMT"},
                {"title": "B", "link": f"{site.url}/b", "description": "T"},
            ),
        }
        output = succeed(run("add", f"{site.url}/feed", "--source", "Nobody"))
        assert counts(output) == {"added": 1, "updated": 0, "unchanged": 0, "rejected: not fetched": 1}
        assert counts(succeed(run("add", f"{site.url}/feed")))["unchanged"] == 1
        assert run("add", f"{site.url}/b").exit_code == 1
    said = answer(run("ask", "Who entered the town of al-Qaim?", "--json"))
    (citation, *_) = said["answer"]["citations"]
    assert citation["url"] == f"{site.url}/a"
    assert citation["source"] == "Harbour Gazette"
    assert citation["published_at"] == "2017-11-03T10:00:00Z"


def test_add_reads_a_web_archive_whose_pages_count_from_their_capture(run: Run) -> None:
    def page(story: str) -> bytes:
        return f"<html><head><title>Storm</title></head><body><article><p>{story}</p></article></body></html>".encode()

    storm = page("A storm took the roof of the old ferry pier. Nobody was hurt, the harbour master said.")
    with Path("crawl.warc.gz").open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for address, kind, content in (
            ("https://paper.example/storm", "text/html", storm),
            ("https://paper.example/storm", "text/html", storm),
            ("https://paper.example/storm", "text/html", page("The roof of the old ferry pier is to be mended soon.")),
            ("https://paper.example/", "text/html", b"<html><body></body></html>"),
            ("https://paper.example/pier.jpg", "image/jpeg", b"\xff\xd8\xff"),
        ):
            http = StatusAndHeaders("200 OK", [("Content-Type", kind)], protocol="HTTP/1.1")
            dates = {"WARC-Date": "2017-11-03T10:00:00Z"}
            writer.write_record(
                writer.create_warc_record(
                    address, "response", io.BytesIO(content), http_headers=http, warc_headers_dict=dates
                )
            )
    output = succeed(run("--archive", "a", "add", "crawl.warc.gz"))
    assert counts(output) == {
        "added": 1,
        "updated": 0,
        "unchanged": 1,
        **{f"rejected: {reason}": 1 for reason in ("duplicate id", "no article text found", "not an article")},
    }
    question = ("--archive", "a", "ask", "What did the storm take?", "--json", "--as-of")
    (passage,) = answer(run(*question, "2017-11-03"))["passages"]
    assert (passage["url"], passage["published_at"]) == ("https://paper.example/storm", None)
    assert answer(run(*question, "2017-11-02"))["passages"] == []
    rejects = [json.loads(line) for file in Path("a/rejects").iterdir() for line in file.read_text().splitlines()]
    assert [reject["where"] for reject in rejects if reject["reason"] == "no article text found"] == [
        "crawl.warc.gz!https://paper.example/"
    ]


def test_a_missing_path_is_named_and_nothing_is_added(run: Run, articles: Path) -> None:
    refuse(run("--archive", "a", "add", articles, "nope.jsonl"), 2, "nope.jsonl does not exist")
    assert not Path("a").exists()


def test_a_malformed_default_date_is_named(run: Run, articles: Path) -> None:
    refuse(
        run("--archive", "a", "add", articles, "--published", "someday"), 2, "--published", "'someday'", "YYYY-MM-DD"
    )
    assert not Path("a").exists()


def test_rejects_are_counted_by_reason_and_listed_with_place_and_remedy(run: Run, articles: Path) -> None:
    Path("mixed.jsonl").write_text(
        articles.read_text() + '{"text": ""}\nnonsense\n{"text": 7}\n{"text": "x", "published": "soon"}\n'
    )
    output = succeed(run("--archive", "a", "add", "mixed.jsonl"))
    rows = counts(output)
    assert rows["added"] == 4
    assert {name: number for name, number in rows.items() if name.startswith("rejected")} == {
        "rejected: no text": 1,
        "rejected: not valid JSON": 1,
        "rejected: wrong type": 1,
        "rejected: invalid date": 1,
    }
    (file,) = Path("a/rejects").iterdir()
    assert str(file) in output  # in one piece, however narrow the terminal
    rejects = [json.loads(line) for line in file.read_text().splitlines()]
    assert [reject["where"] for reject in rejects] == [f"mixed.jsonl:{line}" for line in (5, 6, 7, 8)]
    assert [next(iter(re.findall("text|JSON|published", reject["detail"]))) for reject in rejects] == [
        "text",
        "JSON",
        "text",
        "published",
    ]


def test_the_first_places_stand_with_each_reason(run: Run, articles: Path) -> None:
    folder = Path("a-folder-of-a-rather-long-name/and-another-one-in-it")
    folder.mkdir(parents=True)
    for name, lines in (("one", 1), ("two", 3)):
        (folder / f"{name}.jsonl").write_text("nonsense\n" * lines + '{"text": ""}\n' * (name == "one"))
    output = succeed(run("--archive", "a", "add", articles, folder.parent))
    table = [line.strip("│").rsplit("│", 1)[0].strip() for line in output.splitlines() if line.startswith("│")]
    ending = "name/and-another-one-in-it/{}.jsonl:{}"
    assert table[3] == "rejected: no text"
    assert table[4].startswith("…")
    assert table[4].endswith(ending.format("one", 2))
    assert table[5] == "rejected: not valid JSON"
    assert [
        place[1:].endswith(ending.format(*at))
        for place, at in zip(table[6:9], [("one", 1), ("two", 1), ("two", 2)], strict=True)
    ] == [True] * 3
    assert table[9:] == ["…"]
    assert max(map(len, output.splitlines()[:14])) <= 80


def test_when_all_is_rejected_the_status_is_1(run: Run) -> None:
    Path("bad.jsonl").write_text("nonsense\n")
    result = run("--archive", "a", "add", "bad.jsonl")
    assert result.exit_code == 1
    assert counts(result.stdout) == {"added": 0, "updated": 0, "unchanged": 0, "rejected: not valid JSON": 1}
    assert len(list(Path("a/rejects").iterdir())) == 1


def test_an_archive_of_rejects_is_empty_but_can_be_used(run: Run) -> None:
    Path("bad.jsonl").write_text("nonsense\n")
    run("--archive", "a", "add", "bad.jsonl")
    assert "No answer found" in succeed(run("--archive", "a", "ask", "Who holds Albu Kamal?"))
    assert "0 articles" in succeed(run("--archive", "a", "ask", "Who holds Albu Kamal?"))
    assert "none dated" in succeed(run("--archive", "a", "info"))
    succeed(run("--archive", "a", "verify"))


# --- ask


def test_ask_shows_the_answer_in_its_sentence_with_source_day_and_place(run: Run, harbour: Path) -> None:
    output = succeed(run("--archive", "a", "ask", "Who won the autumn regatta?"))
    assert "The Gulls won the autumn regatta by two lengths" in output
    assert "Gulls win the regatta, Harbour Post, 2017-11-12" in output
    assert re.search(r" [0-9a-f]{16}:0-\d+\n", output)
    assert "4 articles, 2017-11-03 to 2017-11-20" in output


def test_ask_json_is_the_contract_and_true(run: Run, harbour: Path) -> None:
    printed = succeed(run("--archive", "a", "ask", "Who won the autumn regatta?", "--json"))
    response = AskResponse.model_validate_json(printed)
    assert response.answer is not None
    with open_archive(harbour) as archive:
        assert_offsets_hold(archive, response)


def test_filters_reach_the_engine_and_are_echoed(run: Run, harbour: Path) -> None:
    filters = ("--after", "2017-11-04", "--before", "2017-11-30", "--source", "Harbour Post", "--as-of", "2017-12-01")
    found = answer(run("--archive", "a", "ask", "pier or regatta", "--json", *filters))
    assert found["as_of"] == "2017-12-01"
    days = {"after": "2017-11-04", "before": "2017-11-30"}
    assert found["filters"] == {**days, "sources": ["Harbour Post"], "languages": []}
    assert [passage["title"] for passage in found["passages"]] == ["Gulls win the regatta"]
    both = ("--source", "Harbour Post", "--source", "Demo Courier")
    assert answer(run("--archive", "a", "ask", "pier", "--json", *both))["filters"]["sources"] == [
        "Demo Courier",
        "Harbour Post",
    ]
    shown = succeed(run("--archive", "a", "ask", "pier or regatta", *filters))
    assert "only after 2017-11-04, before 2017-11-30, Harbour Post" in " ".join(shown.split())


def test_the_number_of_passages_is_the_option_else_the_setting(
    run: Run, harbour: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = ("--archive", "a", "ask", "the pier, the regatta, the pumpkin", "--json")
    assert len(answer(run(*ask))["passages"]) == 4
    assert len(answer(run(*ask, "--passages", "2"))["passages"]) == 2
    monkeypatch.setenv("BACKISSUE_PASSAGES", "3")
    assert len(answer(run(*ask))["passages"]) == 3


@pytest.mark.parametrize("option", ["--as-of", "--after", "--before"])
@pytest.mark.parametrize("day", ["yesterday", "2017-02-30", "2017", "20171109", "2017-W45-4", "09/11/2017", ""])
def test_a_malformed_date_is_named(run: Run, harbour: Path, option: str, day: str) -> None:
    refuse(run("--archive", "a", "ask", "who?", option, day), 2, option, repr(day))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("",), "question is empty"),
        (("?!",), "question is empty"),
        (("🐟",), "question is empty"),
        (("w" * 10_000,), "10,000 characters"),
        (("who?", "--as-of", "0001-01-01"), "as_of: the year 1 "),
        (("who?", "--as-of", "9999-12-31"), "9999"),
        (("who?", "--after", "2017-11-09", "--before", "2017-11-03"), "later than before"),
        (("who?", "--source", "Harbor Post"), "Did you mean 'Harbour Post'"),
        (("who?\udcff",), "bytes"),
    ],
)
def test_what_cannot_be_asked_exits_with_2(run: Run, harbour: Path, words: tuple[str, ...], says: str) -> None:
    refuse(run("--archive", "a", "ask", "--json", *words), 2, says)


def test_no_answer_is_no_failure(run: Run, harbour: Path) -> None:
    output = succeed(run("--archive", "a", "ask", "Who won?", "--as-of", "2017-11-01"))
    assert "No answer found." in output
    assert "As of 2017-11-01: 0 articles" in output


def test_markup_in_an_article_is_shown_as_it_stands(run: Run) -> None:
    text = "The [bold]Gulls[/bold] won [link=file:///x]the[/link] autumn regatta [/] by \\[two] lengths."
    Path("x.jsonl").write_text(json.dumps({"title": "A [red]title[/] \\", "text": text, "source": "[dim]Post"}))
    succeed(run("--archive", "a", "add", "x.jsonl"))
    output = " ".join(succeed(run("--archive", "a", "ask", "Who won the autumn regatta?")).split())
    assert text in output
    assert "A [red]title[/] \\, [dim]Post" in output
    assert "source: [dim]Post" in succeed(run("--archive", "a", "info"))


# --- looking after it


def test_info(run: Run, harbour: Path) -> None:
    info = json.loads(succeed(run("--archive", "a", "info", "--json")))
    assert (info["articles"], info["undated"], info["pending"]) == (4, 1, 0)
    assert (info["first_published"], info["last_published"]) == ("2017-11-03", "2017-11-20")
    assert info["sources"] == [{"source": "Demo Courier", "articles": 2}, {"source": "Harbour Post", "articles": 2}]
    shown = succeed(run("--archive", "a", "info"))
    assert info["id"] in shown
    assert "source: Harbour Post" in shown


def test_remove_by_address_and_by_id(run: Run, harbour: Path) -> None:
    found = answer(run("--archive", "a", "ask", "pumpkin", "--json"))
    pumpkin = next(p["article_id"] for p in found["passages"] if p["title"].startswith("Pumpkin"))
    output = succeed(run("--archive", "a", "remove", pumpkin, "https://harbour-post.example/regatta"))
    assert "Removed 2 " in output
    left = answer(run("--archive", "a", "ask", "pumpkin and regatta", "--json"))
    assert {passage["source"] for passage in left["passages"]} == {"Harbour Post", "Demo Courier"}
    assert all("pier" in passage["title"] for passage in left["passages"])
    assert left["coverage"]["articles"] == 2
    succeed(run("--archive", "a", "verify"))


def test_remove_of_something_unknown_removes_nothing(run: Run, harbour: Path) -> None:
    known = "https://harbour-post.example/regatta"
    refuse(run("--archive", "a", "remove", known, "nope"), 1, "no article 'nope'", "nothing was removed")
    assert json.loads(succeed(run("--archive", "a", "info", "--json")))["articles"] == 4


def test_verify_finds_and_repairs_what_differs(run: Run, harbour: Path) -> None:
    assert "lacking: 0" in succeed(run("--archive", "a", "verify"))
    before = answer(run("--archive", "a", "ask", "Who won the autumn regatta?", "--json"))
    with open_archive(harbour) as archive:
        regatta = before["answer"]["citations"][0]["article_id"]
        archive.vectors.remove([regatta])
        archive.lexical.remove([regatta])
    result = run("--archive", "a", "verify")
    assert result.exit_code == 1
    assert result.stderr == "To mend it, `backissue verify --repair`.\n"
    assert f"vectors lacking: 1 article(s) {regatta}" in result.stdout
    assert f"bm25 lacking: 1 article(s) {regatta}" in result.stdout
    assert "Repaired 1 " in succeed(run("--archive", "a", "verify", "--repair"))
    succeed(run("--archive", "a", "verify"))
    after = answer(run("--archive", "a", "ask", "Who won the autumn regatta?", "--json"))
    assert after["answer"] == before["answer"]


@pytest.mark.parametrize("remedy", [("add", "articles.jsonl"), ("verify", "--repair")])
def test_verify_says_how_an_interrupted_run_goes_on(run: Run, harbour: Path, remedy: tuple[str, ...]) -> None:
    with open_archive(harbour) as archive, archive.catalog.writing() as connection:
        versions.set_state(connection, archive.catalog.in_state("indexed")[:1], "pending")
    result = run("--archive", "a", "verify")
    assert result.exit_code == 1
    assert "waiting to be indexed: 1 article(s)" in result.stdout
    assert "run `backissue add` again, which goes on, or `backissue verify --repair`" in result.stderr
    succeed(run("--archive", "a", *remedy))
    assert succeed(run("--archive", "a", "verify")).endswith("waiting to be indexed: 0 article(s)\n")


def test_rebuild_gives_the_same_answers(run: Run, harbour: Path) -> None:
    ask = ("--archive", "a", "ask", "Who won the autumn regatta?", "--json")
    before = answer(run(*ask))
    assert "Indexed 4 " in succeed(run("--archive", "a", "rebuild"))
    after = answer(run(*ask))
    assert after["passages"] == before["passages"]
    assert (after["answer"], after["alternatives"]) == (before["answer"], before["alternatives"])
    succeed(run("--archive", "a", "verify"))


def test_an_export_added_to_a_new_archive_holds_the_same(run: Run, harbour: Path) -> None:
    assert "Wrote 4 " in succeed(run("--archive", "a", "export", "--out", "out.jsonl"))
    assert counts(succeed(run("--archive", "b", "add", "out.jsonl"))) == {"added": 4, "updated": 0, "unchanged": 0}
    ask = ("ask", "Who won the autumn regatta?", "--json")
    one, other = answer(run("--archive", "a", *ask)), answer(run("--archive", "b", *ask))
    assert one["answer"]["text"] == other["answer"]["text"]
    assert one["coverage"] == other["coverage"]

    def shown(found: dict[str, Any]) -> set[tuple[str, ...]]:
        kept = ("title", "source", "url", "published_at", "text", "start", "end")
        return {tuple(str(passage[name]) for name in kept) for passage in found["passages"]}

    assert shown(one) == shown(other)
    succeed(run("--archive", "b", "export", "--out", "again.jsonl"))
    first, second = (sorted(Path(name).read_text().splitlines()) for name in ("out.jsonl", "again.jsonl"))
    assert first == second


def test_an_export_keeps_the_articles_ids_and_so_adds_nothing_to_its_own_archive(run: Run, harbour: Path) -> None:
    succeed(run("--archive", "a", "export", "--out", "out.jsonl"))
    assert counts(succeed(run("--archive", "a", "add", "out.jsonl"))) == {"added": 0, "updated": 0, "unchanged": 4}


def test_an_export_into_nowhere_is_refused_in_words(run: Run, harbour: Path) -> None:
    refuse(run("--archive", "a", "export", "--out", "no/such/out.jsonl"), 1, "no/such/out.jsonl", "No such file")


# --- evaluate and demo


def test_evaluate_writes_its_files_and_shows_the_figures(run: Run, harbour: Path) -> None:
    rows = [
        {"id": 1, "question": "Who won the autumn regatta?", "answers": ["Gulls"], "kind": "sport"},
        {"id": 2, "question": "Who runs the pier?", "answers": ["nobody"], "kind": "port"},
    ]
    Path("q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    output = succeed(run("--archive", "a", "evaluate", "q.jsonl", "--out", "out", "--group", "kind"))
    assert {path.name for path in Path("out").iterdir()} >= {"predictions.jsonl", "run.trec", "metrics.json"}
    assert "all questions: 2 asked" in output
    assert 'kind="sport": 1 asked' in output
    predictions = [json.loads(line) for line in Path("out/predictions.jsonl").read_text().splitlines()]
    found = answer(run("--archive", "a", "ask", rows[0]["question"], "--json"))
    assert predictions[0]["prediction"] == found["answer"]["text"]
    assert predictions[0]["citations"] == found["answer"]["citations"]


def test_evaluate_names_file_line_and_field(run: Run, harbour: Path) -> None:
    Path("q.jsonl").write_text('{"id": 1, "question": "Who?"}\n{"id": 2, "question": "Who?", "answers": "x"}\n')
    refuse(run("--archive", "a", "evaluate", "q.jsonl", "--out", "out"), 2, "q.jsonl:2", "'answers'")
    assert not Path("out").exists()


SQUAD = {
    "data": [
        {
            "paragraphs": [
                {
                    "context": "Café Gull won.",
                    "qas": [{"id": "1", "question": "Who won?", "answers": [{"text": "café Gull"}]}],
                }
            ]
        }
    ]
}


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The (name, threads) of the readers that `read` loaded; all of them find the words [0, 9)."""
    loaded: list[tuple[str, int]] = []

    class Model:
        name = "scripted"
        calibration = Calibration()

        def spans(self, _question: str, texts: Sequence[Text]) -> list[list[Scored]]:
            return [[Scored(0, 9, 0.0)] for _ in texts]

    def load(name: str, threads: int) -> Model:
        loaded.append((name, threads))
        return Model()

    monkeypatch.setattr("qa.evaluate.squad.load_span_model", load)
    return loaded


def test_read_writes_predictions_and_shows_the_figures(run: Run, readers: list[tuple[str, int]]) -> None:
    Path("squad.json").write_text(json.dumps(SQUAD))
    output = succeed(run("read", "squad.json", "--out", "p.json", "--na-prob", "na.json"))
    assert json.loads(Path("p.json").read_text(encoding="utf-8")) == {"1": "Café Gull"}
    assert json.loads(Path("na.json").read_text(encoding="utf-8")) == {"1": 0.5}
    assert re.fullmatch(r"1 question read; EM 100\.00, F1 100\.00; median \d\.\d{3} s a question\n", output)
    assert sorted(path.name for path in Path().iterdir()) == ["na.json", "p.json", "squad.json"]


def test_read_shows_squad_2_apart(run: Run, readers: list[tuple[str, int]]) -> None:
    squad = json.loads(json.dumps(SQUAD))
    squad["data"][0]["paragraphs"][0]["qas"].append({"id": "2", "question": "Who?", "is_impossible": True})
    Path("squad.json").write_text(json.dumps(squad))
    output = succeed(run("read", "squad.json", "--out", "p.json"))
    assert output.startswith("2 questions read; EM 50.00, F1 50.00; median")
    assert output.splitlines()[1:] == ["HasAns (1): EM 100.00, F1 100.00", "NoAns (1): EM 0.00, F1 0.00"]


def test_read_says_when_nothing_can_be_scored(run: Run, readers: list[tuple[str, int]]) -> None:
    Path("squad.json").write_text(json.dumps(SQUAD).replace("answers", "notes"))
    assert "not scored, for the file gives no answers" in succeed(run("read", "squad.json", "--out", "p.json"))


def test_the_reader_of_read_is_the_option_else_the_setting(
    run: Run, readers: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("squad.json").write_text(json.dumps(SQUAD))
    words = ("read", "squad.json", "--out", "p.json")
    succeed(run(*words))
    monkeypatch.setenv("BACKISSUE_READER", "mine")
    monkeypatch.setenv("BACKISSUE_THREADS", "3")
    succeed(run(*words))
    succeed(run(*words, "--reader", "other"))
    assert readers == [("backissue", 0), ("mine", 3), ("other", 3)]
    refuse(run(*words, "--reader", "sentence"), 2, "whole sentences")


def test_read_names_file_and_field_and_leaves_what_was_there(run: Run, readers: list[tuple[str, int]]) -> None:
    Path("p.json").write_text("mine")
    Path("squad.json").write_text(json.dumps(SQUAD).replace('"question"', '"asked"'))
    refuse(run("read", "squad.json", "--out", "p.json"), 2, "squad.json: data[0].paragraphs[0].qas[0].question")
    assert Path("p.json").read_text() == "mine"


def test_demo_builds_the_sample_once_and_it_can_be_asked(run: Run) -> None:
    output = succeed(run("demo", "--no-serve"))
    added = counts(output)["added"]
    assert added > 10
    assert "Who holds Albu Kamal?" in output
    assert counts(succeed(run("demo", "--no-serve")))["unchanged"] == added
    info = json.loads(succeed(run("--archive", "backissue-demo", "info", "--json")))
    assert (info["sample"], info["articles"]) == (True, added)


def test_demo_adds_nothing_to_an_archive_of_ones_own(run: Run, harbour: Path) -> None:
    refuse(run("--archive", "a", "demo", "--no-serve"), 1, "a holds articles of your own", "another folder")
    assert json.loads(succeed(run("--archive", "a", "info", "--json")))["articles"] == 4


# --- another process holds the archive

LOCKED = ArchiveLockedError("The archive in a is in use by process 1.", url="http://127.0.0.1:1/")


def test_commands_that_need_the_archive_to_themselves_say_who_holds_it(run: Run, harbour: Path, articles: Path) -> None:
    with open_archive(harbour):
        for command in (("add", articles), ("verify",), ("ask", "who?"), ("info",), ("rebuild",)):
            refuse(run("--archive", "a", *command), 1, f"in use by process {os.getpid()}")
    succeed(run("--archive", "a", "verify"))


def serve_with(monkeypatch: pytest.MonkeyPatch, status: int, body: Any) -> None:
    def request(method: str, url: str, **_: Any) -> httpx.Response:
        assert url.startswith("http://127.0.0.1:1/api/v1/")
        text = body if isinstance(body, str) else json.dumps(body)
        return httpx.Response(status, text=text, request=httpx.Request(method, url))

    monkeypatch.setattr(httpx, "request", request)


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (422, {"detail": "No source 'x'.", "field": "sources"}, "InputError", "No source 'x'."),
        (500, {"detail": "Something went wrong."}, "ArchiveError", "Something went wrong."),
        (200, "<html>", "ArchiveError", "in use by process 1"),
        (200, [1], "ArchiveError", "in use by process 1"),
        (200, {"other": "version"}, "ArchiveError", "in use by process 1"),
    ],
)
def test_what_a_server_answers_is_taken_or_explained(
    monkeypatch: pytest.MonkeyPatch, status: int, body: Any, kind: str, says: str
) -> None:
    serve_with(monkeypatch, status, body)
    with pytest.raises(Exception, match=says) as raised:
        remote.ask(LOCKED, Ask(question="who?"))
    assert type(raised.value).__name__ == kind
    if isinstance(raised.value, InputError):
        assert raised.value.field == "sources"


def test_a_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def request(*_: Any, **__: Any) -> NoReturn:
        raise httpx.ConnectError("Connection refused")

    monkeypatch.setattr(httpx, "request", request)
    with pytest.raises(Exception, match=r"in use by process 1.*Connection refused") as raised:
        remote.info(LOCKED)
    assert type(raised.value).__name__ == "ArchiveError"


# --- for real

COMMAND = (sys.executable, "-c", "from web.cli import main; main(prog_name='backissue')")
SECONDS = 240


def backissue(folder: Path, *words: str, status: int = 0) -> str:
    """Runs the command as a process of its own, in `folder`; standard output, or standard error when it failed."""
    done = subprocess.run(
        [*COMMAND, *words], cwd=folder, env=environment(), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stderr if status else done.stdout


def environment() -> dict[str, str]:
    """This one, with the packages under test to be found, whatever they are run from."""
    kept = {
        name: value for name, value in os.environ.items() if name in ("BACKISSUE_CACHE",) or "BACKISSUE" not in name
    }
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@contextmanager
def serving(folder: Path, archive: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server on any free port, and the address that it announced."""
    words = [*COMMAND, "--archive", archive, "serve", "--port", "0"]
    with subprocess.Popen(
        words, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/", line)
            assert found, line
            yield server, found.group()
        finally:
            server.kill()


@pytest.mark.slow
def test_the_sample_is_built_asked_served_and_asked_through_the_server(tmp_path: Path) -> None:
    backissue(tmp_path, "demo", "--no-serve")
    ask = ("--archive", "backissue-demo", "ask", "Who holds Albu Kamal?", "--as-of", "2017-11-09", "--json")

    def asked() -> dict[str, Any]:
        return AskResponse.model_validate_json(backissue(tmp_path, *ask)).model_dump(exclude={"timings_ms"})

    direct = asked()
    assert direct["answer"] is not None
    assert "Albu Kamal" in direct["answer"]["citations"][0]["quote"]
    with serving(tmp_path, "backissue-demo") as (server, url):
        page = httpx.get(url, timeout=30, trust_env=False)
        assert page.status_code == 200
        # With the archive locked, only the server can have given these.
        assert asked() == direct
        info = json.loads(backissue(tmp_path, "--archive", "backissue-demo", "info", "--json"))
        assert info["id"] == direct["archive"]["id"]
        refused = backissue(tmp_path, "--archive", "backissue-demo", "ask", "who?", "--source", "nope", status=2)
        assert "no source 'nope'" in refused
        (tmp_path / "x.txt").write_text("A story.")
        said = backissue(tmp_path, "--archive", "backissue-demo", "add", "x.txt", status=1)
        assert f"process {server.pid}" in said
        assert url in said
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=60)
        assert server.returncode == 0
        assert "Traceback" not in errors
    assert not (tmp_path / "backissue-demo" / "owner.json").exists()
    assert asked() == direct
    backissue(tmp_path, "--archive", "backissue-demo", "verify")


@pytest.fixture(scope="module")
def albu_kamal(tmp_path_factory: pytest.TempPathFactory) -> AskResponse:
    """What the article that the project started from says to the question that it started from."""
    if not SEED.is_dir():
        pytest.skip(f"{SEED} is not there: the article that the project started from is not part of the repository")
    folder = tmp_path_factory.mktemp("seed")
    backissue(folder, "--archive", "a", "add", str(SEED), "--published", "2017-11-03")
    printed = backissue(folder, "--archive", "a", "ask", "who holds Albu Kamal?", "--as-of", "2017-11-03", "--json")
    return AskResponse.model_validate_json(printed)


@pytest.mark.slow
def test_who_holds_albu_kamal(albu_kamal: AskResponse) -> None:
    assert albu_kamal.coverage.articles == 1
    assert albu_kamal.answer is not None
    assert "Its last major position is the border town of Albu Kamal" in albu_kamal.answer.citations[0].quote
    assert all("Do you like this article" not in passage.text for passage in albu_kamal.passages)


@pytest.mark.slow
def test_the_passage_that_says_it_comes_first(albu_kamal: AskResponse) -> None:
    assert "Albu Kamal" in albu_kamal.passages[0].text
    assert "last major position" in albu_kamal.passages[0].text


@pytest.mark.parametrize(
    "words", [("remove", "\udcff"), ("add", ".", "--source", "\udcff"), ("add", ".", "--model", "\udcff")]
)
def test_bytes_that_are_no_text_are_refused_in_words(run: Run, words: tuple[str, ...]) -> None:
    refuse(run(*words), 2, "UTF-8")
