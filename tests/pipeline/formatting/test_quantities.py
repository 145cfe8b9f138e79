"""Numbers have three digits; something is never written as 0, and a part never as the whole."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.formatting.quantities import amount, fraction, quantity, share


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (0, "", "0"), (999, "", "999"), (1000, "", "1k"), (9.54e6, "", "9.54M"), (71.3e6, "B", "71.3 MB"),
        (0, "B", "0 B"), (1e13, "", "10T"), (123_456_789, "B", "123 MB"), (1.5e9, "B/s", "1.5 GB/s"),
    ],
)  # fmt: skip
def test_quantity(number: float, unit: str, text: str) -> None:
    assert quantity(number, unit) == text


SUFFIXES = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


@given(st.integers(0, 10**14))
def test_quantity_is_within_half_a_percent(number: int) -> None:
    digits, suffix = re.fullmatch(r"([\d.e+]+)([kMGT]?)", quantity(number)).groups()  # type: ignore[union-attr]
    assert float(digits) * SUFFIXES[suffix] == pytest.approx(number, rel=0.005)


@pytest.mark.parametrize(("number", "text"), [(999_999, "1M"), (999_600_000, "1G"), (1e15, "1000T")])
def test_quantity_next_to_a_prefix(number: float, text: str) -> None:
    assert quantity(number) == text


@given(st.floats(1e-12, 1e15))
def test_a_quantity_that_is_there_is_not_0(number: float) -> None:
    assert float(re.match(r"[\d.e+-]+", quantity(number))[0]) > 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("part", "whole", "digits", "text"),
    [
        (4, 800, 0, "1%"), (3, 800, 0, "<1%"), (0, 800, 0, "0%"), (25, 1000, 0, "3%"), (995, 1000, 0, ">99%"),
        (994, 1000, 0, "99%"), (1000, 1000, 0, "100%"), (1, 2000, 1, "0.1%"), (1, 2001, 1, "<0.1%"),
        (1, 8, 1, "12.5%"), (5, 3, 1, "166.7%"), (1, 0, 1, "–"), (9_999, 10_000, 1, ">99.9%"), (1, 3, 2, "33.33%"),
    ],
)  # fmt: skip
def test_share(part: int, whole: int, digits: int, text: str) -> None:
    assert share(part, whole, digits) == text


@given(st.integers(0, 10**12), st.integers(1, 10**12), st.integers(0, 2))
def test_a_share_is_true(part: int, whole: int, digits: int) -> None:
    sign, number = re.fullmatch(r"([<>]?)([\d.]+)%", share(part, whole, digits)).groups()  # type: ignore[union-attr]
    exact, written = Fraction(100 * part, whole), Fraction(number)
    if sign == "<":
        assert 0 < exact < written
    elif sign == ">":
        assert written < exact < 100
    else:
        assert abs(exact - written) <= Fraction(1, 2 * 10**digits)
        assert (written == 0) == (part == 0)
        assert written != 100 or part >= whole


@given(st.integers(0, 10**15), st.integers(1, 10**15))
def test_a_fraction_is_true(part: int, whole: int) -> None:
    text = fraction(part, whole)
    if text.endswith("%"):
        assert text == share(part, whole)
        assert "<" not in text
    else:
        assert 0 < float(text) == pytest.approx(part / whole, rel=0.06)


@given(st.floats(0, 1e12), st.integers(0, 2))
def test_an_amount_that_is_there_is_not_0(number: float, digits: int) -> None:
    written = float(amount(number, digits).replace(",", ""))
    assert (written == 0) == (number == 0)
    assert written == pytest.approx(number, rel=0.06, abs=0.5 / 10**digits)
