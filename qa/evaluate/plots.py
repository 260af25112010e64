"""Plots as inline SVG: colours come from the page's style sheet, so that they are legible on light and dark; lines
differ by marker and dash and bars by hatching, so that they are told apart without colour."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler

from qa.evaluate.bootstrap import Floats
from qa.evaluate.metrics import RECALL_AT, RIGHT

# Parts of the questions that one plot has room for; the table beside it has all.
MOST_BARS = 30
# Stand-ins that no plot uses otherwise -> what the style sheet says.
_INK, _FAINT = "#010203", "#010204"
_SERIES = ("#010205", "#010206", "#010207", "#010208", "#010209")
_STYLED = {_INK: "currentColor", _FAINT: "var(--edge)", **{c: f"var(--series-{i})" for i, c in enumerate(_SERIES, 1)}}
_MARKERS, _DASHES, _HATCHES = "osD^v", ("-", "--", "-.", ":", (0, (5, 1, 1, 1))), ("", "////")
_STYLE: dict[str, Any] = {
    "text.parse_math": False,
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": _INK,
    "axes.edgecolor": _FAINT,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": _FAINT,
    "grid.linewidth": 0.4,
    "hatch.color": _INK,
    "axes.prop_cycle": cycler(color=_SERIES),
    "legend.frameon": False,
}


def recall_curve(ranks: Mapping[str, Sequence[int | None]], thing: str) -> Markup:
    """The share of questions with a relevant passage (article) among the first k, by method; ranks are from 1."""

    def draw(axes: Axes) -> None:
        at = np.arange(1, RECALL_AT[-1] + 1)
        for number, (method, found) in enumerate(ranks.items()):
            places = np.array([rank or np.inf for rank in found])
            share = [float(np.mean(places <= k)) for k in at]
            axes.plot(at, share, label=method, markevery=[k - 1 for k in RECALL_AT], **_line(number))
        axes.set(xscale="log", ylim=(0, 1.02), xlabel=f"first k {thing}", ylabel="share of questions")
        axes.set_xticks(RECALL_AT, [str(k) for k in RECALL_AT])
        axes.minorticks_off()
        axes.legend(loc="lower right")

    return _svg(f"Recall at k of {thing}", draw)


def bars(parts: Mapping[str, Mapping[str, Any]], name: str) -> Markup:
    """EM and F1 of each part of the questions, with their intervals; of the largest parts where there are many."""
    scored = [(label, part) for label, part in parts.items() if part["scored"]]
    least = sorted((part["scored"] for _, part in scored), reverse=True)[:MOST_BARS][-1]
    shown = [(label, part) for label, part in scored if part["scored"] >= least][:MOST_BARS]

    def draw(axes: Axes) -> None:
        places = np.arange(len(shown))
        for number, (key, title) in enumerate((("exact_match", "EM"), ("f1", "F1"))):
            values = np.array([part[key] for _, part in shown])
            ends = np.array([part["intervals"][key] for _, part in shown])
            off = np.abs(ends - values[:, None]).T
            colours: dict[str, Any] = {
                "color": _SERIES[number],
                "edgecolor": _INK,
                "ecolor": _INK,
                "hatch": _HATCHES[number],
            }
            axes.barh(places + 0.2 * (2 * number - 1), values, 0.36, xerr=off, label=title, capsize=2, **colours)
        axes.set(xlim=(0, 1), xlabel="EM and F1, with 95 % intervals")
        axes.set_yticks(places, [_cut(label) for label, _ in shown])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)

    return _svg(f"EM and F1 by {name}", draw, height=1.3 + 0.42 * max(len(shown), 3))


def reliability_diagram(bins: Sequence[Mapping[str, Any]]) -> Markup:
    """Share of right answers against confidence; beside each point how many answers it stands for."""

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=_FAINT, linestyle="--", label="perfect")
        confidence, right = [one["confidence"] for one in bins], [one["right"] for one in bins]
        axes.plot(confidence, right, label="this run", **_line(0))
        for one in bins:
            axes.annotate(str(one["answers"]), (one["confidence"], one["right"]), (6, -10), textcoords="offset points")
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel=f"share right (F1 of at least {RIGHT})")
        axes.legend(loc="upper left")

    return _svg("Reliability diagram", draw)


def risk_coverage_curve(coverage: Floats, risk: Floats) -> Markup:
    """The share of wrong answers among those given, by the share of questions answered, the most confident first."""

    def draw(axes: Axes) -> None:
        axes.plot(coverage, risk, color=_SERIES[0])
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="share of questions answered", ylabel="share wrong of the answers")

    return _svg("Risk-coverage curve", draw)


def latency_histogram(milliseconds: Floats) -> Markup:
    """How many questions took how long."""

    def draw(axes: Axes) -> None:
        axes.hist(milliseconds, bins=30, color=_SERIES[0], edgecolor=_INK, linewidth=0.4)
        axes.set(xlim=(0, None), xlabel="milliseconds a question", ylabel="questions")

    return _svg("Distribution of latency", draw)


def _line(number: int) -> dict[str, Any]:
    place = number % len(_SERIES)
    return {"color": _SERIES[place], "marker": _MARKERS[place], "linestyle": _DASHES[place], "markersize": 5}


def _cut(label: str, most: int = 28) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _svg(title: str, draw: Any, height: float = 3.4) -> Markup:
    """The drawing as an element of a page, the same every time; ids differ from plot to plot."""
    # Not pyplot: that keeps global state. The style is read while drawing, too.
    style: Any = {**_STYLE, "svg.hashsalt": title}
    with mpl.rc_context(style):
        figure = Figure(figsize=(5.2, height), layout="constrained")
        draw(figure.subplots())
        out = StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return Markup(_embedded(out.getvalue(), title))  # noqa: S704 - matplotlib escapes the texts it is given


def _embedded(svg: str, title: str) -> str:
    body = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    # Ids that nothing refers to would stand in the page once for every plot.
    used = set(re.findall(r"#([\w.-]+)", body))
    body = re.sub(r' id="([^"]*)"', lambda match: match.group() if match[1] in used else "", body)
    for colour, styled in _STYLED.items():
        body = body.replace(colour, styled)
    return body.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)
