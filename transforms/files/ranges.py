"""Ranges: many parts of files, read one after the other where files are near, and several at once in a store."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

from babelmill.transforms.files.storage import read_range

__all__ = ["Range", "read_ranges"]

_AT_ONCE = 8
"""Requests under way: a store's answer takes tens of milliseconds to begin, and its client keeps ten connections."""


class Range(NamedTuple):
    """A part of a file: `size` bytes from `start` on."""

    path: str
    start: int
    size: int


def read_ranges(ranges: Iterable[Range]) -> Iterator[bytes]:
    """Yield the bytes of some ranges, in their order; of a store no more than twice `_AT_ONCE` ranges are held.

    Other stores than gs:// have clients that several threads cannot make at once: theirs are read one by one.

    Raises:
        WorldError: if one cannot be read, or its file ends before.
    """
    waiting = iter(ranges)
    ahead = list(islice(waiting, 1))
    if not ahead or not ahead[0].path.startswith("gs://"):
        for near in ahead:
            yield read_range(*near)
        for near in waiting:
            yield read_range(*near)
        return
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        begun: deque[Future[bytes]] = deque(pool.submit(read_range, *first) for first in ahead)
        begun.extend(pool.submit(read_range, *one) for one in islice(waiting, 2 * _AT_ONCE - 1))
        try:
            while begun:
                found = begun.popleft().result()
                begun.extend(pool.submit(read_range, *one) for one in islice(waiting, 1))
                yield found
        finally:
            for one in begun:
                one.cancel()
