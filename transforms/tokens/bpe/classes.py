"""Which code points match each character of a splitting regex: the reference's own engine is asked.

Unicode versions and case folding differ between engines; so no table of ours says what a letter is. Each `Char` is run
once through `tokenizers` over all code points. Code points that no regex of a tokenizer tells apart form one class, and
the automaton (automaton.py) reads classes.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Regex
from tokenizers.pre_tokenizers import Split

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.text.visible import quote
from babelmill.transforms.tokens.bpe.pattern import Refused

__all__ = ["INSIDE", "Classes", "classify", "measure", "partition"]

END_POINT = 0x110000
INSIDE = 0
"""The class of a character's second and later bytes."""
_BLOCK = 256
_MOST = 64
"""Characters that a tokenizer's regexes may tell apart: one bit each."""
_AT_ONCE = 1 << 12
"""Code points that the reference is given at a time; it is slower on long text."""
_SURROGATES = slice(0xD800, 0xE000)


class Classes(NamedTuple):
    """The class of every code point, as two tables: `classes[blocks[point >> 8], point & 255]`."""

    blocks: npt.NDArray[np.uint16]
    """uint16[0x1100]"""
    classes: npt.NDArray[np.uint8]
    """uint8[different blocks, 256]: 1 and up; INSIDE is none's."""


@cache
def _all_points() -> list[tuple[npt.NDArray[np.uint32], str]]:
    """Return every code point that stands in text, in pieces, as numbers and as text."""
    numbers = np.delete(np.arange(END_POINT, dtype="<u4"), _SURROGATES)
    pieces = np.split(numbers, range(_AT_ONCE, len(numbers), _AT_ONCE))
    return [(piece, piece.tobytes().decode("utf-32-le")) for piece in pieces]


@cache
def measure(source: str) -> npt.NDArray[np.bool_]:
    """Return which code points a one-character regex matches: bool[0x110000]. Takes the reference 0.15 s."""
    try:
        remove = Split(Regex(f"(?:{source})+"), "removed")
    except Exception as error:  # the Rust side raises Exception itself
        raise Refused(f"the reference does not take {quote(source)} by itself: {error}") from error
    matches = np.ones(END_POINT, np.bool_)
    for points, text in _all_points():
        for _, (first, end) in remove.pre_tokenize_str(text):
            matches[points[first] : points[end - 1] + 1] = False
    matches[_SURROGATES] = False
    return matches


def partition(members: Sequence[npt.NDArray[np.bool_]]) -> tuple[Classes, npt.NDArray[np.bool_]]:
    """Divide all code points into the classes that some sets of them tell apart.

    Args:
        members: bool[0x110000] each: which code points are in the set.

    Returns:
        The classes, and which of them each set holds: bool[sets, classes], with column INSIDE False.
    """
    if len(members) > _MOST:
        raise Refused(f"{len(members)} different characters in its regexes, {_MOST} at most")
    key = np.zeros(END_POINT, np.uint64)
    for bit, member in enumerate(members):
        key |= member.astype(np.uint64) << np.uint64(bit)
    kinds, number = np.unique(key, return_inverse=True)
    if len(kinds) > 254:
        raise Refused(f"{len(kinds)} classes of characters, 254 at most")
    blocks, block = np.unique((number + 1).astype(np.uint8).reshape(-1, _BLOCK), axis=0, return_inverse=True)
    holds = np.zeros((len(members), len(kinds) + 1), np.bool_)
    for bit in range(len(members)):
        holds[bit, 1:] = (kinds >> np.uint64(bit)) & np.uint64(1)
    return Classes(block.reshape(-1).astype(np.uint16), blocks), holds


@kernel
def classify(data: npt.NDArray[np.uint8], table: Classes, out: npt.NDArray[np.uint8]) -> None:
    """Write for each byte of valid UTF-8 the class of the character that begins there, or INSIDE."""
    blocks, classes = table.blocks, table.classes
    ascii_classes = classes[blocks[0]]
    i = 0
    while i < len(data):
        lead = np.int64(data[i])
        if lead < 0x80:
            out[i] = ascii_classes[lead]
            i += 1
            continue
        if lead < 0xE0:
            point, size = ((lead & 0x1F) << 6) | np.int64(data[i + 1] & 0x3F), 2
        elif lead < 0xF0:
            point = ((lead & 0x0F) << 12) | (np.int64(data[i + 1] & 0x3F) << 6) | np.int64(data[i + 2] & 0x3F)
            size = 3
        else:
            point = (
                ((lead & 0x07) << 18)
                | (np.int64(data[i + 1] & 0x3F) << 12)
                | (np.int64(data[i + 2] & 0x3F) << 6)
                | np.int64(data[i + 3] & 0x3F)
            )
            size = 4
        out[i] = classes[blocks[point >> 8], point & 0xFF]
        for j in range(1, size):
            out[i + j] = INSIDE
        i += size
