"""Measured: the counts of some documents that signals are made of, from the Layout alone."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.quality import counting as c
from babelmill.transforms.quality.lexicon import BAD, NOTICE, PLACEHOLDER, language_rows, vocabulary
from babelmill.transforms.quality.phrases import count_phrases
from babelmill.transforms.quality.repetition import duplicates, repeated_ngrams
from babelmill.transforms.text.counts import BRACES, DIGITS, ELLIPSES, GARBLED, HASHES, LETTERS, NEWLINES, SCRIPT, URLS
from babelmill.transforms.text.shared import laid_out

__all__ = ["Measured"]

_Values = npt.NDArray[Any]


class Measured:
    """Counts by document, int64[n] each unless said otherwise.

    `chars`; `inked`, those that are no space; `letters`, `digits`, `newlines`, `hashes`, `ellipses`, `braces`,
    `garbled`, `urls`. `words`, symbols included; `plain_words`, without; `plain_chars`, theirs; `letter_words`,
    `stop_words`. `lines`, `line_chars`, `bullet_lines`, `ellipsis_lines`, `terminal_lines`, `short_lines`,
    `code_lines`. `dup_lines`, `dup_line_chars`, `paragraphs`, `dup_paragraphs`, `dup_paragraph_chars`.
    `placeholders`, `notices`, `bad_words`. `any_script`, bool: a language without scripts of its own;
    `own_letters`, of its scripts.

    Args:
        text: string column.
        lang: dictionary column of language codes.
        stop_words: language code to stop words.
        bad_words: language code to bad words and phrases.
    """

    def __init__(
        self,
        text: pa.Array,
        lang: pa.Array,
        stop_words: Mapping[str, tuple[str, ...]],
        bad_words: Mapping[str, tuple[str, ...]],
    ) -> None:
        n = len(text)
        layout = laid_out(text)
        lists, rows = vocabulary(stop_words, bad_words), language_rows(lang, stop_words)
        words, lines = np.empty((n, c.WORD_COLUMNS), np.int64), np.empty((n, c.LINE_COLUMNS), np.int64)
        dup_lines, dup_paragraphs = np.empty((n, 2), np.int64), np.empty((n, 2), np.int64)
        self._repeated = np.empty((n, 9), np.int64)
        c.count_words(layout, rows, lists.stop_hash, lists.stop_bit, words)
        c.count_lines(layout, lines)
        duplicates(layout.line_hash, layout.line_chars, layout.doc_lines, dup_lines)
        paragraphs = c.paragraphs(layout)
        duplicates(*paragraphs, dup_paragraphs)
        repeated_ngrams(layout.word_hash, layout.word_chars, layout.doc_words, self._repeated)
        phrases = count_phrases(layout, lists.phrases, rows)
        counts = layout.doc_counts

        self.chars = np.asarray(pc.utf8_length(text), np.int64)
        self.letters, self.digits, self.newlines = (counts[:, place] for place in (LETTERS, DIGITS, NEWLINES))
        self.hashes, self.ellipses, self.braces = (counts[:, place] for place in (HASHES, ELLIPSES, BRACES))
        self.garbled, self.urls = counts[:, GARBLED], counts[:, URLS]
        self.words, self.inked = words[:, c.WORDS], words[:, c.ALL_CHARS]
        self.plain_words, self.plain_chars = self.words - words[:, c.SYMBOLS], words[:, c.PLAIN_CHARS]
        self.letter_words, self.stop_words = words[:, c.WITH_LETTER], words[:, c.STOPS]
        self.lines, self.line_chars, self.code_lines = (lines[:, place] for place in (c.LINES, c.LINE_CHARS, c.CODE))
        self.bullet_lines, self.ellipsis_lines = lines[:, c.BULLETS], lines[:, c.ELLIPSIS]
        self.terminal_lines, self.short_lines = lines[:, c.TERMINAL], lines[:, c.SHORT]
        self.dup_lines, self.dup_line_chars = dup_lines[:, 0], dup_lines[:, 1]
        self.paragraphs = paragraphs[2][:, 1] - paragraphs[2][:, 0]
        self.dup_paragraphs, self.dup_paragraph_chars = dup_paragraphs[:, 0], dup_paragraphs[:, 1]
        self.placeholders, self.notices, self.bad_words = (phrases[:, place] for place in (PLACEHOLDER, NOTICE, BAD))
        own_scripts = lists.scripts[rows]
        self.any_script = own_scripts.all(axis=1)
        self.own_letters = np.where(own_scripts, counts[:, SCRIPT:], 0)[:, 1:].sum(axis=1)

    @cached_property
    def _ngram_ratios(self) -> npt.NDArray[np.float64]:
        ratios: npt.NDArray[np.float64] = np.minimum(self._repeated / np.maximum(self.chars[:, None], 1), 1)
        return ratios

    def ngram_ratio(self, n: int) -> _Values:
        """Return the share of characters in the most frequent n-gram (n of 2, 3, 4) or in repeated ones (5 to 10)."""
        return self._ngram_ratios[:, n - 2]
