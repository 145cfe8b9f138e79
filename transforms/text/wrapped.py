"""Hard-wrapped prose: lines that were broken to a width, as in mails, manuals and Project Gutenberg's books.

    It was the best of times, it was the worst of      one line, as if the break were a space
    times, it was the age of wisdom.

Whoever wraps fills each line: the first word of the next one would not have fitted. Verse, lists, code and tables break
where they like. So a document is wrapped if nearly all breaks inside its paragraphs are such (`_FULL`), half of them
inside sentences, and its lines are words rather than columns; and only such breaks are joined.

Widths are columns of a terminal: Han, kana and Hangul take two, marks none.
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.kernels.hashing import ROLL, mix64
from babelmill.transforms.text.lines import (
    LINE_BULLET,
    LINE_CODE,
    LINE_ELLIPSIS,
    LINE_PARAGRAPH,
    LINE_TERMINAL,
    Lines,
)
from babelmill.transforms.text.unicode import IGNORED, LETTER, SPACE

__all__ = ["join_wrapped"]

_LEAST_BREAKS = 6
"""Breaks inside paragraphs that a document needs to be judged."""
_NARROWEST, _WIDEST = 40, 100
"""Columns of wrapped lines: mails have 60 to 80, books of Project Gutenberg 72, plain-text manuals up to 100."""
_WITHIN = 0.98
"""Share of lines within the width; the rest are long words, such as web addresses."""
_FULL = 0.75
"""Least share of breaks that no word was left out of: paragraphs without a blank line between end in others."""
_INSIDE = 0.5
"""Least share of those that are not behind a sentence's end."""
_ODD = 0.1
"""Most share of lines that look like code or a table: marks of code, a tab, three blanks in a row."""
_WORDY = 0.75
"""Least share of characters that are letters or marks, of all that are no space."""
_ALIKE = 0.5
"""Most share of full lines, in a script with spaces, that have the same columns: words seldom fill a line to the last
column, rows of a table and statements that were copied do."""
_FORBIDDEN = 4
"""Columns that a line without spaces may lack: 、。」 do not begin one, so they take a character along."""


@kernel
def _is_wide(point: int) -> bool:
    """Say whether a character takes two columns (East_Asian_Width W and F, by blocks)."""
    if point < 0x1100:
        return False
    return (
        point <= 0x115F
        or 0x2E80 <= point <= 0xA4CF
        or 0xAC00 <= point <= 0xD7A3
        or 0xF900 <= point <= 0xFAFF
        or 0xFE30 <= point <= 0xFE4F
        or 0xFF00 <= point <= 0xFF60
        or point >= 0x20000
    )


@kernel
def _is_odd(points: npt.NDArray[np.uint32], first: int, chars: int) -> bool:
    """Say whether a line has a tab or three blanks in a row inside: columns of a table."""
    blanks = 0
    for i in range(first, first + chars):
        if points[i] == 0x09:
            return True
        blanks = blanks + 1 if points[i] == 0x20 else 0
        if blanks == 3:
            return True
    return False


@kernel
def _indent(points: npt.NDArray[np.uint32], first: int) -> int:
    """Return how many characters stand between a line's break and its first one."""
    i = first
    while i > 0 and points[i - 1] != 0x0A:
        i -= 1
    return first - i


@kernel
def _columns(points: npt.NDArray[np.uint32], kinds: npt.NDArray[np.uint16], first: int, stop: int, word: bool) -> int:
    """Return the columns of a line, or of its first word alone: one character in a script without spaces."""
    columns = 0
    for i in range(first, stop):
        kind = kinds[points[i]]
        if word and columns and (kind & SPACE or _is_wide(points[i])):
            break
        columns += 0 if kind & IGNORED else 2 if _is_wide(points[i]) else 1
        if word and _is_wide(points[i]):
            break
    return columns


@kernel
def _width(columns: npt.NDArray[np.int32], lines: int) -> int:
    """Return the columns that _WITHIN of the lines keep to, 0 where that is outside _NARROWEST to _WIDEST."""
    many = np.zeros(_WIDEST + 1, np.int64)
    for i in range(lines):
        if columns[i] <= _WIDEST:
            many[columns[i]] += 1
    most = int(np.ceil(_WITHIN * lines))
    within = 0
    for width in range(_WIDEST + 1):
        within += many[width]
        if within >= most:
            return width if width >= _NARROWEST else 0
    return 0


@kernel
def _may_be(line_chars: npt.NDArray[np.int32], line_flags: npt.NDArray[np.uint8], at: int, end: int) -> bool:
    """Say at a glance, without the text, whether lines may be wrapped."""
    breaks, long, open_ends = 0, 0, 0
    for i in range(at, end):
        long += line_chars[i] > _WIDEST
        if i + 1 < end and not line_flags[i + 1] & LINE_PARAGRAPH:
            breaks += 1
            open_ends += not line_flags[i] & LINE_TERMINAL
    return breaks >= _LEAST_BREAKS and long <= (1 - _WITHIN) * (end - at) and open_ends >= _INSIDE * breaks * _FULL


@kernel
def _find_full(
    points: npt.NDArray[np.uint32],
    kinds: npt.NDArray[np.uint16],
    starts: npt.NDArray[np.int32],
    line_chars: npt.NDArray[np.int32],
    line_flags: npt.NDArray[np.uint8],
    full: npt.NDArray[np.uint8],
) -> bool:
    """Mark each line whose break may be joined: 1, or 2 where nothing is put between. Say whether the text is wrapped.

    The arrays are those of one document's lines.
    """
    lines = len(line_chars)
    columns = np.empty(lines, np.int32)
    odd, inked, letters = 0, 0, 0
    for i in range(lines):
        first, stop = starts[i], starts[i] + line_chars[i]
        columns[i] = _indent(points, first) + _columns(points, kinds, first, stop, False)
        odd += (line_flags[i] & LINE_CODE) != 0 or _is_odd(points, first, line_chars[i])
        for j in range(first, stop):
            inked += not kinds[points[j]] & SPACE
            letters += (kinds[points[j]] & (LETTER | IGNORED)) != 0
    width = _width(columns, lines)
    if width == 0 or odd > _ODD * lines or letters < _WORDY * inked:
        return False
    breaks, filled, inside, spaced = 0, 0, 0, 0
    alike = np.zeros(2 * _WIDEST + 1, np.int64)
    for i in range(lines - 1):
        if line_flags[i + 1] & (LINE_PARAGRAPH | LINE_BULLET):
            continue
        if _indent(points, starts[i + 1]) > _indent(points, starts[i]):
            continue  # a paragraph that is begun by an indent, without a blank line
        breaks += 1
        first, stop = starts[i + 1], starts[i + 1] + line_chars[i + 1]
        before = points[starts[i] + line_chars[i] - 1]
        unspaced = _is_wide(points[first]) and _is_wide(before)
        word = _columns(points, kinds, first, stop, True)
        # A line without spaces cannot be full of one word.
        one_word = not unspaced and word > width // 2 and word == _columns(points, kinds, first, stop, False)
        if columns[i] + word + (_FORBIDDEN if unspaced else 1) > width and not one_word:
            filled += 1
            inside += not line_flags[i] & LINE_TERMINAL
            full[i] = 2 if unspaced else 1
            if not unspaced:
                spaced += 1
                alike[min(columns[i], 2 * _WIDEST)] += 1
    if breaks < _LEAST_BREAKS or filled < _FULL * breaks or inside < _INSIDE * filled:
        return False
    most = 0
    for count in alike:
        most = max(most, int(count))
    return most <= _ALIKE * max(spaced, _LEAST_BREAKS)


@kernel
def join_wrapped(
    points: npt.NDArray[np.uint32],
    kinds: npt.NDArray[np.uint16],
    starts: npt.NDArray[np.int32],
    at: int,
    end: int,
    lines: Lines,
) -> int:
    """Join the lines `at` to `end` of a document where they are hard-wrapped prose; return the row behind the last.

    Args:
        points: the document's code points.
        kinds: class flags of every code point.
        starts: where each of these lines begins in `points`, from 0 on.
        at: the document's first line in the arrays of `lines`.
        end: the row behind its last one.
        lines: what is joined is put together in place. Its characters are counted with a space for each break, none
            between characters of a script without spaces; it has bullet and paragraph of the first line, ends of the
            last one, code of any.
    """
    if not _may_be(lines.chars, lines.flags, at, end):
        return end
    full = np.zeros(end - at, np.uint8)
    if not _find_full(points, kinds, starts, lines.chars[at:end], lines.flags[at:end], full):
        return end
    row = at
    for i in range(at, end):
        if i > at and full[i - at - 1] and not lines.flags[i] & (LINE_PARAGRAPH | LINE_BULLET):
            row -= 1
            lines.hash[row] = mix64(lines.hash[row] * ROLL + lines.hash[i])
            lines.chars[row] += lines.chars[i] + (full[i - at - 1] == 1)
            kept = lines.flags[row] & (LINE_BULLET | LINE_PARAGRAPH | LINE_CODE)
            lines.flags[row] = kept | (lines.flags[i] & (LINE_TERMINAL | LINE_ELLIPSIS | LINE_CODE))
        else:
            lines.hash[row], lines.chars[row], lines.flags[row] = lines.hash[i], lines.chars[i], lines.flags[i]
        row += 1
    return row
