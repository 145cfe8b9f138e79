"""Learn merges on top of a base: byte pair encoding that goes on where another vocabulary ended.

    words, as the ids that the base gives them ─► the most frequent pair ─► a new id ─► the pairs around it change ─► …

Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units" (2016), with one difference:
a word begins as the base's tokens, not as bytes. As every new merge ranks behind the base's, an encoder does the base's
merges first and arrives at just these tokens; so each learned token can be reached, and no text gets longer. Learning
from bytes and merging two vocabularies afterwards promises neither. The trainers of `tokenizers` start from bytes only.

A word counts in several groups (Chinese, others), each with its own frequencies. A merge may be chosen by the
frequencies of one group, but it is done in all words: the words are at every moment what an encoder would make of them.

Time is linear in the symbols, but for a heap; memory about 50 bytes a symbol of the unique words and 100 a pair.
"""

import heapq
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel

__all__ = ["Learner", "Pair"]

_GONE = -1
_MOST = 700_000_000
"""Symbols: there are three links a symbol at the most, numbered in 31 bits."""
_HALF = 32
"""Bits of an id in a pair's key, `left << 32 | right`."""
_ENTRY = numba.types.UniTuple(numba.int64, 3)
"""Of a heap: minus the count, the pair's key, its slot. Of equal counts the pair with the smaller ids comes first."""


class Pair(NamedTuple):
    """Two neighbours that may merge, and how often they stand side by side in the group that was asked for."""

    left: int
    right: int
    times: int


class _Words(NamedTuple):
    """The words as chains of symbols, one behind the other in the order of the words."""

    ids: npt.NDArray[np.int32]
    """int32[symbols]: _GONE where a symbol was merged into the one before it."""
    following: npt.NDArray[np.int32]
    """int32[symbols]: place of the next symbol of the word, _GONE for the last."""
    before: npt.NDArray[np.int32]
    word: npt.NDArray[np.int32]
    """int32[symbols]: which word a symbol is of."""
    counts: npt.NDArray[np.int64]
    """int64[words, groups]: how often a word occurs."""


class _Pairs(NamedTuple):
    """All pairs that were ever seen. A pair's slot is its number in the order in which they were."""

    slots: Any
    """Key to slot."""
    keys: Any
    """Slot to key."""
    counts: Any
    """`slot * groups + group` to count."""
    first: Any
    """Slot to the first link of its chain of places, which ascend; a place where the pair no longer is stays in it."""
    last: Any
    places: npt.NDArray[np.int32]
    """int32[links]."""
    links: npt.NDArray[np.int32]
    """int32[links]: the next one, or _GONE."""
    used: npt.NDArray[np.int64]
    """int64[1]: how many links are in use."""


@kernel
def _add(pairs: _Pairs, left: int, right: int, place: int, counts: npt.NDArray[np.int64]) -> None:
    """Count a pair and note where it is."""
    key = (np.int64(left) << _HALF) | np.int64(right)
    link = pairs.used[0]
    pairs.used[0] += 1
    pairs.places[link], pairs.links[link] = place, _GONE
    if key in pairs.slots:
        slot = pairs.slots[key]
        pairs.links[pairs.last[slot]] = link
        pairs.last[slot] = link
        for group in range(len(counts)):
            pairs.counts[slot * len(counts) + group] += counts[group]
        return
    pairs.slots[key] = np.int64(len(pairs.keys))
    pairs.keys.append(key)
    pairs.first.append(link)
    pairs.last.append(link)
    for group in range(len(counts)):
        pairs.counts.append(counts[group])


@kernel
def _take(pairs: _Pairs, left: int, right: int, counts: npt.NDArray[np.int64]) -> None:
    """Discount a pair."""
    slot = pairs.slots[(np.int64(left) << _HALF) | np.int64(right)]
    for group in range(len(counts)):
        pairs.counts[slot * len(counts) + group] -= counts[group]


@kernel
def _push(heaps: Any, pairs: _Pairs, new: int, least: int) -> None:
    """Put the pairs from slot `new` on on each group's heap, but for those that are rarer there than `least`."""
    for slot in range(new, len(pairs.keys)):
        for group in range(len(heaps)):
            times = pairs.counts[slot * len(heaps) + group]
            if times >= least:
                heapq.heappush(heaps[group], (-times, pairs.keys[slot], np.int64(slot)))


@kernel
def _add_all(words: _Words, pairs: _Pairs, heaps: Any, least: int) -> None:
    for place in range(len(words.ids)):
        following = words.following[place]
        if following != _GONE:
            _add(pairs, words.ids[place], words.ids[following], place, words.counts[words.word[place]])
    _push(heaps, pairs, 0, least)


@kernel
def _merge(words: _Words, pairs: _Pairs, heaps: Any, left: int, right: int, made: int, least: int) -> None:
    """Merge a pair wherever it stands, from left to right."""
    ids, following, before = words.ids, words.following, words.before
    new = len(pairs.keys)
    link = pairs.first[pairs.slots[(np.int64(left) << _HALF) | np.int64(right)]]
    while link != _GONE:
        place = pairs.places[link]
        link = pairs.links[link]
        second = following[place]
        if ids[place] != left or second == _GONE or ids[second] != right:
            continue
        counts = words.counts[words.word[place]]
        previous, after = before[place], following[second]
        _take(pairs, left, right, counts)
        ids[place], ids[second] = made, _GONE
        following[place] = after
        if previous != _GONE:
            _take(pairs, ids[previous], left, counts)
            _add(pairs, ids[previous], made, previous, counts)
        if after != _GONE:
            before[after] = place
            _take(pairs, right, ids[after], counts)
            _add(pairs, made, ids[after], place, counts)
    _push(heaps, pairs, new, least)


@kernel
def _settle(heap: Any, pairs: _Pairs, group: int, groups: int, least: int) -> None:
    """Bring the most frequent pair to the front of the heap: a count that sank since it was put there is put right."""
    while len(heap):
        noted, key, slot = heap[0]
        count = pairs.counts[slot * groups + group]
        if count == -noted:
            return
        heapq.heappop(heap)
        if count >= least:
            heapq.heappush(heap, (-count, key, slot))


@kernel
def _drop(heap: Any) -> None:
    heapq.heappop(heap)


def _list() -> Any:
    return numba.typed.List.empty_list(numba.int64)


class Learner:
    """Words, and the pairs in them.

        learner = Learner(ids, offsets, counts)
        pair = learner.best(0)
        learner.merge(pair.left, pair.right, made=150_000)

    Args:
        ids: int32[symbols]: the words as the base encodes them, one behind the other.
        offsets: int64[words + 1]: word i is `ids[offsets[i]:offsets[i + 1]]`.
        counts: int64[words, groups]: how often a word occurs in each group.
        least: pairs that occur less often in a group are not proposed for it; at least 1.

    Raises:
        ValueError: if there are more than 700 million symbols.
    """

    def __init__(
        self,
        ids: npt.NDArray[np.int32],
        offsets: npt.NDArray[np.int64],
        counts: npt.NDArray[np.int64],
        least: int = 2,
    ) -> None:
        n, lengths = len(ids), np.diff(offsets)
        if n > _MOST:
            raise ValueError(f"{n} symbols; {_MOST} is the most that 32 bits can number")
        following, before = np.arange(1, n + 1, dtype=np.int32), np.arange(-1, n - 1, dtype=np.int32)
        following[offsets[1:][lengths > 0] - 1] = _GONE
        before[offsets[:-1][lengths > 0]] = _GONE
        word = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        self._words = _Words(ids.copy(), following, before, word, np.ascontiguousarray(counts))
        # A merge takes one symbol away and adds two links at most.
        self._pairs = _Pairs(
            numba.typed.Dict.empty(numba.int64, numba.int64),
            _list(), _list(), _list(), _list(),
            np.empty(3 * n, np.int32), np.empty(3 * n, np.int32), np.zeros(1, np.int64),
        )  # fmt: skip
        self._least = max(1, least)
        self._heaps = tuple(numba.typed.List.empty_list(_ENTRY) for _ in range(counts.shape[1]))
        _add_all(self._words, self._pairs, self._heaps, self._least)

    def best(self, group: int) -> Pair | None:
        """Return the most frequent pair of a group, or None where no pair is frequent enough."""
        heap = self._heaps[group]
        _settle(heap, self._pairs, group, len(self._heaps), self._least)
        if not len(heap):
            return None
        count, key, _ = heap[0]
        return Pair(key >> _HALF, key & ((1 << _HALF) - 1), -count)

    def refuse(self, group: int) -> None:
        """Never propose the pair again that `best` gave for the group last. It cannot become more frequent."""
        _drop(self._heaps[group])

    def merge(self, left: int, right: int, made: int) -> None:
        """Merge a pair, which occurs, into a new id, which does not occur yet, wherever it stands."""
        _merge(self._words, self._pairs, self._heaps, left, right, made, self._least)
