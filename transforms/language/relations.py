"""Relations: which of a language's relatives a text is in, by the words that only they write.

>>> related(pa.array(["Whit wey dae ye ken? It isna frae here.", "That is not from here."]), ["en", "en"])
['sco', 'en']
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.kernels.buffers import string_buffers
from babelmill.transforms.kernels.compile import kernel, kernel_part
from babelmill.transforms.language.relatives import RELATIVES

__all__ = ["related"]

_LEAST_SHARE, _SHARE_OF_ONE = 0.04, 0.09
"""Share of the words that must be a relative's: of two and more, and of a single one."""
_BASIS, _PRIME = np.uint64(14695981039346656037), np.uint64(1099511628211)
"""Of FNV-1a."""


class _Words(NamedTuple):
    """The relatives' words as a hash table with open addressing."""

    key: npt.NDArray[np.uint64]
    """uint64[slots], a power of two; 0 for none."""
    whose: npt.NDArray[np.uint32]
    """uint32[slots]: a bit for each of RELATIVES that has the word."""


@kernel_part
def _next_letter(data: npt.NDArray[np.uint8], i: int, end: int) -> tuple[int, int]:
    """Return how many bytes the character at `i` has that are no letters, or 0, and its first byte in small letters."""
    byte = int(data[i])
    if byte < 128:
        return (0, byte | 32) if 97 <= byte | 32 <= 122 else (1, 0)
    after = int(data[i + 1]) if i + 1 < end else 0
    # Signs of Latin-1, the Arabic comma, semicolon and question mark, general punctuation, and that of Chinese.
    if byte == 0xC2 or (byte == 0xD8 and (after == 0x8C or after == 0x9B or after == 0x9F)):
        return 2, 0
    if (byte == 0xE2 and after < 0x84) or (byte == 0xE3 and after == 0x80):
        return 3, 0
    return 0, byte


@kernel_part
def _small(byte: int, before: int) -> int:
    """Return a byte of a character behind its first as it is in small letters, of Latin-1 and Cyrillic А to П."""
    if before == 0xC3 and 0x80 <= byte <= 0x9E:
        return byte + 0x20
    if before == 0xD0 and 0x90 <= byte <= 0x9F:
        return byte + 0x20
    return byte


@kernel
def _count(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int64],
    words: _Words,
    out: npt.NDArray[np.int32],
) -> None:
    """Count words: int32[rows, relatives + 1], all of them in the last column."""
    mask = np.uint64(len(words.key) - 1)
    relatives = out.shape[1] - 1
    for r in range(len(rows)):
        i, end = offsets[rows[r]], offsets[rows[r] + 1]
        found, before, inside = _BASIS, 0, False
        while i <= end:
            step, byte = (1, 0) if i == end else _next_letter(data, i, end)
            if step == 0:
                byte = _small(byte, before)
                found = np.uint64((found ^ np.uint64(byte)) * _PRIME)
                before, inside = int(data[i]), True
                i += 1
                continue
            if inside:
                out[r, relatives] += 1
                slot = np.int64(found & mask)
                while words.key[slot] != 0 and words.key[slot] != found:
                    slot = np.int64(np.uint64(slot + 1) & mask)
                if words.key[slot] == found:
                    for bit in range(relatives):
                        out[r, bit] += (words.whose[slot] >> np.uint32(bit)) & np.uint32(1)
            found, before, inside = _BASIS, 0, False
            i += step


def _hash(word: str) -> int:
    found = int(_BASIS)
    for byte in word.encode():
        found = (found ^ byte) * int(_PRIME) & 0xFFFFFFFFFFFFFFFF
    return found


@cache
def _words() -> _Words:
    slots = 1 << 12
    key, whose = np.zeros(slots, np.uint64), np.zeros(slots, np.uint32)
    for bit, relative in enumerate(RELATIVES):
        for word in relative.words.split():
            found = _hash(word)
            slot = found & (slots - 1)
            while key[slot] not in (0, found):
                slot = (slot + 1) & (slots - 1)
            key[slot] = found
            whose[slot] |= np.uint32(1 << bit)
    return _Words(key, whose)


def related(texts: pa.Array, codes: Sequence[str]) -> list[str]:
    """Return the code of each text: that of a relative where enough of its words are only that one's.

    Args:
        texts: a string column.
        codes: what each is taken for.
    """
    of = {relative.of for relative in RELATIVES}
    found = list(codes)
    rows = [row for row, code in enumerate(codes) if code in of]
    counts = np.zeros((len(rows), len(RELATIVES) + 1), np.int32)
    data, offsets = string_buffers(texts)
    _count(data, offsets, np.array(rows, np.int64), _words(), counts)
    marks, total = counts[:, :-1], counts[:, -1]
    for place in np.flatnonzero(marks.max(axis=1, initial=0) > 0).tolist():
        code, all_words = codes[rows[place]], int(total[place])
        mine = [(int(marks[place, bit]), one.code) for bit, one in enumerate(RELATIVES) if one.of == code]
        most, relative = max(mine, key=lambda pair: pair[0])
        if most and most >= (_SHARE_OF_ONE if most == 1 else _LEAST_SHARE) * all_words:
            found[rows[place]] = relative
    return found
