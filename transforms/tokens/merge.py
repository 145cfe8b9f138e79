"""Byte pair encoding: of all neighbours that may merge, the pair with the lowest rank does, the leftmost of equals.

Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units" (2016), on bytes. A short word
looks through all its pairs for each merge; a long one keeps them in a heap, so that a word of n bytes takes
O(n log n) time and 28 bytes of memory a byte.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transforms.text.compiled import kernel, kernel_part
from transforms.text.hashing import ROLL

__all__ = ["ID_BITS", "MERGED_SHORT", "Merges", "make_merges", "merge", "merge_long", "reached"]

ID_BITS = 20
"""Ids are below 2^20: the largest vocabularies in use have 260,000."""
MERGED_SHORT = 96
"""Bytes up to which a look through all pairs is faster than the heap."""
_ID = (1 << ID_BITS) - 1
_NONE = np.int64((1 << 63) - 1)


class Merges(NamedTuple):
    """The table of merges: open addressing on the pair of ids."""

    byte_id: npt.NDArray[np.int32]
    """int32[256]: id of each single byte."""
    table: npt.NDArray[np.int64]
    """int64[slots, 2]: `left << ID_BITS | right` or -1, and `rank << ID_BITS | merged`."""


@kernel_part
def _slot(pair: int, table: npt.NDArray[np.int64]) -> int:
    """Return where a pair is, or the empty place where it would be."""
    mask = len(table) - 1
    slot = np.int64((np.uint64(pair) * ROLL) >> np.uint64(2 * ID_BITS)) & mask
    while table[slot, 0] != pair and table[slot, 0] >= 0:
        slot = (slot + 1) & mask
    return slot


@kernel
def _fill(pairs: npt.NDArray[np.int64], merged: npt.NDArray[np.int64], table: npt.NDArray[np.int64]) -> None:
    for i in range(len(pairs)):
        slot = _slot(pairs[i], table)
        table[slot, 0] = pairs[i]
        table[slot, 1] = (np.int64(i) << ID_BITS) | merged[i]


def make_merges(byte_ids: npt.NDArray[np.int32], ranked: Mapping[tuple[int, int], int]) -> Merges:
    """Build the table.

    Args:
        byte_ids: int32[256].
        ranked: pair of ids → id that it becomes, in the order of the ranks.
    """
    pairs = np.array([left << ID_BITS | right for left, right in ranked], np.int64)
    slots = 1 << max(4, (2 * len(pairs)).bit_length())
    table = np.full((slots, 2), -1, np.int64)
    _fill(pairs, np.fromiter(ranked.values(), np.int64, len(pairs)), table)
    return Merges(byte_ids, table)


@kernel_part
def _merged(left: int, right: int, table: npt.NDArray[np.int64]) -> int:
    """Return `rank << ID_BITS | merged` of a pair, or _NONE."""
    slot = _slot((np.int64(left) << ID_BITS) | np.int64(right), table)
    return table[slot, 1] if table[slot, 0] >= 0 else _NONE


@kernel
def merge(
    data: npt.NDArray[np.uint8],
    start: int,
    end: int,
    merges: Merges,
    ids: npt.NDArray[np.int64],
    found: npt.NDArray[np.int64],
) -> int:
    """Merge a word of at most MERGED_SHORT bytes; return the number of its ids, which stand at the front of `ids`.

    `ids` and `found` are int64[MERGED_SHORT] to work in.
    """
    table = merges.table
    n = end - start
    for i in range(n):
        ids[i] = merges.byte_id[data[start + i]]
    for i in range(n - 1):
        found[i] = _merged(ids[i], ids[i + 1], table)
    while n > 1:
        best, at = _NONE, 0
        for i in range(n - 1):
            if found[i] < best:
                best, at = found[i], i
        if best == _NONE:
            break
        n -= 1
        ids[at] = best & _ID
        for i in range(at + 1, n):
            ids[i] = ids[i + 1]
            found[i - 1] = found[i]
        if at > 0:
            found[at - 1] = _merged(ids[at - 1], ids[at], table)
        if at < n - 1:
            found[at] = _merged(ids[at], ids[at + 1], table)
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
    table = merges.table
    n = end - start
    ids = np.empty(n, np.int32)
    following, before = np.empty(n, np.int32), np.empty(n, np.int32)
    # A merge takes one key away and adds two at most.
    heap = np.empty(2 * n, np.int64)
    size = 0
    for i in range(n):
        ids[i] = merges.byte_id[data[start + i]]
        following[i], before[i] = i + 1, i - 1
    for i in range(n - 1):
        found = _merged(ids[i], ids[i + 1], table)
        if found != _NONE:
            size = _push(heap, size, ((found >> ID_BITS) << 32) | i)
    while size > 0:
        rank, at = heap[0] >> 32, heap[0] & 0xFFFFFFFF
        size = _pop(heap, size)
        right = following[at]
        if ids[at] < 0 or right >= n:
            continue
        found = _merged(ids[at], ids[right], table)
        if found == _NONE or found >> ID_BITS != rank:
            continue
        ids[at], ids[right] = found & _ID, -1
        after, left = following[right], before[at]
        following[at] = after
        if after < n:
            before[after] = at
            found = _merged(ids[at], ids[after], table)
            if found != _NONE:
                size = _push(heap, size, ((found >> ID_BITS) << 32) | at)
        if left >= 0:
            found = _merged(ids[left], ids[at], table)
            if found != _NONE:
                size = _push(heap, size, ((found >> ID_BITS) << 32) | left)
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
