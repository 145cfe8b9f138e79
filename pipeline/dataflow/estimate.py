"""The bill before the job: what a measured run says of one of another size, on Dataflow.

Text scales with the input. What deduplication keeps does not: of n documents it keeps D(n) = D0 (n / n0)^b (Heaps'
law). The exponent is measured: the chance that the next document resembles none before it is f1 / n (Good and Turing),
f1 the kept documents without a duplicate; that is the law's slope dD/dn, so b = f1 / D0.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import Field, TypeAdapter

from babelmill.pipeline.corpus.corpus import Output
from babelmill.pipeline.corpus.parquet_file import first_line
from babelmill.pipeline.dataflow.machine import memory_gb, vcpus
from babelmill.pipeline.dataflow.traffic import HEADER_BYTES, Size, Traffic, traffic
from babelmill.pipeline.job.plan import Plan
from babelmill.transforms.costs import CPU, FIXED
from babelmill.transforms.dedup.deduplicate import homes_for
from babelmill.transforms.errors import ConfigError, WorldError
from babelmill.transforms.files.bounded_json import read_json
from babelmill.transforms.ledger import KEPT
from babelmill.transforms.read.items import MAX_ITEMS
from babelmill.transforms.work import WorkFolder

__all__ = ["BUSY", "OVERHEAD", "SPREAD", "Estimate", "Measured", "estimate", "measured_run"]

BUSY = 0.85
"""Share of a paid vCPU that computes. The rest is start-up, waiting for the store, and the last items of a stage."""
OVERHEAD = 1.025
"""All CPU of a run over that of its stages: Beam and the interpreter, 2.3 % on 71 MB (tests/benchmarks/estimate.py)."""
SPREAD = (0.75, 1.4)
"""Of the CPU time: another machine's core against the measured one's."""
_BY_TEXT = ("read", "language", "quality", "sign", "stage", "statistics", "dedup", "settle")
_BY_KEPT = ("gather", "tokens", "write")
_REGROUP_S = 1 / 400e6
"""CPU seconds a byte of signatures is regrouped in, where the measured run had them lie near."""
_SHUFFLED_TWICE = 2
"""Written once and read once, both are counted."""
_FILES_AN_ITEM, _FILES_A_SHARD = 6, 2
_COSTS = TypeAdapter(dict[str, Annotated[float, Field(ge=0, le=1e30, allow_inf_nan=False)]])
_COSTS_BYTES = 1 << 20
_NEEDED = ("docs/alone", "bytes/signatures", "bytes/staged", "rows/edges", "shuffled/verdicts")
"""What no run is without."""


class Measured(NamedTuple):
    """What a finished run tells of its kind of input."""

    input_bytes: int
    text_bytes: int
    signed_docs: int
    kept_docs: int
    kept_bytes: int
    tokens: int
    shards: int
    costs: Mapping[str, float]

    @property
    def exponent(self) -> float:
        """Heaps' b, in (0, 1]: how what deduplication keeps grows."""
        return min(1.0, self.costs["docs/alone"] / self.kept_docs)


def measured_run(output: Output) -> Measured:
    """Return the figures of a finished run.

    Raises:
        ConfigError: if it kept nothing, or its `work/costs.json` is gone.
    """
    path = WorkFolder(output.folder).costs
    try:
        costs = _COSTS.validate_python(read_json(path, _COSTS_BYTES))
    except (WorldError, ValueError) as error:
        raise ConfigError("--from", f"{output.folder} has not measured its costs: {first_line(error)}") from error
    if missing := [name for name in _NEEDED if name not in costs]:
        raise ConfigError("--from", f"{output.folder} has not measured its costs: {path} lacks {', '.join(missing)}")
    signed, written = output.ledger.total(stage="quality", outcome=KEPT), output.ledger.total(stage="write")
    if not written.docs:
        raise ConfigError("--from", f"{output.folder} kept no document, so it says nothing of costs")
    size = sum(row.bytes for row in output.manifest.inputs)
    text = output.ledger.total(stage="read").bytes
    if not (size > 0 and text > 0 and signed.docs >= written.docs > 0 and written.bytes >= 0):
        raise ConfigError("--from", f"the figures of {output.folder} contradict each other; babelmill verify says more")
    shards = len(output.manifest.shards)
    return Measured(size, text, signed.docs, written.docs, written.bytes, written.tokens, shards, costs)


class Estimate(NamedTuple):
    """A job before it runs. CPU is in seconds of one core; `cpu` maps stage → seconds. Sizes are in bytes."""

    input_bytes: float
    text_bytes: float
    docs: float
    kept_docs: float
    kept_bytes: float
    tokens: float
    cpu: Mapping[str, float]
    shuffled: Mapping[str, float]
    traffic: Traffic
    staged_bytes: float
    output_bytes: float
    items: int
    item_bytes: int
    shards: int
    partitions: int
    partition_bytes: float
    home_edges: float

    @property
    def cpu_s(self) -> float:
        """All CPU seconds."""
        return sum(self.cpu.values())

    @property
    def shuffle_bytes(self) -> float:
        """All that crosses a shuffle."""
        return sum(self.shuffled.values())

    @property
    def vcpu_hours(self) -> float:
        """What is paid for."""
        return self.cpu_s / 3600 / BUSY

    def workers(self, hours: float, machine: str) -> int:
        """Return how many machines end the job in some hours."""
        return max(1, -int(-self.vcpu_hours // (hours * vcpus(machine))))

    def dollars(self, prices: Mapping[str, Any], kind: str, machine: str, disk_gb: int) -> dict[str, float]:
        """Return what each part costs.

        Args:
            prices: `configs/dataflow/prices.yaml`.
            kind: `batch` or `flexrs`.
            machine: type of the workers.
            disk_gb: of each.
        """
        hours, rate = self.vcpu_hours, prices[kind]
        machine_hours = hours / vcpus(machine)
        shuffled, billed = _SHUFFLED_TWICE * self.shuffle_bytes / 1e9, 0.0
        for size, share in prices["shuffle_tiers"]:
            billed += min(shuffled, size) * share
            shuffled -= min(shuffled, size)
        writes = self.items * _FILES_AN_ITEM + self.shards * _FILES_A_SHARD + self.traffic.writes
        # A shard reads of each item that it has documents of: a window of 16 shards draws on its items alike.
        reads = (
            writes + self.traffic.reads + 16 * self.shards * max(1, round(self.staged_bytes / max(1, self.items) / 1e8))
        )
        return {
            "vCPU": hours * rate["vcpu_hour"],
            "memory": machine_hours * memory_gb(machine) * rate["memory_gb_hour"],
            "disk": machine_hours * disk_gb * prices["disk_gb_hour"],
            "shuffle": (billed + shuffled) * prices["shuffle_gb"],
            "operations": writes / 1000 * prices["write_1000"] + reads / 1000 * prices["read_1000"],
        }


def estimate(
    plan: Plan, run: Measured, input_bytes: float, text_ratio: float | None = None, keeps: float | None = None
) -> Estimate:
    """Estimate a plan at an input's size.

    Args:
        plan: made for that size.
        run: measured on a sample of the input, with the same settings.
        input_bytes: of the files as they lie there.
        text_ratio: text a byte of input; as in the run where None.
        keeps: share of the screened documents that deduplication keeps; by the law above where None.
    """
    text = input_bytes * (text_ratio or run.text_bytes / run.input_bytes)
    scale = text / run.text_bytes
    docs = run.signed_docs * scale
    kept_docs = docs * keeps if keeps is not None else min(docs, run.kept_docs * scale**run.exponent)
    kept_scale = kept_docs / run.kept_docs
    removed = run.signed_docs - run.kept_docs
    removed_scale = (docs - kept_docs) / removed if removed else 0.0
    costs = {name: float(value) for name, value in run.costs.items()}
    cpu = {stage: costs.get(CPU + stage, 0.0) * scale * OVERHEAD for stage in _BY_TEXT}
    shards = max(run.shards, round(run.kept_bytes * kept_scale / plan.config.shards.target_bytes))

    def of_shards(name: str) -> float:
        """Scale a cost of writing shards: the part of each shard, and the part that goes by its text."""
        fixed = costs.get(FIXED + name, 0.0)
        return (costs.get(name, 0.0) - run.shards * fixed) * kept_scale + shards * fixed

    cpu |= {stage: of_shards(CPU + stage) * OVERHEAD for stage in _BY_KEPT}
    item_bytes = max(plan.config.work.item_bytes, _item_bytes(text))
    items = max(1, round(text / item_bytes))
    signatures = costs["bytes/signatures"] * scale
    size = Size(docs, docs - kept_docs, removed_scale, items, plan.partitions, signatures)
    crossing = traffic(size, costs, plan.by_reference)
    shards_told = 12 * kept_docs + (32 + HEADER_BYTES) * min(kept_docs, items * 16.0 * len(plan.config.wanted))
    if not plan.by_reference:
        cpu["regroup"] = costs.get(CPU + "regroup", _REGROUP_S * costs["bytes/signatures"]) * scale * OVERHEAD
    return Estimate(
        input_bytes=input_bytes,
        text_bytes=text,
        docs=docs,
        kept_docs=kept_docs,
        kept_bytes=run.kept_bytes * kept_scale,
        tokens=run.tokens * kept_scale,
        cpu=cpu,
        shuffled={**crossing.shuffled, "shards": shards_told},
        traffic=crossing,
        staged_bytes=costs["bytes/staged"] * scale + signatures,
        output_bytes=of_shards("bytes/shards") + of_shards("bytes/index"),
        items=items,
        item_bytes=item_bytes,
        shards=shards,
        partitions=plan.partitions,
        partition_bytes=signatures / plan.partitions,
        home_edges=costs.get("rows/edges", 0.0) * removed_scale / homes_for(plan.partitions),
    )


def _item_bytes(text: float) -> int:
    """Return the least power of two that keeps the number of items below half of the most."""
    least = 1
    while text / least > MAX_ITEMS / 2:
        least *= 2
    return least
