"""An answer with its evidence and its timeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from qa.answer import Answer, AskResponse, Citation, TimelineEntry
from web.present import days_meant, period_words, restricted, told_dates
from web.terminal.console import counted, out
from web.words import phrase
from web.yes_no import wants_yes_or_no


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
            out.print(Text(f"{counted(named.articles, 'article')} of these {_mention(named.articles)} {named.name}."))
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
    only = f"; only {', '.join(applied)}" if applied else ""
    took = response.timings_ms["total"]
    held = counted(coverage.articles, "article")
    return f"As of {response.as_of}: {held}{days}{only}. {took:.0f} ms."
