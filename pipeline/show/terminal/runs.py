"""The runs into an output on the terminal, and as JSON: what its run log says."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from babelmill.pipeline.corpus.run_log import Entry
from babelmill.pipeline.formatting.bars import duration
from babelmill.pipeline.formatting.quantities import quantity
from babelmill.pipeline.formatting.sanitize import clipped
from babelmill.pipeline.show.terminal.grid import grid

__all__ = ["plain_runs", "runs_table"]

_SHOWN = 20
_CHARS = 200


def runs_table(entries: Sequence[Entry]) -> RenderableType:
    """Return a row a run, the last ones at the bottom, and more of the last one."""
    if not entries:
        return Text("No run is noted here: `babelmill run` notes one a line in work/run.log")
    table = grid("Runs into this output", ("started, UTC", "ended", "took", "items screened", "CPU", "memory"))
    table.columns[1].justify = "left"
    for entry in entries[-_SHOWN:]:
        known = bool(entry.ended)
        table.add_row(
            clipped(entry.started, _CHARS).replace("T", " ").removesuffix("Z"),
            entry.how,
            duration(entry.seconds) if known else "–",
            f"{entry.screened:,} of {entry.items:,}" if known else "–",
            duration(sum(entry.cpu_s.values())) if known else "–",
            # Each at its worst moment: together they took no more.
            quantity(entry.peak_bytes.get("launcher", 0) + entry.peak_bytes.get("workers", 0), "B") if known else "–",
        )
    return Group(table, Text(), *_last(entries[-1]))


def _last(entry: Entry) -> list[Text]:
    by_cost = sorted(entry.stage_cpu_s.items(), key=lambda one: -one[1])
    stages = ", ".join(f"{clipped(stage, _CHARS)} {cpu:.1f}" for stage, cpu in by_cost)
    versions = ", ".join(f"{clipped(name, _CHARS)} {clipped(value, _CHARS)}" for name, value in entry.versions.items())
    lines = {
        "the last one": clipped(entry.command, 10 * _CHARS) or "begun from Python",
        "failed": clipped(entry.error, 10 * _CHARS),
        "on": f"{clipped(entry.host, _CHARS)}, {clipped(entry.system, _CHARS)}, {entry.processors} processors, "
        f"{entry.workers:,} worker{'' if entry.workers == 1 else 's'}",
        "versions": versions,
        "CPU seconds": stages,
    }
    return [Text(f"{name}: {value}", "yellow" if name == "failed" else "") for name, value in lines.items() if value]


def plain_runs(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the runs as JSON has them, the first one first."""
    return [asdict(entry) for entry in entries]
