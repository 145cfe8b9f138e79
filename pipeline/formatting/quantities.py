"""How numbers are written, on the terminal and on the page: something is never 0, and not all is never 100 per cent."""

from fractions import Fraction
from math import floor

__all__ = ["amount", "count", "fraction", "quantity", "share"]

_LEAST_SHARE = 0.001
"""Smaller parts are written as a number with an exponent."""


def quantity(number: float, unit: str = "") -> str:
    """Write a number with three digits and a prefix: `9.54M`, `71.3 MB`."""
    space = " " if unit else ""
    for prefix, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        # What rounds up to the next prefix's first number belongs there.
        if abs(number) >= 0.9995 * size:
            value = number / size
            return f"{value:.0f}{space}{prefix}{unit}" if abs(value) >= 999.5 else f"{value:.3g}{space}{prefix}{unit}"
    return f"{number:.3g}{space}{unit}"


def share(part: float, whole: float, digits: int = 1) -> str:
    """Write a part of a whole in per cent, halves rounded up; a dash where there is no whole.

    >>> share(1, 200, 0), share(1, 3), share(1, 10_000), share(9_999, 10_000), share(0, 9)
    ('1%', '33.3%', '<0.1%', '>99.9%', '0.0%')
    """
    if not whole:
        return "–"
    unit = 10**digits
    steps = floor(Fraction(part) * 100 * unit / Fraction(whole) + Fraction(1, 2))
    sign = ""
    if steps == 0 and part > 0:
        sign, steps = "<", 1
    elif steps == 100 * unit and part < whole:
        sign, steps = ">", steps - 1
    return f"{sign}{steps // unit}" + (f".{steps % unit:0{digits}d}%" if digits else "%")


def fraction(part: float, whole: float, digits: int = 1) -> str:
    """Write a part of a whole in per cent, and one of less than a thousandth as a number with an exponent.

    >>> fraction(1, 4), fraction(11, 10**8)
    ('25.0%', '1.1e-07')
    """
    if not whole or not part or part >= _LEAST_SHARE * whole:
        return share(part, whole)
    return f"{part / whole:.{digits}e}"


def amount(number: float, digits: int = 0) -> str:
    """Write a number with so many decimals; with two digits where it would be 0 and is not.

    >>> amount(1234.5), amount(0.0312, 1), amount(0)
    ('1,234', '0.031', '0')
    """
    written = f"{number:,.{digits}f}"
    return f"{number:.2g}" if number and not written.strip("-0.") else written


def count(number: int) -> str:
    """Write a number whole while it is short."""
    return f"{number:,}" if number < 1_000_000 else quantity(number)
