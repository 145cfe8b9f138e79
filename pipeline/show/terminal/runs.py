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
    table = grid(
        "Runs into this output",
        ("started, UTC", "ended", "took", "workers", "screened", "reused", "text", "CPU", "memory"),
    )
    table.columns[1].justify = "left"
    for entry in entries[-_SHOWN:]:
        cpu, memory = sum(entry.cpu_s.values()), max(entry.peak_bytes.values(), default=0)
        table.add_row(
            clipped(entry.started, _CHARS).replace("T", " ").removesuffix("Z"),
            entry.how,
            duration(entry.seconds) if entry.ended else "–",
            f"{entry.workers:,}",
            f"{entry.screened:,}" if entry.ended else "–",
            f"{entry.reused:,}" if entry.ended else "–",
            quantity(entry.text_bytes, "B") if entry.ended else "–",
            duration(cpu) if entry.ended else "–",
            quantity(memory, "B") if memory else "–",
        )
    return Group(table, Text(), *_last(entries[-1]))


def _last(entry: Entry) -> list[Text]:
    by_cost = sorted(entry.stage_cpu_s.items(), key=lambda one: -one[1])
    stages = ", ".join(f"{clipped(stage, _CHARS)} {cpu:.1f}" for stage, cpu in by_cost)
    versions = ", ".join(f"{clipped(name, _CHARS)} {clipped(value, _CHARS)}" for name, value in entry.versions.items())
    lines = {
        "the last one": clipped(entry.command, 10 * _CHARS) or "begun from Python",
        "failed": clipped(entry.error, 10 * _CHARS),
        "machine": f"{clipped(entry.host, _CHARS)}, {clipped(entry.system, _CHARS)}, {entry.processors} processors",
        "versions": versions,
        "CPU seconds": stages,
    }
    return [Text(f"{name}: {value}", "yellow" if name == "failed" else "") for name, value in lines.items() if value]


def plain_runs(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the runs as JSON has them, the first one first."""
    return [asdict(entry) for entry in entries]
