"""Code points: a document's text as numbers, what each is, and the few places where lines may end or look like code.

    bytes    6f 6b 0a e4 b8 ad           points   o k ⏎ 中           marks   2

Words (words.py) and lines (lines.py) are both found in these, so that a byte is decoded and looked up once.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.text.counts import DIGITS, LETTERS, SCRIPT
from babelmill.transforms.text.unicode import CODE_MARK, DIGIT, LETTER, SCRIPT_BITS, SCRIPT_SHIFT, SPACE, SUSPECT

__all__ = ["Points", "count_letters", "decode"]

_NEWLINE = np.uint32(ord("\n"))
_FULL = 255
"""What a number of eight bits can count to."""


class Points(NamedTuple):
    """Room for one document at a time, of n code points and m marks."""

    points: npt.NDArray[np.uint32]
    """The code points, and a 0 behind them: uint32[at least n + 1]."""
    kinds: npt.NDArray[np.uint16]
    """The class flags of each (unicode.py), and SPACE behind them, so that every word ends: uint16[at least n + 1]."""
    marks: npt.NDArray[np.int32]
    """Places of newlines, CODE_MARKs and SUSPECTs, in order, and n behind them: int32[at least n + 1]."""


@kernel
def decode(utf8: npt.NDArray[np.uint8], flags: npt.NDArray[np.uint16], found: Points) -> tuple[int, int]:
    """Write a document of valid UTF-8 into `found`; return the number of its code points, and of its marks.

    Args:
        utf8: the document.
        flags: class flags of every code point.
        found: where to.
    """
    points, kinds, marks = found
    i, n, m, end = 0, 0, 0, len(utf8)
    while i < end:
        lead = utf8[i]
        if lead < 0x80:
            point = np.uint32(lead)
            i += 1
        elif lead < 0xE0:
            point = (np.uint32(lead & 0x1F) << np.uint32(6)) | np.uint32(utf8[i + 1] & 0x3F)
            i += 2
        elif lead < 0xF0:
            point = (
                (np.uint32(lead & 0x0F) << np.uint32(12))
                | (np.uint32(utf8[i + 1] & 0x3F) << np.uint32(6))
                | np.uint32(utf8[i + 2] & 0x3F)
            )
            i += 3
        else:
            point = (
                (np.uint32(lead & 0x07) << np.uint32(18))
                | (np.uint32(utf8[i + 1] & 0x3F) << np.uint32(12))
                | (np.uint32(utf8[i + 2] & 0x3F) << np.uint32(6))
                | np.uint32(utf8[i + 3] & 0x3F)
            )
            i += 4
        kind = flags[point]
        # A mark is written always and kept sometimes: no branch that may be guessed wrong.
        points[n], kinds[n], marks[m] = point, kind, n
        m += (kind & (CODE_MARK | SUSPECT)) != 0 or point == _NEWLINE
        n += 1
    points[n], kinds[n], marks[m] = 0, SPACE, n
    return n, m


@kernel
def count_letters(kinds: npt.NDArray[np.uint16], n: int, counts: npt.NDArray[np.int32]) -> None:
    """Add LETTERS, DIGITS and the letters of each SCRIPT of n characters to a document's `counts`."""
    start = 0
    while start < n:
        end = min(n, start + _FULL)
        # Eight numbers of eight bits, one for each script: as many are counted as one of them can hold.
        letters, digits = np.uint64(0), 0
        for i in range(start, end):
            kind = kinds[i]
            script = np.uint64((kind & SCRIPT_BITS) >> SCRIPT_SHIFT)
            letters += np.uint64((kind & LETTER) != 0) << (script * np.uint64(8))
            digits += (kind & DIGIT) != 0
        for number in range(8):
            found = np.int64((letters >> np.uint64(8 * number)) & np.uint64(_FULL))
            counts[LETTERS] += found
            if number:
                counts[SCRIPT + number] += found
        counts[DIGITS] += digits
        start = end
