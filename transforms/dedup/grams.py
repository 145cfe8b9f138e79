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
    found = np.sort(out[:n])
    times = np.uint32(0)
    for i in range(n):
        times = np.uint32(times + _STEP) if i and found[i] == found[i - 1] else np.uint32(0)
        out[i] = mix32(np.uint32(found[i] + times)) if times else found[i]
    out[:n].sort()
    return n
