"""An archive: what it holds, and what became of articles added to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from index.ingest import Report
from web.places import first_places
from web.terminal.console import counted, out


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
            f"{counted(report.undated, 'article')} without a date: counted as of today, left out of questions as of "
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
