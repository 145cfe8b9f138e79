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

__all__ = ["CPU", "Costs"]

CPU = "cpu_s/"
"""Before a stage's name: CPU seconds of the thread that did the work."""
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
