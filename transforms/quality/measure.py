"""Measure: one column a signal, from the Layout alone.

>>> signals = measure(pa.array(["Ein Satz."]), pa.array(["de"]), {"de": ("ein",)})
>>> signals["n_words"]
array([2], dtype=int32)
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic.dataclasses import dataclass

from babelmill.transforms.quality import counting as c
from babelmill.transforms.quality.lexicon import BAD, NOTICE, PLACEHOLDER, language_rows, vocabulary
from babelmill.transforms.quality.phrases import count_phrases
from babelmill.transforms.quality.repetition import duplicates, repeated_ngrams
from babelmill.transforms.quality.signals import SIGNALS
from babelmill.transforms.text.counts import BRACES, DIGITS, ELLIPSES, GARBLED, HASHES, LETTERS, NEWLINES, SCRIPT, URLS
from babelmill.transforms.text.layout import lay_out

__all__ = ["Measure", "measure"]

_Values = npt.NDArray[Any]


def _ratio(part: _Values, whole: _Values) -> npt.NDArray[np.float64]:
    """Divide; by at least 1, so that nothing of nothing is 0."""
    quotient: npt.NDArray[np.float64] = part / np.maximum(whole, 1)
    return quotient


def measure(
    text: pa.Array,
    lang: pa.Array,
    stop_words: Mapping[str, tuple[str, ...]],
    bad_words: Mapping[str, tuple[str, ...]] | None = None,
) -> dict[str, _Values]:
    """Return every signal of `SIGNALS` for a string column: int32 or float32, one value a document."""
    n = len(text)
    layout = lay_out(text)
    lists, rows = vocabulary(stop_words, bad_words or {}), language_rows(lang, stop_words)
    words, lines = np.empty((n, c.WORD_COLUMNS), np.int64), np.empty((n, c.LINE_COLUMNS), np.int64)
    dup_lines, dup_paragraphs = np.empty((n, 2), np.int64), np.empty((n, 2), np.int64)
    repeated = np.empty((n, 9), np.int64)
    c.count_words(layout, rows, lists.stop_hash, lists.stop_bit, words)
    c.count_lines(layout, lines)
    duplicates(layout.line_hash, layout.line_chars, layout.doc_lines, dup_lines)
    paragraphs = c.paragraphs(layout)
    duplicates(*paragraphs, dup_paragraphs)
    repeated_ngrams(layout.word_hash, layout.word_chars, layout.doc_words, repeated)
    phrases = count_phrases(layout, lists.phrases, rows)

    chars, counts = np.asarray(pc.utf8_length(text), np.int64), layout.doc_counts
    n_words, n_lines, inked = words[:, c.WORDS], lines[:, c.LINES], words[:, c.ALL_CHARS]
    n_plain = n_words - words[:, c.SYMBOLS]
    ngrams = np.minimum(_ratio(repeated, chars[:, None]), 1)
    own_scripts = lists.scripts[rows]
    any_script = own_scripts.all(axis=1)
    own = np.where(own_scripts, counts[:, SCRIPT:], 0)[:, 1:].sum(axis=1)
    values = {
        "n_words": n_plain,
        "q_mean_word_chars": _ratio(words[:, c.PLAIN_CHARS], n_plain),
        "q_symbol_ratio": np.minimum(_ratio(np.maximum(counts[:, HASHES], counts[:, ELLIPSES]), n_words), 1),
        "q_letter_words_ratio": _ratio(words[:, c.WITH_LETTER], n_words),
        "q_stop_words": words[:, c.STOPS],
        "q_bullet_lines_ratio": _ratio(lines[:, c.BULLETS], n_lines),
        "q_ellipsis_lines_ratio": _ratio(lines[:, c.ELLIPSIS], n_lines),
        "q_terminal_lines_ratio": _ratio(lines[:, c.TERMINAL], n_lines),
        "q_short_lines_ratio": _ratio(lines[:, c.SHORT], n_lines),
        "q_newline_ratio": _ratio(counts[:, NEWLINES], n_words),
        "q_mean_line_chars": _ratio(lines[:, c.LINE_CHARS], n_lines),
        "q_dup_lines_ratio": _ratio(dup_lines[:, 0], n_lines),
        "q_dup_line_chars_ratio": _ratio(dup_lines[:, 1], chars - counts[:, NEWLINES]),
        "q_dup_paragraphs_ratio": _ratio(dup_paragraphs[:, 0], np.diff(paragraphs[2])),
        "q_dup_paragraph_chars_ratio": _ratio(dup_paragraphs[:, 1], chars - counts[:, NEWLINES]),
        **{f"q_top_{k}gram_ratio": ngrams[:, k - 2] for k in (2, 3, 4)},
        **{f"q_dup_{k}gram_ratio": ngrams[:, k - 2] for k in range(5, 11)},
        "q_script_ratio": np.where(any_script, 1, _ratio(own, counts[:, LETTERS])),
        "q_script_chars_ratio": np.where(any_script, 1, _ratio(own, inked)),
        "q_digits_ratio": _ratio(counts[:, DIGITS], inked),
        "q_urls_ratio": _ratio(counts[:, URLS], n_plain),
        "q_code_lines_ratio": _ratio(lines[:, c.CODE], n_lines),
        "q_braces_ratio": _ratio(counts[:, BRACES], inked),
        "q_garbled_ratio": np.minimum(_ratio(counts[:, GARBLED], inked), 1),
        "q_placeholders": phrases[:, PLACEHOLDER],
        "q_notices_a_line": _ratio(phrases[:, NOTICE], n_lines),
        "q_bad_words_ratio": _ratio(phrases[:, BAD], n_plain),
        "q_bad_words_a_line": _ratio(phrases[:, BAD], n_lines),
    }
    return {name: value.astype(np.int32 if SIGNALS[name].integer else np.float32) for name, value in values.items()}


@dataclass(frozen=True)
class Measure:
    """Annotate documents with every signal of `SIGNALS`.

    Args:
        stop_words: language code to stop words; `q_stop_words` is 0 for a language without any.
        bad_words: language code to bad words and phrases, likewise.
    """

    stop_words: Mapping[str, tuple[str, ...]]
    bad_words: Mapping[str, tuple[str, ...]]

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return ("text", "lang")

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """One column a signal: int32 or float32."""
        return tuple(pa.field(name, pa.int32() if signal.integer else pa.float32()) for name, signal in SIGNALS.items())

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        """Measure a batch."""
        signals = measure(batch["text"], batch["lang"], self.stop_words, self.bad_words)
        return tuple(pa.array(signals[name]) for name in SIGNALS)
