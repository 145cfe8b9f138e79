"""What a line is, decided once: what stands between newlines, without the white space around it; blank ones are none.

A line begins a paragraph if it is the first or a blank line stands before it. It is source code by its marks: pairs
such as `()`, `=>` and `};` that prose does not write.
"""

import string

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.kernels.hashing import ROLL, mix64
from babelmill.transforms.text.counts import BRACES, GARBLED, NEWLINES, URLS
from babelmill.transforms.text.mojibake import garbled_at
from babelmill.transforms.text.unicode import BULLET, CODE_MARK, SPACE, TERMINAL

__all__ = ["LINE_BULLET", "LINE_CODE", "LINE_ELLIPSIS", "LINE_PARAGRAPH", "LINE_TERMINAL", "split_lines"]

LINE_BULLET = 1
"""The line begins with a bullet or dash."""
LINE_ELLIPSIS = 2
"""The line ends in `...` or `…`."""
LINE_TERMINAL = 4
"""The line ends in a sentence terminal of any script."""
LINE_PARAGRAPH = 8
"""The line is the first of its paragraph."""
LINE_CODE = 16
"""The line looks like source code."""

_NEWLINE, _DOT, _ELLIPSIS, _OPEN, _CLOSE, _COLON, _STROKE = (np.uint32(ord(char)) for char in "\n.…{}:/")
_ONE = np.uint64(1)
_PAIRS = '() [] {} ;} )} }; "; == != <= >= += *= := => =" "> /> ?> </ // */ /* :: && || ){ ({ ${ ++ <? <% %>'
_CODE_CHARS_A_PAIR = 25
"""A line with two pairs or more is code if it has one in every so many characters."""
_CODE_ENDS = np.zeros(128, np.uint8)
_CODE_ENDS[[ord(char) for char in "{}"]] = 2
_CODE_ENDS[[ord(char) for char in ";:,(["]] = 1
"""2: a line that ends so is code; 1: one that has a pair and ends so is code."""


def _pair_table() -> npt.NDArray[np.bool_]:
    table = np.zeros((128, 128), np.bool_)
    for pair in _PAIRS.split():
        table[ord(pair[0]), ord(pair[1])] = True
    # An assignment and a call; prose writes `x = 3` and `word(s)` too, but not two of them in so few characters.
    table[ord(" "), ord("=")] = True
    table[[ord(char) for char in string.ascii_letters + string.digits + "_"], ord("(")] = True
    return table


_IS_PAIR = _pair_table()


@kernel
def _is_code(pairs: int, chars: int, last: int) -> bool:
    end = int(_CODE_ENDS[last]) if last < 128 else 0
    dense = pairs > 1 and pairs * _CODE_CHARS_A_PAIR >= chars
    return dense or end == 2 or (end == 1 and pairs > 0)


@kernel
def _slashes(points: npt.NDArray[np.uint32], i: int) -> bool:
    """Say whether the `/` at i ends `://`."""
    return bool(points[i - 1] == _STROKE and points[i - 2] == _COLON)


@kernel
def split_lines(
    points: npt.NDArray[np.uint32],
    n: int,
    kinds: npt.NDArray[np.uint16],
    at: int,
    line_hash: npt.NDArray[np.uint64],
    line_chars: npt.NDArray[np.int32],
    line_flags: npt.NDArray[np.uint8],
    counts: npt.NDArray[np.int32],
) -> int:
    """Append the document's lines from row `at` on; return the row after the last one.

    Adds NEWLINES, BRACES, URLS and GARBLED to the document's `counts` on the way.
    """
    first, last, pairs, garbled_end, paragraph = -1, -1, 0, 0, LINE_PARAGRAPH
    rolling, trimmed = np.uint64(0), np.uint64(0)
    for i in range(n + 1):
        if i == n or points[i] == _NEWLINE:
            counts[NEWLINES] += i < n
            if first >= 0:
                chars = last + 1 - first
                dots = chars > 2 and points[last - 1] == _DOT and points[last - 2] == _DOT
                line_hash[at], line_chars[at] = mix64(trimmed), chars
                line_flags[at] = (
                    LINE_BULLET * ((kinds[points[first]] & BULLET) != 0)
                    | LINE_ELLIPSIS * (points[last] == _ELLIPSIS or (points[last] == _DOT and dots))
                    | LINE_TERMINAL * ((kinds[points[last]] & TERMINAL) != 0)
                    | LINE_CODE * _is_code(pairs, chars, points[last])
                    | paragraph
                )
                at += 1
            paragraph = LINE_PARAGRAPH * (first < 0)
            first, last, pairs = -1, -1, 0
            rolling, trimmed = np.uint64(0), np.uint64(0)
            continue
        point = points[i]
        kind = kinds[point]
        if first < 0 and kind & SPACE:
            continue
        rolling = rolling * ROLL + np.uint64(point) + _ONE
        if not kind & SPACE:
            if first < 0:
                first = i
            last, trimmed = i, rolling
            # The two highest flags: one comparison for nearly every character.
            if kind >= CODE_MARK:
                if kind & CODE_MARK:
                    counts[BRACES] += point == _OPEN or point == _CLOSE
                    counts[URLS] += point == _STROKE and i > first + 1 and _slashes(points, i)
                    pairs += i > first and points[i - 1] < 128 and _IS_PAIR[points[i - 1], point]
                elif i >= garbled_end:
                    length = garbled_at(points, n, i)
                    counts[GARBLED] += length
                    garbled_end = i + length
    return at
