"""IP addresses: public ones only, and only where they are no version and no number of a section.

Left: what RFC 6890 and its successors set apart (private, loopback, link-local, shared, documentation, benchmarking,
multicast, reserved), leading zeros, and what touches a letter, another dot or a dash (`v1.2.3.4`, `1.2.3.4-beta`).
Four numbers below 100 are a section's far more often than a host's (manuals: 900 to 1; of all addresses 2 % are such):
they are taken behind a word for address or `//` or `@`, or in front of a port or a mask. `8.8.8.8` and `8.8.4.4`
are no section's.
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.pii.boundaries import after_placeholder, before_placeholder, context
from babelmill.transforms.pii.characters import is_alnum, is_dash, is_wordlike, point_at, point_before
from babelmill.transforms.pii.tables import Tables
from babelmill.transforms.pii.words import ADDRESS, MASKED, VERSION

__all__ = ["ipv4", "ipv6", "is_public4", "is_public6"]

Bytes = npt.NDArray[np.uint8]


@kernel
def is_public4(address: int) -> bool:
    """Say whether an IPv4 address, as 32 bits, may be anybody's.

    RFC 6890, 5737, 6598, 2544, 5771 and 7526 leave out the others.
    """
    a, b, c = address >> 24, address >> 16 & 0xFF, address >> 8 & 0xFF
    if a == 0 or a == 10 or a == 127 or a >= 224:
        return False
    if a == 100:
        return not 64 <= b <= 127
    if a == 169:
        return b != 254
    if a == 172:
        return not 16 <= b <= 31
    if a == 192:
        return not (b == 168 or (b == 0 and c in (0, 2)) or (b == 88 and c == 99))
    if a == 198:
        return not (b in (18, 19) or (b == 51 and c == 100))
    return not (a == 203 and b == 0 and c == 113)


@kernel
def is_public6(first: int, second: int) -> bool:
    """Say whether an IPv6 address with these first two groups is global unicast (RFC 4291) and not set apart.

    Left out: 2001::/23 (protocols), 2001:db8::/32 and 3fff::/20 (documentation).
    """
    if not 0x2000 <= first <= 0x3FFF:
        return False
    if first == 0x2001 and (second < 0x200 or second == 0xDB8):
        return False
    return not (first == 0x3FFF and second < 0x1000)


@kernel
def _port_or_mask(data: Bytes, i: int, end: int) -> bool:
    """Say whether `:` and a port, or `/` and a mask's bits, begin at `i`."""
    if i + 1 >= end or (data[i] != 0x3A and data[i] != 0x2F) or not 0x30 <= data[i + 1] <= 0x39:
        return False
    j = i + 1
    while j < end and j < i + 7 and 0x30 <= data[j] <= 0x39:
        j += 1
    return (data[i] == 0x3A or j <= i + 3) and not is_alnum(point_at(data, j, end))


@kernel
def _free(data: Bytes, start: int, end: int, begin: int, stop: int, tables: Tables) -> bool:
    """Say whether a dotted quad stands by itself."""
    if after_placeholder(data, start, begin) or before_placeholder(data, stop, end):
        return False
    before = point_before(data, start, begin)
    if before == 0x2F and point_before(data, start, begin - 1) != 0x2F:
        return False
    if before == 0x3A and point_before(data, start, begin - 1) == 0x3A:  # the end of an IPv6 address
        return False
    if is_wordlike(before, tables) or is_dash(before) or before in (0x2E, 0x5C, 0x2B, 0x7E, 0x2C, 0x23, 0x26, 0x3B):
        return False
    after = point_at(data, stop, end)
    if is_wordlike(after, tables) or is_dash(after) or after in (0x25, 0x2B, 0x40, 0x5C, 0x7E, 0xB0):
        return False
    beyond = point_at(data, stop + 1, end)
    return not (after == 0x2E and (is_wordlike(beyond, tables) or before_placeholder(data, stop + 1, end)))


@kernel
def ipv4(data: Bytes, start: int, end: int, i: int, tables: Tables) -> int:
    """Return where the public IPv4 address that begins at `i` ends, 0 where there is none."""
    address, most, j = 0, 0, i
    for k in range(4):
        part, first = 0, j
        while j < end and j - first < 4 and 0x30 <= data[j] <= 0x39:
            part = part * 10 + data[j] - 0x30
            j += 1
        if j == first or j - first > 3 or part > 255 or (j - first > 1 and data[first] == 0x30):
            return 0
        if k < 3:
            if j >= end or data[j] != 0x2E:
                return 0
            j += 1
        address = address << 8 | part
        most = max(most, part)
    if not is_public4(address) or not _free(data, start, end, i, j, tables):
        return 0
    said = context(data, start, i, tables)
    if said == VERSION or said == MASKED:
        return 0
    plain = most >= 100 or address in (0x08080808, 0x08080404)
    before = point_before(data, start, i)
    if plain or said == ADDRESS or before == 0x2F or before == 0x40 or _port_or_mask(data, j, end):
        return j
    return 0


@kernel
def _hex(b: int) -> int:
    """Return the value of a hexadecimal digit, -1 for anything else."""
    if 0x30 <= b <= 0x39:
        return int(b) - 0x30
    low = int(b) | 0x20
    return low - 0x57 if 0x61 <= low <= 0x66 else -1


@kernel
def ipv6(data: Bytes, start: int, end: int, i: int, tables: Tables) -> int:
    """Return where the public IPv6 address that begins at `i` ends, 0 where there is none.

    Global unicast addresses begin with 2 or 3 and a group of four, so a digit always leads here. Eight groups, or
    fewer and one `::`; a dotted quad at the end is not read.
    """
    if data[i] != 0x32 and data[i] != 0x33:
        return 0
    before = point_before(data, start, i)
    if is_wordlike(before, tables) or is_dash(before) or before in (0x2E, 0x3A, 0x5C, 0x2B, 0x40, 0x23):
        return 0
    groups, first, second = 0, 0, 0
    gap, j, stop = False, i, i
    while groups < 8:
        value, size = 0, 0
        while j < end and size < 5 and _hex(data[j]) >= 0:
            value = value * 16 + _hex(data[j])
            size += 1
            j += 1
        if size == 0:
            break
        if size > 4 or (groups == 0 and size != 4):
            return 0
        if groups == 0:
            first = value
        elif groups == 1 and not gap:
            second = value
        groups += 1
        stop = j
        if j >= end or data[j] != 0x3A:
            break
        if j + 1 < end and data[j + 1] == 0x3A:
            if gap:
                return 0
            gap = True
            j += 2
            stop = j
        elif j + 1 < end and _hex(data[j + 1]) >= 0:
            j += 1
        else:
            break
    whole = groups == 8 and not gap
    if not (whole or (gap and 2 <= groups < 8)) or not is_public6(first, second):
        return 0
    after = point_at(data, stop, end)
    beyond = point_at(data, stop + 1, end)
    if is_wordlike(after, tables) or is_dash(after):
        return 0
    if (after == 0x3A or after == 0x2E) and is_wordlike(beyond, tables):
        return 0
    if after_placeholder(data, start, i) or before_placeholder(data, stop, end):
        return 0
    return 0 if after in (0x3A, 0x2E) and before_placeholder(data, stop + 1, end) else stop
