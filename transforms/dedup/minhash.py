"""MinHash: from the Layout's words to bands and a one-bit sketch.

    words   → 5-grams (shingles) → 256 minima under random permutations ─┬─► the first bands × rows: one hash a band
                                                                        └─► the lowest bit of each: a 256-bit sketch
    figures → 5-grams             → 64 minima ─────────────────────────────► the lowest bit of each: 64 bits more

Two documents share a band with probability J^rows, J their shingle sets' Jaccard similarity (Broder 1997), and agree
in a bit of the sketch with probability (1 + J) / 2 (Li and König, b-bit minwise hashing, arXiv 0910.3349): the sketch
verifies what the bands propose. The permutations are datasketch's (`scheme="affine32"`), and so are the minima.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.dedup.grams import figure_hashes, shingle_hashes
from babelmill.transforms.imports import deferred
from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.kernels.hashing import ROLL, mix32, mix64
from babelmill.transforms.text.fold import FOLD, Fold
from babelmill.transforms.text.layout import Layout
from babelmill.transforms.text.shared import laid_out

__all__ = [
    "FIGURES",
    "PERMUTATIONS",
    "SKETCH_WORDS",
    "Signatures",
    "minima",
    "permutations",
    "signatures",
]

FIGURES = 4
"""Which 64-bit word of the sketch is of the figures, behind those of the words: 0 for a document of few figures."""
SKETCH_WORDS = FIGURES + 1
"""The sketch's length in 64-bit words."""
LEAST_SHINGLES = 5
"""Different shingles that a document needs: of fewer, one word more or less is another text, and a word repeated a
million times would be the same as one repeated five times. Such documents have exact duplicates only."""
PERMUTATIONS = 64 * FIGURES
"""A bit of the sketch each; bands × rows may take as many."""


class Signatures(NamedTuple):
    """What MinHash keeps of each document."""

    bands: npt.NDArray[np.uint64]
    """uint64[documents, bands]; meaningless where `shingles` is 0."""
    sketch: npt.NDArray[np.uint64]
    """uint64[documents, SKETCH_WORDS]."""
    shingles: npt.NDArray[np.int32]
    """Number of shingles, repeated ones too; 0 for fewer than LEAST_SHINGLES different ones: never compared."""


@cache
def permutations(seed: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return datasketch's factors and addends for a seed: uint32[256] each."""
    # Of the package as a whole SciPy is a part, which takes half a second to load.
    with deferred({"datasketch": ()}):
        from datasketch.minhash import MinHash
    a, b = MinHash(num_perm=PERMUTATIONS, seed=seed, scheme="affine32").permutations
    return np.ascontiguousarray(a, np.uint32), np.ascontiguousarray(b, np.uint32)


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
def _lower(
    hashes: npt.NDArray[np.uint32],
    a: npt.NDArray[np.uint32],
    b: npt.NDArray[np.uint32],
    low: npt.NDArray[np.uint32],
) -> None:
    """Write the least value of the hashes under each permutation, four hashes in one pass over the permutations."""
    low[:] = np.uint32(0xFFFFFFFF)
    i = 0
    while i + 4 <= len(hashes):
        x, y = mix32(hashes[i]), mix32(hashes[i + 1])
        z, w = mix32(hashes[i + 2]), mix32(hashes[i + 3])
        for p in range(len(a)):
            two = min(np.uint32(a[p] * x + b[p]), np.uint32(a[p] * y + b[p]))
            more = min(np.uint32(a[p] * z + b[p]), np.uint32(a[p] * w + b[p]))
            low[p] = min(low[p], min(two, more))
        i += 4
    for k in range(i, len(hashes)):
        x = mix32(hashes[k])
        for p in range(len(a)):
            low[p] = min(low[p], np.uint32(a[p] * x + b[p]))


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
    for start, end in doc_words:
        most = max(most, end - start)
    hashes = np.empty(most, np.uint32)
    low = np.empty(len(a), np.uint32)
    for d in range(len(doc_words)):
        n = shingle_hashes(word_fold[doc_words[d, 0] : doc_words[d, 1]].copy(), ngram, hashes)
        if _too_few(hashes, n):
            n = 0
        shingles[d] = n
        _lower(hashes[:n], a, b, low)
        out[d] = low


@kernel
def _sketch_figures(
    word_fold: npt.NDArray[np.uint64],
    word_figures: npt.NDArray[np.uint64],
    doc_words: npt.NDArray[np.int64],
    ngram: int,
    least: float,
    a: npt.NDArray[np.uint32],
    b: npt.NDArray[np.uint32],
    sketch: npt.NDArray[np.uint64],
) -> None:
    hashes = np.empty(len(word_fold), np.uint32)
    low = np.empty(len(a), np.uint32)
    for d in range(len(doc_words)):
        start, end = doc_words[d]
        n = figure_hashes(word_fold[start:end], word_figures[start:end], ngram, least, hashes)
        bits = np.uint64(0)
        if n:
            _lower(hashes[:n], a, b, low)
            for bit in range(len(low)):
                # The lowest bit of a permuted value follows from the lowest bit of the value alone: too little of few.
                bits |= np.uint64(mix32(low[bit]) & np.uint32(1)) << np.uint64(bit)
        sketch[d, FIGURES] = bits


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
        for word in range(FIGURES):
            bits = np.uint64(0)
            for bit in range(64):
                bits |= np.uint64(low[d, 64 * word + bit] & np.uint32(1)) << np.uint64(bit)
            sketch[d, word] = bits


def minima(layout: Layout, ngram: int, seed: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int32]]:
    """Return the MinHash values, uint32[documents, 256] as datasketch has them, and the number of shingles."""
    n = len(layout.doc_words)
    low, shingles = np.empty((n, PERMUTATIONS), np.uint32), np.empty(n, np.int32)
    _minima(layout.word_fold, layout.doc_words, ngram, *permutations(seed), low, shingles)
    return low, shingles


def signatures(
    text: pa.Array,
    ngram: int,
    bands: int,
    rows: int,
    seed: int,
    fold: Fold = FOLD,
    fold_hant: bool = False,
    figures: float = 1,
) -> Signatures:
    """Return bands and sketch of every text.

    Args:
        text: a string column.
        ngram: words a shingle.
        bands: number of bands.
        rows: minima a band; bands × rows is at most PERMUTATIONS.
        seed: of the permutations.
        fold: what does not count.
        fold_hant: traditional Chinese characters count as their simplified forms.
        figures: share of the words from which on figures have a sketch of their own.
    """
    layout, (a, b) = laid_out(text, fold, fold_hant), permutations(seed)
    low, shingles = minima(layout, ngram, seed)
    found = Signatures(
        np.empty((len(text), bands), np.uint64), np.empty((len(text), SKETCH_WORDS), np.uint64), shingles
    )
    _bands_and_sketch(low, rows, found.bands, found.sketch)
    _sketch_figures(
        layout.word_fold, layout.word_figures, layout.doc_words, ngram, figures, a[:64], b[:64], found.sketch
    )
    return found
