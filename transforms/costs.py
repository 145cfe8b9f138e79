"""Costs: what work took in CPU seconds and bytes, as sums that merge.

    costs = Costs()
    for batch in costs.each("read", batches): ...
    with costs.timed("language"): ...
    costs.add("bytes/staged", size)

They are measured, so no two runs have the same, and nothing but an estimate may depend on them.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["CPU", "FIXED", "Costs", "fixed_part"]

CPU = "cpu_s/"
"""Before a stage's name: CPU seconds of the thread that did the work."""
FIXED = "fixed/"
"""Before a cost's name: the part of it that each shard costs, however small it is."""
_Item = TypeVar("_Item")


class Costs:
    """A mergeable sum of named amounts.

    >>> costs = Costs({"bytes/staged": 5})
    >>> costs.merge({"bytes/staged": 2, "bytes/shards": 1})
    >>> costs.sums
    {'bytes/staged': 7.0, 'bytes/shards': 1.0}
    """

    def __init__(self, sums: Mapping[str, float] | None = None) -> None:
        self.sums: dict[str, float] = {}
        self.merge(sums or {})

    def add(self, name: str, amount: float) -> None:
        """Add an amount."""
        self.sums[name] = self.sums.get(name, 0.0) + amount

    def merge(self, sums: Mapping[str, float]) -> None:
        """Add another sum's amounts."""
        for name, amount in sums.items():
            self.add(name, amount)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the CPU seconds that this thread spends in the block."""
        started = time.thread_time()
        try:
            yield
        finally:
            self.add(CPU + stage, time.thread_time() - started)

    def each(self, stage: str, items: Iterable[_Item]) -> Iterator[_Item]:
        """Yield the items, and add the CPU seconds that it takes to get them."""
        iterator = iter(items)
        while True:
            with self.timed(stage):
                item = next(iterator, self)
            if item is self:
                return
            yield item  # type: ignore[misc]


def fixed_part(sizes: npt.ArrayLike, amounts: npt.ArrayLike) -> float:
    """Return what each of some things costs apart from its size: the intercept of a line through size and cost.

    Least squares of the *relative* distances, for what costs more by size strays more by size: the line's intercept is
    then the slope of cost / size over 1 / size. In [0, the least amount]; 0 where fewer than three sizes, or equal
    ones, tell nothing.

    >>> fixed_part([1, 2, 3], [12, 14, 16])
    10.0
    """
    size, amount = np.asarray(sizes, np.float64), np.asarray(amounts, np.float64)
    if len(size) < 3 or np.ptp(size) == 0 or size.min() <= 0:
        return 0.0
    x, y = 1 / size, amount / size
    slope = float(((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum())
    return float(np.clip(round(slope, 9), 0.0, max(0.0, float(amount.min()))))
