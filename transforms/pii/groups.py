"""A number as people write it: groups of digits with separators between them.

+49 (0)30 123-456      groups 49 0 30 123 456; gaps OPEN CLOSE SPACE DASH
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.pii.boundaries import before_placeholder
from babelmill.transforms.pii.characters import digit_value, digit_width, is_dash, is_hex, is_space, point_at, width_at

__all__ = [
    "BEGIN",
    "CLOSE",
    "DASH",
    "DOT",
    "NO_GAP",
    "OPEN",
    "SLASH",
    "SPACE",
    "Groups",
    "followed",
    "is_year",
    "new_groups",
    "number_of",
    "read_groups",
]

Bytes = npt.NDArray[np.uint8]

NO_GAP, SPACE, DASH, DOT, SLASH, OPEN, CLOSE = 0, 1, 2, 4, 8, 16, 32
"""What stands between two groups. DASH and SLASH may have a space on both sides, CLOSE any separator behind it."""

_MOST_GROUPS = 8
_MOST_DIGITS = 20
"""A longer group is no number of any kind here."""


BEGIN, STOP, SIZE, GAP, FIRST, DIGITS = range(6)
"""The rows of `Groups`. Of group k: its first byte, the byte behind it, its number of digits, what stands behind it,
and where it begins in DIGITS; FIRST of the group behind the last is the number of all digits."""

Groups = npt.NDArray[np.int64]
"""int64[6, 160]: the groups of one number, reused for every number. One array, for numba counts references to each."""


@kernel
def new_groups() -> Groups:
    """Return room for one number."""
    return np.zeros((6, _MOST_GROUPS * _MOST_DIGITS), np.int64)


@kernel
def _gap(data: Bytes, i: int, end: int, bracket: bool) -> tuple[int, int]:
    """Return what stands at `i` between two groups, and where the next group begins; (NO_GAP, i) for anything else."""
    point = point_at(data, i, end)
    if point == 0:
        return NO_GAP, i
    j = i + width_at(data, i)
    kind = NO_GAP
    if point == 0x29 or point == 0xFF09:
        if not bracket:
            return NO_GAP, i
        kind = CLOSE
        after = point_at(data, j, end)
        if is_space(after) or is_dash(after) or after == 0x2F or after == 0x2E:
            j += width_at(data, j)
    elif point == 0x28 or point == 0xFF08:
        kind = OPEN
    elif is_dash(point):
        kind = DASH
    elif point == 0x2E:
        kind = DOT
    elif point == 0x2F:
        kind = SLASH
    elif is_space(point):
        kind = SPACE
        after = point_at(data, j, end)
        if is_dash(after) or after == 0x2F:
            behind = j + width_at(data, j)
            if is_space(point_at(data, behind, end)):
                kind = DASH if after != 0x2F else SLASH
                j = behind + width_at(data, behind)
        elif after == 0x28 or after == 0xFF08:
            kind = OPEN
            j += width_at(data, j)
    if kind == NO_GAP or digit_width(data, j, end) == 0:
        return NO_GAP, i
    return kind, j


@kernel
def read_groups(data: Bytes, i: int, end: int, bracket: bool, groups: Groups) -> tuple[int, int]:
    """Read the groups from the digit at `i` on.

    Args:
        data: the text's bytes.
        i: where the first digit stands.
        end: the text's end.
        bracket: whether a bracket was opened right in front of `i`.
        groups: where to.

    Returns:
        (groups, 0 where the first one is too long; where the first group ends).
    """
    n, at, used = 0, i, 0
    first_end = i
    while n < _MOST_GROUPS:
        groups[BEGIN, n] = at
        groups[FIRST, n] = used
        size = 0
        width = digit_width(data, at, end)
        while width:
            if size < _MOST_DIGITS:
                groups[DIGITS, used + size] = digit_value(data, at, width)
            elif n:
                return n, first_end
            size += 1
            at += width
            width = digit_width(data, at, end)
        if n == 0:
            first_end = at
            if size > _MOST_DIGITS:
                return 0, first_end
        groups[STOP, n], groups[SIZE, n] = at, size
        used += size
        n += 1
        groups[FIRST, n] = used
        groups[GAP, n - 1], at = _gap(data, at, end, bracket)
        if groups[GAP, n - 1] == NO_GAP:
            break
        if groups[GAP, n - 1] == OPEN:
            bracket = True
        elif groups[GAP, n - 1] == CLOSE:
            bracket = False
    return n, first_end


@kernel
def followed(data: Bytes, i: int, end: int, size: int) -> bool:
    """Say whether a space follows and then just `size` digits (or a byte in hexadecimal), or a placeholder."""
    point = point_at(data, i, end)
    if point == 0 or not is_space(point):
        return False
    j = i + width_at(data, i)
    if before_placeholder(data, j, end):
        return True
    n, digits = 0, 0
    while n <= size:
        width = digit_width(data, j, end)
        digits += width
        if width == 0:
            if j == end or not is_hex(data[j]):
                break
            width = 1
        n += 1
        j += width
    return n == size and digits > 0


@kernel
def number_of(groups: Groups, k: int) -> int:
    """Return the number that group `k` writes."""
    value = 0
    for digit in groups[DIGITS, groups[FIRST, k] : groups[FIRST, k + 1]]:
        value = value * 10 + digit
    return value


@kernel
def is_year(groups: Groups, k: int) -> bool:
    """Say whether group `k` is a year from 1900 to 2099."""
    at = groups[FIRST, k]
    lead = groups[DIGITS, at] * 10 + groups[DIGITS, at + 1]
    return bool(groups[SIZE, k] == 4 and (lead == 19 or lead == 20))
