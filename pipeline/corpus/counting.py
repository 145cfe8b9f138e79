"""Which of very many texts occur most often, in memory that is known beforehand.

A text is counted by its digest of eight bytes. Those of some part of all digests are held and sorted at a time; who the
most frequent ones are is found in one more pass.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.kernels.hashing import digests

__all__ = ["Counted", "count_texts"]

_HELD = 1 << 23
"""Digests that are held at a time."""
_TEXT_BYTES = 1 << 20
_PIECE_BYTES = 1 << 24

_Digests = npt.NDArray[np.uint64]
_Times = npt.NDArray[np.int64]


class Counted(NamedTuple):
    """`sizes`: how often a text occurs → how many do. `largest`: the most frequent, of equals the smaller first."""

    sizes: dict[int, int]
    largest: list[str]


def count_texts(columns: Callable[[], Iterator[pa.Array]], rows: int, top: int) -> Counted:
    """Count texts.

    Args:
        columns: gives all texts, as strings without nulls, and the same ones each time that it is called.
        rows: how many there are.
        top: how many of the most frequent are wanted.

    Raises:
        ValueError: if a text has more than 1 MiB.
    """
    parts = 1 + rows // _HELD
    sizes = Counter[int]()
    largest: list[tuple[int, str]] = []
    for part in range(parts):
        every = np.concatenate([np.empty(0, np.uint64), *(_part_of(column, part, parts) for column in columns())])
        found, times = _counted(every)
        del every
        sizes.update(dict(zip(*(side.tolist() for side in np.unique(times, return_counts=True)), strict=True)))
        if top and len(times):
            chosen = times >= np.partition(times, -top)[-top] if len(times) > top else np.ones(len(times), bool)
            largest = _named(columns, found[chosen], times[chosen], top, largest)
    return Counted(dict(sizes), [text for _, text in largest])


def _part_of(column: pa.Array, part: int, parts: int) -> _Digests:
    found = digests(column)[:, 0]
    return found if parts == 1 else found[found % np.uint64(parts) == part]


def _counted(every: _Digests) -> tuple[_Digests, _Times]:
    """Return each digest once, sorted, and how often it was there."""
    every.sort()
    new = np.ones(len(every), bool)
    np.not_equal(every[1:], every[:-1], out=new[1:])
    starts = np.flatnonzero(new)
    return every[starts], np.diff(starts, append=len(every))


def _named(
    columns: Callable[[], Iterator[pa.Array]], found: _Digests, times: _Times, top: int, before: list[tuple[int, str]]
) -> list[tuple[int, str]]:
    """Return the most frequent of the texts before and those of some digests, as (-times, text), in that order."""
    held = before
    for column in columns():
        for piece in _pieces(column):
            mine = digests(piece)[:, 0]
            places = np.minimum(np.searchsorted(found, mine), len(found) - 1)
            hits = np.flatnonzero(found[places] == mine)
            rows = hits[np.unique(mine[hits], return_index=True)[1]]
            texts = piece.take(pa.array(rows)).to_pylist()
            held = sorted({*held, *zip((-times[places[rows]]).tolist(), texts, strict=True)})[:top]
    return held


def _pieces(column: pa.Array) -> Iterator[pa.Array]:
    """Yield a column in pieces that are small as Python's texts too."""
    longest = pc.max(pc.binary_length(column)).as_py() or 1
    if longest > _TEXT_BYTES:
        raise ValueError(f"an id of {longest:,} bytes, {_TEXT_BYTES:,} at most are looked at")
    rows = max(1, _PIECE_BYTES // longest)
    yield from (column.slice(start, rows) for start in range(0, len(column), rows))
