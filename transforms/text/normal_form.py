"""Normal form: NFC in time proportional to a text's length, and next to none where little of it is to be changed.

A normal form is that of its parts, if each but the first begins with a character that neither joins one before it nor
moves in front of it (UAX #15, 14.1.6, "normalization process boundary"). So of a text with few other characters, only
these and the one before them are given to Python's `normalize`, which takes 20 ms a megabyte.

Python sorts marks by insertion: a million of them in a row, as no language has, would take hours. Such a run is brought
into canonical order first, which its normal form does not change by.
"""

import re
import unicodedata
from collections.abc import Collection
from functools import cache
from itertools import chain

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel

__all__ = ["normal_form"]

_LONG_RUN = 30
"""Marks in a row, the most of UAX #15's stream-safe text."""
_FEW = 200
"""Where fewer than one run in so many bytes is to be looked at, each is by itself; else all of the text at once."""
_ASSIGNED = (range(0x1F000), range(0x2F800, 0x2FA20))
"""Where joining characters are in Unicode 14; to ask for all takes half a second."""
_VOWELS, _FINALS = range(0x1161, 0x1176), range(0x11A8, 0x11C3)
"""Jamo that join the one before them (Unicode 3.12)."""


@cache
def _joining() -> frozenset[int]:
    """Return the characters that no part may begin with: marks, those that NFC changes, those that join one before."""
    found = {*_VOWELS, *_FINALS}
    for code in chain(*_ASSIGNED):
        char = chr(code)
        if unicodedata.combining(char):
            found.add(code)
        elif parts := unicodedata.decomposition(char):
            if unicodedata.normalize("NFC", char) != char:
                found.add(code)
            elif not parts.startswith("<") and len(pair := parts.split()) == 2:
                found.add(int(pair[1], 16))
    return frozenset(found)


@cache
def _table() -> npt.NDArray[np.bool_]:
    """Return whether each code point is joining; none behind the table is."""
    table = np.zeros(max(_joining()) + 1, np.bool_)
    table[sorted(_joining())] = True
    return table


@kernel
def _find_runs(
    data: npt.NDArray[np.uint8], joining: npt.NDArray[np.bool_], runs: npt.NDArray[np.int64]
) -> tuple[int, int]:
    """Write where the first runs of joining characters begin and end, in code points.

    Args:
        data: UTF-8.
        joining: whether each code point is joining.
        runs: int64[most, 2], written.

    Returns:
        How many runs there are, and the longest one's length.
    """
    found, longest, place, at, start = 0, 0, 0, 0, -1
    while at <= len(data):
        point, size = 0, 1
        if at < len(data):
            lead = int(data[at])
            if lead < 0x80:
                point = lead
            elif lead < 0xE0:
                point, size = (lead & 0x1F) << 6 | data[at + 1] & 0x3F, 2
            elif lead < 0xF0:
                point, size = (lead & 0xF) << 12 | (data[at + 1] & 0x3F) << 6 | data[at + 2] & 0x3F, 3
            else:
                size = 4
                for i in range(4):
                    point = point << 6 | data[at + i] & (0x3F if i else 0x7)
        joins = point < len(joining) and joining[point]
        if joins and start < 0:
            start = place
        elif not joins and start >= 0:
            if found < len(runs):
                runs[found, 0], runs[found, 1] = start, place
            found, longest, start = found + 1, max(longest, place - start), -1
        at += size
        place += 1
    return found, longest


def _char_class(codes: Collection[int]) -> str:
    """Return a class of characters as a regular expression has it, in ranges."""
    ranges: list[list[int]] = []
    for code in sorted(codes):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


@cache
def _long_runs() -> re.Pattern[str]:
    return re.compile(f"[{_char_class(_joining())}]{{{_LONG_RUN + 1},}}+")


def _in_order(run: re.Match[str]) -> str:
    """Return a run decomposed, its marks in canonical order: between characters that are none, they are sorted."""
    chars = "".join(unicodedata.normalize("NFD", char) for char in run.group())
    pieces = re.split(f"([{_not_marks()}])", chars)
    return "".join("".join(sorted(piece, key=unicodedata.combining)) for piece in pieces)


@cache
def _not_marks() -> str:
    """Return a class of the joining characters, decomposed, that are no marks: other marks do not move over them."""
    parts = {ord(part) for code in _joining() for part in unicodedata.normalize("NFD", chr(code))}
    return _char_class({code for code in parts if not unicodedata.combining(chr(code))})


def normal_form(text: str, encoded: bytes) -> str:
    """Return a text in NFC, as `unicodedata.normalize` does.

    Args:
        text: without lone surrogates.
        encoded: the same in UTF-8.
    """
    runs = np.empty((1 + len(encoded) // _FEW, 2), np.int64)
    count, longest = _find_runs(np.frombuffer(encoded, np.uint8), _table(), runs)
    if not count:
        # Python's `is_normalized` would do the whole work where there are such characters.
        return text
    if longest > _LONG_RUN:
        text = _long_runs().sub(_in_order, text)
    if longest > _LONG_RUN or count > len(runs):
        return unicodedata.normalize("NFC", text)
    parts, at = [], 0
    for start, end in runs[:count].tolist():
        # With the character before it, which it may join.
        first = max(at, start - 1)
        parts += [text[at:first], unicodedata.normalize("NFC", text[first:end])]
        at = end
    return "".join((*parts, text[at:]))
