"""An axis for a signal: which of the fine bins stand together in a drawn bar, and where a value lies.

Ratios get 32 bars of equal width over [0, 2^-k], the smallest such range that holds all; others get 4 bars an octave.
Both are unions of the fine bins (`transforms/statistics/bins.py`), so no document is counted in a wrong bar.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.statistics.bins import edges

__all__ = ["Axis", "linear", "octaves", "quantile"]

_LINEAR_BARS = 32
_OCTAVE_BARS = 4
_LEAST = 2.0**-20
"""Smaller values are in the first bar."""


class Axis(NamedTuple):
    """Bars: `ends` are their edges, one more than there are bars; `ticks` are values to label, in order."""

    ends: npt.NDArray[np.float64]
    ticks: tuple[float, ...]

    def bars(self, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the documents in each bar; zeros are in none. What is at the last end or above is in the last bar."""
        lows = edges()[1:, 0]
        place = np.clip(np.searchsorted(self.ends, lows, side="right") - 1, 0, len(self.ends) - 2)
        return np.bincount(place, weights=counts[1:], minlength=len(self.ends) - 1).astype(np.int64)

    def at(self, value: float) -> float:
        """Return where a value lies, in bars from the left end."""
        return float(np.interp(value, self.ends, np.arange(len(self.ends))))


def _span(counts: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Return lower edge of the first and upper edge of the last bin with documents, zeros apart."""
    used = np.flatnonzero(counts[1:]) + 1
    return float(edges()[used[0], 0]), float(edges()[used[-1], 1])


def linear(counts: npt.NDArray[np.int64], bounds: list[float]) -> Axis:
    """Return an axis for values in [0, 1]."""
    used = np.flatnonzero(counts[1:]) + 1
    most = max([float(edges()[used[-1], 0]) if len(used) else 0.0, *bounds, 2.0**-6])
    high = min(1.0, 2.0 ** math.ceil(math.log2(most)))
    if len(used) and edges()[used[-1], 0] >= high:
        high = min(1.0, 2 * high)
    step = _round_step(high / 3)
    ticks = tuple(step * n for n in range(1 + int(high / step + 1e-9)))
    return Axis(np.linspace(0, high, _LINEAR_BARS + 1), ticks)


def octaves(counts: npt.NDArray[np.int64], bounds: list[float], integer: bool) -> Axis:
    """Return an axis for values without a greatest; whole numbers get no bar that holds none."""
    used = counts[1:].any()
    low, high = _span(counts) if used else (1.0, 2.0)
    positive = [bound for bound in bounds if bound > 0]
    low, high = max(_LEAST, min([low, *positive])), max([high, *positive])
    first, last = math.floor(math.log2(low)), max(math.ceil(math.log2(high)), math.floor(math.log2(low)) + 1)
    ends = [2.0**e * (1 + part / _OCTAVE_BARS) for e in range(first, last) for part in range(_OCTAVE_BARS)]
    ends = [
        end for end, after in zip(ends, [*ends[1:], 2.0**last], strict=True) if not integer or math.ceil(end) < after
    ]
    return Axis(np.array([*ends, 2.0**last]), _ticks(max(ends[0], 1e-9), 2.0**last))


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that is as large."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def _ticks(low: float, high: float) -> tuple[float, ...]:
    """Return powers of ten in a range, at most four of them; with 2 and 5 times them in a short one."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    tens = [10.0**power for power in powers if low <= 10.0**power <= high]
    if len(tens) > 2:
        return tuple(tens[:: 1 + (len(tens) - 1) // 4])
    every = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    return tuple(value for value in every if low <= value <= high)


def quantile(counts: npt.NDArray[np.int64], share: float) -> float:
    """Return the value below which a share of the documents lies, to within 3 %: the middle of its bin.

    Args:
        counts: documents by fine bin, at least one.
        share: in [0, 1].
    """
    ends = np.cumsum(counts)
    place = int(np.searchsorted(ends, share * ends[-1], side="left"))
    low, high = edges()[max(place, int(np.flatnonzero(counts)[0]))]
    return float((low + high) / 2)
