"""Apportioning: a whole number of tokens into whole parts, to the token, exactly.

>>> apportion(10, [Fraction(1), Fraction(1), Fraction(1)])
[4, 3, 3]
>>> fill(10, [Fraction(1), Fraction(1), Fraction(1)], [2, None, 3])
[2, 5, 3]

Everything is rational arithmetic, so that no sum is off by a token at ten trillion.
"""

from collections.abc import Sequence
from fractions import Fraction

__all__ = ["apportion", "exact", "fill"]


def exact(number: float) -> Fraction:
    """Return a number as it is written: 0.1 is a tenth, not the binary fraction next to it."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def apportion(total: int, weights: Sequence[Fraction]) -> list[int]:
    """Return whole parts in proportion to weights, that add up to `total`.

    By largest remainder (Hamilton): each gets its quota rounded down, and those with the largest remainders one more;
    of equals the first. Equal parts where no weight is above zero.
    """
    whole = sum(weights, start=Fraction())
    if not whole:
        weights, whole = [Fraction(1)] * len(weights), Fraction(len(weights))
    if not weights:
        return []
    quotas = [total * weight / whole for weight in weights]
    parts = [quota.numerator // quota.denominator for quota in quotas]
    remainders = sorted(range(len(parts)), key=lambda n: (parts[n] - quotas[n], n))
    for n in remainders[: total - sum(parts)]:
        parts[n] += 1
    return parts


def fill(total: int, weights: Sequence[Fraction], most: Sequence[int | None]) -> list[int]:
    """Return whole parts in proportion to weights, none above its `most`; what one cannot take, the others share.

    The parts add up to `total`, or to the sum of `most` where that is less. A part without weight gets nothing. With
    equal weights, and `most` = epochs x tokens, this is UniMax (arXiv 2304.09151, algorithm 1); it is max-min fair.

    Args:
        total: what is to be shared.
        weights: of each part, from 0.
        most: of each part; None for no bound.
    """
    parts = [0] * len(weights)
    open_ = [n for n, weight in enumerate(weights) if weight]
    # Those that are full first are those with the least room for their weight.
    bounded = sorted((Fraction(bound) / weights[n], n) for n in open_ if (bound := most[n]) is not None)
    left, weight_left = total, sum((weights[n] for n in open_), start=Fraction())
    full = set()
    for level, n in bounded:
        if level * weight_left > left:
            break
        parts[n] = int(level * weights[n])
        full.add(n)
        left -= parts[n]
        weight_left -= weights[n]
    rest = [n for n in open_ if n not in full]
    # None of these can exceed its bound by rounding up: its quota is below a bound that is whole.
    if rest:
        for n, part in zip(rest, apportion(left, [weights[n] for n in rest]), strict=True):
            parts[n] = part
    return parts
