"""The tracker: adds up what heartbeats tell of a run, and says how far it is, step by step."""

import itertools
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from babelmill.pipeline.formatting.bars import Bar, duration
from babelmill.pipeline.formatting.quantities import quantity, share
from babelmill.pipeline.job.plan import Plan
from babelmill.transforms.costs import CPU, Costs
from babelmill.transforms.read.items import Piece
from babelmill.transforms.read.work_items import text_ratio

__all__ = ["Pace", "Tracker"]

_TELLS_AFTER_S = 5.0
_TELLS_FROM = 0.02
"""Share of a step from which on the rest of its time can be told."""


class Pace:
    """How fast something goes, since it was first seen: what passed before was starting."""

    def __init__(self) -> None:
        self._first = self._last = (0.0, 0.0)
        self._seen = False

    def saw(self, now: float, amount: float) -> None:
        """Note how much is done; what was done already when it was first seen has no time."""
        if not self._seen:
            self._first, self._seen = (now, amount), True
        if amount != self._last[1]:
            self._last = (now, amount)

    @property
    def per_second(self) -> float:
        """What is done a second; 0 as long as nobody can say."""
        seconds, amount = self._last[0] - self._first[0], self._last[1] - self._first[1]
        return amount / seconds if seconds > 0 and amount > 0 else 0.0

    def left(self, now: float, remaining: float, whole: float) -> float | None:
        """Return the seconds that what remains will take; None as long as too little is done to say."""
        done = self._last[1] - self._first[1]
        if now - self._first[0] < _TELLS_AFTER_S or done < _TELLS_FROM * whole or not self.per_second:
            return None
        return max(0.0, remaining / self.per_second - (now - self._last[0]))


class _At(NamedTuple):
    """How far a worker is in an item: pieces read, the share of the next one, documents and bytes of text."""

    piece: int
    share: float
    docs: int
    bytes: int


class Tracker:
    """What is known of a run that goes on.

    Args:
        plan: what is run.
        now: when it began, by the clock that all times here are of.
    """

    def __init__(self, plan: Plan, now: float) -> None:
        self._plan, self._began = plan, now
        self._items = {item.number: item for item in plan.items}
        self._files = Counter(piece.path for item in plan.items for piece in item.pieces)
        self._weight = sum(self._weight_of(piece) for item in plan.items for piece in item.pieces)
        near, exact = bool(plan.config.dedup.near), plan.config.dedup.exact
        self._all_partitions = plan.partitions * (near + exact)
        self.items: dict[int, bool] = {}
        """Number of each item that is done → whether it was reused."""
        self.shards: dict[str, bool] = {}
        """Path of each shard that is done → whether it was reused."""
        self.read: Counter[str] = Counter()
        """docs, bytes, kept and kept_bytes of the items that are done."""
        self.screened_bytes = 0
        """Of the text that this run has read itself."""
        self.cpu: Counter[str] = Counter()
        """Stage → CPU seconds of this run; what is reused took none."""
        self.peaks: dict[int, int] = {}
        """Process that works → the most bytes of memory that it took."""
        self._written: Counter[str] = Counter()
        self._reading: dict[int, _At] = {}
        self._weights: dict[int, list[float]] = {}
        """Of each item under way: the work before each of its pieces, and in all of them."""
        self._writing: dict[str, Mapping[str, Any]] = {}
        self._partitions: set[int] = set()
        self._settled: dict[int, int] = {}
        self._kept_bytes = 0
        self._planned: int | None = None
        self._kernels: tuple[int, int] | None = None
        self._done_weight = self._own_weight = 0.0
        self._pace = {step: Pace() for step in ("screen", "text", "write")}

    def _weight_of(self, piece: Piece) -> float:
        """Return the work in a piece, in bytes of text, roughly; row groups of a file count alike."""
        known = piece.format in self._plan.formats.names
        format = self._plan.formats[piece.format] if known else None
        ratio = text_ratio(piece.path, format)
        if format and format.unit == "row":
            return ratio * piece.size / self._files[piece.path]
        return ratio * max(0, (piece.size if piece.end is None else piece.end) - piece.start)

    def hear(self, told: Mapping[str, Any], now: float) -> None:
        """Take a heartbeat; one that is none is passed over."""
        try:
            key, ended = told["key"], bool(told.get("ended"))
            if "process" in told:
                self.peaks[int(told["process"])] = int(told["peak"])
            if told["of"] == "item":
                self._hear_item(int(key), told, ended)
                self._pace["screen"].saw(now, self._own_weight + self._weight_under_way)
                self._pace["text"].saw(now, self.screened_bytes + sum(one.bytes for one in self._reading.values()))
            elif told["of"] == "shard":
                self._hear_shard(str(key), told, ended)
                self._pace["write"].saw(now, self._bytes_written)
            elif told["of"] == "partition" and key not in self._partitions:
                self._partitions.add(int(key))
                self._spent(told)
            elif told["of"] == "settled" and key not in self._settled:
                self._settled[int(key)] = int(told["bytes"])
                self._kept_bytes += int(told["bytes"])
                self._spent(told)
            elif told["of"] == "kernels":
                self._kernels = int(told["done"]), int(told["all"])
            elif told["of"] == "shards":
                self._planned = int(told["planned"])
        except (KeyError, TypeError, ValueError, IndexError):
            return

    def _hear_item(self, number: int, told: Mapping[str, Any], ended: bool) -> None:
        if number in self.items:
            return
        if not ended:
            if number not in self._weights:
                weights = map(self._weight_of, self._items[number].pieces)
                self._weights[number] = list(itertools.accumulate(weights, initial=0.0))
            piece = max(0, int(told["piece"]))
            self._reading[number] = _At(piece, float(told["share"]), int(told["docs"]), int(told["bytes"]))
            return
        reused = bool(told["reused"])
        weight = sum(map(self._weight_of, self._items[number].pieces))
        self.read.update({name: told[name] for name in ("docs", "bytes", "kept", "kept_bytes")})
        self.items[number] = reused
        self._reading.pop(number, None)
        self._weights.pop(number, None)
        self._done_weight += weight
        if not reused:
            self._own_weight += weight
            self.screened_bytes += told["bytes"]
            self._spent(told)

    def _hear_shard(self, path: str, told: Mapping[str, Any], ended: bool) -> None:
        if path in self.shards:
            return
        sums = {name: int(told[name]) for name in ("docs", "bytes", "tokens")}
        if not ended:
            self._writing[path] = sums
            return
        self._written.update(sums)
        self.shards[path] = bool(told["reused"])
        self._writing.pop(path, None)
        if not told["reused"]:
            self._spent(told)

    def _spent(self, told: Mapping[str, Any]) -> None:
        costs = Costs(told.get("costs", {})).sums
        self.cpu.update({name.removeprefix(CPU): cost for name, cost in costs.items() if name.startswith(CPU)})

    @property
    def _weight_under_way(self) -> float:
        """What workers have read of the items that they are at."""
        found = 0.0
        for number, told in self._reading.items():
            before = self._weights[number]
            piece = min(told.piece, len(before) - 2)
            found += before[piece] + told.share * (before[piece + 1] - before[piece])
        return found

    @property
    def _bytes_written(self) -> int:
        return self._written["bytes"] + sum(int(one["bytes"]) for one in self._writing.values())

    @property
    def is_screened(self) -> bool:
        """Whether every item is done."""
        return len(self.items) >= len(self._plan.items) or bool(self._partitions or self._settled or self._is_written)

    @property
    def _is_written(self) -> bool:
        return self._planned is not None or bool(self.shards or self._writing)

    @property
    def reused(self) -> str:
        """`31 of 33 items reused`; empty where none was."""
        count = sum(self.items.values())
        return f"{count:,} of {len(self._plan.items):,} items reused" if count else ""

    def bars(self, now: float) -> list[Bar]:
        """Return the steps that have begun, the one that goes on last, and a line of time."""
        steps = [self._screen() if self.items or self._reading or self.is_screened else self._start()]
        if self.is_screened:
            steps.append(self._deduplicate())
        if self._is_written:
            steps.append(self._write())
        if self._planned is not None and len(self.shards) >= self._planned:
            steps.append(Bar("commit", None, ("laws, tables, manifest",)))
        left = self._left(now)
        told = (
            f"{duration(now - self._began)} so far",
            *([f"about {duration(left)} left of this step"] if left else []),
        )
        return [*steps, Bar("", None, told)]

    def line(self, now: float) -> str:
        """Return the step that goes on, in a sentence."""
        *_, step, times = self.bars(now)
        done = f" {share(step.done, 1, 0)}" if step.done is not None else ""
        return f"{step.name}{done}: {', '.join(step.details)}; {', '.join(times.details)}"

    def _start(self) -> Bar:
        """Return what comes before the first document: compiling, where kernels are not in the cache yet."""
        if self._kernels:
            done, all_kernels = self._kernels
            details = (f"{done:,} of {all_kernels:,} kernels", "once for this version")
            return Bar("compile", done / max(1, all_kernels), details)
        return Bar("screen", 0.0, (f"0 of {len(self._plan.items):,} items", "loading models and kernels"))

    def _screen(self) -> Bar:
        docs, read = self.read["docs"], sum(one.docs for one in self._reading.values())
        details = [f"{len(self.items):,} of {len(self._plan.items):,} items"]
        if count := sum(self.items.values()):
            details.append(f"{count:,} reused")
        details.append(f"{quantity(docs + read)} documents")
        if speed := self._pace["text"].per_second:
            details.append(quantity(speed, "B/s"))
        if docs:
            details.append(f"{share(self.read['kept'], docs, 0)} kept")
        done = self._done_weight + self._weight_under_way
        return Bar("screen", 1.0 if self.is_screened else done / self._weight if self._weight else 0.0, details)

    def _deduplicate(self) -> Bar:
        if self._is_written:
            return Bar("dedup", 1.0, (f"{quantity(self._kept_bytes, 'B')} of text kept",) * bool(self._settled))
        if not (self._partitions or self._settled):
            return Bar("dedup", None)
        # Edges are checked and survivors chosen between the two: then the partitions are done, and no item is settled.
        parts, items = len(self._partitions), len(self._settled)
        parts = self._all_partitions if items else parts
        done = (parts + items) / max(1, self._all_partitions + len(self._plan.items))
        details = [f"{parts:,} of {self._all_partitions:,} partitions"]
        details += [f"{items:,} of {len(self._plan.items):,} items settled"] if items else []
        return Bar("dedup", done, details)

    def _write(self) -> Bar:
        # Without word of what deduplication kept, what came to it is the most that there can be.
        total = self._kept_bytes if self._planned is not None else self.read["kept_bytes"]
        done = self._bytes_written
        under_way = self._writing.values()
        shards = f"{len(self.shards):,}" + (f" of {self._planned:,}" if self._planned is not None else "")
        details = [f"{shards} shards"]
        if count := sum(self.shards.values()):
            details.append(f"{count:,} reused")
        details.append(f"{quantity(self._written['tokens'] + sum(one['tokens'] for one in under_way))} tokens")
        if speed := self._pace["write"].per_second:
            details.append(quantity(speed, "B/s"))
        return Bar("write", done / total if total else 1.0, details)

    def _left(self, now: float) -> float | None:
        """Return the seconds left of the step that goes on; None where that cannot be told."""
        if not self.is_screened:
            remaining = self._weight - self._done_weight - self._weight_under_way
            return self._pace["screen"].left(now, remaining, self._weight)
        if self._planned is not None and len(self.shards) < self._planned:
            return self._pace["write"].left(now, self._kept_bytes - self._bytes_written, self._kept_bytes)
        return None
