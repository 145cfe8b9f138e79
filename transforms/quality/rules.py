"""Rules: bounds on the signals, each language's own, and a source's own where it has a profile of its own."""

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic.dataclasses import dataclass

from babelmill.transforms.quality.signals import BOUNDABLE

__all__ = ["Bounds", "Headroom", "Within"]


class Bounds(NamedTuple):
    """The values that a signal may have; None is no bound. A document at the bound is kept."""

    at_least: float | None = None
    at_most: float | None = None


def _reasons(signal: str) -> tuple[str, str]:
    """Return the reasons below and above the bounds of a signal, of a learned score (`model_…`) too."""
    if signal not in BOUNDABLE:
        return f"quality/{signal}_too_low", f"quality/{signal}_too_high"
    return f"quality/{BOUNDABLE[signal].low}", f"quality/{BOUNDABLE[signal].high}"


def _limits(langs: list[str], bounds: Mapping[str, Bounds]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return each language's lower and upper bound, infinite where there is none: float32[languages] each."""
    found = [bounds.get(lang, Bounds()) for lang in langs]
    lows = [-np.inf if bound.at_least is None else bound.at_least for bound in found]
    highs = [np.inf if bound.at_most is None else bound.at_most for bound in found]
    return np.array(lows, np.float32), np.array(highs, np.float32)


@dataclass(frozen=True)
class Within:
    """Give a reason for every document whose signal lies outside its language's bounds.

    Args:
        signal: a name of BOUNDABLE, or the column of a learned score.
        bounds: language code to Bounds; a language that is missing has none.
        by_source: a source with a quality profile of its own to its bounds, which hold in place of `bounds`.
    """

    signal: str
    bounds: Mapping[str, Bounds]
    by_source: Mapping[str, Mapping[str, Bounds]] = field(default_factory=dict)

    def of(self, source: str, lang: str) -> Bounds:
        """Return what holds for the documents of a source in a language."""
        return self.by_source.get(source, self.bounds).get(lang, Bounds())

    def limits(self, batch: pa.RecordBatch) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return each document's own lower and upper bound, infinite where there is none: float32[n] each."""
        codes, names = batch["lang"].indices.to_numpy(), batch["lang"].dictionary.to_pylist()
        low, high = _limits(names, self.bounds)
        lows, highs = low[codes], high[codes]
        sources = set(batch["source"].unique().to_pylist()) if self.by_source else set()
        for source in sources & self.by_source.keys():
            low, high = _limits(names, self.by_source[source])
            mine = pc.equal(batch["source"], source).to_numpy(zero_copy_only=False)
            lows, highs = np.where(mine, low[codes], lows), np.where(mine, high[codes], highs)
        return lows, highs

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return (self.signal, "lang", *(("source",) if self.by_source else ()))

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons of the sides on which some language has a bound."""
        every = [bound for found in (self.bounds, *self.by_source.values()) for bound in found.values()]
        sides = zip(_reasons(self.signal), zip(*every, strict=True), strict=True)
        return tuple(reason for reason, limits in sides if any(limit is not None for limit in limits))

    def __call__(self, batch: pa.RecordBatch) -> pa.StringArray:
        """Judge a batch."""
        low, high = self.limits(batch)
        values = batch[self.signal].to_numpy()
        verdict = np.where(values < low, 0, np.where(values > high, 1, 2))
        return pa.array(_reasons(self.signal), pa.string()).take(pa.array(verdict, mask=verdict == 2))


@dataclass(frozen=True)
class Headroom:
    """Annotate documents with `quality`: how far they are from the nearest bound, which ranks equal duplicates.

    1 is far from every bound, 0 at one (or outside). For an upper bound b and a value v it is (b - v) / b, for a
    lower one (v - b) / v; the least over all signals counts.
    """

    rules: tuple[Within, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return tuple(dict.fromkeys(name for rule in self.rules for name in ("lang", *rule.reads)))

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """`quality`: float32 in [0, 1]."""
        return (pa.field("quality", pa.float32()),)

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        """Rate a batch."""
        least = np.ones(batch.num_rows, np.float32)
        for rule in self.rules:
            low, high = rule.limits(batch)
            values = batch[rule.signal].to_numpy().astype(np.float32)
            above = np.isfinite(low) & (low > 0)
            least = np.minimum(least, np.where(above, 1 - low / np.where(above, np.maximum(values, low), 1), 1))
            below = np.isfinite(high) & (high > 0)
            least = np.minimum(least, np.where(below, 1 - values / np.where(below, high, 1), 1))
        return (pa.array(np.clip(least, 0, 1).astype(np.float32)),)
