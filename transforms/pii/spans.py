"""Where the personal data of a column stands: one pass over the bytes, linear whatever the text.

A table says of each byte whether anything can begin there: digits, `@`, and the lead bytes of other scripts' digits.
From there every finder looks at most some hundred bytes back and ahead. Of finds that overlap, the first in this order
wins: card, IBAN, identity number, IP address, telephone number; an e-mail address begins behind what was found before.
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel, kernel_part
from babelmill.transforms.pii.addresses import ipv4, ipv6
from babelmill.transforms.pii.boundaries import opened
from babelmill.transforms.pii.characters import digit_width, is_upper
from babelmill.transforms.pii.emails import email
from babelmill.transforms.pii.groups import DOT, FIRST, GAP, SIZE, Groups, new_groups, read_groups
from babelmill.transforms.pii.kinds import CARD, EMAIL, IBAN, ID, IP, PHONE
from babelmill.transforms.pii.numbers import card, fiscal_code, iban, identity
from babelmill.transforms.pii.phones import phone
from babelmill.transforms.pii.tables import Tables

__all__ = ["find_spans", "judge", "next_candidate"]

Bytes = npt.NDArray[np.uint8]

_TRIGGER = np.zeros(256, np.uint8)
_TRIGGER[[*range(0x30, 0x3A), 0x40]] = 1
_TRIGGER[[0xD9, 0xDB, 0xEF]] = 2
_JOINS = np.zeros(128, np.bool_)
_JOINS[[ord(char) for char in "-./():"]] = True
_MAY_FOLLOW = np.zeros(128, np.bool_)
_MAY_FOLLOW[[ord(char) for char in "0123456789-/("]] = True
_MOST_PLAIN = 5
"""Digits of a group that are not yet a number by themselves."""
_COLON = ord(":")
"""What stands behind the first group, of four, of a public IPv6 address."""
_FEWEST_DIGITS = 6
"""Digits of the shortest telephone number."""


@kernel
def _next_trigger(data: Bytes, i: int, end: int) -> int:
    """Return where the next digit or at sign begins. A loop by itself: it runs at 1 GB/s."""
    while i < end:
        kind = _TRIGGER[data[i]]
        if kind and (kind == 1 or digit_width(data, i, end) or _wide_at(data, i, end)):
            return i
        i += 1
    return i


@kernel
def _wide_at(data: Bytes, i: int, end: int) -> bool:
    """Say whether a full-width at sign begins at `i`."""
    return i + 2 < end and data[i] == 0xEF and data[i + 1] == 0xBC and data[i + 2] == 0xA0


@kernel
def _plain_end(data: Bytes, start: int, i: int, end: int) -> int:
    """Return where a short group of ASCII digits ends that cannot be part of anything, 0 where it may be.

    Most numbers in text are of this kind: a few digits, then a letter or a space and a letter.
    """
    j = i
    while j < end and 0x30 <= data[j] <= 0x39:
        j += 1
    if j == i or j - i > _MOST_PLAIN or (i > start and is_upper(data[i - 1])):
        return 0
    if j == end:
        return j
    if i + 4 < end and data[i + 4] == _COLON:
        return 0
    after = data[j]
    if after >= 0x80 or _JOINS[after]:
        return 0
    if after != 0x20 or j + 1 == end:
        return j
    return j if data[j + 1] < 0x80 and not _MAY_FOLLOW[data[j + 1]] else 0


@kernel_part
def next_candidate(
    data: Bytes, offsets: npt.NDArray[np.int32], row: int, i: int, groups: Groups
) -> tuple[int, int, int, int]:
    """Return the next place, from `i` in a row on, where anything may begin: row, place, where to go on, groups.

    Past the last row there is none. Of a number the groups are read, and it has as many digits as the shortest kind,
    or what else some kind begins with; an at sign has -1 groups.
    """
    while row < len(offsets) - 1:
        start, end = int(offsets[row]), int(offsets[row + 1])
        i = max(i, start)
        while i < end:
            i = _next_trigger(data, i, end)
            if i == end:
                break
            wide = _wide_at(data, i, end)
            if data[i] == 0x40 or wide:
                return row, i, i + (3 if wide else 1), -1
            ahead = _plain_end(data, start, i, end)
            if ahead == 0:
                plus = i > start and data[i - 1] == 0x2B
                n, ahead = read_groups(data, i, end, opened(data, start, i - plus) >= 0, groups)
                if _may_be(data, start, end, i, groups, n):
                    return row, i, ahead, n
            i = ahead
        row += 1
    return row, i, i, 0


@kernel
def _may_be(data: Bytes, start: int, end: int, i: int, groups: Groups, n: int) -> bool:
    """Say whether the groups that begin at `i` may be anything."""
    if i - 2 >= start and is_upper(data[i - 1]) and is_upper(data[i - 2]):
        return True
    if n == 0:
        return False
    colon = groups[SIZE, 0] <= 4 and i + 4 < end and data[i + 4] == _COLON
    return bool(groups[FIRST, n] >= _FEWEST_DIGITS or colon or groups[GAP, 0] == DOT)


@kernel_part
def judge(
    data: Bytes, start: int, end: int, floor: int, i: int, groups: Groups, n: int, tables: Tables
) -> tuple[int, int, int]:
    """Return what begins at a candidate of a text: its kind, -1 for nothing; where it begins and ends.

    Args:
        data: UTF-8 of all texts.
        start: where the text begins.
        end: where the text ends.
        floor: where the last find ended.
        i: the candidate.
        groups: its groups.
        n: their number; -1 at an at sign.
        tables: lookups.
    """
    if n < 0:
        begin, stop = email(data, start, end, floor, i, tables)
        return (EMAIL if stop else -1), begin, stop
    if i - 2 >= start and is_upper(data[i - 1]) and is_upper(data[i - 2]):
        stop = iban(data, start, end, floor, i, tables)
        if stop:
            return IBAN, i - 2, stop
        stop = fiscal_code(data, start, end, floor, i, tables)
        return (ID if stop else -1), i - 6, stop
    stop = card(data, start, end, groups, n, tables)
    if stop:
        return CARD, i, stop
    if groups[FIRST, n] >= _FEWEST_DIGITS:
        begin, stop = identity(data, start, end, groups, n, tables)
        if stop and begin >= floor:
            return ID, begin, stop
    stop = 0
    if groups[SIZE, 0] <= 4 and i + 4 < end and data[i + 4] == _COLON:
        stop = ipv6(data, start, end, i, tables)
    elif groups[SIZE, 0] < 4 and groups[GAP, 0] == DOT:
        stop = ipv4(data, start, end, i, tables)
    if stop:
        return IP, i, stop
    if groups[FIRST, n] >= _FEWEST_DIGITS:
        begin, stop = phone(data, start, end, floor, groups, n, tables)
        if stop:
            return PHONE, begin, stop
    return -1, 0, 0


@kernel
def find_spans(
    data: Bytes, offsets: npt.NDArray[np.int32], tables: Tables, row: int, at: int, floor: int
) -> npt.NDArray[np.int64]:
    """Return every find: int64[finds, 4] of row, kind, first byte and the byte behind the last, in order.

    Args:
        data: UTF-8 of all texts.
        offsets: where each text begins in `data`, int32[rows + 1].
        tables: lookups.
        row: the text to begin in.
        at: where to begin in it.
        floor: where the last find ended.
    """
    spans = np.empty((64, 4), np.int64)
    found = 0
    groups = new_groups()
    while True:
        row, i, ahead, n = next_candidate(data, offsets, row, at, groups)
        if row == len(offsets) - 1:
            return spans[:found]
        start, end = int(offsets[row]), int(offsets[row + 1])
        kind, begin, stop = judge(data, start, end, max(floor, start), i, groups, n, tables)
        at = ahead
        if kind < 0:
            continue
        if found == len(spans):
            more = np.empty((2 * found, 4), np.int64)
            for k in range(found):
                for part in range(4):
                    more[k, part] = spans[k, part]
            spans = more
        spans[found, 0], spans[found, 1], spans[found, 2], spans[found, 3] = row, kind, begin, stop
        found += 1
        at = floor = stop
