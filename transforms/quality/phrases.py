"""Phrases: how often a document has words or sequences of words from some lists, found among the Layout's words.

A phrase is the folded hashes of its words (case, width and punctuation do not matter). As each ideograph is a word, the
same matching finds whole words where words are written apart, and substrings in Chinese and Japanese.

    >>> table = phrase_table({"en": (("bad word",), ("lorem ipsum",))})
    >>> count_phrases(lay_out(pa.array(["A bad  Word, lorem"])), table, np.array([0]))
    array([[1, 0]])
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.kernels.hashing import ROLL, mix64
from babelmill.transforms.text.layout import Layout, lay_out
from babelmill.transforms.text.unicode import IDEOGRAPH, flags

__all__ = ["PhraseTable", "count_phrases", "phrase_table"]

_KOREAN_PARTICLES = (
    "", *"은는이가을를의에도로와과만", "에서", "에게", "으로", "까지", "부터", "처럼", "보다", "이나", "들", "들이",
    "들은", "들을", "들의", "이다", "입니다", "하다", "하는", "한",
)  # fmt: skip
"""What follows a Korean noun without a space."""
_BEGINS = 1 << 14
"""Low bits of a hash that tell a first word: a language's part of the table stays in the processor's first cache."""
_PREFIX = 1
"""Value of an entry that a phrase begins with; a phrase's own bit is 2 << its class."""


class PhraseTable(NamedTuple):
    """An open hash table over all languages."""

    begins: npt.NDArray[np.bool_]
    """bool[languages, _BEGINS]: whether the first word of some phrase has a folded hash of these low bits; few do."""
    keys: npt.NDArray[np.uint64]
    """Of sequences of words that a phrase is or begins with."""
    bits: npt.NDArray[np.uint8]
    """0 where a slot is empty; _PREFIX, and the bits of classes."""
    classes: int


@kernel
def _key(before: np.uint64, word_fold: np.uint64) -> np.uint64:
    """Return the key of a sequence with one more word; a language's own first key is its row + 1."""
    return mix64(before * ROLL + word_fold)


@kernel
def _find(keys: npt.NDArray[np.uint64], bits: npt.NDArray[np.uint8], key: np.uint64) -> np.uint64:
    """Return the slot of a key, or the empty one where it belongs."""
    mask = np.uint64(len(keys) - 1)
    slot = key & mask
    while bits[slot] and keys[slot] != key:
        slot = (slot + np.uint64(1)) & mask
    return slot


@kernel
def _insert(
    folds: npt.NDArray[np.uint64], row: int, value: int, keys: npt.NDArray[np.uint64], bits: npt.NDArray[np.uint8]
) -> None:
    key = np.uint64(row + 1)
    for i in range(len(folds)):
        key = _key(key, folds[i])
        slot = _find(keys, bits, key)
        keys[slot] = key
        bits[slot] |= value if i == len(folds) - 1 else _PREFIX


@kernel
def _longest(
    folds: npt.NDArray[np.uint64], keys: npt.NDArray[np.uint64], bits: npt.NDArray[np.uint8], row: int
) -> tuple[int, int]:
    """Return how many of the words the longest phrase has that they begin with, and its bits; (0, 0) for none."""
    length, found = 0, 0
    key = np.uint64(row + 1)
    for i in range(len(folds)):
        if folds[i] == 0:
            # Punctuation inside a phrase does not matter.
            continue
        key = _key(key, folds[i])
        entry = bits[_find(keys, bits, key)]
        if entry > _PREFIX:
            length, found = i + 1, entry
        if not entry & _PREFIX:
            break
    return length, found


@kernel
def _count(
    folds: npt.NDArray[np.uint64],
    doc_words: npt.NDArray[np.int64],
    begins: npt.NDArray[np.bool_],
    keys: npt.NDArray[np.uint64],
    bits: npt.NDArray[np.uint8],
    rows: npt.NDArray[np.int32],
    out: npt.NDArray[np.int64],
) -> None:
    mask = np.uint64(begins.shape[1] - 1)
    for d in range(len(doc_words)):
        if not 0 <= rows[d] < len(begins):
            continue
        begins_here = begins[rows[d]]
        i, end = doc_words[d]
        while i < end:
            # A word of signs only begins no phrase; looking behind a run of them from each one would be quadratic.
            if folds[i] == 0 or not begins_here[folds[i] & mask]:
                i += 1
                continue
            length, found = _longest(folds[i:end], keys, bits, rows[d])
            for c in range(out.shape[1]):
                out[d, c] += found >> (c + 1) & 1
            i += max(1, length)


def count_phrases(layout: Layout, table: PhraseTable, rows: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Count the phrases of each class: int64[documents, classes]. Of phrases that overlap, the first, longest counts.

    Args:
        layout: of the documents.
        table: of all languages' phrases.
        rows: each document's language, as its place in the table's mapping; any other number has no phrases.
    """
    out = np.zeros((len(rows), table.classes), np.int64)
    _count(layout.word_fold, layout.doc_words, table.begins, table.keys, table.bits, rows, out)
    return out


def _variants(lang: str, phrases: Sequence[str]) -> Iterator[str]:
    """Yield what is looked for: Korean with particles; no single ideographs, which are parts of ordinary words."""
    for phrase in phrases:
        if len(phrase) == 1 and flags()[ord(phrase)] & IDEOGRAPH:
            continue
        yield from (phrase + particle for particle in _KOREAN_PARTICLES) if lang == "ko" else (phrase,)


def phrase_table(phrases: Mapping[str, Sequence[Sequence[str]]]) -> PhraseTable:
    """Build the table of each language's phrases: as many lists as there are classes, at most 7."""
    entries = []
    for row, (lang, lists) in enumerate(phrases.items()):
        for number, listed in enumerate(lists):
            layout = lay_out(pa.array(list(_variants(lang, listed)), pa.string()))
            for start, end in layout.doc_words:
                folds = layout.word_fold[start:end]
                entries.append((folds[folds != 0], row, 2 << number))
    slots = 64
    while slots < 4 * sum(len(folds) for folds, _, _ in entries):
        slots *= 2
    classes = max((len(lists) for lists in phrases.values()), default=0)
    begins = np.zeros((len(phrases), _BEGINS), np.bool_)
    table = PhraseTable(begins, np.zeros(slots, np.uint64), np.zeros(slots, np.uint8), classes)
    for folds, row, value in entries:
        begins[row, folds[:1] % _BEGINS] = True
        _insert(folds, row, value, table.keys, table.bits)
    return table
