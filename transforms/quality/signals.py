"""Measure: what the rules judge, one column a signal, from the Layout alone.

Ratios lie in [0, 1]; a document without words or lines gets 0 for every signal of words or lines, never NaN.
Sources: Gopher (arXiv 2112.11446, section A.1), FineWeb (arXiv 2406.17557, section 3.6).

    >>> signals = measure(pa.array(["Ein Satz."]), pa.array(["de"]), {"de": ("ein",)})
    >>> signals["n_words"]
    array([2], dtype=int32)
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic.dataclasses import dataclass

from transforms.quality.repetition import duplicate_lines, repeated_ngrams
from transforms.text.compiled import kernel
from transforms.text.layout import (
    ELLIPSES,
    HASHES,
    LINE_BULLET,
    LINE_ELLIPSIS,
    LINE_TERMINAL,
    NEWLINES,
    WORD_LETTER,
    WORD_SYMBOL,
    Layout,
    lay_out,
)

__all__ = ["SIGNALS", "Measure", "measure"]

SIGNALS: dict[str, str] = {
    "n_words": "words of the Layout that are not symbols only",
    "q_mean_word_chars": "characters a word, symbols left out",
    "q_symbol_ratio": "`#` or ellipses, whichever are more, over all words, symbols included",
    "q_letter_words_ratio": "share of words with a letter, symbols included",
    "q_stop_words": "different stop words of the document's language",
    "q_bullet_lines_ratio": "share of lines that begin with a bullet",
    "q_ellipsis_lines_ratio": "share of lines that end in an ellipsis",
    "q_terminal_lines_ratio": "share of lines that end a sentence, in any script",
    "q_short_lines_ratio": "share of lines of at most 30 characters",
    "q_newline_ratio": "newlines over words, symbols included; may exceed 1",
    "q_dup_lines_ratio": "share of lines that occurred before in the document",
    "q_dup_line_chars_ratio": "share of characters in such lines",
    **{f"q_top_{n}gram_ratio": f"share of characters in the most frequent {n}-gram" for n in (2, 3, 4)},
    **{f"q_dup_{n}gram_ratio": f"share of characters in repeated {n}-grams" for n in range(5, 11)},
}
"""Signal to meaning, in the order of the columns."""

_SHORT_LINE = 30
"""FineWeb's length of a short line, in characters."""
_SLOTS = 256
"""Slots of a language's stop-word table: at most 64 words (a bit each), so it stays a quarter full."""
_MAX_STOP_WORDS = 64
_INTEGERS = ("n_words", "q_stop_words")

_WORDS, _SYMBOLS, _WITH_LETTER, _PLAIN_CHARS, _STOPS = range(5)
_LINES, _BULLETS, _ELLIPSIS, _TERMINAL, _SHORT = range(5)


@kernel
def _count_words(
    layout: Layout,
    language: npt.NDArray[np.int32],
    stop_hash: npt.NDArray[np.uint64],
    stop_bit: npt.NDArray[np.uint64],
    out: npt.NDArray[np.int64],
) -> None:
    """Write _WORDS … _STOPS of each document: int64[documents, 5]."""
    mask = np.uint64(stop_hash.shape[1] - 1)
    for d in range(len(layout.doc_words) - 1):
        symbols, with_letter, chars = 0, 0, 0
        found = np.uint64(0)
        hashes, bits = stop_hash[language[d]], stop_bit[language[d]]
        for i in range(layout.doc_words[d], layout.doc_words[d + 1]):
            word_flags = layout.word_flags[i]
            if word_flags & WORD_SYMBOL:
                symbols += 1
                continue
            chars += layout.word_chars[i]
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
        out[d, _WORDS] = layout.doc_words[d + 1] - layout.doc_words[d]
        out[d, _SYMBOLS], out[d, _WITH_LETTER], out[d, _PLAIN_CHARS], out[d, _STOPS] = (
            symbols,
            with_letter,
            chars,
            stops,
        )


@kernel
def _count_lines(layout: Layout, short: int, out: npt.NDArray[np.int64]) -> None:
    """Write _LINES … _SHORT of each document: int64[documents, 5]."""
    for d in range(len(layout.doc_lines) - 1):
        bullets, ellipsis, terminal, shorts = 0, 0, 0, 0
        for i in range(layout.doc_lines[d], layout.doc_lines[d + 1]):
            line_flags = layout.line_flags[i]
            bullets += (line_flags & LINE_BULLET) != 0
            ellipsis += (line_flags & LINE_ELLIPSIS) != 0
            terminal += (line_flags & LINE_TERMINAL) != 0
            shorts += layout.line_chars[i] <= short
        out[d, _LINES] = layout.doc_lines[d + 1] - layout.doc_lines[d]
        out[d, _BULLETS], out[d, _ELLIPSIS], out[d, _TERMINAL], out[d, _SHORT] = bullets, ellipsis, terminal, shorts


@cache
def _stop_tables(stop_words: tuple[tuple[str, ...], ...]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return one open hash table a language, and an empty last one: hashes and bits, uint64[languages + 1, slots].

    A stop word that is more than one word of the Layout (Japanese `から`) cannot be found by its hash and is left out.
    """
    hashes = np.zeros((len(stop_words) + 1, _SLOTS), np.uint64)
    bits = np.zeros_like(hashes)
    for row, words in enumerate(stop_words):
        layout = lay_out(pa.array(words, pa.string()))
        single = np.flatnonzero(np.diff(layout.doc_words) == 1)[:_MAX_STOP_WORDS]
        for bit, h in enumerate(layout.word_hash[layout.doc_words[single]].tolist()):
            slot = h % _SLOTS
            while bits[row, slot]:
                slot = (slot + 1) % _SLOTS
            hashes[row, slot], bits[row, slot] = h, 1 << bit
    return hashes, bits


def _language_rows(lang: pa.Array, stop_words: Mapping[str, tuple[str, ...]]) -> npt.NDArray[np.int32]:
    """Return each document's row in the stop-word tables; languages without stop words get the empty last one."""
    coded = lang if pa.types.is_dictionary(lang.type) else lang.dictionary_encode()
    rows = {code: row for row, code in enumerate(stop_words)}
    of_code = np.array([rows.get(code, len(rows)) for code in coded.dictionary.to_pylist()] or [0], np.int32)
    found: npt.NDArray[np.int32] = of_code[np.asarray(coded.indices)]
    return found


def _ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    quotient: npt.NDArray[np.float64] = part / np.maximum(whole, 1)
    return quotient


def measure(text: pa.Array, lang: pa.Array, stop_words: Mapping[str, tuple[str, ...]]) -> dict[str, npt.NDArray[Any]]:
    """Return every signal of `SIGNALS` for a string column: int32 or float32, one value a document."""
    layout = lay_out(text)
    n = len(text)
    words, lines = np.empty((n, 5), np.int64), np.empty((n, 5), np.int64)
    duplicates, repeated = np.empty((n, 2), np.int64), np.empty((n, 9), np.int64)
    _count_words(layout, _language_rows(lang, stop_words), *_stop_tables(tuple(stop_words.values())), words)
    _count_lines(layout, _SHORT_LINE, lines)
    duplicate_lines(layout.line_hash, layout.line_chars, layout.doc_lines, duplicates)
    repeated_ngrams(layout.word_hash, layout.word_chars, layout.doc_words, repeated)
    chars = np.asarray(pa.compute.utf8_length(text), np.int64)
    n_words, n_lines, counts = words[:, _WORDS], lines[:, _LINES], layout.doc_counts
    n_plain = n_words - words[:, _SYMBOLS]
    ngrams = np.minimum(_ratio(repeated, chars[:, None]), 1)
    values = {
        "n_words": n_plain,
        "q_mean_word_chars": _ratio(words[:, _PLAIN_CHARS], n_plain),
        "q_symbol_ratio": np.minimum(_ratio(np.maximum(counts[:, HASHES], counts[:, ELLIPSES]), n_words), 1),
        "q_letter_words_ratio": _ratio(words[:, _WITH_LETTER], n_words),
        "q_stop_words": words[:, _STOPS],
        "q_bullet_lines_ratio": _ratio(lines[:, _BULLETS], n_lines),
        "q_ellipsis_lines_ratio": _ratio(lines[:, _ELLIPSIS], n_lines),
        "q_terminal_lines_ratio": _ratio(lines[:, _TERMINAL], n_lines),
        "q_short_lines_ratio": _ratio(lines[:, _SHORT], n_lines),
        "q_newline_ratio": _ratio(counts[:, NEWLINES], n_words),
        "q_dup_lines_ratio": _ratio(duplicates[:, 0], n_lines),
        "q_dup_line_chars_ratio": _ratio(duplicates[:, 1], chars - counts[:, NEWLINES]),
        **{f"q_top_{k}gram_ratio": ngrams[:, k - 2] for k in (2, 3, 4)},
        **{f"q_dup_{k}gram_ratio": ngrams[:, k - 2] for k in range(5, 11)},
    }
    return {name: value.astype(np.int32 if name in _INTEGERS else np.float32) for name, value in values.items()}


@dataclass(frozen=True)
class Measure:
    """Annotate documents with every signal of `SIGNALS`.

    Args:
        stop_words: language code to stop words; `q_stop_words` is 0 for a language without any.
    """

    stop_words: Mapping[str, tuple[str, ...]]

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return ("text", "lang")

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """One column a signal."""
        return tuple(pa.field(name, pa.int32() if name in _INTEGERS else pa.float32()) for name in SIGNALS)

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        """Measure a batch."""
        signals = measure(batch["text"], batch["lang"], self.stop_words)
        return tuple(pa.array(signals[name]) for name in SIGNALS)
