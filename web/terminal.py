"""What the command line shows: answers, reports and progress, as text for people."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from index.ingest import Report
from qa.answer import Answer, AskResponse, Citation, TimelineEntry
from web.places import first_places
from web.present import days_meant, period_words, restricted, told_dates
from web.words import phrase
from web.yes_no import wants_yes_or_no

out = Console(highlight=False)
# Progress and notes go to standard error, so that results can be piped.
notes = Console(stderr=True, highlight=False)
NOTE_SECONDS = 30


def show_answer(response: AskResponse) -> None:
    """What was understood, the answer in its sentence with its evidence, what contradicts it, and the answers over
    time; or what the archive covers."""
    for line in _understood(response):
        out.print(Text(line, style="dim"))
    if response.answer:
        _show(response.answer)
        for standing, conflicting in (("Reported otherwise in the same period", True), ("Other answers found", False)):
            alternatives = [other for other in response.alternatives if other.conflicting == conflicting]
            for i, alternative in enumerate(alternatives):
                out.print(f"\n[dim]{standing}:[/]" if i == 0 else "")
                _show(alternative, citations=1)
        if len(response.timeline) > 1:
            _show_timeline(response.timeline)
    else:
        out.print("[bold]No answer found.[/]")
        if wants_yes_or_no(response.understood_as):
            out.print(phrase("answer.own_words"))
        if not response.coverage.articles and not restricted(response):
            out.print(f"{phrase('empty.archive')} Add some with `backissue add`.")
        elif not response.coverage.articles:
            out.print(
                "No article matches. Add some with `backissue add`, or ask as of a later day or with fewer filters."
            )
        for named in response.coverage.names:
            out.print(Text(f"{_counted(named.articles, 'article')} of these {_mention(named.articles)} {named.name}."))
        if response.passages:
            nearest = response.passages[0]
            where = _where_and_when(nearest.source, nearest.published_at)
            out.print(Text(f"Nearest passage, which does not answer: {nearest.title} ({where})"))
    out.print(f"\n[dim]{escape(_coverage(response))}[/]")


def _mention(number: int) -> str:
    return "mentions" if number == 1 else "mention"


def _understood(response: AskResponse) -> list[str]:
    """What was read from the words of the question, and how not to."""
    found = [f"{period_words(response.period)} (--ignore-period asks without)"] if response.period else []
    found += [
        f"{named.name}, also searched as {', '.join(named.spellings)} (--exact-names asks without)"
        for named in response.coverage.names
        if named.spellings
    ]
    return found


def _show(answer: Answer, citations: int = 3) -> None:
    first = answer.citations[0]
    if answer.text != first.quote:
        days = days_meant(first)
        out.print(Text.assemble((answer.text, "bold"), (f" ({days})", "dim") if days else ""))
    out.print(_highlighted(first))
    sources = answer.independent_sources
    also = f"; also written {', '.join(answer.also_written[:4])}" if answer.also_written else ""
    standing = f"{_percent(answer.confidence)} likely; {sources} independent source{'s' * (sources != 1)}{also}"
    out.print(Text(standing, style="dim"))
    for citation in answer.citations[:citations]:
        place = f"{citation.article_id}:{citation.start}-{citation.end}"
        where = _where_and_when(citation.source, citation.published_at)
        out.print(Text.assemble(f"  — {citation.title}, {where} ", (place, "dim")), soft_wrap=True)
        for line in _evidence(citation):
            out.print(Text(f"    {line}", style="dim"))


def _evidence(citation: Citation) -> list[str]:
    """What the quotation says of itself, and the archive of its article."""
    said = citation.attributed_to
    parts = [
        *([f"said by {said.text}"] if said else []),
        *(["quoted speech"] if citation.in_quotation else []),
        *([f"hedged: {', '.join(hedge.text for hedge in citation.hedges)}"] if citation.hedges else []),
        *(f"“{text}” is {days}" for text, days in told_dates(citation)),
    ]
    lines = ["; ".join(parts)] if parts else []
    lines += [f"CORRECTED by {other.title} ({other.article_id})" for other in citation.corrected_by]
    lines += ["CHANGED later: the archive holds a newer version"] if citation.changed_later else []
    if citation.copies:
        where = ", ".join(_where_and_when(copy.source, copy.published_at) for copy in citation.copies)
        lines.append(f"copies, not counted: {where}")
    return lines


def _show_timeline(entries: Sequence[TimelineEntry]) -> None:
    table = Table(title="The answer over time", title_justify="left", show_header=True, header_style="bold")
    for name in ("first", "last", "answer", "independent sources"):
        table.add_column(name)
    for entry in entries:
        style = "bold" if entry.current else None
        row = (
            str(entry.first_published),
            str(entry.last_published),
            escape(entry.text),
            str(entry.independent_sources),
        )
        table.add_row(*row, style=style)
    out.print()
    out.print(table)


def _highlighted(citation: Citation) -> Text:
    text = Text(citation.quote)
    text.stylize("bold", *citation.answer_in_quote)
    return text


def _where_and_when(source: str | None, published_at: Any) -> str:
    return f"{source or 'source unknown'}, {published_at.date() if published_at else 'undated'}"


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _coverage(response: AskResponse) -> str:
    coverage = response.coverage
    first, last = coverage.first_published, coverage.last_published
    days = f", {first} to {last}" if first != last else f", {first}" if first else ""
    filters = response.filters
    applied = [
        *([f"after {filters.after}"] if filters.after else []),
        *([f"before {filters.before}"] if filters.before else []),
        *filters.sources,
        *filters.languages,
    ]
    restricted = f"; only {', '.join(applied)}" if applied else ""
    took = response.timings_ms["total"]
    held = _counted(coverage.articles, "article")
    return f"As of {response.as_of}: {held}{days}{restricted}. {took:.0f} ms."


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'s' * (number != 1)}"


class AddProgress:
    """The progress of `add`: a count while reading, then a bar with articles a second and time left."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("Reading", total=None, rate="")
        self._articles = 0
        self._last_note = time.monotonic()

    def read(self, report: Report) -> None:
        """Call after every item read."""
        seen = report.added + report.updated + report.unchanged + len(report.rejects)
        self._progress.update(self._task, completed=seen)

    def indexing(self, articles: int, _passages: int) -> None:
        """Call when it is known how much there is to index."""
        self._progress.remove_task(self._task)
        self._task = self._progress.add_task("Indexing", total=articles, rate="")

    def indexed(self, articles: int, passages: int) -> None:
        """Call after every round of indexing."""
        self._articles += articles
        elapsed = self._progress.tasks[-1].elapsed or 1e-9
        rate = self._articles / elapsed
        self._progress.update(self._task, advance=articles, rate=f"{rate:.1f} articles/s")
        self._note(rate)

    def _note(self, rate: float) -> None:
        """A line now and then where no bar can be drawn: in a log of a long run."""
        if notes.is_terminal or time.monotonic() - self._last_note < NOTE_SECONDS:
            return
        self._last_note = time.monotonic()
        total = int(self._progress.tasks[-1].total or 0)
        left = (total - self._articles) / rate / 60
        notes.print(f"Indexed {self._articles:,} of {total:,} articles, {rate:.1f} articles/s, {left:.0f} min left")


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress display on standard error; silent when that is no terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=notes, transient=True) as display:
        yield display


@contextmanager
def questions_progress(doing: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with questions a second; call what it gives with how many are done, and of how many."""
    with progress() as display:
        task = display.add_task(doing, total=None, rate="")
        before: list[int] = []  # what an earlier run had done

        def advance(done: int, total: int) -> None:
            before[:] = before or [done - 1]
            rate = (done - before[0]) / (display.tasks[0].elapsed or 1e-9)
            display.update(task, completed=done, total=total, rate=f"{rate:.1f} questions/s")

        yield advance


def show_report(report: Report, rejects_file: Path | None) -> None:
    """What became of the input, as a table."""
    table = Table(show_header=True, header_style="bold")
    table.add_column("Articles")
    table.add_column("Number", justify="right")
    for name in ("added", "updated", "unchanged"):
        table.add_row(name, f"{getattr(report, name):,}")
    for reason, number in sorted(report.reasons.items()):
        places = "".join(f"\n  [dim]{escape(place)}[/]" for place in first_places(report.rejects, reason))
        table.add_row(f"rejected: {escape(reason)}{places}", f"{number:,}")
    out.print(table)
    if report.undated:
        out.print(
            f"{_counted(report.undated, 'article')} without a date: counted as of today, left out of questions as of "
            "earlier days. Give --published for files that do not say."
        )
    if rejects_file:
        # A path or a place must not be broken at the 80th column: it is there to be copied.
        out.print(f"Each reject with its place and remedy: {escape(str(rejects_file))}", soft_wrap=True)


def show_info(info: dict[str, Any]) -> None:
    """An archive's summary, as a table."""
    table = Table(show_header=False)
    days = f"{info['first_published']} to {info['last_published']}" if info["first_published"] else "none dated"
    chunking = info["chunking"]
    rows = {
        "archive": f"{info['id']}, version {info['version']}" + (" (sample)" if info["sample"] else ""),
        "articles": f"{info['articles']:,} ({info['undated']:,} undated)",
        "passages": f"{info['passages']:,}",
        "published": days,
        "waiting to be indexed": f"{info['pending']:,}",
        "embedding": info["embedding_model"],
        "passage length": f"{chunking['tokens']} tokens, {chunking['overlap_sentences']} sentence(s) shared",
    }
    for name, value in rows.items():
        table.add_row(name, escape(str(value)))
    for entry in info["sources"][:20]:
        table.add_row(f"source: {escape(entry['source'] or 'unknown')}", f"{entry['articles']:,}")
    for entry in info["languages"]:
        table.add_row(f"language: {escape(entry['language'])}", f"{entry['articles']:,}")
    out.print(table)


def show_metrics(metrics: dict[str, Any]) -> None:
    """A run's figures with their intervals, as tables: all questions, then each group."""
    _metrics_table("all questions", metrics)
    for name, group in metrics["groups"].items():
        _metrics_table(name, group)


def _metrics_table(title: str, metrics: dict[str, Any]) -> None:
    latency, within = metrics["latency_ms"], metrics["intervals"]
    right = [
        f"{name} {metrics[key]:.3f} ({_between(within[key])})"
        for name, key in (("EM", "exact_match"), ("F1", "f1"))
        if metrics["scored"]
    ]
    figures = [
        f"{metrics['questions']:,} asked, {metrics['answered']:,} answered",
        *right,
        f"median {latency['p50']} ms, p95 {latency['p95']} ms",
    ]
    out.print(f"[bold]{escape(title)}[/]: {'; '.join(figures)}", soft_wrap=True)
    for kind, thing in (("retrieval", "passages"), ("articles", "articles")):
        if metrics[kind]:
            out.print(_found_by(thing, metrics[kind]))


def _found_by(thing: str, found: dict[str, Any]) -> Table:
    table = Table()
    table.add_column(f"{thing} found by")
    names = list(next(iter(found.values())))
    for name in names:
        table.add_column(name, justify="right")
    for method, figures in found.items():
        table.add_row(escape(method), *(f"{figures[name]:.3f}" for name in names))
    return table


def _between(ends: Sequence[float]) -> str:
    return f"{ends[0]:.3f}–{ends[1]:.3f}"


def show_comparison(comparison: dict[str, Any], most: int = 10) -> None:
    """Two runs: what was changed, the figures of both, and the questions with the largest gains and losses."""
    apart = [
        f"{len(comparison[key]):,} {words}"
        for key, words in (
            ("only_in_a", "only in A"),
            ("only_in_b", "only in B"),
            ("asked_otherwise", "asked otherwise"),
        )
        if comparison[key]
    ]
    told = "; ".join([f"{_counted(comparison['compared'], 'question')} compared", *apart])
    out.print(Text(f"A {comparison['a']['run']}\nB {comparison['b']['run']}\n{told}"))
    for name, one in comparison["changed"].items():
        out.print(Text(f"changed: {name} was {one['a']!r} in A, is {one['b']!r} in B"), soft_wrap=True)
    if not comparison["changed"]:
        out.print("changed: nothing")
    table = Table(box=None, pad_edge=False)
    for name in ("", "A", "B", "B less A", "95 % interval", "p", "gains, losses"):
        table.add_column(name, justify="right" if name else "left")
    for name, one in comparison["figures"].items():
        low, high = one["interval"]
        means = (f"{one['a']:.3f}", f"{one['b']:.3f}", f"{one['difference']:+.3f}", f"{low:+.3f} {high:+.3f}")
        table.add_row(name.replace(" recall", " "), *means, f"{one['p']:.4f}", f"{one['gains']}, {one['losses']}")
    out.print(table)
    for side in ("gains", "losses"):
        rows = comparison[side]
        if rows:
            out.print(Text(f"{side}: {len(rows):,}" + (f", the largest {most}" if len(rows) > most else "")))
        for row in rows[:most]:
            said = [repr(row[run]["prediction"]) if row[run]["prediction"] else "no answer" for run in "ab"]
            out.print(
                Text(f"  {row['id']}: {row['question']}\n    A {said[0]}, B {said[1]}; accepted {row['answers']}")
            )


def show_reading(figures: dict[str, Any]) -> None:
    """The figures of the reader alone, in percent; for SQuAD 2.0 also apart, with and without an answer."""
    parts = [f"{_counted(figures['questions'], 'question')} read"]
    if "scored" in figures:
        parts += [f"{figures['scored']:,} scored"] if figures["scored"] != figures["questions"] else []
        parts.append(_exact_and_f1(figures["exact_match"], figures["f1"]))
    else:
        parts.append("not scored, for the file gives no answers")
    out.print("; ".join([*parts, f"median {figures['median_seconds']:.3f} s a question"]), soft_wrap=True)
    for name in ("HasAns", "NoAns"):
        if number := figures.get(f"{name}_total"):
            out.print(f"{name} ({number:,}): {_exact_and_f1(figures[f'{name}_exact'], figures[f'{name}_f1'])}")


def _exact_and_f1(exact: float, f1: float) -> str:
    return f"EM {exact:.2f}, F1 {f1:.2f}"
