"""Vocabulary: the word lists of each language, as the tables that kernels look words up in."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.languages import GLM4
from babelmill.transforms.quality.phrases import PhraseTable, phrase_table
from babelmill.transforms.text.layout import lay_out
from babelmill.transforms.text.unicode import SCRIPTS

__all__ = ["BAD", "NOTICE", "PLACEHOLDER", "Vocabulary", "language_rows", "vocabulary"]

BAD, PLACEHOLDER, NOTICE = range(3)
"""Classes of the phrase table."""
_PLACEHOLDERS = ("lorem ipsum",)
_NOTICES = (
    "javascript", "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies",
)  # fmt: skip
"""What C4 drops lines for; in every language, as these stand in pages of every language."""

_SLOTS = 256
"""Slots of a language's stop-word table: at most 64 words (a bit each), so it stays a quarter full."""
_MAX_STOP_WORDS = 64
_ISO_PARTS = {"Hans": ("Hani",), "Hant": ("Hani",), "Jpan": ("Hani", "Hrkt"), "Kore": ("Hang", "Hani")}
"""ISO 15924's mixed and particular scripts, as what Unicode tells apart."""
_Lists = tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]


class Vocabulary(NamedTuple):
    """What kernels look words up in. Row r is the r-th language; the last row is of all languages without lists."""

    stop_hash: npt.NDArray[np.uint64]
    """uint64[languages + 1, 256]: an open hash table of words' exact hashes each."""
    stop_bit: npt.NDArray[np.uint64]
    """A bit of its own for each stop word; 0 where a slot is empty."""
    phrases: PhraseTable
    """Classes BAD, PLACEHOLDER, NOTICE."""
    scripts: npt.NDArray[np.bool_]
    """bool[languages + 1, 8]: the values of SCRIPTS that a language is written in; all in a language of none."""


def _add_stop_words(words: tuple[str, ...], hashes: npt.NDArray[np.uint64], bits: npt.NDArray[np.uint64]) -> None:
    """Fill a language's table. More than one word of the Layout (Japanese `から`) cannot be found and is left out."""
    layout = lay_out(pa.array(words, pa.string()))
    starts, ends = layout.doc_words.T
    single = starts[ends - starts == 1][:_MAX_STOP_WORDS]
    for bit, h in enumerate(layout.word_hash[single].tolist()):
        slot = h % _SLOTS
        while bits[slot]:
            slot = (slot + 1) % _SLOTS
        hashes[slot], bits[slot] = h, 1 << bit


def _scripts(lang: str) -> npt.NDArray[np.bool_]:
    row = np.zeros(8, np.bool_)
    for script in GLM4[lang].scripts if lang in GLM4 else ():
        row[[SCRIPTS[part] for part in _ISO_PARTS.get(script, (script,))]] = True
    return row if row.any() else ~row


@cache
def _build(lists: _Lists) -> Vocabulary:
    hashes = np.zeros((len(lists) + 1, _SLOTS), np.uint64)
    bits = np.zeros_like(hashes)
    for row, (_, stop_words, _) in enumerate(lists):
        _add_stop_words(stop_words, hashes[row], bits[row])
    phrases = {lang: (bad, _PLACEHOLDERS, _NOTICES) for lang, _, bad in lists} | {"": ((), _PLACEHOLDERS, _NOTICES)}
    scripts = np.stack([*(_scripts(lang) for lang, _, _ in lists), np.ones(8, np.bool_)])
    return Vocabulary(hashes, bits, phrase_table(phrases), scripts)


def vocabulary(stop_words: Mapping[str, tuple[str, ...]], bad_words: Mapping[str, tuple[str, ...]]) -> Vocabulary:
    """Return the tables of all languages that `stop_words` names, made once a process."""
    return _build(tuple((lang, words, bad_words.get(lang, ())) for lang, words in stop_words.items()))


def language_rows(lang: pa.Array, stop_words: Mapping[str, tuple[str, ...]]) -> npt.NDArray[np.int32]:
    """Return each document's row in the tables: int32[documents]."""
    coded = lang if pa.types.is_dictionary(lang.type) else lang.dictionary_encode()
    rows = {code: row for row, code in enumerate(stop_words)}
    of_code = np.array([rows.get(code, len(rows)) for code in coded.dictionary.to_pylist()] or [0], np.int32)
    found: npt.NDArray[np.int32] = of_code[np.asarray(coded.indices)]
    return found
