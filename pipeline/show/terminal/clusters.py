"""Clusters on the terminal, and as JSON."""

from math import floor
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from babelmill.pipeline.corpus.clusters import Clusters
from babelmill.pipeline.formatting.quantities import share
from babelmill.pipeline.formatting.sanitize import clipped
from babelmill.pipeline.show.terminal.grid import grid
from babelmill.transforms.text.visible import visible

__all__ = ["as_json", "shown"]


def as_json(clusters: Clusters) -> dict[str, Any]:
    """Return all of it as plain values."""
    return {
        "removed": clusters.removed,
        "sizes": {str(least): count for least, count in clusters.sizes.items()},
        "clusters": [cluster._asdict() for cluster in clusters.largest],
        "alarms": [
            {"source": alarm.source, "seen": alarm.seen.docs, "removed": alarm.removed.docs, "share": alarm.share}
            for alarm in clusters.alarms
        ],
    }


def _parts(counted: dict[str, int]) -> str:
    return ", ".join(f"{clipped(name, 300)} {count:,}" for name, count in list(counted.items())[:3])


def _at_least(similarity: float | None) -> str:
    """Write a lower bound: rounded down, for rounded up it would not be one."""
    return "–" if similarity is None else f"{floor(100 * similarity) / 100:.2f}"


def shown(clusters: Clusters) -> RenderableType:
    """Return the sizes, the largest clusters with an excerpt each, and the alarms."""
    sizes = grid("Clusters by size", ("documents", "clusters"))
    for least, count in clusters.sizes.items():
        sizes.add_row(f"{least:,} to {2 * least - 1:,}", f"{count:,}")
    lines: list[RenderableType] = [sizes, Text()]
    for cluster in clusters.largest:
        near = cluster.size - 1 - cluster.exact
        similar = f", {near:,} at least {_at_least(cluster.least_similarity)} similar" if near else ""
        head = f"{cluster.size:,} documents: {cluster.exact:,} equal{similar}; kept {clipped(cluster.kept_id, 300)}"
        lines.append(Text(head, "bold"))
        lines.append(Text(f"  removed from {_parts(cluster.sources)}; in {_parts(cluster.langs)}"))
        lines.append(Text("  " + (visible(cluster.excerpt) or "(in an earlier run)"), "dim", no_wrap=True))
    if not clusters.largest:
        lines.append(Text("No duplicates were removed."))
    for alarm in clusters.alarms:
        told = f"{alarm.removed.docs:,} of {alarm.seen.docs:,} documents, {share(alarm.removed.docs, alarm.seen.docs)}"
        lines.append(Text(f"ALARM: source {clipped(alarm.source, 300)} lost {told}", "red"))
    return Group(*lines)
