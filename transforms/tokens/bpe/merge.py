"""Byte pair encoding: of all neighbours that may merge, the pair with the lowest rank does, the leftmost of equals.

Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units" (2016), on bytes. A short word
looks through all its pairs for each merge; a long one keeps them in a heap, so that a word of n bytes takes
O(n log n) time and 28 bytes of memory a byte.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel, kernel_part
from babelmill.transforms.kernels.hashing import ROLL

__all__ = ["ID_BITS", "MERGED_SHORT", "Merges", "make_merges", "merge", "merge_long", "reached"]

ID_BITS = 20
"""Ids are below 2^20: the largest vocabularies in use have 260,000."""
MERGED_SHORT = 96
"""Bytes up to which a look through all pairs is faster than the heap."""
_NONE = np.int64(1 << 40)
"""In place of a rank: these two do not merge."""
_RANK_BITS = 24
_EMPTY = np.uint64((1 << 64) - 1)


class Merges(NamedTuple):
    """The table of merges, small enough for a processor's cache: a miss there costs more than all the rest."""

    byte_id: npt.NDArray[np.int32]
    """int32[256]: id of each single byte."""
    byte_ranks: npt.NDArray[np.int64]
    """int64[256, 256]: rank of each pair of bytes, or _NONE."""
    table: npt.NDArray[np.uint64]
    """uint64[slots]: `left id << 44 | right id << 24 | rank`, found by open addressing on the ids; or _EMPTY."""
    merged: npt.NDArray[np.int32]
    """int32[ranks]: the id that a merge makes."""


@kernel_part
def _slot(pair: np.uint64, table: npt.NDArray[np.uint64]) -> np.uint64:
    """Return where a pair of ids is, or the empty place where it would be."""
    mask = np.uint64(len(table) - 1)
    slot = ((pair * ROLL) >> np.uint64(2 * ID_BITS)) & mask
    while table[slot] >> np.uint64(_RANK_BITS) != pair and table[slot] != _EMPTY:
        slot = (slot + np.uint64(1)) & mask
    return slot


@kernel
def _fill(pairs: npt.NDArray[np.uint64], table: npt.NDArray[np.uint64]) -> None:
    for rank in range(len(pairs)):
        table[_slot(pairs[rank], table)] = (pairs[rank] << np.uint64(_RANK_BITS)) | np.uint64(rank)


def make_merges(byte_id: npt.NDArray[np.int32], ranked: Mapping[tuple[int, int], int]) -> Merges:
    """Build the table.

    Args:
        byte_id: int32[256].
        ranked: pair of ids → id that it becomes, in the order of the ranks.
    """
    pairs = np.array([left << ID_BITS | right for left, right in ranked], np.uint64)
    table = np.full(1 << max(4, (2 * len(pairs)).bit_length()), _EMPTY)
    _fill(pairs, table)
    byte_ranks = np.full((256, 256), _NONE)
    byte_of = {number: byte for byte, number in enumerate(byte_id.tolist())}
    for rank, (left, right) in enumerate(ranked):
        if left in byte_of and right in byte_of:
            byte_ranks[byte_of[left], byte_of[right]] = rank
    return Merges(byte_id, byte_ranks, table, np.fromiter(ranked.values(), np.int32, len(pairs)))


@kernel_part
def _rank(left: int, right: int, table: npt.NDArray[np.uint64]) -> np.int64:
    """Return the rank of a pair of ids, or _NONE."""
    found = table[_slot((np.uint64(left) << np.uint64(ID_BITS)) | np.uint64(right), table)]
    return np.int64(found & np.uint64((1 << _RANK_BITS) - 1)) if found != _EMPTY else _NONE


@kernel
def merge(
    data: npt.NDArray[np.uint8],
    start: int,
    end: int,
    merges: Merges,
    ids: npt.NDArray[np.int64],
    ranks: npt.NDArray[np.int64],
) -> int:
    """Merge a word of at most MERGED_SHORT bytes; return the number of its ids, which stand at the front of `ids`.

    `ids` and `ranks` are int64[MERGED_SHORT] to work in.
    """
    byte_id, byte_ranks, table, merged = merges
    n = end - start
    for i in range(n):
        ids[i] = byte_id[data[start + i]]
    for i in range(n - 1):
        ranks[i] = byte_ranks[data[start + i], data[start + i + 1]]
    while n > 1:
        best, at = _NONE, 0
        for i in range(n - 1):
            if ranks[i] < best:
                best, at = ranks[i], i
        if best == _NONE:
            break
        n -= 1
        ids[at] = merged[best]
        for i in range(at + 1, n):
            ids[i] = ids[i + 1]
            ranks[i - 1] = ranks[i]
        if at > 0:
            ranks[at - 1] = _rank(ids[at - 1], ids[at], table)
        if at < n - 1:
            ranks[at] = _rank(ids[at], ids[at + 1], table)
    return n


@kernel_part
def _push(heap: npt.NDArray[np.int64], size: int, key: int) -> int:
    """Put a key on the heap; return its new size."""
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if heap[parent] <= key:
            break
        heap[i] = heap[parent]
        i = parent
    heap[i] = key
    return size + 1


@kernel_part
def _pop(heap: npt.NDArray[np.int64], size: int) -> int:
    """Take the least key off the heap, `heap[0]`; return its new size."""
    size -= 1
    key, i = heap[size], 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[i] = heap[child]
        i = child
    heap[i] = key
    return size


@kernel
def merge_long(data: npt.NDArray[np.uint8], start: int, end: int, merges: Merges) -> npt.NDArray[np.int32]:
    """Merge a word of any length; return its ids.

    The heap holds `rank << 32 | place`. A pair that is no more is recognised when it comes up: the left one is gone, or
    the rank is no longer that of the two that stand there.
    """
    byte_id, byte_ranks, table, merged = merges
    n = end - start
    ids = np.empty(n, np.int32)
    following, before = np.empty(n, np.int32), np.empty(n, np.int32)
    # A merge takes one key away and adds two at most.
    heap = np.empty(2 * n, np.int64)
    size = 0
    for i in range(n):
        ids[i] = byte_id[data[start + i]]
        following[i], before[i] = i + 1, i - 1
    for i in range(n - 1):
        rank = byte_ranks[data[start + i], data[start + i + 1]]
        if rank != _NONE:
            size = _push(heap, size, (rank << 32) | i)
    while size > 0:
        rank, at = heap[0] >> 32, heap[0] & 0xFFFFFFFF
        size = _pop(heap, size)
        right = following[at]
        if ids[at] < 0 or right >= n or _rank(ids[at], ids[right], table) != rank:
            continue
        ids[at], ids[right] = merged[rank], -1
        after, left = following[right], before[at]
        following[at] = after
        if after < n:
            before[after] = at
            rank = _rank(ids[at], ids[after], table)
            if rank != _NONE:
                size = _push(heap, size, (rank << 32) | at)
        if left >= 0:
            rank = _rank(ids[left], ids[at], table)
            if rank != _NONE:
                size = _push(heap, size, (rank << 32) | left)
    return ids[ids >= 0]


@kernel
def reached(
    data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], expected: npt.NDArray[np.int32], merges: Merges
) -> npt.NDArray[np.bool_]:
    """Return which words `data[offsets[i]:offsets[i + 1]]` merge into the one id that is expected of each."""
    found = np.zeros(len(expected), np.bool_)
    for i in range(len(expected)):
        ids = merge_long(data, offsets[i], offsets[i + 1], merges)
        found[i] = len(ids) == 1 and ids[0] == expected[i]
    return found
