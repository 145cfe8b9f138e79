"""An estimate on the terminal: CPU by stage, sizes, workers, dollars, and what would have to change."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from babelmill.pipeline.config.model import Config
from babelmill.pipeline.dataflow.estimate import BUSY, SPREAD, Estimate, Measured
from babelmill.pipeline.dataflow.machine import vcpus
from babelmill.pipeline.formatting.quantities import amount, quantity, share
from babelmill.pipeline.show.terminal.grid import grid
from babelmill.transforms.read.items import MAX_ITEMS

__all__ = ["priced"]

_PARTITION_LIMIT = 256e6
"""Bytes past which a partition is worked through in more than four passes (transforms/dedup/deduplicate.py)."""
_MOST_PARTITIONS = 1 << 16
"""The configuration's own limit of work.partitions."""
_EDGE_BYTES = 70
"""Memory an edge, where a worker chooses survivors (transforms/dedup/deduplicate.py)."""
_HOME_LIMIT = 2e9
"""Bytes of memory that one home may take."""
_HARD_SHUFFLE_BYTES = 100e12
"""About the most that Dataflow shuffles at once."""


def priced(
    config: Config, run: Measured, likely: Estimate, most: Estimate, prices: Mapping[str, Any], hours: float
) -> RenderableType:
    """Return the estimate as tables.

    Args:
        config: of the job.
        run: what it was measured on.
        likely: the estimate.
        most: the same if deduplication kept the same share as in the measured run.
        prices: `configs/dataflow/prices.yaml`.
        hours: the deadline.
    """
    machine, disk = config.dataflow.machine, config.dataflow.disk_gb
    stages = grid("Compute by stage", ("stage", "vCPU-hours", "share", "MB/s a core"))
    for stage, seconds in likely.cpu.items():
        size = likely.kept_bytes if stage in ("gather", "tokens", "write") else likely.text_bytes
        speed = f"{size / seconds / 1e6:.3g}" if seconds else "–"
        stages.add_row(stage, amount(seconds / 3600 / BUSY, 1), share(seconds, likely.cpu_s), speed)
    stages.add_row("all", amount(likely.vcpu_hours, 1), "100%", f"{likely.text_bytes / likely.cpu_s / 1e6:.3g}")
    bill = grid(f"Dollars (list prices of {prices['region']}, {prices['date']})", ("part", "batch", "FlexRS"))
    kinds = [likely.dollars(prices, kind, machine, disk) for kind in ("batch", "flexrs")]
    for part in kinds[0]:
        bill.add_row(part, *(amount(kind[part], 2) for kind in kinds))
    bill.add_row("all", *(amount(sum(kind.values()), 2) for kind in kinds))
    month = (likely.staged_bytes + likely.output_bytes) / 1e9 * prices["storage_gb_month"]
    bill.add_row("a month of storage", amount(month, 2), amount(month, 2))
    lines = list(_lines(config, run, likely, most, prices, hours))
    return Group(stages, Text(), bill, Text(), *map(Text, lines))


def _lines(
    config: Config, run: Measured, likely: Estimate, most: Estimate, prices: Mapping[str, Any], hours: float
) -> Iterator[str]:
    machine, disk = config.dataflow.machine, config.dataflow.disk_gb
    yield (
        f"measured on {quantity(run.text_bytes, 'B')} of text, {100 * run.text_bytes / likely.text_bytes:.2g} % of "
        f"{quantity(likely.text_bytes, 'B')}; a vCPU is busy {100 * BUSY:.0f} % of its time"
    )
    yield (
        f"documents: {quantity(likely.docs)} screened, {quantity(likely.kept_docs)} kept "
        f"({share(likely.kept_docs, likely.docs)}; {share(run.kept_docs, run.signed_docs)} in the run, growing with "
        f"exponent {run.exponent:.3f}); "
        f"{quantity(likely.tokens)} tokens"
    )
    parts = sorted(likely.shuffled.items(), key=lambda part: -part[1])
    told = ", ".join(f"{name} {share(size, likely.shuffle_bytes, 0)}" for name, size in parts)
    yield f"shuffle: {quantity(likely.shuffle_bytes, 'B')}: {told}"
    regrouped = likely.traffic.regrouped
    until = f", and until the end {quantity(regrouped, 'B')} of regrouped signatures" if regrouped else ""
    yield f"staged: {quantity(likely.staged_bytes, 'B')}{until}; final: {quantity(likely.output_bytes, 'B')}"
    yield f"work items: {likely.items:,}; shards: {likely.shards:,}"
    workers = likely.workers(hours, machine)
    alone = amount(_hours(likely, machine))
    yield f"workers for {hours:g} hours: {workers:,} x {machine}; one would take {alone} hours"
    low = sum(likely.dollars(prices, "batch", machine, disk).values())
    high = sum(most.dollars(prices, "batch", machine, disk).values())
    yield (
        f"uncertain: {amount(SPREAD[0] * low)} to {amount(SPREAD[1] * high)} $ in batch; the core's speed, and what "
        f"deduplication keeps ({share(likely.kept_docs, likely.docs)} to {share(most.kept_docs, most.docs)}; "
        "set it with --keeps)"
    )
    yield from _warnings(config, likely, workers)


def _hours(likely: Estimate, machine: str) -> float:
    return likely.vcpu_hours / vcpus(machine)


def _warnings(config: Config, likely: Estimate, workers: int) -> Iterator[str]:
    """Yield what the configuration would have to change at this size."""
    if likely.item_bytes != config.work.item_bytes:
        yield (
            f"! work.item_bytes {config.work.item_bytes} would make more than {MAX_ITEMS:,} items; "
            f"this estimate is for {likely.item_bytes}"
        )
    if likely.partition_bytes > _PARTITION_LIMIT and likely.partitions < _MOST_PARTITIONS:
        needed = 1 << (int(likely.partition_bytes / _PARTITION_LIMIT * likely.partitions) - 1).bit_length()
        yield (
            f"! a partition of signatures would hold {quantity(likely.partition_bytes, 'B')}; "
            f"set work.partitions to {min(needed, _MOST_PARTITIONS)}"
        )
    if likely.home_edges * _EDGE_BYTES > _HOME_LIMIT:
        yield (
            f"! {quantity(likely.home_edges)} edges in a home need {quantity(likely.home_edges * _EDGE_BYTES, 'B')} "
            "of a worker's memory; set work.partitions higher"
        )
    if likely.shuffle_bytes > _HARD_SHUFFLE_BYTES:
        yield f"! {quantity(likely.shuffle_bytes, 'B')} is more than Dataflow shuffles at once"
    if workers > config.dataflow.max_workers:
        yield f"! dataflow.max_workers is {config.dataflow.max_workers}: the deadline needs {workers}"
