"""Edges: which documents of a band are duplicates of which, verified one by one."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.dedup.minhash import FIGURES
from babelmill.transforms.dedup.rank import is_new, items_of
from babelmill.transforms.kernels.compile import kernel

__all__ = ["EDGE", "EXACT", "NEAR", "Edges", "find_edges", "firsts"]

EXACT, NEAR = 0, 1
"""What an edge is of: equal digests, or sketches that agree."""
EDGE = np.dtype([("doc", "<u8"), ("better", "<u8"), ("similarity", "<f4"), ("kind", "<u4")])
"""`doc` may go because `better`, of a smaller rank, is as good as the same. 24 bytes."""


_BETTER, _WORSE = 1, 2
_MOST_DOUBTS = 8
"""Doubtful edges of a member in one band: each is read again from the documents."""
_PIECE = 1 << 16
"""Edges found at a time, roughly."""


class Edges(NamedTuple):
    """What some records gave."""

    edges: npt.NDArray[np.void]
    unresolved: int
    """Members that found every leader's place taken."""
    doubtful: npt.NDArray[np.bool_]
    """Which of the edges the documents themselves must decide."""


def firsts(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Say of each of some sorted values whether it is the first of its kind."""
    first = np.ones(len(values), np.bool_)
    first[1:] = values[1:] != values[:-1]
    return first


@kernel
def _ones(x: np.uint64) -> np.uint64:
    """Count the ones of a 64-bit integer."""
    x -= (x >> np.uint64(1)) & np.uint64(0x5555555555555555)
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (x * np.uint64(0x0101010101010101)) >> np.uint64(56)


@kernel
def _similarity(one: npt.NDArray[np.uint64], other: npt.NDArray[np.uint64]) -> float:
    """Estimate Jaccard's similarity of words from two sketches: bits agree with probability (1 + J) / 2."""
    differ = np.uint64(0)
    for word in range(FIGURES):
        differ += _ones(one[word] ^ other[word])
    return 1.0 - 2.0 * differ / (64 * FIGURES)


@kernel
def _similarity_of_figures(one: np.uint64, other: np.uint64) -> float:
    """Estimate that of figures; 1 where one of the two documents has few."""
    return 1.0 - 2.0 * _ones(one ^ other) / 64 if one and other else 1.0


@kernel
def _equal(one: npt.NDArray[np.uint64], other: npt.NDArray[np.uint64]) -> float:
    """Return 1 if two digests are equal, else 0."""
    for word in range(len(one)):
        if one[word] != other[word]:
            return 0.0
    return 1.0


@kernel
def _walk(
    rows: npt.NDArray[np.int64],
    start: int,
    band: npt.NDArray[np.uint64],
    sketch: npt.NDArray[np.uint64],
    old: npt.NDArray[np.uint8],
    exact: bool,
    verify: float,
    doubt: float,
    leaders: npt.NDArray[np.int64],
    count: int,
    members: npt.NDArray[np.int64],
    leaders_of: npt.NDArray[np.int64],
    similarities: npt.NDArray[np.float32],
    doubtful: npt.NDArray[np.bool_],
) -> tuple[int, int, int, int]:
    """Write the edges as pairs of rows, from `start` until another member's might not fit.

    `rows` are in order of band and rank. In each run of one band a member is compared with the leaders before it; one
    that is surely like none of them becomes a leader, as long as there is room. `leaders` has `count` of them already.

    `old` is 1 for documents of earlier runs that are better than all new ones, 2 for worse ones. Two old ones give no
    edge, for both were kept by their own runs; one of the same sketch as another stands for it. One that is worse than
    all leads nobody.

    Returns:
        Where to go on, how many leaders there are by then, how many edges were written, and unresolved members.
    """
    found, unresolved, i = 0, 0, start
    while i < len(rows) and found + len(leaders) <= len(members):
        row = rows[i]
        if i == 0 or band[row] != band[rows[i - 1]]:
            count = 0
        alone, doubts = True, 0
        for k in range(count):
            leader = leaders[k]
            similarity = _equal(sketch[row], sketch[leader]) if exact else _similarity(sketch[row], sketch[leader])
            if similarity < verify - doubt:
                continue
            figures = 1.0 if exact else _similarity_of_figures(sketch[row, FIGURES], sketch[leader, FIGURES])
            if old[row] and old[leader]:
                alone = alone and min(similarity, figures) < 1.0
                continue
            if figures < verify - 2 * doubt:
                continue
            open_ = similarity < verify + doubt or figures < min(1.0, verify + 2 * doubt)
            alone = alone and open_
            doubts += open_
            if not open_ or doubts <= _MOST_DOUBTS:
                members[found], leaders_of[found] = row, leader
                similarities[found], doubtful[found] = min(similarity, figures), open_
                found += 1
        alone = alone and old[row] != _WORSE
        if alone and count < len(leaders):
            leaders[count] = row
            count += 1
        elif alone:
            unresolved += 1
        i += 1
    return i, count, found, unresolved


@kernel
def _sift(rows: npt.NDArray[np.int64], doc: npt.NDArray[np.uint64], top: int, end: int) -> None:
    """Let the row at `top` sink in the heap of rows before `end`, the largest rank above."""
    while 2 * top + 1 < end:
        child = 2 * top + 1
        if child + 1 < end and doc[rows[child + 1]] > doc[rows[child]]:
            child += 1
        if doc[rows[child]] <= doc[rows[top]]:
            return
        rows[top], rows[child] = rows[child], rows[top]
        top = child


@kernel
def _sort_runs(rows: npt.NDArray[np.int64], band: npt.NDArray[np.uint64], doc: npt.NDArray[np.uint64]) -> None:
    """Sort each run of one band by rank: by heap, in place, for a hot band has no memory to spare."""
    start = 0
    while start < len(rows):
        end = start + 1
        while end < len(rows) and band[rows[end]] == band[rows[start]]:
            end += 1
        run = rows[start:end]
        for top in range(len(run) // 2 - 1, -1, -1):
            _sift(run, doc, top, len(run))
        for last in range(len(run) - 1, 0, -1):
            run[0], run[last] = run[last], run[0]
            _sift(run, doc, 0, last)
        start = end


def _shared(records: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
    """Return the rows of records that have their band in common with another, in order of band and rank."""
    if len(records) < 2:
        # The columns of a single record are contiguous arrays, for which the kernel would be compiled once more.
        return np.empty(0, np.int64)
    rows = np.argsort(records["band"])
    again = ~firsts(records["band"][rows])
    again[:-1] |= again[1:]
    rows = rows[again]
    _sort_runs(rows, records["band"], records["doc"])
    return rows


def _old(docs: npt.NDArray[np.uint64], items: int) -> npt.NDArray[np.uint8]:
    """Say of each document whether it is of an earlier run, and whether it is better or worse than all of this one."""
    old = items_of(docs) >= items
    found: npt.NDArray[np.uint8] = np.where(old, np.where(is_new(docs), _WORSE, _BETTER), 0).astype(np.uint8)
    return found


def find_edges(
    records: npt.NDArray[np.void],
    exact: bool,
    verify: float,
    leaders: int,
    doubt: float = 0,
    items: int = 1 << 20,
) -> Iterator[Edges]:
    """Yield the edges among some records, in pieces; all that share a band with one of them are among them.

    Time and memory are linear in the records, also where a million of them share a band: 30 bytes a record, and a piece
    of edges.

    Args:
        records: RECORD[n], in any order: the result does not depend on it.
        exact: compare digests rather than sketches.
        verify: least similarity.
        doubt: how far from it an estimate is trusted, twice as far one of figures: edges that it leaves open are among
            the result.
        leaders: members of a band that each other one is compared with, at the most.
        items: number of this run's work items; documents of items behind them are earlier runs'.
    """
    verify, doubt = (1.0, 0.0) if exact else (verify, doubt)
    rows, start, count = _shared(records), 0, 0
    old = _old(records["doc"], items)
    members, others = np.empty(_PIECE + leaders, np.int64), np.empty(_PIECE + leaders, np.int64)
    similarities, led = np.empty(_PIECE + leaders, np.float32), np.empty(leaders, np.int64)
    doubtful = np.empty(_PIECE + leaders, np.bool_)
    while start < len(rows):
        start, count, found, unresolved = _walk(
            rows,
            start,
            records["band"],
            records["sketch"],
            old,
            exact,
            verify,
            doubt,
            led,
            count,
            members,
            others,
            similarities,
            doubtful,
        )
        edges = np.empty(found, EDGE)
        edges["doc"], edges["better"] = records["doc"][members[:found]], records["doc"][others[:found]]
        edges["similarity"], edges["kind"] = similarities[:found], EXACT if exact else NEAR
        yield Edges(edges, unresolved, doubtful[:found].copy())
