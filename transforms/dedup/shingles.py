"""Shingle sets: a document's n-grams themselves, where an estimate is not enough."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.dedup.minhash import shingle_hashes
from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.text.layout import lay_out

__all__ = ["jaccard", "shingle_sets"]


@kernel
def _write_sets(
    word_fold: npt.NDArray[np.uint64],
    doc_words: npt.NDArray[np.int64],
    ngram: int,
    out: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int32],
) -> None:
    end = 0
    for d in range(len(doc_words) - 1):
        n = shingle_hashes(word_fold[doc_words[d] : doc_words[d + 1]].copy(), ngram, out[end:])
        found = np.sort(out[end : end + n])
        for i in range(n):
            if i == 0 or found[i] != found[i - 1]:
                out[end] = found[i]
                end += 1
        offsets[d + 1] = end


def shingle_sets(text: pa.Array, ngram: int, fold_hant: bool = False) -> pa.ListArray:
    """Return each text's different shingles, as MinHash sees them: sorted 32-bit hashes, list<uint32>."""
    layout = lay_out(text, fold_hant)
    hashes = np.empty(len(layout.word_fold), np.uint32)
    offsets = np.zeros(len(text) + 1, np.int32)
    _write_sets(layout.word_fold, layout.doc_words, ngram, hashes, offsets)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(hashes[: offsets[-1]]))


@kernel
def _jaccard(one: npt.NDArray[np.uint32], other: npt.NDArray[np.uint32]) -> float:
    i, j, common = 0, 0, 0
    while i < len(one) and j < len(other):
        if one[i] == other[j]:
            common += 1
        step = one[i] <= other[j]
        j += one[i] >= other[j]
        i += step
    union = len(one) + len(other) - common
    return common / union if union else 0.0


@kernel
def _jaccards(
    flat: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int32],
    other_flat: npt.NDArray[np.uint32],
    other_offsets: npt.NDArray[np.int32],
    pairs: npt.NDArray[np.int64],
    out: npt.NDArray[np.float32],
) -> None:
    for k in range(len(pairs)):
        i, j = pairs[k]
        one = flat[offsets[i] : offsets[i + 1]]
        other = other_flat[other_offsets[j] : other_offsets[j + 1]]
        out[k] = _jaccard(one, other)


def jaccard(sets: pa.ListArray, others: pa.ListArray, pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Return Jaccard's similarity of pairs: float32[n] in [0, 1]; 0 for two empty sets, which are equal to none.

    Args:
        sets: as `shingle_sets` returns them.
        others: likewise.
        pairs: int64[n, 2]: a row of `sets` and a row of `others`.
    """
    out = np.empty(len(pairs), np.float32)
    one, other = ((np.asarray(column.values), np.asarray(column.offsets)) for column in (sets, others))
    _jaccards(*one, *other, pairs, out)
    return out
