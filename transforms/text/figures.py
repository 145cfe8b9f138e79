"""Figures: the words that are numbers or operators, by which sums, program code and tables differ from each other.

    total = left + right   →   =  +            Births 1990: 412   →   1990  412            2024-01-02   →   2024-01-02

A figure is a word with a digit, or one of operators: `+`, `<=`, `x^2`. A hyphen between letters is not one, nor is a
bullet at the beginning of a line, nor a line drawn of signs (`----`).
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.kernels.hashing import ROLL, mix64
from babelmill.transforms.text.unicode import BULLET, SPACE

__all__ = ["DRAWN", "figures_hash"]

DRAWN = 4
"""Signs in a row that are a line, and no operator: no language has one so long."""
_HYPHEN = np.uint32(ord("-"))


@kernel
def figures_hash(
    points: npt.NDArray[np.uint32],
    n: int,
    start: int,
    end: int,
    kinds: npt.NDArray[np.uint16],
    figure: npt.NDArray[np.uint32],
    letters: bool,
    digits: bool,
    begins_line: bool,
) -> np.uint64:
    """Return the hash of a word's digits and operators, or 0 where they do not make it a figure.

    Args:
        points: the document's code points, `n` of them.
        start: where the word is, to `end`.
        kinds: class flags of every code point.
        figure: what each counts as (fold.py: `figures`).
        letters: whether it has any.
        digits: whether it has any.
        begins_line: nothing but white space is before it on its line.
    """
    if not letters and not digits:
        bullet = begins_line and kinds[points[start]] & BULLET and (end == n or kinds[points[end]] & SPACE)
        if bullet or end - start >= DRAWN:
            return np.uint64(0)
    found = np.uint64(0)
    for i in range(start, end):
        same = figure[points[i]]
        if same and (same != _HYPHEN or not letters or digits):
            found = found * ROLL + np.uint64(same)
    return mix64(found) if found else np.uint64(0)
