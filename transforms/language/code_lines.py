"""Lines of program code: which of them are comments, and which say nothing of whether a document is a program.

Comments are set apart, block comments and docstrings of several lines too. One that never ends is none, but for Perl's
documentation, which may go on to the end.
"""

import string

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


_FIELD = 9
"""Bits of each of the seven numbers in a tally."""
_FULL = (1 << _FIELD) - 1
_STRIDE = 32
"""Bytes that are added up before it is asked whether the line has ended among them."""


def _tallies() -> npt.NDArray[np.uint64]:
    """Return what each byte adds to a tally: uint64[256], seven numbers of _FIELD bits, each 0 or 1.

    From the lowest: whether it is ink; a mark that programs have and prose has few of, all but ! ' , - . : ?; an
    opening bracket, a semicolon or a quotation mark; an ASCII letter; no ASCII; a backslash; a newline.
    """
    table = np.zeros(256, np.uint64)
    for byte in range(256):
        char = chr(byte)
        facts = (
            byte > 32,
            char in string.punctuation and char not in "!',-.:?",
            char in '([{;"',
            char in string.ascii_letters,
            byte >= 128,
            char == "\\",
            char == "\n",
        )
        table[byte] = sum(fact << _FIELD * place for place, fact in enumerate(facts))
    return table


_TALLIES = _tallies()


@kernel_part
def _number(tally: np.uint64, place: int) -> int:
    return int(np.int64((tally >> np.uint64(_FIELD * place)) & np.uint64(_FULL)))


@kernel_part
def _count_bytes(data: npt.NDArray[np.uint8], start: int, end: int) -> tuple[int, int, int, int, int, int, int]:
    """Return where the line that begins at `start` ends, and how many of its bytes are what `_tallies` says."""
    inked = marks = brackets = letters = other = backslashes = 0
    stop, ended = start, start == end
    while not ended:
        tally, full = np.uint64(0), min(end, stop + _FULL)
        while stop + _STRIDE <= full:
            stride = np.uint64(0)
            for i in range(stop, stop + _STRIDE):
                stride += _TALLIES[data[i]]
            if _number(stride, 6):
                break
            tally += stride
            stop += _STRIDE
        while stop < full and data[stop] != 10:
            tally += _TALLIES[data[stop]]
            stop += 1
        ended = stop == end or data[stop] == 10
        inked += _number(tally, 0)
        marks += _number(tally, 1)
        brackets += _number(tally, 2)
        letters += _number(tally, 3)
        other += _number(tally, 4)
        backslashes += _number(tally, 5)
    return stop, inked, marks, brackets, letters, other, backslashes


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
    stop, inked, marks, brackets, letters, other, backslashes = _count_bytes(data, start, end)
    commands = 0
    if backslashes:
        for at in range(start, stop):
            commands += data[at] == 92 and _is_command(data, start, at, stop)
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
