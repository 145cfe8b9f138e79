"""Bins: every octave is cut into 16 of equal width, so one scheme serves ratios and lengths alike.

    0 │ 2⁻²⁰ … ½ ½+1⁄32 … 1 1+1⁄16 … 2 2+⅛ … 4 … 2³²        bin 0 holds the zeros alone

A bin is at most 1/16 as wide as its lower edge, so a histogram is a sketch of quantiles too, right to within 3 %; and
the bins of coarser histograms, linear in [0, 1] or four an octave, are unions of these.

>>> bins_of(np.array([0, 0.75, 3])).tolist()
[0, 313, 345]
>>> edges()[313]
array([0.75   , 0.78125])
"""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["BINS", "bins_of", "edges"]

_PARTS_BITS = 4
_MANTISSA_BITS = 52 - _PARTS_BITS
"""Bits of a double below the bin: its exponent and the first bits of its mantissa are the bin's number."""
_LEAST, _MOST = (int(np.float64(2.0**power).view(np.int64)) >> _MANTISSA_BITS for power in (-20, 32))
BINS = 1 + _MOST - _LEAST
"""Bins altogether. The smallest positive values, and the greatest of all, are in the first and last behind bin 0."""


def bins_of(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return each value's bin; values are 0 or more, and no NaN."""
    exact = np.ascontiguousarray(values, np.float64)
    number = np.clip(exact.view(np.int64) >> _MANTISSA_BITS, _LEAST, _MOST - 1) - _LEAST + 1
    return np.where(exact > 0, number, 0)


@cache
def edges() -> npt.NDArray[np.float64]:
    """Return lower and upper edge of every bin, float64[BINS, 2]: a value is at or above the first, below the second.

    Bin 0 is from 0 to 0.
    """
    bounds = (np.arange(_LEAST, _MOST + 1, dtype=np.int64) << _MANTISSA_BITS).view(np.float64)
    found = np.stack((np.append(0, bounds[:-1]), np.append(0, bounds[1:])), axis=1)
    # Whatever is smaller is in the first one.
    found[1, 0] = 0
    found.setflags(write=False)
    return found
