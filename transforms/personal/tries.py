"""Sets of words as tries over UTF-8 bytes, for kernels that ask whether a word stands here. Exact: no hashing.

Walked forwards for top-level domains, backwards for the words in front of a number.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transforms.personal.domains import TOP_LEVEL
from transforms.personal.words import WORDS
from transforms.text.unicode import flags

__all__ = ["Tables", "Trie", "build", "tables"]


class Trie(NamedTuple):
    """`move[node, byte]` is the next node, 0 for none; `found[node]` the word's value, 0 for none. Node 0 is the root.

    ASCII letters are stored in lower case only.
    """

    move: npt.NDArray[np.int16]
    found: npt.NDArray[np.int8]


class Tables(NamedTuple):
    """What the kernels look things up in: character flags, words (reversed), top-level domains."""

    flags: npt.NDArray[np.uint16]
    words: Trie
    domains: Trie


def _ascii_lower(word: str) -> bytes:
    return word.encode().lower()


def build(words: Mapping[str, int], backwards: bool) -> Trie:
    """Build a trie of words, with their capitalised and upper-case forms."""
    forms: dict[bytes, int] = {}
    for word, value in words.items():
        for form in (word, word.capitalize(), word.upper()):
            forms[_ascii_lower(form)] = value
    rows: list[dict[int, int]] = [{}]
    found = [0]
    for form, value in forms.items():
        node = 0
        for byte in reversed(form) if backwards else form:
            if byte not in rows[node]:
                rows[node][byte] = len(rows)
                rows.append({})
                found.append(0)
            node = rows[node][byte]
        found[node] = value
    move = np.zeros((len(rows), 256), np.int16)
    for node, row in enumerate(rows):
        for byte, target in row.items():
            move[node, byte] = target
    return Trie(move, np.array(found, np.int8))


@cache
def tables() -> Tables:
    """Return the kernels' tables, made once a process."""
    return Tables(flags(), build(WORDS, True), build(dict.fromkeys(TOP_LEVEL, 1), False))
