"""A finding on the terminal, and as JSON."""

from collections.abc import Iterable
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from babelmill.pipeline.explain.signals import Finding
from babelmill.pipeline.formatting.sanitize import clipped, inert_json
from babelmill.transforms.quality.rules import Bounds
from babelmill.transforms.quality.signals import BOUNDABLE
from babelmill.transforms.text.visible import visible

__all__ = ["as_json", "shown", "signals"]


def as_json(finding: Finding) -> str:
    """Return a finding as one line of JSON: id, verdict, reasons by signal, values, bounds."""
    bounds = {signal: found._asdict() for signal, found in finding.bounds.items() if found != Bounds()}
    return inert_json(
        {
            "id": finding.id,
            "verdict": finding.verdict,
            "reasons": finding.reasons,
            "values": finding.values,
            "bounds": bounds,
        }
    )


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if value < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else ""


def shown(finding: Finding) -> RenderableType:
    """Return a document's heading and a row a signal: value, bounds, and the reason if the document falls by it."""
    lang, score = finding.values["lang"], finding.values["lang_score"]
    heading = Text(clipped(f"{finding.id}  {lang} {score:.2f}  {finding.verdict}", 500), "bold")
    reason = finding.reasons.get("lang")
    lines: list[RenderableType] = [heading, Text(visible(finding.head), "dim")]
    if reason:
        lines.append(Text(f"{reason}: no language of this run", "red"))
    return Group(*lines, signals(finding, finding.values))


def signals(finding: Finding, names: Iterable[str]) -> Table:
    """Return a row for each of some signals: value, bounds, and the reason if the document falls by it."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, column in enumerate(("signal", "value", "at least", "at most", "")):
        table.add_column(column, justify="right" if 0 < number < 4 else "left", no_wrap=number < 4)
    for signal in names:
        value = finding.values[signal]
        if signal not in BOUNDABLE and not signal.startswith("model_"):
            continue
        low, high = finding.bounds.get(signal, Bounds())
        meaning = BOUNDABLE[signal].meaning if signal in BOUNDABLE else "the model's score"
        falls = finding.reasons.get(signal)
        style = "red" if falls else "" if (low, high) != (None, None) else "dim"
        last = Text(falls or meaning, no_wrap=not falls, overflow="ellipsis")
        table.add_row(signal, _number(value), _number(low), _number(high), last, style=style)
    return table
