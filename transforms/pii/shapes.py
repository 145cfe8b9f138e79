"""How telephone numbers are grouped, country by country, where the grouping alone tells them from other numbers.

A shape is the digits of each group, the digits that a number may begin with, and what may stand in each gap: `s`pace,
`d`ash, `.`, `/`, `o`pening and `c`losing bracket; the last gap's letters hold for all further gaps. ISBN (1-3-5-1,
978-…), ISSN (4-4), dates (4-2-2, 2-2-4), times, page ranges and prices share no shape with these.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.pii.groups import CLOSE, DASH, DOT, OPEN, SLASH, SPACE

__all__ = ["SHAPES", "Shapes"]

_GAPS = {"s": SPACE, "d": DASH, ".": DOT, "/": SLASH, "o": OPEN, "c": CLOSE}

_TRUNK = "0 1-9"
_ROWS = (
    # North America, and what is dialled like it (China's 400-810-1234).
    ("3-3-4", "2-9", "d d"),
    ("3-3-4", "2-9 0-9 0-9 2-9", ". ."),
    ("3-3-4", "2-9", "c sd."),
    ("1-3-3-4", "1 2-9", "d d d"),
    ("1-3-3-4", "1 2-9", "o c sd"),
    # China: mobile in groups; Iran, Turkey and Russia with their trunk digit in front.
    ("3-4-4", "1 3-9", "s s"),
    ("3-4-4", "1 3-9", "d d"),
    ("1-3-3-2-2", "8 3-9", "sdo sdc sd"),
    ("1-3-3-2-2", "0 2-5", "so sc sd"),
    # The area code in brackets, without a trunk digit: Russia, Ukraine, Turkey, Poland, Brazil, Mexico.
    ("3-3-2-2", "1-9", "c sd"),
    ("2-3-2-2", "1-9", "c sd"),
    ("2-5-4", "1-9 1-9 9", "c d"),
    ("2-4-4", "1-9", "c d"),
    ("2-4-4", "1-9", "c s"),
    # France; Belgium's mobiles and cities (03-220.83.89).
    ("2-2-2-2-2", "0 1-9", "s s"),
    ("2-2-2-2-2", "0 1-9", "d d"),
    ("2-2-2-2-2", "0 1-9", ". ."),
    ("4-2-2-2", "0 4", "sd/ s."),
    ("2-3-2-2", _TRUNK, "sd/c s."),
    ("3-2-2-2", "0 1-9", "/c s."),
    # The trunk 0 and an area code, 9 to 12 digits: Germany, Britain, Italy, the Netherlands, Japan, Korea, China …
    *((shape, _TRUNK, "sdc/ sd") for shape in (
        "2-4-4", "3-3-4", "4-2-4", "4-3-3", "3-3-2-2", "2-3-3-2",
        "3-4-4", "4-3-4", "5-3-3", "4-3-2-2", "3-2-2-2-2", "2-2-3-4", "2-1-3-4",
        "3-7", "3-8", "4-6", "4-7", "4-8", "5-6", "5-7",
    )),
    ("2-1-3-4", "0 6", "s c s"),
    ("2-2-3-4", "0 6", "s c s"),
    ("2-8", "0 1-9 1-9", "sd/c"),
    ("2-7", _TRUNK, "/c"),
    ("2-3-4", "0 2", "d d"),
    ("2-3-4", _TRUNK, "c d"),
    ("3-6", _TRUNK, "/c"),
    ("4-5", _TRUNK, "/c"),
    ("5-4", _TRUNK, "/c"),
    ("5-5", _TRUNK, "/c"),
)  # fmt: skip


class Shapes(NamedTuple):
    """`n` groups of `size` digits; `lead`: bit d for every digit that may stand in one of the first four places;
    `gap`: what may stand in each gap."""

    n: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    lead: npt.NDArray[np.int64]
    gap: npt.NDArray[np.int64]


def _digits(part: str) -> int:
    first, _, last = part.partition("-")
    return sum(1 << digit for digit in range(int(first), int(last or first) + 1))


def _shapes() -> Shapes:
    rows = len(_ROWS)
    table = Shapes(*(np.zeros(shape, np.int64) for shape in ((rows,), (rows, 5), (rows, 4), (rows, 4))))
    table.lead[:] = _digits("0-9")
    for row, (shape, lead, gaps) in enumerate(_ROWS):
        sizes = [int(size) for size in shape.split("-")]
        table.n[row] = len(sizes)
        table.size[row, : len(sizes)] = sizes
        for place, part in enumerate(lead.split()):
            table.lead[row, place] = _digits(part)
        masks = [sum(_GAPS[letter] for letter in letters) for letters in gaps.split()]
        for k in range(len(sizes) - 1):
            table.gap[row, k] = masks[min(k, len(masks) - 1)]
    return table


SHAPES = _shapes()
"""Every shape, in rows."""
