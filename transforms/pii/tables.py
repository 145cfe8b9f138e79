"""One table for all that the kernels look up: what characters are, words in front of a number, top-level domains.

One array, because a kernel pays for every array that it hands on. int16[rows, 256]:

    rows 0 … 4351    class flags of code point `row * 256 + column` (text/unicode.py)
    the rest         nodes of two tries over bytes: the next node, 0 for none; column 0 holds the value of the word that
                     ends here, 0 for none

Exact, unlike hashes. Words are stored backwards, domains forwards, ASCII letters in lower case.
"""

from collections.abc import Iterable
from functools import cache

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.pii.domains import ATTRIBUTES, TOP_LEVEL
from babelmill.transforms.pii.words import WORDS
from babelmill.transforms.text.unicode import flags

__all__ = ["AMBIGUOUS", "DOMAIN", "WORD", "Tables", "flags_of", "root", "step", "tables", "value"]

Tables = npt.NDArray[np.int16]

_CLASS_ROWS = 0x110000 // 256
WORD, DOMAIN = 1, 2
"""The two tries: columns of the first node, for these bytes stand in no text."""
AMBIGUOUS = 2
"""The value of a top-level domain that may be an attribute in source code; that of any other is 1."""


def _forms(word: str) -> Iterable[bytes]:
    """Yield a word as it is written, with a capital, and in capitals."""
    for form in (word, word.capitalize(), word.upper()):
        yield form.encode().lower()


@cache
def tables() -> Tables:
    """Return the table, made once a process."""
    entries = {bytes([WORD]) + form[::-1]: meaning for word, meaning in WORDS.items() for form in _forms(word)}
    entries |= {
        bytes([DOMAIN]) + form: AMBIGUOUS if name in ATTRIBUTES else 1 for name in TOP_LEVEL for form in _forms(name)
    }
    rows: list[dict[int, int]] = [{}]
    for entry, found in entries.items():
        row = rows[0]
        for byte in entry:
            if byte not in row:
                row[byte] = _CLASS_ROWS + len(rows)
                rows.append({})
            row = rows[row[byte] - _CLASS_ROWS]
        row[0] = found
    table = np.zeros((_CLASS_ROWS + len(rows), 256), np.int16)
    table[:_CLASS_ROWS] = flags().reshape(-1, 256)
    for node, row in enumerate(rows, _CLASS_ROWS):
        table[node, list(row)] = list(row.values())
    return table


@kernel
def flags_of(point: int, table: Tables) -> int:
    """Return the class flags of a code point."""
    return int(table[point >> 8, point & 0xFF])


@kernel
def root(trie: int, table: Tables) -> int:
    """Return the first node of WORD or DOMAIN."""
    return int(table[_CLASS_ROWS, trie])


@kernel
def step(node: int, byte: int, table: Tables) -> int:
    """Return the next node, 0 for none; ASCII capitals count as small letters."""
    return int(table[node, byte | 0x20 if 0x41 <= byte <= 0x5A else byte])


@kernel
def value(node: int, table: Tables) -> int:
    """Return the value of the word that ends at a node, 0 for none."""
    return int(table[node, 0])
