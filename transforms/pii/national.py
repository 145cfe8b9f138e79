"""Telephone numbers in a country's own grouping (`shapes.py`), and the 11 digits of a Chinese mobile number.

Left: lists (`01 02 03 04 05`), groups in a longer row of groups, years among spaced groups (`05 2024 1200`), and bare
digits that are counted, calculated with, round, or multiples of 2^20 (sizes of memory: 17179869184).
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.pii.boundaries import free_right, step_back
from babelmill.transforms.pii.characters import digit_width, is_space, point_at, point_before, width_at
from babelmill.transforms.pii.groups import BEGIN, DIGITS, GAP, SIZE, SPACE, STOP, Groups, followed, is_year, number_of
from babelmill.transforms.pii.numbers import preceded
from babelmill.transforms.pii.shapes import SHAPES
from babelmill.transforms.pii.tables import Tables

__all__ = ["bare_mobile", "national"]

Bytes = npt.NDArray[np.uint8]

_N, _SIZE, _LEAD, _GAP = SHAPES
_SECOND = np.array([0, 0, 0, 0b1111111111, 0b1111110011, 0b1111101111, 0b0011100100, 0b0111111111, 0b1111111111,
                    0b1111101111], np.int64)  # fmt: skip
"""Second digit of a Chinese mobile number → bit d for every third digit that is given out (MIIT numbering plan)."""
_ROUND_DIGITS = 8
"""A last group of so many digits is no telephone number where its last five are 0."""
_MATHS = tuple(map(ord, "=+*^×"))
_UNITS = tuple(map(ord, "元円圆원个個人名万萬亿億字年米次条位美欧吨"))
"""What is counted is no telephone number."""


@kernel
def _ascending(groups: Groups, n: int) -> bool:
    """Say whether each group is one more than the group before: a list of numbers."""
    for k in range(1, n):
        if number_of(groups, k) != number_of(groups, k - 1) + 1:
            return False
    return True


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
        year = year or is_year(groups, g)
    return year


@kernel
def _in_table(data: Bytes, stop: int, end: int, size: int, k: int) -> bool:
    """Say whether a wide gap follows and then a row of groups of `size` digits that is not `k` long: more columns."""
    i = stop
    while i < end and data[i] == 0x20:
        i += 1
    if i - stop < 2:
        return False
    n = 0
    while n <= k:
        first = i
        while i < end and 0x30 <= data[i] <= 0x39:
            i += 1
        if i - first != size:
            break
        n += 1
        if i >= end or data[i] != 0x20:
            break
        i += 1
    return n > 1 and n != k


@kernel
def national(data: Bytes, start: int, end: int, groups: Groups, n: int, tables: Tables) -> int:
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
        if (
            groups[SIZE, k - 1] == _ROUND_DIGITS and number_of(groups, k - 1) % 100_000 == 0
        ):  # `04 80000000`: a word of memory
            continue
        if preceded(data, start, begin, groups[SIZE, 0]) or followed(data, stop, end, groups[SIZE, k - 1]):
            continue
        if _in_table(data, stop, end, groups[SIZE, k - 1], k):
            continue
        return int(stop)
    return 0


@kernel
def bare_mobile(data: Bytes, start: int, end: int, groups: Groups, tables: Tables) -> int:
    """Return where the 11 digits of a Chinese mobile number end, 0 where they may be anything else."""
    digits, stop = groups[DIGITS], groups[STOP, 0]
    if groups[SIZE, 0] != 11 or digits[0] != 1 or not _SECOND[digits[1]] >> digits[2] & 1:
        return 0
    value = number_of(groups, 0)
    if value % 100_000 == 0 or value % (1 << 20) == 0 or not free_right(data, stop, end, tables):
        return 0
    before, after, behind = point_before(data, start, groups[BEGIN, 0]), point_at(data, stop, end), stop
    if is_space(before):
        before = point_before(data, start, step_back(data, start, groups[BEGIN, 0]))
    if is_space(after):
        behind += width_at(data, stop)
        after = point_at(data, behind, end)
    # A plus in front of a digit is a country's code, not arithmetic.
    coded = after == 0x2B and digit_width(data, behind + 1, end) > 0
    return 0 if before in _MATHS or (after in _MATHS and not coded) or after in _UNITS else int(stop)
