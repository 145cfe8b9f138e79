"""Check digits: a number that fails its own checksum is no card, account or identity number."""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel

__all__ = ["codice_fiscale_ok", "cpf_ok", "luhn_ok", "real_date", "resident_id_ok", "rrn_ok"]

Digits = npt.NDArray[np.int64]

_RESIDENT_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], np.int64)
"""2^(17 - place) mod 11: GB 11643-1999, section 4.2 (ISO 7064, MOD 11-2)."""
_RRN_WEIGHTS = np.array([2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5], np.int64)
"""Korea's resident registration number."""
_PROVINCES = np.zeros(100, np.bool_)
for _first, _last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83), (91, 91)):
    _PROVINCES[_first : _last + 1] = True
_FISCAL_ODD = np.array(
    [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23], np.int64
)
"""Value of the n-th letter, or of digit n, in an odd place of a codice fiscale (Decreto 23.12.1976, article 8)."""


@kernel
def luhn_ok(digits: Digits, n: int) -> bool:
    """Check the Luhn digit (ISO/IEC 7812-1, annex B) of the first `n` digits."""
    total = 0
    for k in range(n):
        digit = digits[n - 1 - k]
        if k & 1:
            digit *= 2
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


@kernel
def real_date(year: int, month: int, day: int) -> bool:
    """Say whether the Gregorian calendar has this day."""
    if month < 1 or month > 12 or day < 1:
        return False
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return day <= (29 if leap else 28)
    return day <= (30 if month == 4 or month == 6 or month == 9 or month == 11 else 31)


@kernel
def _number(digits: Digits, first: int, n: int) -> int:
    value = 0
    for k in range(first, first + n):
        value = value * 10 + digits[k]
    return value


@kernel
def resident_id_ok(digits: Digits, check: int) -> bool:
    """Check a Chinese resident identity number: 17 digits, and `check` in 0..10 (10 is X).

    Province, day of birth (1880 to 2049) and the MOD 11-2 check character of GB 11643-1999 must be right.
    """
    year = _number(digits, 6, 4)
    if not _PROVINCES[_number(digits, 0, 2)] or year < 1880 or year > 2049:
        return False
    if not real_date(year, _number(digits, 10, 2), _number(digits, 12, 2)):
        return False
    total = 0
    for k in range(17):
        total += _RESIDENT_WEIGHTS[k] * digits[k]
    return (12 - total % 11) % 11 == check


@kernel
def rrn_ok(digits: Digits) -> bool:
    """Check a Korean resident registration number: 13 digits with a day of birth, a century and a check digit."""
    century = digits[6]
    year = _number(digits, 0, 2) + (1900 if century in (1, 2, 5, 6) else 2000)
    if century < 1 or century > 8 or not real_date(year, _number(digits, 2, 2), _number(digits, 4, 2)):
        return False
    total = 0
    for k in range(12):
        total += _RRN_WEIGHTS[k] * digits[k]
    return bool((11 - total % 11) % 10 == digits[12])


@kernel
def cpf_ok(digits: Digits) -> bool:
    """Check the two check digits of a Brazilian CPF: 11 digits that are not all equal."""
    equal = True
    for k in range(1, 11):
        equal = equal and digits[k] == digits[0]
    if equal:
        return False
    for n in (9, 10):
        total = 0
        for k in range(n):
            total += (n + 1 - k) * digits[k]
        if total * 10 % 11 % 10 != digits[n]:
            return False
    return True


@kernel
def codice_fiscale_ok(chars: npt.NDArray[np.uint8]) -> bool:
    """Check the 16th character of an Italian codice fiscale, given as 16 ASCII bytes."""
    total = 0
    for k in range(15):
        b = int(chars[k])
        value = b - 0x30 if b <= 0x39 else b - 0x41
        total += value if k & 1 else _FISCAL_ODD[value]
    return bool(total % 26 == chars[15] - 0x41)
