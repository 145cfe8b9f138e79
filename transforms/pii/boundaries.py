"""Where a number may begin and end, and what the words in front of it say it is.

A number that touches a letter, another number or a joiner (`v1.2`, `ISBN-…`, `/4111…`, `0x…`, `…@`) is part of
something else. Only the text as it came is looked at, and a placeholder in sight always says no: so what was refused
once is refused again in masked text, and masking twice changes nothing.
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.pii.characters import is_alnum, is_dash, is_space, is_wordlike, point_at, point_before
from babelmill.transforms.pii.tables import WORD, Tables, root, step, value
from babelmill.transforms.pii.words import COUNTER, FILLER, OTHER

__all__ = ["after_placeholder", "before_placeholder", "context", "free_left", "free_right", "opened", "step_back"]

Bytes = npt.NDArray[np.uint8]

_LONGEST_PLACEHOLDER = 12
_MAX_SEPARATORS = 6
"""Characters between a word and its number: `Tel. no.: "(`."""
_MAX_WORDS = 4
"""Fillers, and the word that decides."""
_LONG_RUN = 7
"""Digits from which a run on the other side of a comma is a number by itself, and not a group of this one."""


def _of(chars: str) -> npt.NDArray[np.bool_]:
    table = np.zeros(128, np.bool_)
    table[[ord(char) for char in chars]] = True
    return table


_NEVER_LEFT = _of("./\\-#$%&*=?@+^~_)")
_NEVER_RIGHT = _of("@%#$&*=+^~\\_")
_JOINERS_RIGHT = _of("-.,:/'")
_SEPARATORS = _of(" \t:.=\"'([*|-/")


@kernel
def _is_name(data: Bytes, i: int, stop: int) -> bool:
    """Say whether what stands between `<` and `>` is a placeholder's name, by its length, first and last letter."""
    size, first, last = stop - i, int(data[i]), int(data[stop - 1])
    if first == 0x49:
        return (size == 10 and last == 0x53) or (size == 9 and last == 0x52) or (size == 4 and last == 0x4E)
    if size == 5:
        return (first == 0x45 and last == 0x4C) or (first == 0x50 and last == 0x45)
    return size == 4 and first == 0x43 and last == 0x44


@kernel
def after_placeholder(data: Bytes, start: int, i: int) -> bool:
    """Say whether a placeholder ends at `i`."""
    if i <= start or data[i - 1] != 0x3E:
        return False
    for j in range(i - 2, max(start, i - _LONGEST_PLACEHOLDER) - 1, -1):
        if data[j] == 0x3C:
            return j < i - 2 and _is_name(data, j + 1, i - 1)
        if not (0x41 <= data[j] <= 0x5A or data[j] == 0x5F):
            return False
    return False


@kernel
def before_placeholder(data: Bytes, i: int, end: int) -> bool:
    """Say whether a placeholder begins at `i`."""
    if i >= end or data[i] != 0x3C:
        return False
    for j in range(i + 1, min(end, i + _LONGEST_PLACEHOLDER)):
        if data[j] == 0x3E:
            return j > i + 1 and _is_name(data, i + 1, j)
        if not (0x41 <= data[j] <= 0x5A or data[j] == 0x5F):
            return False
    return False


@kernel
def step_back(data: Bytes, start: int, i: int) -> int:
    """Return where the character that ends at `i` begins."""
    j = i - 1
    while j > start and data[j] & 0xC0 == 0x80:
        j -= 1
    return j


@kernel
def _run_back(data: Bytes, start: int, i: int) -> int:
    """Return how many ASCII digits end at `i`, at most _LONG_RUN."""
    n = 0
    while n < _LONG_RUN and i - n > start and 0x30 <= data[i - n - 1] <= 0x39:
        n += 1
    return n


@kernel
def _run_on(data: Bytes, i: int, end: int) -> int:
    """Return how many ASCII digits begin at `i`, at most _LONG_RUN."""
    n = 0
    while n < _LONG_RUN and i + n < end and 0x30 <= data[i + n] <= 0x39:
        n += 1
    return n


@kernel
def free_left(data: Bytes, start: int, i: int, tables: Tables) -> bool:
    """Say whether a number may begin at `i`: at its first digit, its `+` or its `(`."""
    if after_placeholder(data, start, i):
        return False
    point = point_before(data, start, i)
    if point == 0:
        return True
    if point >= 0x80:
        if is_wordlike(point, tables):
            return False
        # Currencies (U+20A0 to U+20CF), № § ° ± × ÷, dashes that join, and decimal separators of other scripts.
        joins = is_dash(point) or point in (0x2116, 0xA7, 0xB0, 0xB1, 0xD7, 0xF7, 0xA3, 0xA5, 0xFFE5, 0x66B, 0x66C)
        return not joins and not 0x20A0 <= point <= 0x20CF
    if is_alnum(point) or _NEVER_LEFT[point]:
        return False
    if point == 0x28:
        return not is_alnum(point_before(data, start, i - 1)) and not after_placeholder(data, start, i - 1)
    if point == 0x3A:
        before = point_before(data, start, i - 1)
        return not 0x30 <= before <= 0x39 and before != 0x3A and not after_placeholder(data, start, i - 1)
    if point == 0x2C:
        if after_placeholder(data, start, i - 1):
            return False
        run = _run_back(data, start, i - 1)
        return run == 0 or run == _LONG_RUN
    return True


@kernel
def free_right(data: Bytes, i: int, end: int, tables: Tables) -> bool:
    """Say whether a number may end at `i`."""
    if before_placeholder(data, i, end):
        return False
    point = point_at(data, i, end)
    if point == 0:
        return True
    if point >= 0x80:
        joins = is_dash(point) or point in (0xB0, 0xB1, 0xB7, 0xD7, 0xF7, 0xA3, 0xA5, 0xFFE5, 0x2030, 0x66B, 0x66C)
        primes = 0x2032 <= point <= 0x2034 or 0x20A0 <= point <= 0x20CF
        return not joins and not primes and not is_wordlike(point, tables)
    if is_alnum(point) or _NEVER_RIGHT[point]:
        return False
    if not _JOINERS_RIGHT[point]:
        return True
    after = point_at(data, i + 1, end)
    if before_placeholder(data, i + 1, end):
        return False
    if point == 0x2C:
        run = _run_on(data, i + 1, end)
        return run == 0 or run == _LONG_RUN
    if point == 0x2D and after in (0x22, 0x5C):  # a digest in front of what it is of: `"18749993618-\\"use strict\\"`
        return False
    joined = is_wordlike(after, tables) or after in (0x2D, 0x2F, 0x40, 0x3D, 0x28, 0x7B, 0x24, 0x25) if after else False
    return not joined and not (point == 0x2F and after != 0 and not is_space(after))


@kernel
def opened(data: Bytes, start: int, i: int) -> int:
    """Return where an opening bracket that touches `i` begins, -1 where there is none."""
    point = point_before(data, start, i)
    if point == 0x28:
        return i - 1
    return i - 3 if point == 0xFF08 else -1


@kernel
def _word_before(data: Bytes, start: int, i: int, tables: Tables) -> tuple[int, int]:
    """Return the meaning and the beginning of the longest known word that ends at `i`; (0, i) where there is none."""
    node, meaning, begin = root(WORD, tables), 0, i
    j = i
    while j > start:
        node = step(node, data[j - 1], tables)
        if node == 0:
            break
        j -= 1
        if value(node, tables):
            first, before = point_at(data, j, i), point_before(data, start, j)
            # Only a script with spaces says where a word begins.
            inside = is_wordlike(before, tables) and is_wordlike(first, tables)
            if not inside:
                meaning, begin = value(node, tables), j
    return meaning, begin


@kernel
def context(data: Bytes, start: int, i: int, tables: Tables) -> int:
    """Return what the words in front of `i` say of the number there: a meaning of `words`, 0 for nothing."""
    counted = False
    at = i
    for _ in range(_MAX_WORDS):
        for _ in range(_MAX_SEPARATORS):
            point = point_before(data, start, at)
            if point == 0:
                break
            if point < 0x80:
                if not _SEPARATORS[point]:
                    break
            elif not (is_space(point) or is_dash(point) or point in (0xFF1A, 0xFF08, 0x300C, 0x3010, 0x201C, 0xAB)):
                break
            at = step_back(data, start, at)
        meaning, begin = _word_before(data, start, at, tables)
        if meaning == 0 and at < i and data[at] == 0x2E:
            # A word whose own full stop was passed over: `tel.`, `no.`
            meaning, begin = _word_before(data, start, at + 1, tables)
        if meaning == COUNTER:
            counted = True
        elif meaning != FILLER:
            return meaning if meaning else (OTHER if counted else 0)
        at = begin
    return OTHER if counted else 0
