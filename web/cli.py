"""The `backissue` command: one thin function a subcommand.

Exit status 0, 1 for a failure, 2 for wrong usage. Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import click

from index import sample
from index.archive import Archive
from index.errors import ArchiveError, ArchiveLockedError, BackissueError, FilterError, InputError, SettingsError
from index.formats import Defaults, Fetcher, is_address, parse_published, read_address, read_path
from index.ingest import Report, note_rejects
from index.ingest import add as ingest
from qa.answer import Ask, AskResponse
from web import remote, terminal
from web.app import create_app
from web.asking import parse_day
from web.engine import open_archive, open_qa
from web.feedback import Judgements
from web.guard import is_loopback
from web.limits import server_threads
from web.serve import run_server
from web.settings import Settings, load_settings
from web.store import FOLDER, Store
from web.tokens import Scope, Tokens
from web.work import EXTENSION as WORKER
from web.work import Worker


class _Failure(click.ClickException):
    """An error shown in one line; wrong input exits with 2, all else with 1."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        """The process's exit status."""
        return self.status


class _Commands(click.Group):
    """Turns the family of errors into one line and an exit status, whichever command raised them."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except BackissueError as error:
            raise _Failure(str(error), 2 if isinstance(error, InputError) else 1) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # who reads the output has seen enough: click ends quietly
                raise
            raise _Failure(f"{error.filename or 'Input or output'}: {error.strerror or error}.", 1) from error
        except KeyboardInterrupt:
            message = "Interrupted. What was done is kept; run the same command again to go on."
            raise _Failure(message, 1) from None


def _keep(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None and parameter.name is not None:
        context.obj = load_settings({}, {**asdict(context.obj), parameter.name: value})


def _keep_words(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    _keep(context, parameter, _words(context, parameter, value))


# `backissue --archive DIR ask ...` and `backissue ask ... --archive DIR` mean the same.
_archive = click.option("--archive", metavar="DIR", callback=_keep, expose_value=False, help="Folder of the archive.")
_reader = click.option(
    "--reader",
    metavar="NAME",
    callback=_keep_words,
    expose_value=False,
    help="What finds the answer: backissue (default), sentence, or a question-answering model's folder or hub name.",
)


def _day(_context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return parse_day(value, parameter.opts[0])
    except FilterError as error:
        raise click.BadParameter(str(error), param=parameter) from None


def _words(_context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """A lone surrogate is how Python passes on a byte that the terminal's encoding does not know."""
    try:
        for text in (value,) if isinstance(value, str) else value or ():
            text.encode()
    except UnicodeEncodeError:
        raise click.BadParameter("Some of its bytes are no text. Write it in UTF-8.", param=parameter) from None
    return value


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--archive", metavar="DIR", help="Folder of the archive [default: backissue-archive].")
@click.version_option(package_name="backissue")
@click.pass_context
def main(context: click.Context, archive: str | None) -> None:
    """Ask a news archive, and get the articles' own words, cited, as of any day."""
    context.obj = load_settings(os.environ, {"archive": archive})


@main.command()
@click.option("--serve/--no-serve", default=True, help="Serve the chat page once the sample archive is built.")
@click.option("--port", type=int, help="Port of the chat page [default: 8000, or any free one].")
@_reader
@_archive
@click.pass_context
def demo(context: click.Context, serve: bool, port: int | None) -> None:
    """Build the sample archive and open the chat page on it; nothing else is needed."""
    given = context.obj.archive != Settings().archive
    settings = replace(context.obj, archive=context.obj.archive if given else Path("backissue-demo"))
    settings = load_settings({}, {**asdict(settings), "port": port if port is not None else settings.port})
    with open_archive(settings, create=True, sample=True) as archive:
        if not archive.sample:
            raise ArchiveError(
                f"{settings.archive} holds articles of your own, to which the sample is not added. "
                "Name another folder: backissue --archive DIR demo."
            )
        _add(archive, [str(sample.dispatches_path())], Defaults())
        if serve:
            _serve(settings, archive, any_port=port is None)
        else:
            click.echo(f'Try: backissue --archive {settings.archive} ask "Who holds Albu Kamal?" --as-of 2017-11-09')


@main.command()
@click.argument("places", metavar="PATH_OR_URL...", nargs=-1, required=True)
@click.option("--published", metavar="DATE", help="Date of articles that do not give their own.")
@click.option("--source", callback=_words, help="Source of articles that do not give their own.")
@click.option("--model", callback=_words, help="For a new archive: minilm (default), static, a folder or a hub name.")
@click.option(
    "--precision", type=click.Choice(["int8", "float32"]), help="For a new archive: int8 (default) or float32."
)
@click.option("--chunk-tokens", type=int, help="For a new archive: tokens a passage has at most [default: 230].")
@_archive
@click.pass_context
def add(
    context: click.Context, /, places: tuple[str, ...], published: str | None, source: str | None, **new: Any
) -> None:
    """Add articles: .jsonl, .csv, .html, .txt, .md files, feeds (RSS, Atom), web archives (.warc, .wacz), .zip and .tar
    files, folders of all these, and addresses.

    The .jsonl, .csv and .warc files may be gzipped, the .tar files packed in any usual way. Of an https:// address, a
    page gives its article, a feed those that it links to, a file what it holds.

    Adding an article again changes nothing; a changed one becomes a new version. After an interruption, run
    the same command again: it goes on where it stopped.
    """
    settings = load_settings(os.environ, {"archive": context.obj.archive, **new})
    defaults = Defaults(source=source)
    if published is not None:
        moment, precision = parse_published(published, "--published")
        defaults = replace(defaults, published_at=moment, date_precision=precision)
    for place in places:
        if not is_address(place) and not Path(place).exists():
            raise click.BadParameter(f"{place} does not exist.", param_hint="PATH_OR_URL")
    with open_archive(settings, create=True) as archive:
        report = _add(archive, places, defaults)
    if report.rejects and not (report.added or report.updated or report.unchanged):
        sys.exit(1)


@main.command()
@click.argument("question", callback=_words)
@click.option(
    "--as-of", callback=_day, metavar="DATE", help="Answer from the archive as it stood at the end of that day."
)
@click.option("--after", callback=_day, metavar="DATE", help="Only articles published on that day or later.")
@click.option("--before", callback=_day, metavar="DATE", help="Only articles published on that day or earlier.")
@click.option("--source", "sources", multiple=True, help="Only articles of this source; may be given again.")
@click.option("--language", "languages", multiple=True, help="Only articles in this language; may be given again.")
@click.option("--passages", type=click.IntRange(1, 50), help="Passages to return [default: 20].")
@click.option("--ignore-period", is_flag=True, help="Do not read dates from the words of the question.")
@click.option("--exact-names", is_flag=True, help="Do not search for other spellings of its names.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")
@_reader
@_archive
@click.pass_context
def ask(context: click.Context, /, as_json: bool, passages: int | None, **fields: Any) -> None:
    """Ask one question. While a server runs on the archive, it answers."""
    response = _ask(context.obj, Ask(passages=passages or context.obj.passages, **fields))
    if as_json:
        click.echo(response.model_dump_json(indent=2))
    else:
        terminal.show_answer(response)


@main.command()
@click.option("--host", help="Address to listen on [default: 127.0.0.1].")
@click.option("--port", type=int, help="Port to listen on; 0 picks a free one [default: 8000].")
@_reader
@_archive
@click.pass_context
def serve(context: click.Context, host: str | None, port: int | None) -> None:
    """Serve the chat page and the JSON API."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = load_settings({}, {**asdict(context.obj), **given})
    with open_archive(settings) as archive:
        _serve(settings, archive)


@main.command()
@click.argument("questions", type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the results.")
@click.option("--group", metavar="FIELD", help="Also give figures by the value of this field of the question file.")
@click.option(
    "--method",
    type=click.Choice(["hybrid", "timeless", "fusion", "bm25", "dense"]),
    default="hybrid",
    help="How passages are found [default: hybrid]; timeless is blind to time, fusion the two lists and no more.",
)
@click.option("--compare-retrieval", is_flag=True, help="Also score what the other methods find.")
@click.option("--fresh", is_flag=True, help="Throw away an earlier run in the folder and start over.")
@_reader
@_archive
@click.pass_context
def evaluate(context: click.Context, /, questions: Path, out: Path, **options: Any) -> None:
    """Ask a file of questions, score the answers and write a report.

    QUESTIONS has JSON lines {"id", "question", "as_of"?, "answers"?, "filters"?}, or is a SQuAD file, a BEIR folder,
    or a CSV file with a column "question". After an interruption, run the same command again: it goes on where it
    stopped.
    """
    from qa.evaluate.run import evaluate as run

    with open_archive(context.obj) as archive, terminal.questions_progress("Asking") as advance:
        metrics = run(open_qa(archive, context.obj), questions, out, progress=advance, **options)
    terminal.show_metrics(metrics)
    click.echo(f"Report: {out / 'report.html'}")


@main.command()
@click.argument("run_a", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("run_b", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the whole comparison as JSON.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="File for the comparison as a page.")
def compare(run_a: Path, run_b: Path, as_json: bool, html: Path | None) -> None:
    """Compare two folders that `evaluate` wrote, question by question; no archive is needed."""
    from qa.evaluate.compare import compare as run
    from qa.evaluate.compare import write_html
    from qa.evaluate.files import replacing

    comparison = run(run_a, run_b)
    if html:
        with replacing(html) as file:
            write_html(file, comparison)
    click.echo(json.dumps(comparison, indent=2)) if as_json else terminal.show_comparison(comparison)


@main.command()
@click.argument("squad", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File for the predictions (.json)."
)
@click.option(
    "--na-prob",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for the probability that there is no answer (.json).",
)
@_reader
@click.pass_context
def read(context: click.Context, squad: Path, out: Path, na_prob: Path | None) -> None:
    """Read a SQuAD file with the reader alone; no archive is needed.

    SQUAD is a SQuAD 1.1 or 2.0 file (.json, .json.gz). The predictions are {id: text}, as the official scorers
    take them; the figures printed are theirs.
    """
    from qa.evaluate.squad import read as run

    settings = context.obj
    with terminal.questions_progress("Reading") as advance:
        options: dict[str, Any] = {"reader": settings.reader, "threads": settings.threads, "progress": advance}
        figures = run(squad, out, na_prob=na_prob, **options)
    terminal.show_reading(figures)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@_archive
@click.pass_context
def info(context: click.Context, as_json: bool) -> None:
    """Say what the archive holds and how it was made."""
    try:
        with open_archive(context.obj) as archive:
            summary = archive.info()
    except ArchiveLockedError as error:
        summary = remote.info(error, context.obj.token)
    click.echo(json.dumps(summary, indent=2)) if as_json else terminal.show_info(summary)


@main.command()
@click.argument("articles", nargs=-1, required=True, callback=_words)
@_archive
@click.pass_context
def remove(context: click.Context, articles: tuple[str, ...]) -> None:
    """Remove articles, all their versions, by id or address."""
    with open_archive(context.obj) as archive:
        click.echo(f"Removed {archive.remove(articles)} article version(s).")


@main.command()
@click.option("--repair", is_flag=True, help="Index anew what differs.")
@_archive
@click.pass_context
def verify(context: click.Context, repair: bool) -> None:
    """Compare both indexes with the catalog; exit status 1 when they differ."""
    with open_archive(context.obj) as archive:
        report = archive.verify()
        for name, articles in report.items():
            click.echo(f"{name.replace('_', ' ')}: {len(articles)} article(s) {' '.join(articles[:5])}".rstrip())
        waiting = archive.info()["pending"]
        click.echo(f"waiting to be indexed: {waiting} article(s)")
        differs = any(report.values()) or waiting > 0
        if differs and repair:
            click.echo(f"Repaired {archive.repair(report) + waiting} article(s).")
            differs = any(archive.verify().values())
        elif differs:
            again = "run `backissue add` again, which goes on, or " if waiting else ""
            click.echo(f"To mend it, {again}`backissue verify --repair`.", err=True)
    sys.exit(1 if differs else 0)


@main.command()
@_archive
@click.pass_context
def rebuild(context: click.Context) -> None:
    """Make both indexes anew from the catalog, with the archive's own model."""
    with open_archive(context.obj) as archive, terminal.progress() as display:
        shown = terminal.AddProgress(display)
        shown.indexing(archive.catalog.counts()["articles"], 0)
        number = archive.rebuild(shown.indexed)
    click.echo(f"Indexed {number:,} article version(s) anew.")


@main.command()
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File to write (.jsonl).")
@_archive
@click.pass_context
def export(context: click.Context, out: Path) -> None:
    """Write all current articles as JSON lines that `add` reads."""
    with open_archive(context.obj) as archive, out.open("w", encoding="utf-8") as file:
        number = 0
        for number, record in enumerate(archive.export(), start=1):  # noqa: B007 - the count is wanted
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    click.echo(f"Wrote {number:,} article(s) to {out}.")


@main.command()
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File to write (.jsonl).")
@_archive
@click.pass_context
def feedback(context: click.Context, out: Path) -> None:
    """Write what people judged as a question file that `evaluate` reads, also while a server runs."""
    with closing(Store.of_archive(context.obj.archive)) as store, out.open("w", encoding="utf-8") as file:
        number = 0
        for number, line in enumerate(Judgements(store).questions(), start=1):  # noqa: B007 - the count is wanted
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    click.echo(f"Wrote {number:,} question(s) to {out}.")


@main.group()
def token() -> None:
    """Tokens that open a server to others: create, list and revoke them, also while it runs."""


@token.command("create")
@click.argument("name", callback=_words)
@click.option("--scope", type=click.Choice(["read", "write"]), default="read", show_default=True)
@_archive
@click.pass_context
def token_create(context: click.Context, name: str, scope: Scope) -> None:
    """Make a token and print it. NAME says whose it is; write may also add and remove articles."""
    with closing(Store.of_archive(context.obj.archive)) as store:
        row, secret = Tokens(store).create(name, scope)
    click.echo(secret)
    click.echo(f"It is kept nowhere: note it now. `backissue token revoke {row.id}` ends it.", err=True)


@token.command("list")
@_archive
@click.pass_context
def token_list(context: click.Context) -> None:
    """List all tokens: id, scope, days of creation and revocation, name."""
    with closing(Store.of_archive(context.obj.archive)) as store:
        for row in Tokens(store).all():
            ended = f"revoked {row.revoked_at:%Y-%m-%d}" if row.revoked_at else "active"
            click.echo(f"{row.id}  {row.scope:5}  {row.created_at:%Y-%m-%d}  {ended:18}  {row.name}")


@token.command("revoke")
@click.argument("token_id", metavar="ID", callback=_words)
@_archive
@click.pass_context
def token_revoke(context: click.Context, token_id: str) -> None:
    """End a token: from the next request on it opens nothing."""
    with closing(Store.of_archive(context.obj.archive)) as store:
        row = Tokens(store).revoke(token_id)
    click.echo(f"Revoked {row.id}, {row.name}.")


def _ask(settings: Settings, question: Ask) -> AskResponse:
    try:
        with open_archive(settings) as archive:
            return open_qa(archive, settings).ask(question)
    except ArchiveLockedError as error:
        if error.url and settings.reader != Settings().reader:
            message = f"The server at {error.url} answers with the reader it was started with. Leave --reader out."
            raise SettingsError(message, field="reader") from error
        return remote.ask(error, question, settings.token)


def _add(archive: Archive, places: Iterable[str], defaults: Defaults) -> Report:
    fetcher = Fetcher(private=True)
    read = (read_address(p, defaults, fetcher) if is_address(p) else read_path(Path(p), defaults) for p in places)
    with terminal.progress() as display:
        shown = terminal.AddProgress(display)
        report = ingest(
            archive, chain.from_iterable(read), on_read=shown.read, on_indexing=shown.indexing, on_indexed=shown.indexed
        )
    terminal.show_report(report, note_rejects(archive.folder / "rejects", report.rejects))
    return report


def _serve(settings: Settings, archive: Archive, *, any_port: bool = False) -> None:
    store = Store(archive.folder / FOLDER)
    examples = sample.EXAMPLES if archive.sample else ()
    app = create_app(settings, open_qa(archive, settings), store=store, examples=examples)

    def announce(url: str) -> None:
        archive.announce(url)
        click.echo(f"Backissue answers at {url} (Ctrl-C stops it)")
        if not is_loopback(settings.host) and not Tokens(store).active():
            click.echo("It is closed until it has a token: backissue token create NAME", err=True)

    options: dict[str, Any] = {"max_body": settings.max_upload_mb << 20}
    worker: Worker = app.extensions[WORKER]
    with worker.running():
        try:
            run_server(app, settings.host, settings.port, server_threads(settings), announce, **options)
        except SettingsError:
            if not any_port:
                raise
            run_server(app, settings.host, 0, server_threads(settings), announce, **options)
