"""What a line is, decided once: what stands between newlines, without the white space around it; blank ones are none.

Characters without ink (ZWSP, byte order mark, soft hyphen, Hangul's filler) count as white space there. A line ends a
sentence if a terminal stands at its end or in front of what may follow one (UAX #29, Close): quotes, brackets, marks of
footnotes (`.”`, `。」`, `. »`, `.)`, `.[12]`, `.²`, `.*`). A line begins a paragraph if it is the first or a blank line
stands before it. It is source code by its marks: pairs such as `()`, `=>` and `};` that prose does not write.
"""

import string

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.kernels.hashing import ROLL, mix64
from babelmill.transforms.text.counts import BRACES, GARBLED, NEWLINES, URLS
from babelmill.transforms.text.mojibake import garbled_at
from babelmill.transforms.text.unicode import (
    BULLET,
    CODE_MARK,
    DIGIT,
    IGNORED,
    INVISIBLE,
    LETTER,
    SPACE,
    SUSPECT,
    TERMINAL,
)

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
_LONGEST_NOTE = 16
"""Characters of a footnote's mark: `[citation needed]` is none of a line's end."""


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
def _closes(point: int) -> bool:
    """Say whether a character may follow a sentence's terminal: quotes, closing brackets, marks of footnotes."""
    if point < 0x80:
        return point in (0x22, 0x27, 0x29, 0x2A, 0x5D, 0x5F, 0x60)
    if point < 0x2000:
        return point in (0xAB, 0xB2, 0xB3, 0xB4, 0xB9, 0xBB)
    if point < 0x3000:
        superscript = point == 0x2070 or 0x2074 <= point <= 0x2079
        return superscript or 0x2018 <= point <= 0x2021 or point in (0x2032, 0x2033, 0x2039, 0x203A)
    if point < 0xFE00:
        return point in (0x3009, 0x300B, 0x300D, 0x300F, 0x3011, 0x3015, 0x3017, 0x3019, 0x301B, 0x301D, 0x301E, 0x301F)
    return point in (0xFE36, 0xFE42, 0xFE44, 0xFF02, 0xFF07, 0xFF09, 0xFF3D, 0xFF60, 0xFF63)


@kernel
def _note_start(points: npt.NDArray[np.uint32], first: int, i: int, kinds: npt.NDArray[np.uint16]) -> int:
    """Return where the footnote mark that ends at `i` begins, `[12]`, `[a]`, `［注3］`; -1 where there is none."""
    for j in range(i - 1, max(first, i - _LONGEST_NOTE) - 1, -1):
        if points[j] in (0x5B, 0xFF3B, 0x3014):
            return j if j < i - 1 else -1
        if not kinds[points[j]] & (LETTER | DIGIT | IGNORED | SPACE):
            return -1
    return -1


@kernel
def _ends_sentence(points: npt.NDArray[np.uint32], first: int, last: int, kinds: npt.NDArray[np.uint16]) -> bool:
    """Say whether a terminal stands at `last`, or in front of closing marks that stand there."""
    i = last
    while i >= first:
        kind = kinds[points[i]]
        if kind & TERMINAL:
            return True
        if points[i] in (0x5D, 0xFF3D, 0x3015) and _note_start(points, first, i, kinds) >= 0:
            i = _note_start(points, first, i, kinds) - 1
        elif _closes(points[i]) or (i < last and kind & (SPACE | IGNORED | INVISIBLE)):
            i -= 1
        else:
            return False
    return False


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
    starts: npt.NDArray[np.int32],
) -> int:
    """Append the document's lines from row `at` on; return the row after the last one.

    Writes where each begins in `points` into `starts`, from its place 0 on, and adds NEWLINES, BRACES, URLS and
    GARBLED to the document's `counts`.
    """
    row = at
    first, last, pairs, garbled_end, paragraph = -1, -1, 0, 0, LINE_PARAGRAPH
    rolling, trimmed = np.uint64(0), np.uint64(0)
    for i in range(n + 1):
        if i == n or points[i] == _NEWLINE:
            counts[NEWLINES] += i < n
            if first >= 0:
                chars = last + 1 - first
                dots = chars > 2 and points[last - 1] == _DOT and points[last - 2] == _DOT
                line_hash[at], line_chars[at], starts[at - row] = mix64(trimmed), chars, first
                line_flags[at] = (
                    LINE_BULLET * ((kinds[points[first]] & BULLET) != 0)
                    | LINE_ELLIPSIS * (points[last] == _ELLIPSIS or (points[last] == _DOT and dots))
                    | LINE_TERMINAL * _ends_sentence(points, first, last, kinds)
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
        if first < 0 and kind & (SPACE | INVISIBLE):
            continue
        rolling = rolling * ROLL + np.uint64(point) + _ONE
        if not kind & (SPACE | INVISIBLE):
            if first < 0:
                first = i
            last, trimmed = i, rolling
            # The two highest flags: one comparison for nearly every character.
            if kind >= CODE_MARK:
                if kind & CODE_MARK:
                    counts[BRACES] += point == _OPEN or point == _CLOSE
                    counts[URLS] += point == _STROKE and i > first + 1 and _slashes(points, i)
                    pairs += i > first and points[i - 1] < 128 and _IS_PAIR[points[i - 1], point]
                elif kind & SUSPECT and i >= garbled_end:
                    length = garbled_at(points, n, i)
                    counts[GARBLED] += length
                    garbled_end = i + length
    return at
