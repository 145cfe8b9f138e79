"""The Layout: a batch of text, read once, as flat arrays of words and lines.

    text     "Ein Satz.\\nNoch einer."
    words     Ein  Satz  .  Noch  einer  .       word_hash, word_fold, word_figures, word_chars, word_flags
    lines     Ein Satz.     Noch einer.          line_hash, line_chars, line_flags
    documents                                    doc_words, doc_lines (offsets), doc_counts

Quality signals and MinHash read these arrays and never the text again; within a batch they share them (shared.py).
Text is decoded in points.py, what is a word is decided in words.py, what a line in lines.py; hard-wrapped lines are
joined in wrapped.py. A word of punctuation or symbols only is flagged WORD_SYMBOL.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.kernels.buffers import string_buffers
from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.text.counts import COLUMNS, NEWLINES
from babelmill.transforms.text.fold import FOLD, Fold, figures, folded
from babelmill.transforms.text.lines import Lines, split_lines
from babelmill.transforms.text.points import Points, count_letters, decode
from babelmill.transforms.text.unicode import flags
from babelmill.transforms.text.words import WORD_LETTER, WORD_SYMBOL, Tables, Words, split_words
from babelmill.transforms.text.wrapped import join_wrapped

__all__ = ["WORD_LETTER", "WORD_SYMBOL", "Layout", "lay_out"]


class Layout(NamedTuple):
    """A batch laid out. Words and lines of document d are at `slice(*doc_words[d])`, `slice(*doc_lines[d])`."""

    word_hash: npt.NDArray[np.uint64]
    """Hash of the word's exact code points."""
    word_fold: npt.NDArray[np.uint64]
    """Hash of the word's folded code points; 0 where nothing of it counts for deduplication."""
    word_figures: npt.NDArray[np.uint64]
    """Hash of the word's digits and operators as they are (figures.py); 0 for a word without."""
    word_chars: npt.NDArray[np.int32]
    """Length in code points."""
    word_flags: npt.NDArray[np.uint8]
    """WORD_… bits."""
    line_hash: npt.NDArray[np.uint64]
    """Hash of a line without the white space around it; blank lines are no lines, hard-wrapped ones are one."""
    line_chars: npt.NDArray[np.int32]
    line_flags: npt.NDArray[np.uint8]
    """LINE_… bits."""
    doc_words: npt.NDArray[np.int64]
    """Where the words of each document begin and end: int64[documents, 2]."""
    doc_lines: npt.NDArray[np.int64]
    """Where its lines do."""
    doc_counts: npt.NDArray[np.int32]
    """int32[documents, counts.COLUMNS]."""

    def of(self, rows: npt.NDArray[np.int64]) -> "Layout":
        """Return the Layout of some of the documents, on the same words and lines: int64[documents], in any order."""
        return self._replace(
            doc_words=self.doc_words[rows], doc_lines=self.doc_lines[rows], doc_counts=self.doc_counts[rows]
        )


@kernel
def _lay_out(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int32],
    tables: Tables,
    words: Words,
    lines: Lines,
    doc_words: npt.NDArray[np.int64],
    doc_lines: npt.NDArray[np.int64],
    doc_counts: npt.NDArray[np.int32],
) -> None:
    longest = 0
    for d in range(len(offsets) - 1):
        longest = max(longest, offsets[d + 1] - offsets[d])
    room = longest + 1
    document = Points(np.empty(room, np.uint32), np.empty(room, np.uint16), np.empty(room, np.int32))
    starts = np.empty(longest, np.int32)
    word, line = 0, 0
    for d in range(len(offsets) - 1):
        counts = doc_counts[d]
        doc_words[d, 0], doc_lines[d, 0] = word, line
        n, marks = decode(data[offsets[d] : offsets[d + 1]], tables.flags, document)
        count_letters(document.kinds, n, counts)
        word = split_words(document, n, tables, word, words, counts)
        end = split_lines(document, n, marks, tables.flags, line, lines, counts, starts)
        joined = join_wrapped(document.points, tables.flags, starts, line, end, lines)
        counts[NEWLINES] -= end - joined
        line = joined
        doc_words[d, 1], doc_lines[d, 1] = word, line


def lay_out(text: pa.Array, fold: Fold = FOLD, fold_hant: bool = False) -> Layout:
    """Lay out a string column of valid UTF-8; time and memory grow in proportion to its bytes.

    Args:
        text: the column.
        fold: what does not count in `word_fold`.
        fold_hant: in `word_fold`, traditional Chinese characters count as their simplified forms.
    """
    data, offsets = string_buffers(text)
    n = len(text)
    # A word or a line takes at least one byte. Pages of the arrays that stay unused are never touched.
    room = int(offsets[-1] - offsets[0])
    word_hash, word_fold, word_figures = (np.empty(room, np.uint64) for _ in range(3))
    words = Words(word_hash, word_fold, word_figures, np.empty(room, np.int32), np.empty(room, np.uint8))
    lines = Lines(np.empty(room, np.uint64), np.empty(room, np.int32), np.empty(room, np.uint8))
    doc_words, doc_lines = np.zeros((n, 2), np.int64), np.zeros((n, 2), np.int64)
    doc_counts = np.zeros((n, COLUMNS), np.int32)
    tables = Tables(flags(), *folded(fold, fold_hant), figures())
    _lay_out(data, offsets, tables, words, lines, doc_words, doc_lines, doc_counts)
    w, m = int(doc_words.max(initial=0)), int(doc_lines.max(initial=0))
    return Layout(
        word_hash[:w], word_fold[:w], word_figures[:w], words.chars[:w], words.flags[:w],
        lines.hash[:m], lines.chars[:m], lines.flags[:m], doc_words, doc_lines, doc_counts,
    )  # fmt: skip
