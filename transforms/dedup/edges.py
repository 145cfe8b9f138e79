"""Edges: which documents of a band are duplicates of which, verified one by one."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transforms.text.compiled import kernel

__all__ = ["EDGE", "EXACT", "NEAR", "Edges", "find_edges"]

EXACT, NEAR = 0, 1
"""What an edge is of: equal digests, or sketches that agree."""
EDGE = np.dtype([("doc", "<u8"), ("better", "<u8"), ("similarity", "<f4"), ("kind", "<u4")])
"""`doc` may go because `better`, of a smaller rank, is as good as the same. 24 bytes."""


class Edges(NamedTuple):
    """What one partition gave: the edges, and the members that found every leader's place taken."""

    edges: npt.NDArray[np.void]
    unresolved: int


@kernel
def _ones(x: np.uint64) -> np.uint64:
    """Count the ones of a 64-bit integer."""
    x -= (x >> np.uint64(1)) & np.uint64(0x5555555555555555)
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (x * np.uint64(0x0101010101010101)) >> np.uint64(56)


@kernel
def _similarity(one: npt.NDArray[np.uint64], other: npt.NDArray[np.uint64]) -> float:
    """Estimate Jaccard's similarity from two sketches: bits agree with probability (1 + J) / 2."""
    differ = np.uint64(0)
    for word in range(len(one)):
        differ += _ones(one[word] ^ other[word])
    return 1.0 - 2.0 * differ / (64 * len(one))


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
    band: npt.NDArray[np.uint64],
    sketch: npt.NDArray[np.uint64],
    exact: bool,
    verify: float,
    most_leaders: int,
    members: npt.NDArray[np.int64],
    leaders_of: npt.NDArray[np.int64],
    similarities: npt.NDArray[np.float32],
) -> tuple[int, int]:
    """Write the edges as pairs of rows; return how many there are (more than fit are only counted), and unresolved.

    `rows` are in order of band and rank. In each run of one band a member is compared with the leaders before it; one
    that is like none of them becomes a leader, as long as there is room.
    """
    leaders = np.empty(most_leaders, np.int64)
    found, unresolved, count = 0, 0, 0
    for i in range(len(rows)):
        row = rows[i]
        if i == 0 or band[row] != band[rows[i - 1]]:
            count = 0
        alone = True
        for k in range(count):
            leader = leaders[k]
            similarity = _equal(sketch[row], sketch[leader]) if exact else _similarity(sketch[row], sketch[leader])
            if similarity >= verify:
                if found < len(members):
                    members[found], leaders_of[found], similarities[found] = row, leader, similarity
                found += 1
                alone = False
        if alone and count < most_leaders:
            leaders[count] = row
            count += 1
        elif alone:
            unresolved += 1
    return found, unresolved


def _shared(records: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
    """Return the rows of records that have their band in common with another, in order of band and rank."""
    rows = np.argsort(records["band"])
    again = np.diff(records["band"][rows]) == 0
    shared = np.zeros(len(rows), np.bool_)
    shared[1:] = again
    shared[:-1] |= again
    rows = rows[shared]
    return rows[np.lexsort((records["doc"][rows], records["band"][rows]))]


def find_edges(records: npt.NDArray[np.void], exact: bool, verify: float, leaders: int) -> Edges:
    """Return the verified edges among some records; all that share a band with one of them are among them.

    Args:
        records: RECORD[n], in any order: the result does not depend on it.
        exact: compare digests rather than sketches.
        verify: least estimated similarity.
        leaders: members of a band that each other one is compared with, at the most: time stays linear in a band that
            a million documents share, and so does memory, at 30 bytes a record and 44 an edge.
    """
    rows = _shared(records)
    room = len(rows)
    while True:
        members, others = np.empty(room, np.int64), np.empty(room, np.int64)
        similarities = np.empty(room, np.float32)
        found, unresolved = _walk(
            rows, records["band"], records["sketch"], exact, verify, leaders, members, others, similarities
        )
        if found <= room:
            break
        room = found
    edges = np.empty(found, EDGE)
    edges["doc"], edges["better"] = records["doc"][members[:found]], records["doc"][others[:found]]
    edges["similarity"], edges["kind"] = similarities[:found], EXACT if exact else NEAR
    return Edges(edges, int(unresolved))
