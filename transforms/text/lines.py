"""What a line is, decided once: what stands between newlines, without the white space around it; blank ones are none.

Characters without ink (ZWSP, byte order mark, soft hyphen, Hangul's filler) count as white space there. A line ends a
sentence if a terminal stands at its end or in front of what may follow one (UAX #29, Close): quotes, brackets, marks of
footnotes (`.”`, `。」`, `. »`, `.)`, `.[12]`, `.²`, `.*`). A line begins a paragraph if it is the first or a blank line
stands before it. It is source code by its marks: pairs such as `()`, `=>` and `};` that prose does not write.
"""

import string
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.kernels.hashing import ROLL, mix64
from babelmill.transforms.text.counts import BRACES, GARBLED, NEWLINES, URLS
from babelmill.transforms.text.mojibake import garbled_at
from babelmill.transforms.text.points import Points
from babelmill.transforms.text.unicode import (
    BULLET,
    CODE_MARK,
    DIGIT,
    IGNORED,
    INVISIBLE,
    LETTER,
    SPACE,
    TERMINAL,
)

__all__ = ["LINE_BULLET", "LINE_CODE", "LINE_ELLIPSIS", "LINE_PARAGRAPH", "LINE_TERMINAL", "Lines", "split_lines"]

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
_PAIRS = '() [] {} ;} )} }; "; == != <= >= += *= := => =" "> /> ?> </ // */ /* :: && || ){ ({ ${ ++ <? <% %>'
_CODE_CHARS_A_PAIR = 25
"""A line with two pairs or more is code if it has one in every so many characters."""
_CODE_ENDS = np.zeros(128, np.uint8)
_CODE_ENDS[[ord(char) for char in "{}"]] = 2
_CODE_ENDS[[ord(char) for char in ";:,(["]] = 1
"""2: a line that ends so is code; 1: one that has a pair and ends so is code."""


class Lines(NamedTuple):
    """Lines one behind the other; what each array holds is said in layout.py."""

    hash: npt.NDArray[np.uint64]
    chars: npt.NDArray[np.int32]
    flags: npt.NDArray[np.uint8]


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
def _hash_line(points: npt.NDArray[np.uint32], first: int, end: int) -> np.uint64:
    """Return a hash of the code points from `first` to `end`: four chains side by side, as each waits for itself."""
    a = b = c = d = np.uint64(0)
    i = first
    while i + 4 <= end:
        a = a * ROLL + np.uint64(points[i])
        b = b * ROLL + np.uint64(points[i + 1])
        c = c * ROLL + np.uint64(points[i + 2])
        d = d * ROLL + np.uint64(points[i + 3])
        i += 4
    while i < end:
        a = a * ROLL + np.uint64(points[i])
        i += 1
    found = mix64(a + np.uint64(end - first))
    for part in (b, c, d):
        found = mix64(found * ROLL + part)
    return found


@kernel
def _count_marks(
    document: Points, n: int, places: npt.NDArray[np.int32], first: int, garbled_end: int, counts: npt.NDArray[np.int32]
) -> tuple[int, int]:
    """Add a line's BRACES, URLS and GARBLED to the document's `counts`.

    Args:
        document: its code points.
        n: how many.
        places: of the line's marks.
        first: the line's first character with ink.
        garbled_end: where the last garbled character ended.

    Returns:
        How many pairs of marks of source code the line has, and where its last garbled character ends.
    """
    points, kinds = document.points, document.kinds
    pairs = 0
    for i in places:
        if kinds[i] & (SPACE | INVISIBLE):
            continue
        point = points[i]
        if kinds[i] & CODE_MARK:
            counts[BRACES] += point == _OPEN or point == _CLOSE
            counts[URLS] += point == _STROKE and i > first + 1 and _slashes(points, i)
            pairs += i > first and points[i - 1] < 128 and _IS_PAIR[points[i - 1], point]
        elif i >= garbled_end:
            length = garbled_at(points, n, i)
            counts[GARBLED] += length
            garbled_end = i + length
    return pairs, garbled_end


@kernel
def split_lines(
    document: Points,
    n: int,
    marks: int,
    flags: npt.NDArray[np.uint16],
    at: int,
    lines: Lines,
    counts: npt.NDArray[np.int32],
    starts: npt.NDArray[np.int32],
) -> int:
    """Append a document's lines from row `at` on; return the row after the last one.

    Args:
        document: its code points.
        n: how many.
        marks: how many marks they have.
        flags: class flags of every code point.
        at: the row of its first line.
        lines: where to.
        counts: the document's; NEWLINES, BRACES, URLS and GARBLED are added.
        starts: where to write where each line begins in the code points, from its place 0 on.
    """
    points, kinds, places = document
    row, begin, mark, garbled_end, paragraph = at, 0, 0, 0, LINE_PARAGRAPH
    while True:
        first_mark = mark
        while mark < marks and points[places[mark]] != _NEWLINE:
            mark += 1
        first, end = begin, places[mark]
        while first < end and kinds[first] & (SPACE | INVISIBLE):
            first += 1
        if first < end:
            last = end - 1
            while kinds[last] & (SPACE | INVISIBLE):
                last -= 1
            pairs, garbled_end = _count_marks(document, n, places[first_mark:mark], first, garbled_end, counts)
            chars = last + 1 - first
            dots = chars > 2 and points[last - 1] == _DOT and points[last - 2] == _DOT
            lines.hash[at], lines.chars[at], starts[at - row] = _hash_line(points, first, last + 1), chars, first
            lines.flags[at] = (
                LINE_BULLET * ((kinds[first] & BULLET) != 0)
                | LINE_ELLIPSIS * (points[last] == _ELLIPSIS or (points[last] == _DOT and dots))
                | LINE_TERMINAL * _ends_sentence(points, first, last, flags)
                | LINE_CODE * _is_code(pairs, chars, points[last])
                | paragraph
            )
            at += 1
        paragraph = LINE_PARAGRAPH * (first == end)
        if mark == marks:
            return at
        counts[NEWLINES] += 1
        begin = end + 1
        mark += 1
