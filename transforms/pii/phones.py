"""Telephone numbers: with a country's code, in a country's own grouping, or behind a word for telephone.

Left: dates, years, prices, thousands, versions, and whatever stands behind `ISBN`, `order no.`, `#`, `$`.
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.pii.boundaries import context, free_left, free_right, opened, step_back
from babelmill.transforms.pii.characters import point_before
from babelmill.transforms.pii.checksums import real_date
from babelmill.transforms.pii.countries import CALLING
from babelmill.transforms.pii.groups import (
    BEGIN,
    CLOSE,
    DIGITS,
    DOT,
    FIRST,
    GAP,
    NO_GAP,
    OPEN,
    SIZE,
    SLASH,
    SPACE,
    STOP,
    Groups,
    is_year,
    number_of,
)
from babelmill.transforms.pii.national import bare_mobile, national
from babelmill.transforms.pii.numbers import preceded
from babelmill.transforms.pii.tables import Tables
from babelmill.transforms.pii.words import ADDRESS, TELEPHONE

__all__ = ["phone"]

Bytes = npt.NDArray[np.uint8]
Row = npt.NDArray[np.int64]

_MOST_DIGITS = 15
"""ITU-T E.164, section 6.1."""
_KEPT_ZERO = (39, 225, 241, 242, 378)
"""Calling codes behind which a 0 belongs to the number: Italy, Ivory Coast, Gabon, Congo, San Marino."""


@kernel
def _calling_code(digits: Row, at: int, n: int) -> int:
    """Return how many digits at `at` are a country's calling code, 0 for none. `n` digits are there."""
    value = 0
    for size in range(1, 4):
        if at + size > n:
            return 0
        value = value * 10 + digits[at + size - 1]
        if value and CALLING[value, 0]:
            return size
    return 0


@kernel
def _international(data: Bytes, end: int, groups: Groups, n: int, at: int, tables: Tables) -> int:
    """Return where a number ends whose country's code begins at digit `at`, 0 for none: as many groups as fit."""
    digits = groups[DIGITS]
    size = _calling_code(digits, at, groups[FIRST, n])
    if size == 0:
        return 0
    code = 0
    for digit in digits[at : at + size]:
        code = code * 10 + digit
    fewest, most = CALLING[code, 0], CALLING[code, 1]
    kept = code in _KEPT_ZERO
    trunk = int(at + size < groups[FIRST, n] and digits[at + size] == 0 and not kept)
    place = at + size + trunk
    if place >= groups[FIRST, n] or (digits[place] == 0 and not kept):
        return 0
    if code == 1 and (digits[place] < 2 or digits[place + 1] == 9):
        return 0
    if code == 7 and digits[place] < 3:
        return 0
    for used in range(n, 0, -1):
        national = groups[FIRST, used] - place
        bracket = groups[GAP, used - 1] == OPEN
        if (
            fewest <= national <= most
            and national + size <= _MOST_DIGITS
            and not (bracket and _open_inside(groups, used))
        ):
            if free_right(data, groups[STOP, used - 1], end, tables):
                return int(groups[STOP, used - 1])
    return 0


@kernel
def _first_close(groups: Groups, n: int) -> int:
    """Return the gap at which the bracket in front of the groups closes, -1 for none."""
    for k in range(n - 1):
        if groups[GAP, k] == CLOSE:
            return k
        if groups[GAP, k] == OPEN:
            return -1
    return -1


@kernel
def _open_inside(groups: Groups, used: int) -> bool:
    """Say whether a bracket opens among the first `used` groups and does not close there."""
    depth = 0
    for k in range(used - 1):
        depth += int(groups[GAP, k] == OPEN) - int(groups[GAP, k] == CLOSE)
    return depth > 0


@kernel
def _other_number(groups: Groups, k: int) -> bool:
    """Say whether the first `k` groups read as a date, a range of years, thousands or a version."""
    size, gap = groups[SIZE], groups[GAP]
    if k == 1:
        return number_of(groups, 0) % 1000 == 0
    if k == 2 and is_year(groups, 0) and is_year(groups, 1):
        return True
    if k == 3 and gap[0] == gap[1] and gap[0] != CLOSE:
        if size[0] == 4 and size[1] <= 2 and size[2] <= 2:
            return real_date(number_of(groups, 0), number_of(groups, 1), number_of(groups, 2))
        if size[0] <= 2 and size[1] <= 2 and (size[2] == 4 or size[2] == 2):
            a, b, year = number_of(groups, 0), number_of(groups, 1), number_of(groups, 2)
            if real_date(year, a, b) or real_date(year, b, a):
                return True
    dots, thousands = True, size[0] <= 3 and groups[DIGITS, 0] != 0
    for g in range(1, k):
        dots = dots and gap[g - 1] == DOT
        thousands = thousands and size[g] == 3 and (gap[g - 1] == SPACE or gap[g - 1] == DOT)
        if gap[g - 1] == DOT and (size[g] == 1 or size[g - 1] == 1):
            return True
    if thousands and (dots or groups[FIRST, k] != 9):
        return True
    return dots and k == 4


@kernel
def _code_points(groups: Groups, n: int) -> bool:
    """Say whether all groups have four digits and two of them begin with 00: `0032 2044 0033`."""
    small = 0
    for k in range(n):
        at = groups[FIRST, k]
        small += groups[DIGITS, at] == 0 and groups[DIGITS, at + 1] == 0
        if groups[SIZE, k] != 4:
            return False
    return small > 1


@kernel
def _told(data: Bytes, end: int, groups: Groups, n: int, tables: Tables) -> int:
    """Return where a number behind a word for telephone ends: 6 to 15 digits, 7 where they are not grouped."""
    used = 1
    while used < n:
        gap, total = groups[GAP, used - 1], groups[FIRST, used]
        if gap == NO_GAP or groups[FIRST, used + 1] > _MOST_DIGITS:
            break
        if gap == SPACE and (total >= 9 or (total >= 7 and is_year(groups, used))):
            break
        if gap == SLASH and total >= 6 and groups[SIZE, used] > 4:
            break
        used += 1
    for k in range(used, 0, -1):
        total = groups[FIRST, k]
        if total < (7 if k == 1 else 6):
            return 0
        whole = free_right(data, groups[STOP, k - 1], end, tables) and not _open_inside(groups, k)
        if whole and not _other_number(groups, k):
            return int(groups[STOP, k - 1])
    return 0


@kernel
def _number_end(data: Bytes, start: int, end: int, groups: Groups, n: int, plus: bool, tables: Tables) -> int:
    """Return where the number that the groups begin with ends, 0 for none; `plus`: a `+` stands in front of it."""
    if plus:
        return _international(data, end, groups, n, 0, tables)
    said = context(data, start, groups[BEGIN, 0], tables)
    if said and said != TELEPHONE and said != ADDRESS:
        return 0
    stop = 0
    # The 00 of a country's code is one group: `0 0 6 1679` are four numbers, and 0.039 is one.
    if n > 1 and 2 <= groups[SIZE, 0] <= 5 and groups[DIGITS, 0] == 0 and groups[DIGITS, 1] == 0:
        stop = _international(data, end, groups, n, 2, tables)
        if stop and (preceded(data, start, groups[BEGIN, 0], groups[SIZE, 0]) or _code_points(groups, n)):
            stop = 0
    if stop == 0:
        stop = national(data, start, end, groups, n, tables)
    if stop == 0:
        stop = bare_mobile(data, start, end, groups, tables)
    if stop == 0 and said == TELEPHONE:
        stop = _told(data, end, groups, n, tables)
    return stop


@kernel
def phone(data: Bytes, start: int, end: int, floor: int, groups: Groups, n: int, tables: Tables) -> tuple[int, int]:
    """Return where the telephone number that the groups begin with begins and ends; (0, 0) where there is none.

    A bracket in front belongs to the number where the number goes on behind its other half: `(030) 123`, `(+49) 30`.
    """
    first = groups[BEGIN, 0]
    bracket = opened(data, start, first)
    front = first if bracket < 0 else bracket
    sign = point_before(data, start, front)
    plus = sign == 0x2B or sign == 0xFF0B
    if bracket < 0 and not plus and not free_left(data, start, first, tables):
        return 0, 0
    stop = _number_end(data, start, end, groups, n, plus, tables)
    close = _first_close(groups, n)
    around = close >= 0 and stop > groups[STOP, close]
    if stop == 0 or (plus and bracket >= 0 and not around):
        return 0, 0
    begin = first
    if plus:
        begin = step_back(data, start, front)
        outer = opened(data, start, begin)
        if bracket < 0 and around and outer >= 0:
            begin = outer
    elif around and bracket >= 0:
        begin = bracket
    return (begin, stop) if begin >= floor and free_left(data, start, begin, tables) else (0, 0)
