"""Telephone numbers: with a country's code, in a country's own grouping, or behind a word for telephone.

Left: dates, years, prices, thousands, versions, lists (`01 02 03 04 05`), round numbers and multiples of 2^20 (sizes of
memory), bare digits other than a Chinese mobile number's 11, and whatever stands behind `ISBN`, `order no.`, `#`, `$`.
"""

import numpy as np
import numpy.typing as npt

from transforms.personal.boundaries import context, free_left, free_right, opened, step_back
from transforms.personal.characters import is_space, point_at, point_before, width_at
from transforms.personal.checksums import real_date
from transforms.personal.countries import CALLING
from transforms.personal.groups import (
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
    followed,
)
from transforms.personal.numbers import preceded
from transforms.personal.shapes import SHAPES
from transforms.personal.tables import Tables
from transforms.personal.words import TELEPHONE
from transforms.text.compiled import kernel

__all__ = ["phone"]

Bytes = npt.NDArray[np.uint8]
Row = npt.NDArray[np.int64]

_MOST_DIGITS = 15
"""ITU-T E.164, section 6.1."""
_N, _SIZE, _LEAD, _GAP = SHAPES
_SECOND = np.array([0, 0, 0, 0b1111111111, 0b1111110011, 0b1111101111, 0b0011100100, 0b0111111111, 0b1111111111,
                    0b1111101111], np.int64)  # fmt: skip
"""Second digit of a Chinese mobile number → bit d for every third digit that is given out (MIIT numbering plan)."""
_UNITS = tuple(map(ord, "元円圆원个個人名万萬亿億字年米次条位美欧吨"))
"""What is counted is no telephone number."""


@kernel
def _year(groups: Groups, k: int) -> bool:
    """Say whether group `k` is a year from 1900 to 2099."""
    at = groups[FIRST, k]
    lead = groups[DIGITS, at] * 10 + groups[DIGITS, at + 1]
    return bool(groups[SIZE, k] == 4 and (lead == 19 or lead == 20))


@kernel
def _value(groups: Groups, k: int) -> int:
    value = 0
    for digit in groups[DIGITS, groups[FIRST, k] : groups[FIRST, k + 1]]:
        value = value * 10 + digit
    return value


@kernel
def _ascending(groups: Groups, n: int) -> bool:
    """Say whether each group is one more than the group before: a list of numbers."""
    for k in range(1, n):
        if _value(groups, k) != _value(groups, k - 1) + 1:
            return False
    return True


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
    trunk = int(at + size < groups[FIRST, n] and digits[at + size] == 0 and code not in (39, 225, 241, 242))
    place = at + size + trunk
    if place >= groups[FIRST, n] or digits[place] == 0 and code != 39:
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
def _open_inside(groups: Groups, used: int) -> bool:
    """Say whether a bracket opens among the first `used` groups and does not close there."""
    depth = 0
    for k in range(used - 1):
        depth += (groups[GAP, k] == OPEN) - (groups[GAP, k] == CLOSE)
    return depth > 0


@kernel
def _fits(groups: Groups, row: int, n: int) -> bool:
    """Say whether the groups begin with the shape of a row."""
    k = _N[row]
    if k > n:
        return False
    for place in range(4):
        if not _LEAD[row, place] >> groups[DIGITS, place] & 1:
            return False
    for g in range(k):
        if groups[SIZE, g] != _SIZE[row, g] or (g + 1 < k and not groups[GAP, g] & _GAP[row, g]):
            return False
    return True


@kernel
def _spaced_year(groups: Groups, k: int) -> bool:
    """Say whether spaces alone separate `k` groups and a later one is a year: `05 2024 1200`."""
    year = False
    for g in range(1, k):
        if groups[GAP, g - 1] != SPACE:
            return False
        year = year or _year(groups, g)
    return year


@kernel
def _national(data: Bytes, start: int, end: int, groups: Groups, n: int, tables: Tables) -> int:
    """Return where a number of some country's shape ends, 0 for none."""
    if n < 2:
        return 0
    begin = groups[BEGIN, 0]
    for row in range(len(_N)):
        if not _fits(groups, row, n):
            continue
        k = _N[row]
        stop = groups[STOP, k - 1]
        if not free_right(data, stop, end, tables) or _ascending(groups, k) or _spaced_year(groups, k):
            continue
        if preceded(data, start, begin, groups[SIZE, 0]) or followed(data, stop, end, groups[SIZE, k - 1]):
            continue
        return int(stop)
    return 0


@kernel
def _bare_mobile(data: Bytes, start: int, end: int, groups: Groups, tables: Tables) -> int:
    """Return where the 11 digits of a Chinese mobile number end, 0 where they may be anything else."""
    digits, stop = groups[DIGITS], groups[STOP, 0]
    if groups[SIZE, 0] != 11 or digits[0] != 1 or not _SECOND[digits[1]] >> digits[2] & 1:
        return 0
    value = _value(groups, 0)
    if value % 100_000 == 0 or value % (1 << 20) == 0 or not free_right(data, stop, end, tables):
        return 0
    before, after = point_before(data, start, groups[BEGIN, 0]), point_at(data, stop, end)
    if is_space(before):
        before = point_before(data, start, step_back(data, start, groups[BEGIN, 0]))
    if is_space(after):
        after = point_at(data, stop + width_at(data, stop), end)
    return (
        0
        if before in (0x3D, 0x2B, 0x2A, 0x5E, 0xD7) or after in (0x3D, 0x2B, 0x2A, 0x5E, 0xD7) or after in _UNITS
        else stop
    )


@kernel
def _other_number(groups: Groups, k: int) -> bool:
    """Say whether the first `k` groups read as a date, a range of years, thousands or a version."""
    size, gap = groups[SIZE], groups[GAP]
    if k == 1:
        return _value(groups, 0) % 1000 == 0
    if k == 2 and _year(groups, 0) and _year(groups, 1):
        return True
    if k == 3 and gap[0] == gap[1] and gap[0] != CLOSE:
        if size[0] == 4 and size[1] <= 2 and size[2] <= 2:
            return real_date(_value(groups, 0), _value(groups, 1), _value(groups, 2))
        if size[0] <= 2 and size[1] <= 2 and (size[2] == 4 or size[2] == 2):
            a, b, year = _value(groups, 0), _value(groups, 1), _value(groups, 2)
            if real_date(year, a, b) or real_date(year, b, a):
                return True
    dots, thousands = True, size[0] <= 3
    for g in range(1, k):
        dots = dots and gap[g - 1] == DOT
        thousands = thousands and size[g] == 3 and (gap[g - 1] == SPACE or gap[g - 1] == DOT)
        if gap[g - 1] == DOT and (size[g] == 1 or size[g - 1] == 1):
            return True
    if thousands and (dots or groups[FIRST, k] != 9):
        return True
    return dots and k == 4


@kernel
def _told(data: Bytes, end: int, groups: Groups, n: int, tables: Tables) -> int:
    """Return where a number behind a word for telephone ends: 6 to 15 digits, 7 where they are not grouped."""
    used = 1
    while used < n:
        gap, total = groups[GAP, used - 1], groups[FIRST, used]
        if gap == NO_GAP or groups[FIRST, used + 1] > _MOST_DIGITS:
            break
        if gap == SPACE and (total >= 9 or (total >= 7 and _year(groups, used))):
            break
        if gap == SLASH and total >= 6 and groups[SIZE, used] > 4:
            break
        used += 1
    for k in range(used, 0, -1):
        total = groups[FIRST, k]
        if total < (7 if k == 1 else 6):
            return 0
        if free_right(data, groups[STOP, k - 1], end, tables) and not _open_inside(groups, k):
            return 0 if _other_number(groups, k) else groups[STOP, k - 1]
    return 0


@kernel
def phone(data: Bytes, start: int, end: int, floor: int, groups: Groups, n: int, tables: Tables) -> tuple[int, int]:
    """Return where the telephone number that the groups begin with begins and ends; (0, 0) where there is none."""
    digits, first = groups[DIGITS], groups[BEGIN, 0]
    begin = first
    bracket = opened(data, start, begin)
    closes = n > 1 and groups[GAP, 0] == CLOSE
    if bracket >= 0 and closes:
        begin = bracket
    plus = point_before(data, start, begin)
    if plus == 0x2B or plus == 0xFF0B:
        begin = step_back(data, start, begin)
        outer = opened(data, start, begin)
        if outer >= 0 and closes and bracket < 0:
            begin = outer
    if begin < floor or not free_left(data, start, begin, tables):
        return 0, 0
    stop = 0
    if plus == 0x2B or plus == 0xFF0B:
        stop = _international(data, end, groups, n, 0, tables)
        return (begin, stop) if stop else (0, 0)
    said = context(data, start, begin, tables)
    if said and said != TELEPHONE and said != 6:
        return 0, 0
    if n > 1 and digits[0] == 0 and digits[1] == 0 and groups[SIZE, 0] <= 5:
        stop = _international(data, end, groups, n, 2, tables)
    if stop == 0:
        stop = _national(data, start, end, groups, n, tables)
    if stop == 0:
        stop = _bare_mobile(data, start, end, groups, tables)
    if stop == 0 and said == TELEPHONE:
        stop = _told(data, end, groups, n, tables)
    return (begin, stop) if stop else (0, 0)
