"""MinHash: from the Layout's words to bands and a one-bit sketch.

    words → 5-grams (shingles) → 256 minima under random permutations ─┬─► the first bands × rows: one hash a band
                                                                      └─► the lowest bit of each: a 256-bit sketch

Two documents share a band with probability J^rows, J their shingle sets' Jaccard similarity (Broder 1997), and agree
in a bit of the sketch with probability (1 + J) / 2 (Li and König, b-bit minwise hashing, arXiv 0910.3349): the sketch
verifies what the bands propose. The permutations are datasketch's (`scheme="affine32"`), and so are the minima.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from datasketch import MinHash

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.kernels.hashing import ROLL, mix32, mix64
from babelmill.transforms.text.layout import Layout, lay_out

__all__ = ["PERMUTATIONS", "SKETCH_WORDS", "Signatures", "minima", "permutations", "shingle_hashes", "signatures"]

SKETCH_WORDS = 4
"""The sketch's length in 64-bit words."""
LEAST_SHINGLES = 5
"""Different shingles that a document needs: of fewer, one word more or less is another text, and a word repeated a
million times would be the same as one repeated five times. Such documents have exact duplicates only."""
PERMUTATIONS = 64 * SKETCH_WORDS
"""A bit of the sketch each; bands × rows may take as many."""


class Signatures(NamedTuple):
    """What MinHash keeps of each document."""

    bands: npt.NDArray[np.uint64]
    """uint64[documents, bands]; meaningless where `shingles` is 0."""
    sketch: npt.NDArray[np.uint64]
    """uint64[documents, 4]."""
    shingles: npt.NDArray[np.int32]
    """Number of shingles, repeated ones too; 0 for fewer than LEAST_SHINGLES different ones: never compared."""


@cache
def permutations(seed: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return datasketch's factors and addends for a seed: uint32[256] each."""
    a, b = MinHash(num_perm=PERMUTATIONS, seed=seed, scheme="affine32").permutations
    return np.ascontiguousarray(a, np.uint32), np.ascontiguousarray(b, np.uint32)


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
def _too_few(hashes: npt.NDArray[np.uint32], n: int) -> bool:
    """Say whether fewer than LEAST_SHINGLES of the first n hashes differ."""
    found = np.empty(LEAST_SHINGLES, np.uint32)
    count = 0
    for i in range(n):
        known = False
        for k in range(count):
            known |= found[k] == hashes[i]
        if not known:
            found[count] = hashes[i]
            count += 1
            if count == LEAST_SHINGLES:
                return False
    return True


@kernel
def _minima(
    word_fold: npt.NDArray[np.uint64],
    doc_words: npt.NDArray[np.int64],
    ngram: int,
    a: npt.NDArray[np.uint32],
    b: npt.NDArray[np.uint32],
    out: npt.NDArray[np.uint32],
    shingles: npt.NDArray[np.int32],
) -> None:
    most = 0
    for d in range(len(doc_words) - 1):
        most = max(most, doc_words[d + 1] - doc_words[d])
    hashes = np.empty(most, np.uint32)
    low = np.empty(len(a), np.uint32)
    for d in range(len(doc_words) - 1):
        n = shingle_hashes(word_fold[doc_words[d] : doc_words[d + 1]].copy(), ngram, hashes)
        if _too_few(hashes, n):
            n = 0
        shingles[d] = n
        low[:] = np.uint32(0xFFFFFFFF)
        for i in range(n):
            x = mix32(hashes[i])
            for p in range(len(a)):
                low[p] = min(low[p], np.uint32(a[p] * x + b[p]))
        out[d] = low


@kernel
def _bands_and_sketch(
    low: npt.NDArray[np.uint32],
    rows: int,
    bands: npt.NDArray[np.uint64],
    sketch: npt.NDArray[np.uint64],
) -> None:
    for d in range(len(low)):
        for band in range(bands.shape[1]):
            h = np.uint64(band)
            for row in range(rows):
                h = h * ROLL + np.uint64(low[d, band * rows + row])
            bands[d, band] = mix64(h)
        for word in range(sketch.shape[1]):
            bits = np.uint64(0)
            for bit in range(64):
                bits |= np.uint64(low[d, 64 * word + bit] & np.uint32(1)) << np.uint64(bit)
            sketch[d, word] = bits


def minima(layout: Layout, ngram: int, seed: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int32]]:
    """Return the MinHash values, uint32[documents, 256] as datasketch has them, and the number of shingles."""
    n = len(layout.doc_words) - 1
    low, shingles = np.empty((n, PERMUTATIONS), np.uint32), np.empty(n, np.int32)
    _minima(layout.word_fold, layout.doc_words, ngram, *permutations(seed), low, shingles)
    return low, shingles


def signatures(text: pa.Array, ngram: int, bands: int, rows: int, seed: int, fold_hant: bool = False) -> Signatures:
    """Return bands and sketch of every text.

    Args:
        text: a string column.
        ngram: words a shingle.
        bands: number of bands.
        rows: minima a band; bands × rows is at most PERMUTATIONS.
        seed: of the permutations.
        fold_hant: traditional Chinese characters count as their simplified forms.
    """
    low, shingles = minima(lay_out(text, fold_hant), ngram, seed)
    found = Signatures(
        np.empty((len(text), bands), np.uint64), np.empty((len(text), SKETCH_WORDS), np.uint64), shingles
    )
    _bands_and_sketch(low, rows, found.bands, found.sketch)
    return found
