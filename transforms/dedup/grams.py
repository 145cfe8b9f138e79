"""N-grams: the hashes of a document's shingles, of all words that count and of its figures alone.

Shingles are of folded words, so that a pair of documents meets that differs in a date, a counter or punctuation. Where
figures (transforms/text/figures.py) are a good part of the words, as in sums, program code and tables, they are what
the text says: there they are compared once more, by themselves and as they are.
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.kernels.hashing import ROLL, mix32, mix64

__all__ = ["figure_hashes", "shingle_hashes"]

_STEP = np.uint32(0x9E3779B9)
"""2^32 over the golden ratio."""


@kernel
def shingle_hashes(words: npt.NDArray[np.uint64], ngram: int, out: npt.NDArray[np.uint32]) -> int:
    """Write the hash of each n-gram of the words that count (fold hash not 0); return how many there are.

    `words` is used as scratch space: the words that count move to its front.
    """
    w = 0
    for i in range(len(words)):
        if words[i]:
            words[w] = words[i]
            w += 1
    for i in range(w - ngram + 1):
        gram = np.uint64(0)
        for j in range(ngram):
            gram = gram * ROLL + words[i + j]
        out[i] = np.uint32(mix64(gram) >> np.uint64(32))
    return max(0, w - ngram + 1)


@kernel
def figure_hashes(
    word_fold: npt.NDArray[np.uint64],
    word_figures: npt.NDArray[np.uint64],
    ngram: int,
    least: float,
    out: npt.NDArray[np.uint32],
) -> int:
    """Write the hash of each n-gram of a document's figures, sorted; return how many there are.

    None where figures are a smaller share than `least` of the words that count. Fewer than n figures are one gram. A
    gram that is there twice has two hashes, so that sets of them are compared with how often each is there: a program
    may have `=` thirty times in a row, and a changed one is one in thirty.
    """
    words, count = 0, 0
    for i in range(len(word_fold)):
        words += word_fold[i] != 0 or word_figures[i] != 0
        count += word_figures[i] != 0
    if count == 0 or count < least * words:
        return 0
    ngram = min(ngram, count)
    n = shingle_hashes(word_figures.copy(), ngram, out)
    _sort(out, n)
    before, times = np.uint32(0), np.uint32(0)
    for i in range(n):
        found = out[i]
        times = np.uint32(times + _STEP) if i and found == before else np.uint32(0)
        out[i] = mix32(np.uint32(found + times)) if times else found
        before = found
    _sort(out, n)
    return n


@kernel
def _sort(values: npt.NDArray[np.uint32], n: int) -> None:
    """Sort the first n values in place, by heap: numba takes a second to compile `np.sort`."""
    for top in range(n // 2 - 1, -1, -1):
        _sift(values, top, n)
    for last in range(n - 1, 0, -1):
        values[0], values[last] = values[last], values[0]
        _sift(values, 0, last)


@kernel
def _sift(values: npt.NDArray[np.uint32], top: int, end: int) -> None:
    """Let the value at `top` sink in the heap of those before `end`, the largest above."""
    while 2 * top + 1 < end:
        child = 2 * top + 1
        if child + 1 < end and values[child + 1] > values[child]:
            child += 1
        if values[child] <= values[top]:
            return
        values[top], values[child] = values[child], values[top]
        top = child
