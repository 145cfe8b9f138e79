"""Check digits against plain-Python twins."""

import datetime

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.pii.checksums import cpf_ok, luhn_ok, real_date, resident_id_ok
from babelmill.transforms.pii.countries import IBAN_LENGTH
from babelmill.transforms.pii.mask import Mask

digits = st.lists(st.integers(0, 9), min_size=20, max_size=20)


def luhn(number: list[int]) -> bool:
    doubled = [digit * 2 if place % 2 else digit for place, digit in enumerate(reversed(number))]
    return sum(sum(divmod(digit, 10)) for digit in doubled) % 10 == 0


@given(digits, st.integers(1, 19))
def test_luhn(number: list[int], n: int) -> None:
    assert luhn_ok(np.array(number, np.int64), n) == luhn(number[:n])


@given(digits, st.integers(0, 9), st.integers(1, 9))
def test_luhn_notices_every_wrong_digit(number: list[int], place: int, other: int) -> None:
    check = next(d for d in range(10) if luhn([*number[:15], d]))
    good = [*number[:15], check]
    bad = [(d + other) % 10 if k == place else d for k, d in enumerate(good)]
    assert luhn_ok(np.array(good, np.int64), 16)
    assert not luhn_ok(np.array(bad, np.int64), 16)


@given(st.integers(1, 2100), st.integers(0, 13), st.integers(0, 32))
def test_dates(year: int, month: int, day: int) -> None:
    try:
        datetime.date(year, month, day)
        real = True
    except ValueError:
        real = False
    assert real_date(year, month, day) == real


@given(st.dates(datetime.date(1880, 1, 1), datetime.date(2049, 12, 31)), st.integers(0, 999), st.integers(0, 10))
def test_resident_id(born: datetime.date, sequence: int, check: int) -> None:
    body = [int(d) for d in f"110101{born:%Y%m%d}{sequence:03d}"]
    total = sum(d * 2 ** (17 - k) for k, d in enumerate(body)) + check
    assert resident_id_ok(np.array(body, np.int64), check) == (total % 11 == 1)


@given(st.lists(st.integers(0, 9), min_size=11, max_size=11))
def test_cpf(number: list[int]) -> None:
    first = sum((10 - k) * number[k] for k in range(9)) * 10 % 11 % 10
    second = sum((11 - k) * number[k] for k in range(10)) * 10 % 11 % 10
    right = number[9:] == [first, second] and len(set(number)) > 1
    assert cpf_ok(np.array(number, np.int64)) == right


@given(
    st.sampled_from(np.argwhere(IBAN_LENGTH).tolist()), st.text("0123456789ABC", min_size=31, max_size=31), st.data()
)
def test_iban(country: list[int], body: str, data: st.DataObject) -> None:
    """Mod 97 over the whole number, as ISO 13616 says it, for every country of the registry."""
    code = "".join(chr(65 + letter) for letter in country)
    body = body[: int(IBAN_LENGTH[tuple(country)]) - 4]
    check = 98 - int("".join(str(int(char, 36)) for char in f"{body}{code}00")) % 97
    wrong = data.draw(st.integers(0, 99).filter(lambda number: number % 97 != check % 97))
    for number, expected in ((check, "<IBAN>"), (wrong, None)):
        iban = f"{code}{number:02d}{body}"
        spaced = " ".join(iban[k : k + 4] for k in range(0, len(iban), 4))
        for written in (iban, spaced):
            text, _ = Mask(("iban",))(pa.array([f"({written})"]))
            assert text[0].as_py() == (f"({expected})" if expected else f"({written})")
