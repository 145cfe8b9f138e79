"""Garbled text (mojibake): bytes of one encoding that were read as another, found by what they leave behind.

Ã© â€™ Ð¿ÑÐ¸   UTF-8 read as Latin-1 or Windows-1252
РџСЂ            UTF-8 read as Windows-1251
锟斤拷 烫烫烫     UTF-8's replacement characters, and memory never written, read as GBK
� and C1        what could not be read, and control characters that no text has
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel

__all__ = ["garbled_at"]

_CP1252 = np.array(sorted(map(ord, bytes(range(0x80, 0xA0)).decode("cp1252", "ignore"))), np.uint32)
"""What Windows-1252 makes of the bytes 0x80 to 0x9F."""
_AFTER_CYRILLIC = np.array(sorted(map(ord, "ЂЃѓЉЊЌЋЏђљњќћџ‚„†‡€‰‹›™•°±µ¶·§©®¬¦¤ЎўѕЅЈ")), np.uint32)
"""What Windows-1251 makes of UTF-8's second bytes, without what Russian and Ukrainian write behind Р and С."""
_REPLACEMENT, _ER, _ES = np.uint32(0xFFFD), np.uint32(ord("Р")), np.uint32(ord("С"))
_KUN_JIN_KAO = tuple(np.uint32(ord(char)) for char in "锟斤拷")
_TANG = np.uint32(ord("烫"))


@kernel
def _in(point: int, sorted_points: npt.NDArray[np.uint32]) -> bool:
    """Say whether a code point is among a few sorted ones."""
    i = 0
    while i < len(sorted_points) and sorted_points[i] < point:
        i += 1
    return bool(i < len(sorted_points) and sorted_points[i] == point)


@kernel
def _continuations(points: npt.NDArray[np.uint32], n: int, start: int, most: int) -> int:
    """Return how many of the characters from `start` on, `most` of them, UTF-8's continuation bytes are read as."""
    i = start
    while i < n and i < start + most and (0x80 <= points[i] <= 0xBF or _in(points[i], _CP1252)):
        i += 1
    return i - start


@kernel
def _lead_needs(lead: int) -> int:
    """Return how many bytes follow a lead byte of UTF-8 that stands for a letter somebody would write; 0 for no lead.

    Two-byte leads of Latin (C2 to C5), Greek and Cyrillic (CE to D4), Hebrew and Arabic (D7 to DB): what Ö, Ü and ß
    would lead to nobody writes, and they stand before a quotation mark or dash in good German.
    """
    if 0xC2 <= lead <= 0xC5 or 0xCE <= lead <= 0xD4 or 0xD7 <= lead <= 0xDB:
        return 1
    if 0xE0 <= lead <= 0xEF:
        return 2
    return 3 if 0xF0 <= lead <= 0xF4 else 0


@kernel
def garbled_at(points: npt.NDArray[np.uint32], n: int, i: int) -> int:
    """Return how many characters from `i` on, a SUSPECT one, are one garbled character; 0 where it is good text."""
    point = points[i]
    if point == _REPLACEMENT or 0x80 <= point <= 0x9F:
        return 1
    if point == _ER or point == _ES:
        return 2 if i + 1 < n and _in(points[i + 1], _AFTER_CYRILLIC) else 0
    if point == _KUN_JIN_KAO[0]:
        return 3 if i + 2 < n and points[i + 1] == _KUN_JIN_KAO[1] and points[i + 2] == _KUN_JIN_KAO[2] else 0
    if point == _TANG:
        return 3 if i + 2 < n and points[i + 1] == _TANG and points[i + 2] == _TANG else 0
    needed = _lead_needs(point)
    return 1 + needed if needed and _continuations(points, n, i + 1, needed) == needed else 0
