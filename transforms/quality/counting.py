"""Kernels: what is counted in the Layout's words, lines and paragraphs."""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.kernels.hashing import ROLL, mix64
from babelmill.transforms.text.layout import WORD_LETTER, WORD_SYMBOL, Layout
from babelmill.transforms.text.lines import LINE_BULLET, LINE_CODE, LINE_ELLIPSIS, LINE_PARAGRAPH, LINE_TERMINAL

__all__ = [
    "ALL_CHARS", "BULLETS", "CODE", "ELLIPSIS", "LINES", "LINE_CHARS", "LINE_COLUMNS", "PLAIN_CHARS", "SHORT", "STOPS",
    "SYMBOLS", "TERMINAL", "WITH_LETTER", "WORDS", "WORD_COLUMNS", "count_lines", "count_words", "paragraphs",
]  # fmt: skip

WORDS, SYMBOLS, WITH_LETTER, ALL_CHARS, PLAIN_CHARS, STOPS = range(6)
"""Columns of `count_words`: words, those of symbols only, those with a letter; characters of all words and of all but
symbols; different stop words."""
WORD_COLUMNS = 6
LINES, LINE_CHARS, BULLETS, ELLIPSIS, TERMINAL, SHORT, CODE = range(7)
"""Columns of `count_lines`: lines, their characters, and how many of each kind there are."""
LINE_COLUMNS = 7

_SHORT_LINE = 30
"""FineWeb's length of a short line, in characters."""


@kernel
def count_words(
    layout: Layout,
    language: npt.NDArray[np.int32],
    stop_hash: npt.NDArray[np.uint64],
    stop_bit: npt.NDArray[np.uint64],
    out: npt.NDArray[np.int64],
) -> None:
    """Write WORDS … STOPS of each document: int64[documents, WORD_COLUMNS].

    Args:
        layout: of the documents.
        language: each document's row in the stop-word tables.
        stop_hash: hashes of stop words, an open hash table a language: uint64[languages, slots].
        stop_bit: a bit of its own for each stop word, 0 where a slot is empty.
        out: where to.
    """
    mask = np.uint64(stop_hash.shape[1] - 1)
    for d in range(len(layout.doc_words)):
        start, end = layout.doc_words[d]
        symbols, with_letter, chars, plain_chars = 0, 0, 0, 0
        found = np.uint64(0)
        hashes, bits = stop_hash[language[d]], stop_bit[language[d]]
        for i in range(start, end):
            word_flags = layout.word_flags[i]
            chars += layout.word_chars[i]
            if word_flags & WORD_SYMBOL:
                symbols += 1
                continue
            plain_chars += layout.word_chars[i]
            with_letter += word_flags & WORD_LETTER
            h = layout.word_hash[i]
            slot = h & mask
            while bits[slot] and hashes[slot] != h:
                slot = (slot + np.uint64(1)) & mask
            found |= bits[slot]
        stops = 0
        while found:
            found &= found - np.uint64(1)
            stops += 1
        out[d, WORDS] = end - start
        out[d, SYMBOLS], out[d, WITH_LETTER] = symbols, with_letter
        out[d, ALL_CHARS], out[d, PLAIN_CHARS], out[d, STOPS] = chars, plain_chars, stops


@kernel
def count_lines(layout: Layout, out: npt.NDArray[np.int64]) -> None:
    """Write LINES … CODE of each document: int64[documents, LINE_COLUMNS]."""
    for d in range(len(layout.doc_lines)):
        start, end = layout.doc_lines[d]
        chars, bullets, ellipsis, terminal, short, code = 0, 0, 0, 0, 0, 0
        for i in range(start, end):
            line_flags = layout.line_flags[i]
            chars += layout.line_chars[i]
            bullets += (line_flags & LINE_BULLET) != 0
            ellipsis += (line_flags & LINE_ELLIPSIS) != 0
            terminal += (line_flags & LINE_TERMINAL) != 0
            code += (line_flags & LINE_CODE) != 0
            short += layout.line_chars[i] <= _SHORT_LINE
        out[d, LINES], out[d, LINE_CHARS] = end - start, chars
        out[d, BULLETS], out[d, ELLIPSIS], out[d, TERMINAL] = bullets, ellipsis, terminal
        out[d, SHORT], out[d, CODE] = short, code


@kernel
def _paragraphs(
    layout: Layout,
    hashes: npt.NDArray[np.uint64],
    chars: npt.NDArray[np.int32],
    doc_paragraphs: npt.NDArray[np.int64],
) -> None:
    at = -1
    for d in range(len(layout.doc_lines)):
        doc_paragraphs[d, 0] = at + 1
        for i in range(layout.doc_lines[d, 0], layout.doc_lines[d, 1]):
            if layout.line_flags[i] & LINE_PARAGRAPH:
                at += 1
                hashes[at], chars[at] = np.uint64(0), 0
            hashes[at] = mix64(hashes[at] * ROLL + layout.line_hash[i])
            chars[at] += layout.line_chars[i]
        doc_paragraphs[d, 1] = at + 1


def paragraphs(layout: Layout) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Return hash and characters of every run of lines without a blank one, and where each document's runs are."""
    n = len(layout.line_hash)
    hashes, chars = np.empty(n, np.uint64), np.empty(n, np.int32)
    doc_paragraphs = np.empty_like(layout.doc_lines)
    _paragraphs(layout, hashes, chars, doc_paragraphs)
    return hashes, chars, doc_paragraphs
