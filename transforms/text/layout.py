"""The Layout: a batch of text, read once, as flat arrays of words and lines.

    text     "Ein Satz.\\nNoch einer."
    words     Ein  Satz  .  Noch  einer  .       word_hash, word_fold, word_figures, word_chars, word_flags
    lines     Ein Satz.     Noch einer.          line_hash, line_chars, line_flags
    documents                                    doc_words, doc_lines (offsets), doc_counts

Quality signals and MinHash read these arrays and never the text again. What is a word is decided in words.py, what a
line in lines.py; hard-wrapped lines are joined in wrapped.py. A word of punctuation or symbols only is flagged
WORD_SYMBOL.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.kernels.buffers import string_buffers
from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.kernels.hashing import ROLL, mix64
from babelmill.transforms.text.counts import COLUMNS, DIGITS, ELLIPSES, HASHES, LETTERS, NEWLINES, SCRIPT
from babelmill.transforms.text.figures import figures_hash
from babelmill.transforms.text.fold import FOLD, SEVERAL, Fold, figures, folded
from babelmill.transforms.text.lines import split_lines
from babelmill.transforms.text.unicode import DIGIT, FIGURE, IGNORED, LETTER, SCRIPT_BITS, SCRIPT_SHIFT, SPACE, flags
from babelmill.transforms.text.words import word_end
from babelmill.transforms.text.wrapped import join_wrapped

__all__ = ["WORD_LETTER", "WORD_SYMBOL", "Layout", "lay_out"]

WORD_LETTER = 1
"""The word has a letter."""
WORD_SYMBOL = 2
"""The word is punctuation or symbols only."""


class Layout(NamedTuple):
    """A batch laid out. Words and lines of document d are at `doc_words[d]:doc_words[d + 1]`, `doc_lines[…]`."""

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
    """Offsets into the word arrays: one more than documents."""
    doc_lines: npt.NDArray[np.int64]
    doc_counts: npt.NDArray[np.int32]
    """int32[documents, counts.COLUMNS]."""


_HASH, _DOT, _ELLIPSIS = (np.uint32(ord(char)) for char in "#.…")
_NEWLINE = np.uint32(ord("\n"))
_ONE = np.uint64(1)


@kernel
def _decode(utf8: npt.NDArray[np.uint8], points: npt.NDArray[np.uint32]) -> int:
    """Write the code points of valid UTF-8 into `points`; return how many."""
    i, n, end = 0, 0, len(utf8)
    while i < end:
        lead = utf8[i]
        if lead < 0x80:
            points[n] = lead
            i += 1
        elif lead < 0xE0:
            points[n] = (np.uint32(lead & 0x1F) << np.uint32(6)) | np.uint32(utf8[i + 1] & 0x3F)
            i += 2
        elif lead < 0xF0:
            points[n] = (
                (np.uint32(lead & 0x0F) << np.uint32(12))
                | (np.uint32(utf8[i + 1] & 0x3F) << np.uint32(6))
                | np.uint32(utf8[i + 2] & 0x3F)
            )
            i += 3
        else:
            points[n] = (
                (np.uint32(lead & 0x07) << np.uint32(18))
                | (np.uint32(utf8[i + 1] & 0x3F) << np.uint32(12))
                | (np.uint32(utf8[i + 2] & 0x3F) << np.uint32(6))
                | np.uint32(utf8[i + 3] & 0x3F)
            )
            i += 4
        n += 1
    return n


@kernel
def _split_words(
    points: npt.NDArray[np.uint32],
    n: int,
    kinds: npt.NDArray[np.uint16],
    fold: npt.NDArray[np.uint32],
    runs: npt.NDArray[np.uint32],
    figure: npt.NDArray[np.uint32],
    at: int,
    word_hash: npt.NDArray[np.uint64],
    word_fold: npt.NDArray[np.uint64],
    word_figures: npt.NDArray[np.uint64],
    word_chars: npt.NDArray[np.int32],
    word_flags: npt.NDArray[np.uint8],
    counts: npt.NDArray[np.int32],
) -> int:
    """Append the document's words from row `at` on; return the row after the last one."""
    i, all_letters, all_digits, begins_line = 0, 0, 0, True
    while i < n:
        if kinds[points[i]] & (SPACE | IGNORED):
            begins_line |= points[i] == _NEWLINE
            i += 1
            continue
        end = word_end(points, n, i, kinds)
        exact, plain, letters, digits, script, of_script, seen = np.uint64(0), np.uint64(0), 0, 0, 0, 0, 0
        for j in range(i, end):
            point = points[j]
            exact = exact * ROLL + np.uint64(point) + _ONE
            same = fold[point]
            if same >= SEVERAL:
                run = same - SEVERAL
                for k in range(run + 1, run + 1 + runs[run]):
                    plain = plain * ROLL + np.uint64(runs[k]) + _ONE
            elif same:
                plain = plain * ROLL + np.uint64(same) + _ONE
            kind = kinds[point]
            seen |= kind
            letters += (kind & LETTER) != 0
            digits += (kind & DIGIT) != 0
            other = kind & SCRIPT_BITS
            if other and other != script:
                # Rare inside a word, so the letters of a script are added up once and not one by one.
                counts[SCRIPT + (script >> SCRIPT_SHIFT)] += of_script
                script, of_script = other, 0
            of_script += other != 0
        word_hash[at] = mix64(exact)
        word_fold[at] = mix64(plain) if plain else np.uint64(0)
        word_figures[at] = np.uint64(0)
        if seen & FIGURE:
            word_figures[at] = figures_hash(points, n, i, end, kinds, figure, letters, digits, begins_line)
        word_chars[at] = end - i
        word_flags[at] = WORD_LETTER * (letters > 0) | WORD_SYMBOL * (letters + digits == 0)
        counts[SCRIPT + (script >> SCRIPT_SHIFT)] += of_script
        all_letters += letters
        all_digits += digits
        if points[i] == _HASH:
            counts[HASHES] += end - i
        elif points[i] == _ELLIPSIS:
            counts[ELLIPSES] += end - i
        elif points[i] == _DOT:
            counts[ELLIPSES] += (end - i) // 3
        at += 1
        i, begins_line = end, False
    counts[LETTERS], counts[DIGITS] = all_letters, all_digits
    return at


@kernel
def _lay_out(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int32],
    kinds: npt.NDArray[np.uint16],
    fold: npt.NDArray[np.uint32],
    runs: npt.NDArray[np.uint32],
    figure: npt.NDArray[np.uint32],
    word_hash: npt.NDArray[np.uint64],
    word_fold: npt.NDArray[np.uint64],
    word_figures: npt.NDArray[np.uint64],
    word_chars: npt.NDArray[np.int32],
    word_flags: npt.NDArray[np.uint8],
    line_hash: npt.NDArray[np.uint64],
    line_chars: npt.NDArray[np.int32],
    line_flags: npt.NDArray[np.uint8],
    doc_words: npt.NDArray[np.int64],
    doc_lines: npt.NDArray[np.int64],
    doc_counts: npt.NDArray[np.int32],
) -> None:
    longest = 0
    for d in range(len(offsets) - 1):
        longest = max(longest, offsets[d + 1] - offsets[d])
    points, starts = np.empty(longest, np.uint32), np.empty(longest, np.int32)
    words, lines = 0, 0
    doc_words[0], doc_lines[0] = 0, 0
    for d in range(len(offsets) - 1):
        n = _decode(data[offsets[d] : offsets[d + 1]], points)
        counts = doc_counts[d]
        words = _split_words(
            points,
            n,
            kinds,
            fold,
            runs,
            figure,
            words,
            word_hash,
            word_fold,
            word_figures,
            word_chars,
            word_flags,
            counts,
        )
        end = split_lines(points, n, kinds, lines, line_hash, line_chars, line_flags, counts, starts)
        joined = join_wrapped(points, kinds, starts, lines, end, line_hash, line_chars, line_flags)
        counts[NEWLINES] -= end - joined
        lines = joined
        doc_words[d + 1], doc_lines[d + 1] = words, lines


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
    word_chars, word_flags = np.empty(room, np.int32), np.empty(room, np.uint8)
    line_hash, line_chars, line_flags = np.empty(room, np.uint64), np.empty(room, np.int32), np.empty(room, np.uint8)
    doc_words, doc_lines = np.empty(n + 1, np.int64), np.empty(n + 1, np.int64)
    doc_counts = np.zeros((n, COLUMNS), np.int32)
    _lay_out(
        data, offsets, flags(), *folded(fold, fold_hant), figures(),
        word_hash, word_fold, word_figures, word_chars, word_flags,
        line_hash, line_chars, line_flags, doc_words, doc_lines, doc_counts,
    )  # fmt: skip
    w, m = int(doc_words[-1]), int(doc_lines[-1])
    return Layout(
        word_hash[:w], word_fold[:w], word_figures[:w], word_chars[:w], word_flags[:w],
        line_hash[:m], line_chars[:m], line_flags[:m], doc_words, doc_lines, doc_counts,
    )  # fmt: skip
