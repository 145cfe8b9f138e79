"""Find: the personal data of a column, by machine code once there is enough to do.

To compile all that tells a telephone number from a date takes some seconds, which a small corpus does not have, and
text has only some hundred candidates a megabyte. So they are found by a small kernel, and the first ones that a process
meets are judged by the same functions in the interpreter, 10 us each; after a second of that, or once their code lies
in the cache, by machine code. The finds are the same, and hostile text costs that second once.
"""

import math
import sys
import time

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import ready
from babelmill.transforms.kernels.interpreted import interpreted
from babelmill.transforms.pii.groups import new_groups
from babelmill.transforms.pii.spans import find_spans, judge, next_candidate
from babelmill.transforms.pii.tables import tables

__all__ = ["Finder"]

_PATIENCE_S = 1.0
"""How long the interpreter judges, in seconds: the compiler takes several times as long."""
_LOOK_EVERY = 64
"""Candidates between two looks at the clock: the most expensive kind takes half a millisecond."""


class Finder:
    """Find the personal data of string columns.

    Args:
        most: candidates that are judged by the interpreter; 0 compiles at once, None is as many as there is time for.
    """

    def __init__(self, most: int | None = None) -> None:
        self._left = sys.maxsize if most is None else most
        self._left_s = _PATIENCE_S if most is None else math.inf
        self._asked = most is not None

    def __call__(self, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """Return every find: int64[finds, 4] of row, kind, first byte and the byte behind the last, in order.

        Args:
            data: UTF-8 of all texts.
            offsets: where each text begins in `data`, int32[rows + 1].
        """
        if not self._asked:
            self._asked = True
            if ready(find_spans, data, offsets, tables(), 0, 0, 0):
                self._left = 0
        row, at, floor = 0, 0, 0
        first = np.empty((0, 4), np.int64)
        if self._left > 0:
            first, row, at, floor = self._interpret(data, offsets)
            if row == len(offsets) - 1:
                return first
        rest: npt.NDArray[np.int64] = find_spans(data, offsets, tables(), row, at, floor)
        return np.concatenate([first, rest]) if len(first) else rest

    def _interpret(
        self, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int32]
    ) -> tuple[npt.NDArray[np.int64], int, int, int]:
        """Return finds, and where the time was over: row, place, end of the last find; past all rows if it was not."""
        plain, view, bounds, groups = interpreted(judge), data.data, offsets.tolist(), interpreted(new_groups)()
        found: list[tuple[int, int, int, int]] = []
        row, at, floor = 0, 0, 0
        started = time.perf_counter()
        with np.errstate(over="ignore"):  # a number of 20 digits wraps around, as it does in machine code
            while self._left > 0:
                row, i, ahead, n = next_candidate(data, offsets, row, at, groups)
                if row == len(bounds) - 1:
                    break
                self._left -= 1
                start, end = bounds[row], bounds[row + 1]
                kind, begin, stop = plain(view, start, end, max(floor, start), i, groups, n, tables())  # type: ignore[arg-type]
                at = ahead
                if kind >= 0:
                    found.append((row, kind, int(begin), int(stop)))
                    at = floor = int(stop)
                if self._left % _LOOK_EVERY == 0 and time.perf_counter() - started > self._left_s:
                    self._left = 0
        self._left_s -= time.perf_counter() - started
        return np.array(found, np.int64).reshape(-1, 4), row, at, floor
