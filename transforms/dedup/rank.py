"""A document's rank: 64 bits that name it and order it at once. The smaller, the better.

     63   62         44 43          24 23           0
    ├ new ┼─ priority ──┼──── item ────┼───── row ────┤     of equal documents the smallest rank survives

The priority comes from the configured keys, most important first; item and row break ties by input order. `new` is 1
for the documents of this run and 0 for those of an earlier one that win against them.
"""

from dataclasses import field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import model_validator
from pydantic.dataclasses import dataclass

from babelmill.transforms.fingerprint import NO_IDENTITY
from babelmill.transforms.input_order import ROW_BITS

__all__ = [
    "KEEP_BITS",
    "Keep",
    "KeepKey",
    "check_keys",
    "is_new",
    "items_of",
    "keep_bits",
    "old_rank",
    "places_of",
    "rank",
]

_PLACE_BITS = 44
_NEW = np.uint64(1 << 63)
KEEP_BITS = {"source_rank": 6, "quality": 6, "length": 7, "newest": 12}
"""Bits of each key, 19 together: 64 sources, 64 steps of quality, 4 steps for every doubling of the length, 4,096 weeks
from 1970 on. For more sources `keep_bits` takes some from the others."""
_PRIORITY_BITS = 19
_LEAST_BITS = 2
_WORST = np.uint64(((1 << _PRIORITY_BITS) - 1) << _PLACE_BITS)

KeepKey = Literal["source_rank", "quality", "length", "newest"]


def check_keys(by: tuple[KeepKey, ...]) -> tuple[KeepKey, ...]:
    """Return the keys.

    Raises:
        ValueError: if one stands twice, or they have more bits than there are.
    """
    for key in by:
        if by.count(key) > 1:
            raise ValueError(f"{key!r} stands twice")
    if sum(KEEP_BITS[key] for key in by) > _PRIORITY_BITS:
        raise ValueError("newest leaves room for one other key")
    return by


def keep_bits(by: tuple[KeepKey, ...], sources: int) -> dict[KeepKey, int]:
    """Return the bits of each key: those that more than 64 sources need come off the least important other keys.

    Args:
        by: the keys, most important first.
        sources: how many there are.

    Raises:
        ValueError: if the others have no more to give.
    """
    bits = {key: KEEP_BITS[key] for key in by}
    if "source_rank" in bits:
        bits["source_rank"] = max(bits["source_rank"], (sources - 1).bit_length())
    for key in reversed(by):
        if key != "source_rank":
            bits[key] -= min(max(0, sum(bits.values()) - _PRIORITY_BITS), bits[key] - _LEAST_BITS)
    if sum(bits.values()) > _PRIORITY_BITS:
        most = 1 << (_PRIORITY_BITS - sum(bits.values()) + bits["source_rank"])
        raise ValueError(f"beside these keys source_rank orders at most {most} sources, there are {sources}")
    return bits


@dataclass(frozen=True)
class Keep:
    """Which of equal documents survives.

    Args:
        by: the keys, most important first: `source_rank` (the earlier source in the configuration), `quality` (more
            headroom to the quality bounds), `length` (the longer, in steps of 19 %), `newest` (the later date, by
            weeks; without one a document is older than all). Where all are equal, the earlier in the input.
        sources: the sources' names in the order of the configuration.
    """

    by: tuple[KeepKey, ...]
    # Which sources there are beside a document's own does not decide what becomes of it.
    sources: tuple[str, ...] = field(metadata=NO_IDENTITY)

    @model_validator(mode="after")
    def _fits(self) -> "Keep":
        keep_bits(check_keys(self.by), len(self.sources))
        return self

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that the keys need."""
        columns = {"source_rank": "source", "quality": "quality", "length": "n_chars", "newest": "date"}
        return tuple(columns[key] for key in self.by)

    def priority(self, batch: pa.RecordBatch) -> npt.NDArray[np.uint64]:
        """Return each document's priority: uint64[n] below 2^19."""
        total = np.zeros(batch.num_rows, np.uint64)
        for key, bits in keep_bits(self.by, len(self.sources)).items():
            full = max(bits, KEEP_BITS[key])
            steps = np.clip(self._steps(key, batch), 0, (1 << full) - 1).astype(np.uint64)
            total = total << np.uint64(bits) | steps >> np.uint64(full - bits)
        return total

    def _steps(self, key: KeepKey, batch: pa.RecordBatch) -> npt.NDArray[Any]:
        """Return a key in steps, 0 the best."""
        steps: npt.NDArray[Any]
        if key == "source_rank":
            coded = batch["source"].dictionary_encode()
            ranks = np.array([self.sources.index(name) for name in coded.dictionary.to_pylist()] or [0])
            steps = ranks[np.asarray(coded.indices)]
        elif key == "quality":
            steps = 63 - np.floor(np.asarray(batch["quality"]) * 63)
        elif key == "newest":
            steps = 4095 - np.asarray(batch["date"].cast(pa.int32()).fill_null(0)) // 7
        else:
            steps = 127 - np.floor(4 * np.log2(np.maximum(np.asarray(batch["n_chars"]), 1)))
        return steps


def rank(priority: npt.NDArray[np.uint64], place: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Return the ranks of this run's documents."""
    return _NEW | priority << np.uint64(_PLACE_BITS) | place.astype(np.uint64)


def old_rank(place: npt.NDArray[np.int64], wins: bool) -> npt.NDArray[np.uint64]:
    """Return the ranks of an earlier run's documents: better than all of this run's, or worse than all."""
    return place.astype(np.uint64) if wins else _NEW | _WORST | place.astype(np.uint64)


def is_new(docs: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Say of each rank whether it is behind all old ones that win: this run's own documents, and old ones that lose."""
    found: npt.NDArray[np.bool_] = docs >= _NEW
    return found


def places_of(docs: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Return item and row of each rank, as in the column `place`: the input order."""
    return (docs & np.uint64((1 << _PLACE_BITS) - 1)).astype(np.int64)


def items_of(docs: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Return the work item of each rank."""
    return places_of(docs) >> ROW_BITS
