"""Kernels: how much of a document repeats itself (Gopher, arXiv 2112.11446, table A1)."""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.kernels.hashing import ROLL, mix64

__all__ = ["duplicates", "repeated_ngrams"]

_FIRST, _TOP_END = 2, 5
"""n-grams of 2 to 4 words: the most frequent one counts; of 5 to 10: all that are repeated."""


@kernel
def _table_size(n: int) -> int:
    """Return the power of two that is at least twice `n`: an open hash table stays at most half full."""
    size = 64
    while size < 2 * n:
        size *= 2
    return size


@kernel
def duplicates(
    hashes: npt.NDArray[np.uint64],
    chars: npt.NDArray[np.int32],
    doc_parts: npt.NDArray[np.int64],
    out: npt.NDArray[np.int64],
) -> None:
    """Write to out[d] = (parts that occurred before in d, their characters): int64[documents, 2].

    Args:
        hashes: of each part, such as a line or a paragraph.
        chars: its characters.
        doc_parts: where the parts of each document begin and end: int64[documents, 2].
        out: where to.
    """
    most = 0
    for start, end in doc_parts:
        most = max(most, end - start)
    size = _table_size(most)
    keys, owner = np.empty(size, np.uint64), np.zeros(size, np.int64)
    for d in range(len(doc_parts)):
        start, end = doc_parts[d]
        mask = np.uint64(_table_size(end - start) - 1)
        out[d, 0], out[d, 1] = 0, 0
        for i in range(start, end):
            slot = hashes[i] & mask
            while owner[slot] == d + 1 and keys[slot] != hashes[i]:
                slot = (slot + np.uint64(1)) & mask
            if owner[slot] == d + 1:
                out[d, 0] += 1
                out[d, 1] += chars[i]
            else:
                owner[slot], keys[slot] = d + 1, hashes[i]


@kernel
def _lift(
    places: npt.NDArray[np.int64],
    grams: npt.NDArray[np.uint64],
    repeats: npt.NDArray[np.uint8],
    words: npt.NDArray[np.uint64],
    n: int,
) -> int:
    """Put the n-grams that may be repeated in the place of the (n-1)-grams; return how many they are.

    Those are left whose own (n-1)-grams, the first and the last words, are both repeated.
    """
    left, last = 0, len(words) - 1
    for k in range(len(places)):
        # Written always and kept sometimes: half of them are, and a branch would be guessed wrong as often.
        i = places[k]
        places[left], grams[left] = i, grams[k] * ROLL + words[min(i + n - 1, last)]
        left += (repeats[i] == n - 1) & (repeats[i + 1] == n - 1)
    return left


@kernel
def repeated_ngrams(
    word_hash: npt.NDArray[np.uint64],
    word_chars: npt.NDArray[np.int32],
    doc_words: npt.NDArray[np.int64],
    out: npt.NDArray[np.int64],
) -> None:
    """Write the repeated characters of each n-gram size: int64[documents, 9], column n - 2 for n of 2 to 10.

    For n of 2 to 4: occurrences of the most frequent n-gram (the first of equals; at least 2) times its length, a
    space between words. For n of 5 to 10: characters in n-grams seen before, none counted twice.

    Only pairs are all looked up: of longer n-grams those that begin and end with what is repeated itself, which are
    few in most texts.
    """
    most = 0
    for start, end in doc_words:
        most = max(most, end - start)
    size = _table_size(2 * most)
    # A slot is `round << 32 | number of the n-gram`: what an earlier round has left is as good as empty.
    slots, keys, times = np.zeros(size, np.int64), np.empty(most, np.uint64), np.empty(most, np.int32)
    places, grams, repeats = np.empty(most, np.int64), np.empty(most, np.uint64), np.empty(most + 1, np.uint8)
    epoch = 0
    for d in range(len(doc_words)):
        start, end = doc_words[d]
        words, chars = word_hash[start:end], word_chars[start:end]
        w = len(words)
        for i in range(w):
            places[i], grams[i], repeats[i] = i, words[i], 1
        repeats[w], left = 0, w
        for n in range(2, 11):
            left = _lift(places[:left], grams[:left], repeats, words, n)
            mask = np.uint64(_table_size(2 * left) - 1)
            epoch += 1
            best_count, best_first, free, repeated = 1, 0, 0, 0
            for k in range(left):
                i = places[k]
                if n >= _TOP_END:
                    repeats[i] = n
                    if i < free:
                        continue
                gram = mix64(grams[k])
                slot = gram & mask
                while slots[slot] >> 32 == epoch and keys[slots[slot] & 0xFFFFFFFF] != gram:
                    slot = (slot + np.uint64(1)) & mask
                if slots[slot] >> 32 != epoch:
                    slots[slot] = epoch << 32 | k
                    keys[k], times[k] = gram, 1
                    continue
                if n >= _TOP_END:
                    for j in range(i, i + n):
                        repeated += chars[j]
                    free = i + n
                    continue
                first = slots[slot] & 0xFFFFFFFF
                times[first] += 1
                repeats[i] = repeats[places[first]] = n
                if times[first] > best_count or (times[first] == best_count and first < best_first):
                    best_count, best_first = times[first], first
            if n < _TOP_END and best_count > 1:
                length, i = n - 1, places[best_first]
                for j in range(i, i + n):
                    length += chars[j]
                repeated = best_count * length
            out[d, n - _FIRST] = repeated
