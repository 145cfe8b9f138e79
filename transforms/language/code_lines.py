"""Lines of program code: which of them are comments, and which say nothing of whether a document is a program.

Comments are set apart, block comments and docstrings of several lines too. One that never ends is none, but for Perl's
documentation, which may go on to the end.
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel_part
from babelmill.transforms.language.code_features import LINE_BYTES

__all__ = ["BLANK", "COMMENT", "NUMBERS", "PROSE", "SCORED", "may_end_the_text", "next_line"]

BLANK, COMMENT, SCORED, PROSE, NUMBERS = 0, 1, 2, 3, 4
"""Kinds of lines. PROSE is a long one with hardly a mark that programs have, which need not be looked at closer;
NUMBERS has neither letters nor such marks, or is a formula of TeX, or of an encoded file, and says nothing."""
_ENCODED_BYTES = 60
"""Least length of a line of an encoded file, such as base64: ASCII without a blank, bracket, semicolon or quotation."""
_BYTES_A_COMMAND = 20
"""How many bytes a formula has at the most for each of its commands, without blanks."""
_PROSE_BYTES, _BYTES_A_MARK, _BYTES_A_WORD = 40, 30, 9
"""Least length of a line of PROSE, without its blanks, how many of its bytes there must be for each mark, and how many
at the most for each blank, if it is ASCII."""
_NO_BLOCK, _QUOTES, _APOSTROPHES, _SLASH, _MARKUP, _BRACE, _POD = 0, 1, 2, 3, 4, 5, 6
"""What a line may be inside of: a string in three quotation marks or apostrophes, a comment in /* */, <!-- -->, {- -}
or --[[ ]], Perl's or Ruby's documentation."""


@kernel_part
def _is_mark(byte: int) -> bool:
    """Say whether a byte is one of the marks that programs have and prose has few of: all but ! ' , - . : ?"""
    if byte < 65:
        return byte == 34 or 34 < byte < 39 or 39 < byte < 44 or byte == 47 or 58 < byte < 63 or byte == 64
    return 90 < byte < 97 or 122 < byte < 127


@kernel_part
def _is_command(data: npt.NDArray[np.uint8], start: int, at: int, end: int) -> bool:
    r"""Say whether a backslash begins a command of TeX, \frac: two letters follow, and none is before it."""
    if at + 2 >= end or (at > start and 97 <= data[at - 1] | 32 <= 122):
        return False
    return bool(97 <= data[at + 1] | 32 <= 122 and 97 <= data[at + 2] | 32 <= 122)


@kernel_part
def _has(data: npt.NDArray[np.uint8], at: int, end: int, a: int, b: int, c: int) -> bool:
    """Say whether three bytes stand at a place; 0 is any."""
    return at + (3 if c else 2) <= end and data[at] == a and data[at + 1] == b and (c == 0 or data[at + 2] == c)


@kernel_part
def _times(data: npt.NDArray[np.uint8], start: int, end: int, mark: int) -> int:
    """Count how often a mark stands three times in a row."""
    n, i = 0, start
    while i + 2 < end:
        if data[i] == mark and data[i + 1] == mark and data[i + 2] == mark:
            n += 1
            i += 3
        else:
            i += 1
    return n


@kernel_part
def _finds(data: npt.NDArray[np.uint8], start: int, end: int, a: int, b: int, c: int) -> bool:
    for i in range(start, end - 1):
        if _has(data, i, end, a, b, c):
            return True
    return False


@kernel_part
def _opens(data: npt.NDArray[np.uint8], start: int, first: int, end: int) -> int:
    """Return the block that a line opens and does not close; `first` is its first byte that is no blank."""
    byte = data[first]
    if byte == 47 and _has(data, first, end, 47, 42, 0) and not _finds(data, first + 2, end, 42, 47, 0):
        return _SLASH
    if byte == 61 and first == start and first + 2 < end:
        a, b = data[first + 1], data[first + 2]
        # =head =pod =over =item =encoding =begin
        for one, other in ((104, 101), (112, 111), (111, 118), (105, 116), (101, 110), (98, 101)):
            if a == one and b == other:
                return _POD
    if byte == 123 and _has(data, first, end, 123, 45, 0) and not _finds(data, first + 2, end, 45, 125, 0):
        return _BRACE
    if byte == 45 and _has(data, first, end, 45, 45, 91) and not _finds(data, first + 3, end, 93, 93, 0):
        return _BRACE
    if byte == 60 and _has(data, first, end, 60, 33, 45) and not _finds(data, first + 3, end, 45, 45, 62):
        return _MARKUP
    # A string in three marks stands alone on its line, or behind a letter: r, b, f, u.
    behind = first + 1 if byte != 34 and byte != 39 else first
    for mark, block in ((34, _QUOTES), (39, _APOSTROPHES)):
        if _has(data, behind, end, mark, mark, mark) and _times(data, first, end, mark) % 2:
            return block
    return _NO_BLOCK


@kernel_part
def may_end_the_text(block: int) -> bool:
    """Say whether a text may end inside of a block."""
    return block == _POD


@kernel_part
def _closes(data: npt.NDArray[np.uint8], first: int, end: int, block: int) -> bool:
    """Say whether a line ends the block that it is in."""
    if block == _QUOTES:
        return _times(data, first, end, 34) % 2 == 1
    if block == _APOSTROPHES:
        return _times(data, first, end, 39) % 2 == 1
    if block == _SLASH:
        return _finds(data, first, end, 42, 47, 0)
    if block == _MARKUP:
        return _finds(data, first, end, 45, 45, 62)
    if block == _BRACE:
        return _finds(data, first, end, 45, 125, 0) or _finds(data, first, end, 93, 93, 0)
    return _has(data, first, end, 61, 99, 117) or _has(data, first, end, 61, 101, 110)


@kernel_part
def _ends_in(data: npt.NDArray[np.uint8], start: int, end: int, a: int, b: int) -> bool:
    """Say whether two bytes are the last of a line, but for blanks."""
    while end > start and data[end - 1] <= 32:
        end -= 1
    return end - 2 >= start and data[end - 2] == a and data[end - 1] == b


@kernel_part
def _is_comment(data: npt.NDArray[np.uint8], first: int, end: int) -> bool:
    """Say whether a line is a comment by how it begins: // # -- ; % ! /* <!-- and a string in three marks."""
    byte = data[first]
    after = data[first + 1] if first + 1 < end else 32
    if byte == 59:
        return True
    if byte == 35 or byte == 37:
        return after == 32 or after == byte or after == 33 or first + 1 >= end
    if byte == 33:
        return after == 32
    if byte == 45:
        return _has(data, first, end, 45, 45, 32)
    if byte == 47:
        return after == 47 or (after == 42 and _ends_in(data, first + 2, end, 42, 47))
    if byte == 60:
        return _has(data, first, end, 60, 33, 45) and _ends_in(data, first + 4, end, 45, 62)
    return _has(data, first, end, byte, byte, byte) and (byte == 34 or byte == 39)


@kernel_part
def next_line(data: npt.NDArray[np.uint8], start: int, end: int, block: int) -> tuple[int, int, int, int]:
    """Find the line that begins at `start`.

    Args:
        data: UTF-8.
        start: of the line.
        end: of the text.
        block: what the line is inside of, 0 for nothing.

    Returns:
        One behind its last byte (a newline or the text's end), its kind, the block that the next line is inside of, and
        how many of its bytes are no blanks.
    """
    stop = start
    inked = marks = brackets = letters = other = commands = 0
    while stop < end and data[stop] != 10:
        inked += data[stop] > 32
        marks += _is_mark(data[stop])
        brackets += data[stop] == 40 or data[stop] == 59 or data[stop] == 91 or data[stop] == 123 or data[stop] == 34
        letters += 97 <= data[stop] | 32 <= 122
        other += data[stop] >= 128
        if data[stop] == 92:
            commands += _is_command(data, start, stop, end)
        stop += 1
    if inked == 0:
        return stop, BLANK, block, 0
    first = start
    while data[first] <= 32:
        first += 1
    last = min(stop, first + LINE_BYTES)
    if block != _NO_BLOCK:
        return stop, COMMENT, _NO_BLOCK if _closes(data, first, last, block) else block, inked
    opened = _opens(data, start, first, last)
    if opened != _NO_BLOCK or _is_comment(data, first, last):
        return stop, COMMENT, opened, inked
    encoded = brackets + other == 0 and stop - first == inked and inked >= _ENCODED_BYTES
    if encoded or letters + other + marks == 0 or commands * _BYTES_A_COMMAND > inked:
        return stop, NUMBERS, _NO_BLOCK, inked
    # Names such as org.example.Name are long and have no marks either.
    worded = (stop - first - inked) * _BYTES_A_WORD > inked or 2 * other > inked
    plain = inked >= _PROSE_BYTES and marks * _BYTES_A_MARK < inked and worded and data[stop - 1] != 59
    return stop, PROSE if plain else SCORED, _NO_BLOCK, inked
