"""Characters of UTF-8 for the kernels that find personal data: code points both ways, digits of four scripts.

A code point is an int; 0 means that the text begins or ends here (a text behind the gate has no NUL).
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.pii.tables import Tables, flags_of
from babelmill.transforms.text.unicode import DIGIT, LETTER

__all__ = [
    "digit_value",
    "digit_width",
    "is_alnum",
    "is_dash",
    "is_hex",
    "is_space",
    "is_unspaced",
    "is_upper",
    "is_wordlike",
    "point_at",
    "point_before",
    "width_at",
]

Bytes = npt.NDArray[np.uint8]


@kernel
def width_at(data: Bytes, i: int) -> int:
    """Return the number of bytes of the character that begins at `i`."""
    b = data[i]
    return 1 if b < 0x80 else 2 if b < 0xE0 else 3 if b < 0xF0 else 4


@kernel
def point_at(data: Bytes, i: int, end: int) -> int:
    """Return the code point that begins at `i`, 0 at the text's end."""
    if i >= end:
        return 0
    b = int(data[i])
    if b < 0x80:
        return b
    if b < 0xE0:
        return (b & 0x1F) << 6 | (int(data[i + 1]) & 0x3F)
    if b < 0xF0:
        return (b & 0x0F) << 12 | (int(data[i + 1]) & 0x3F) << 6 | (int(data[i + 2]) & 0x3F)
    high = (b & 0x07) << 18 | (int(data[i + 1]) & 0x3F) << 12
    return high | (int(data[i + 2]) & 0x3F) << 6 | (int(data[i + 3]) & 0x3F)


@kernel
def point_before(data: Bytes, start: int, i: int) -> int:
    """Return the code point that ends at `i`, 0 at the text's start."""
    if i <= start:
        return 0
    j = i - 1
    while j > start and data[j] & 0xC0 == 0x80:
        j -= 1
    return point_at(data, j, i)


@kernel
def digit_width(data: Bytes, i: int, end: int) -> int:
    """Return the bytes of the digit at `i`, 0 where there is none: ASCII, Arabic-Indic, Persian, full-width."""
    if i >= end:
        return 0
    b = data[i]
    if 0x30 <= b <= 0x39:
        return 1
    if b == 0xD9 and i + 1 < end and 0xA0 <= data[i + 1] <= 0xA9:
        return 2
    if b == 0xDB and i + 1 < end and 0xB0 <= data[i + 1] <= 0xB9:
        return 2
    if b == 0xEF and i + 2 < end and data[i + 1] == 0xBC and 0x90 <= data[i + 2] <= 0x99:
        return 3
    return 0


@kernel
def digit_value(data: Bytes, i: int, width: int) -> int:
    """Return the value of the digit of `width` bytes at `i`: the last four bits in every one of the scripts."""
    return int(data[i + width - 1] & 0x0F)


@kernel
def is_upper(b: int) -> bool:
    """Say whether a byte is an ASCII capital."""
    return 0x41 <= b <= 0x5A


@kernel
def is_hex(b: int) -> bool:
    """Say whether a byte is a hexadecimal digit."""
    return 0x30 <= b <= 0x39 or 0x41 <= b <= 0x46 or 0x61 <= b <= 0x66


@kernel
def is_alnum(point: int) -> bool:
    """Say whether a code point is an ASCII letter or digit."""
    return 0x30 <= point <= 0x39 or 0x41 <= point <= 0x5A or 0x61 <= point <= 0x7A


@kernel
def is_unspaced(point: int) -> bool:
    """Say whether a code point is of a script whose words touch what follows: Han, kana, Hangul, Thai, Lao, Khmer."""
    if point < 0x0E00:
        return False
    return (
        point <= 0x109F
        or 0x1100 <= point <= 0x11FF
        or 0x1780 <= point <= 0x17FF
        or 0x3005 <= point <= 0x3007
        or 0x3041 <= point <= 0x9FFF
        or 0xAC00 <= point <= 0xD7FF
        or 0xF900 <= point <= 0xFAFF
        or 0xFF66 <= point <= 0xFFDC
        or point >= 0x20000
    )


@kernel
def is_wordlike(point: int, tables: Tables) -> bool:
    """Say whether a number that touches this character is part of a word or of a longer number."""
    if point < 0x80:
        return is_alnum(point) or point == 0x5F
    return flags_of(point, tables) & (LETTER | DIGIT) != 0 and not is_unspaced(point)


@kernel
def is_space(point: int) -> bool:
    """Say whether a code point is a space within a line: space, no-break, thin, narrow no-break, ideographic."""
    return point == 0x20 or point == 0xA0 or point == 0x2009 or point == 0x202F or point == 0x3000


@kernel
def is_dash(point: int) -> bool:
    """Say whether a code point joins the groups of a number: hyphens, en dash, minus, full-width hyphen."""
    return point == 0x2D or 0x2010 <= point <= 0x2013 or point == 0x2212 or point == 0xFF0D
