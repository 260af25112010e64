"""The figures of a run, of two runs compared, and of the reader alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from web.terminal.console import counted, out


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
    told = "; ".join([f"{counted(comparison['compared'], 'question')} compared", *apart])
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
    parts = [f"{counted(figures['questions'], 'question')} read"]
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
