"""Where no merge can cross: long runs of Chinese or Thai fall into words short enough to be remembered.

A merge across the border of two characters makes a token that holds the last byte of the one and the first byte of the
other. If no token that merges can make holds these two characters side by side, nor ends or begins inside one of them
while it holds those two bytes, then no merge crosses there, and both sides are merged apart with the same result.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel, kernel_part
from babelmill.transforms.kernels.hashing import ROLL

__all__ = ["Cuts", "make_cuts", "word_end"]

_BITS = 22
"""Of the filter: 300,000 pairs of characters set one bit in fourteen; a bit set by chance only means no cut."""


class Cuts(NamedTuple):
    """The borders that a token may hold."""

    pairs: npt.NDArray[np.uint8]
    """uint8[2^22 / 8]: a Bloom filter with one hash over pairs of whole characters."""
    parts: npt.NDArray[np.bool_]
    """bool[256, 256]: last and first byte at a border where a token holds one of the characters in part."""


@kernel_part
def _size(lead: int) -> int:
    """Return the bytes of the character that begins with this one."""
    return 1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


@kernel_part
def _character(data: npt.NDArray[np.uint8], start: int, size: int) -> np.uint64:
    """Return a character's bytes as a number."""
    value = np.uint64(data[start])
    for i in range(start + 1, start + size):
        value = (value << np.uint64(8)) | np.uint64(data[i])
    return value


@kernel_part
def _bit(left: np.uint64, right: np.uint64) -> np.int64:
    return np.int64((((left << np.uint64(32)) | right) * ROLL) >> np.uint64(64 - _BITS))


@kernel
def _mark(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], cuts: Cuts) -> None:
    """Mark every border of characters within the tokens `data[offsets[i]:offsets[i + 1]]`."""
    for token in range(len(offsets) - 1):
        start, end = offsets[token], offsets[token + 1]
        for right in range(start + 1, end):
            if data[right] & 0xC0 == 0x80:
                continue
            left = right - 1
            while left > start and data[left] & 0xC0 == 0x80:
                left -= 1
            size = _size(data[right])
            if data[left] & 0xC0 == 0x80 or right + size > end:
                cuts.parts[data[right - 1], data[right]] = True
                continue
            bit = _bit(_character(data, left, right - left), _character(data, right, size))
            cuts.pairs[bit >> 3] |= np.uint8(1 << (bit & 7))


def make_cuts(tokens: list[bytes]) -> Cuts:
    """Mark the borders in all tokens that merges can make."""
    cuts = Cuts(np.zeros(1 << (_BITS - 3), np.uint8), np.zeros((256, 256), np.bool_))
    offsets = np.cumsum([0, *map(len, tokens)], dtype=np.int64)
    _mark(np.frombuffer(b"".join(tokens), np.uint8), offsets, cuts)
    return cuts


@kernel_part
def word_end(
    data: npt.NDArray[np.uint8], start: int, end: int, pairs: npt.NDArray[np.uint8], parts: npt.NDArray[np.bool_]
) -> int:
    """Return the first border behind `start` that no merge crosses, or `end`; the arrays are those of `Cuts`."""
    right = start + _size(data[start])
    left = _character(data, start, right - start)
    while right < end:
        size = _size(data[right])
        character = _character(data, right, size)
        bit = _bit(left, character)
        if not (pairs[bit >> 3] >> (bit & 7)) & 1 and not parts[data[right - 1], data[right]]:
            return right
        left = character
        right += size
    return end
