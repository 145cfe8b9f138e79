"""Shingle sets: a document's n-grams themselves, where an estimate is not enough."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.dedup.grams import figure_hashes, shingle_hashes
from babelmill.transforms.dedup.sign import Near
from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.text.fold import FOLD, Fold
from babelmill.transforms.text.layout import lay_out

__all__ = ["Sets", "jaccard", "shingle_sets", "similarity"]


class Sets(NamedTuple):
    """The different n-grams of some documents, as MinHash sees them: sorted 32-bit hashes, list<uint32> each."""

    words: pa.ListArray
    figures: pa.ListArray
    """Empty where a document has few figures."""

    def take(self, rows: npt.NDArray[np.int64]) -> "Sets":
        """Return the sets of some of the documents."""
        return Sets(*(column.take(pa.array(rows)) for column in self))


@kernel
def _write_sets(
    word_fold: npt.NDArray[np.uint64],
    doc_words: npt.NDArray[np.int64],
    ngram: int,
    out: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int32],
) -> None:
    end = 0
    for d in range(len(doc_words)):
        n = shingle_hashes(word_fold[doc_words[d, 0] : doc_words[d, 1]].copy(), ngram, out[end:])
        found = np.sort(out[end : end + n])
        for i in range(n):
            if i == 0 or found[i] != found[i - 1]:
                out[end] = found[i]
                end += 1
        offsets[d + 1] = end


@kernel
def _write_figures(
    word_fold: npt.NDArray[np.uint64],
    word_figures: npt.NDArray[np.uint64],
    doc_words: npt.NDArray[np.int64],
    ngram: int,
    least: float,
    out: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int32],
) -> None:
    for d in range(len(doc_words)):
        start, end = doc_words[d]
        n = figure_hashes(word_fold[start:end], word_figures[start:end], ngram, least, out[offsets[d] :])
        offsets[d + 1] = offsets[d] + n


def shingle_sets(text: pa.Array, near: Near, fold: Fold = FOLD) -> Sets:
    """Return each text's n-grams.

    Args:
        text: a string column.
        near: how near-duplicates are found.
        fold: what does not count in words.
    """
    layout = lay_out(text, fold, near.fold_hant)
    words, figures = (np.empty(len(layout.word_fold), np.uint32) for _ in range(2))
    word_ends, figure_ends = (np.zeros(len(text) + 1, np.int32) for _ in range(2))
    _write_sets(layout.word_fold, layout.doc_words, near.ngram, words, word_ends)
    _write_figures(
        layout.word_fold, layout.word_figures, layout.doc_words, near.ngram, near.figures, figures, figure_ends
    )
    return Sets(_lists(words, word_ends), _lists(figures, figure_ends))


def _lists(flat: npt.NDArray[np.uint32], ends: npt.NDArray[np.int32]) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(flat[: ends[-1]]))


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


def similarity(sets: Sets, others: Sets, pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Return how similar pairs are in [0, 1]: by their words, or by their figures, if both have many and that is less.

    Args:
        sets: of the documents at the pairs' first rows.
        others: of those at their second rows.
        pairs: int64[n, 2].
    """
    found = jaccard(sets.words, others.words, pairs)
    counted = [
        np.diff(np.asarray(column.offsets))[pairs[:, end]] for end, column in enumerate((sets.figures, others.figures))
    ]
    both = (counted[0] > 0) & (counted[1] > 0)
    found[both] = np.minimum(found[both], jaccard(sets.figures, others.figures, pairs[both]))
    return found
