"""Cards, accounts and identity numbers: digits that prove themselves by a checksum.

| kind | taken |
|---|---|
| card | a network's prefix and length, Luhn; whole, or 4-4-4-4(-3), 4-6-5, 4-6-4 with one separator throughout |
| iban | a country of the registry, its length, mod 97; whole or in groups of four; capitals |
| id | CN resident identity number; IT codice fiscale; BR CPF `123.456.789-09`; KR registration `880101-1234567` |
| id behind a word | ES DNI and NIE, PL PESEL, US social security number (`SSN 123-45-6789`) |

Left: a whole 13-digit number that is also a valid EAN-13 (the codes of German and Japanese goods begin with 4), and
what is part of a longer run of groups.
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.pii.boundaries import context, free_left, free_right
from babelmill.transforms.pii.characters import (
    is_alnum,
    is_dash,
    is_hex,
    is_space,
    is_upper,
    point_at,
    point_before,
    width_at,
)
from babelmill.transforms.pii.checksums import codice_fiscale_ok, cpf_ok, luhn_ok, resident_id_ok, rrn_ok
from babelmill.transforms.pii.countries import CARD_LENGTHS, IBAN_LENGTH
from babelmill.transforms.pii.groups import (
    BEGIN,
    DASH,
    DIGITS,
    DOT,
    FIRST,
    GAP,
    SIZE,
    SPACE,
    STOP,
    Groups,
    followed,
    number_of,
)
from babelmill.transforms.pii.tables import Tables
from babelmill.transforms.pii.words import IDENTITY, MASKED, OTHER

__all__ = ["card", "fiscal_code", "iban", "identity", "preceded"]

Bytes = npt.NDArray[np.uint8]
Row = npt.NDArray[np.int64]

_DNI_LETTERS = np.frombuffer(b"TRWAGMYFPDXBNJZSQVHLCKE", np.uint8)
"""Letter for the number modulo 23: Real Decreto 1553/2005."""
_MAY_BEGIN = np.zeros(21, np.bool_)
_MAY_BEGIN[[3, 6, 7, 8, 11, 17, 18]] = True
"""Digits of the first group of an identity number."""
_DUMP_DIGITS = 20
"""Hexadecimal digits beside a card that are looked at."""
_PESEL_WEIGHTS = np.array([1, 3, 7, 9, 1, 3, 7, 9, 1, 3], np.int64)


@kernel
def preceded(data: Bytes, start: int, i: int, size: int) -> bool:
    """Say whether a group of just `size` digits (or a byte in hexadecimal: `0b`) and a space stand in front of `i`."""
    if i - start < 2 or not is_space(point_before(data, start, i)):
        return False
    j = i - 1
    while j > start and data[j] & 0xC0 == 0x80:
        j -= 1
    n, digits = 0, 0
    while n <= size and j - n > start and is_hex(data[j - n - 1]):
        digits += data[j - n - 1] <= 0x39
        n += 1
    return n == size and digits > 0


@kernel
def _card_shaped(groups: Groups, n: int, used: int) -> bool:
    """Say whether the first `used` groups are shaped like a card."""
    if used == 1:
        return bool(groups[SIZE, 0] >= 13)
    if n < used or groups[SIZE, 0] != 4:
        return False
    size, gap = groups[SIZE], groups[GAP]
    if gap[0] != SPACE and gap[0] != DASH:
        return False
    for k in range(1, used - 1):
        if gap[k] != gap[0]:
            return False
    if used == 3:
        return bool(size[1] == 6 and (size[2] == 5 or size[2] == 4))
    return bool(size[1] == 4 and size[2] == 4 and size[3] == 4 and (used == 4 or size[4] == 3))


@kernel
def _is_ean13(digits: Row) -> bool:
    total = 0
    for k in range(13):
        total += digits[k] * (3 if k & 1 else 1)
    return total % 10 == 0


@kernel
def _proves_card(digits: Row, length: int) -> bool:
    """Say whether digits have a network's prefix and length, and the right check digit."""
    if length > 19:
        return False
    prefix = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3]
    if not CARD_LENGTHS[prefix] >> length & 1 or not luhn_ok(digits, length):
        return False
    equal = True
    for k in range(1, length):
        equal = equal and digits[k] == digits[0]
    return not equal and not (length == 13 and _is_ean13(digits))


@kernel
def _counts(groups: Groups, used: int) -> bool:
    """Say whether the groups of a card count up by one: a list of code points, `5414 5415 5416 5417`."""
    for k in range(1, used):
        if number_of(groups, k) != number_of(groups, k - 1) + 1:
            return False
    return True


@kernel
def _in_dump(data: Bytes, start: int, end: int, begin: int, stop: int) -> bool:
    """Say whether hexadecimal with letters stands beside, a blank between: `ecbfe3bd3f591a5e 5557555555555555`."""
    for side in range(2):
        i = begin - 2 if side == 0 else stop + 1
        if i < start or i >= end or not is_space(int(data[i + 1] if side == 0 else data[i - 1])):
            continue
        letters, digits = 0, 0
        while start <= i < end and is_hex(data[i]) and letters + digits < _DUMP_DIGITS:
            letters += data[i] > 0x39
            digits += data[i] <= 0x39
            i += 2 * side - 1
        inside = start <= i < end and is_alnum(data[i]) and letters + digits < _DUMP_DIGITS
        if letters and digits > 1 and letters + digits > 3 and not inside:
            return True
    return False


@kernel
def card(data: Bytes, start: int, end: int, groups: Groups, n: int, tables: Tables) -> int:
    """Return where the card number that the groups begin with ends, 0 where there is none."""
    if groups[SIZE, 0] < 13 and (n < 3 or groups[SIZE, 0] != 4):
        return 0
    begin = groups[BEGIN, 0]
    for used in (5, 4, 3, 1):
        if not _card_shaped(groups, n, used) or not _proves_card(groups[DIGITS], groups[FIRST, used]):
            continue
        stop = groups[STOP, used - 1]
        if not free_left(data, start, begin, tables) or not free_right(data, stop, end, tables):
            continue
        if used > 1 and (_counts(groups, used) or followed(data, stop, end, 4)):
            continue
        if used > 1 and (preceded(data, start, begin, 4) or preceded(data, start, begin, 5)):
            continue
        if _in_dump(data, start, end, begin, stop):
            continue
        said = context(data, start, begin, tables)
        if said != MASKED and (said != OTHER or used > 1):
            return int(stop)
    return 0


@kernel
def iban(data: Bytes, start: int, end: int, floor: int, i: int, tables: Tables) -> int:
    """Return where the IBAN ends whose two check digits begin at `i`, 0 where there is none; it begins at `i` - 2."""
    begin = i - 2
    if begin < floor or not is_upper(data[i - 1]) or not is_upper(data[begin]):
        return 0
    length = IBAN_LENGTH[data[begin] - 0x41, data[i - 1] - 0x41]
    if length == 0 or i + 2 >= end or not 0x30 <= data[i + 1] <= 0x39 or not free_left(data, start, begin, tables):
        return 0
    j, chars, rest = i + 2, 4, 0
    separator = point_at(data, j, end)
    grouped = is_space(separator) or is_dash(separator)
    while chars < length:
        if grouped and chars % 4 == 0:
            if point_at(data, j, end) != separator:
                return 0
            j += width_at(data, j)
        b = int(data[j]) if j < end else 0
        if 0x30 <= b <= 0x39:
            rest = (rest * 10 + b - 0x30) % 97
        elif is_upper(b):
            rest = (rest * 100 + b - 0x37) % 97
        else:
            return 0
        chars += 1
        j += 1
    rest = (rest * 100 + data[begin] - 0x37) % 97
    rest = (rest * 100 + data[i - 1] - 0x37) % 97
    rest = (rest * 100 + (data[i] - 0x30) * 10 + data[i + 1] - 0x30) % 97
    return j if rest == 1 and free_right(data, j, end, tables) else 0


@kernel
def fiscal_code(data: Bytes, start: int, end: int, floor: int, i: int, tables: Tables) -> int:
    """Return where the codice fiscale ends whose first digit stands at `i`, 0 where there is none.

    It begins at `i` - 6: `RSSMRA85T10A562S`.
    """
    begin = i - 6
    if begin < floor or begin + 16 > end:
        return 0
    for k in range(16):
        b = data[begin + k]
        if k in (6, 7, 9, 10, 12, 13, 14):
            if not 0x30 <= b <= 0x39:
                return 0
        elif not is_upper(b):
            return 0
    month = data[begin + 8]
    day = ((data[begin + 9] - 0x30) * 10 + data[begin + 10] - 0x30) % 40
    if month not in (65, 66, 67, 68, 69, 72, 76, 77, 80, 82, 83, 84) or not 1 <= day <= 31:
        return 0
    ok = codice_fiscale_ok(data[begin : begin + 16]) and free_left(data, start, begin, tables)
    return begin + 16 if ok and free_right(data, begin + 16, end, tables) else 0


@kernel
def _dni(data: Bytes, end: int, groups: Groups, lead: int) -> int:
    """Return where the letter of a DNI (8 digits) or a NIE (`X`, `Y` or `Z` and 7) ends, 0 for a wrong one."""
    stop = groups[STOP, 0]
    if stop < end and is_dash(point_at(data, stop, end)):
        stop += width_at(data, stop)
    if stop >= end:
        return 0
    number = int(lead)
    for k in range(groups[SIZE, 0]):
        number = number * 10 + groups[DIGITS, k]
    return stop + 1 if _DNI_LETTERS[number % 23] == data[stop] else 0


@kernel
def _pesel_ok(digits: Row) -> bool:
    total = 0
    for k in range(10):
        total += _PESEL_WEIGHTS[k] * digits[k]
    return bool((10 - total % 10) % 10 == digits[10])


@kernel
def _behind_word(data: Bytes, start: int, end: int, groups: Groups, n: int, tables: Tables) -> tuple[int, int]:
    """Return where an identity number that needs a word in front of it begins and ends; (0, 0) for none."""
    begin, size, gap, digits = groups[BEGIN, 0], groups[SIZE], groups[GAP], groups[DIGITS]
    stop = 0
    if size[0] == 8:
        stop = _dni(data, end, groups, 0)
    elif size[0] == 7 and begin > start and 0x58 <= data[begin - 1] <= 0x5A:
        begin -= 1
        stop = _dni(data, end, groups, int(data[begin]) - 0x58)
    elif size[0] == 11 and _pesel_ok(digits):
        stop = groups[STOP, 0]
    elif n > 2 and size[0] == 3 and size[1] == 2 and size[2] == 4 and gap[0] == DASH and gap[1] == DASH:
        area = digits[0] * 100 + digits[1] * 10 + int(digits[2])
        if area not in (0, 666) and area < 900 and digits[3] + digits[4] and digits[5:9].max():
            stop = groups[STOP, 2]
    if stop == 0 or context(data, start, begin, tables) != IDENTITY:
        return 0, 0
    free = free_left(data, start, begin, tables) and free_right(data, stop, end, tables)
    return (begin, stop) if free else (0, 0)


@kernel
def identity(data: Bytes, start: int, end: int, groups: Groups, n: int, tables: Tables) -> tuple[int, int]:
    """Return where the identity number that the groups begin with begins and ends; (0, 0) where there is none."""
    if not _MAY_BEGIN[groups[SIZE, 0]]:
        return 0, 0
    size, gap, digits = groups[SIZE], groups[GAP], groups[DIGITS]
    begin, stop = groups[BEGIN, 0], 0
    if size[0] == 18:
        stop = groups[STOP, 0] if resident_id_ok(digits, int(digits[17])) else 0
    elif size[0] == 17:
        after = point_at(data, groups[STOP, 0], end)
        if after in (0x58, 0x78, 0xFF38) and resident_id_ok(digits, 10):
            stop = groups[STOP, 0] + width_at(data, groups[STOP, 0])
    elif n > 3 and size[0] == 3 and size[1] == 3 and size[2] == 3 and size[3] == 2:
        if gap[0] == DOT and gap[1] == DOT and gap[2] == DASH and cpf_ok(digits):
            stop = groups[STOP, 3]
    elif n > 1 and size[0] == 6 and size[1] == 7 and gap[0] == DASH and rrn_ok(digits):
        stop = groups[STOP, 1]
    if stop and free_left(data, start, begin, tables) and free_right(data, stop, end, tables):
        return begin, stop
    return _behind_word(data, start, end, groups, n, tables)
