"""Apportioning: to the token, in proportion, never above a bound; UniMax as it was published."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.budget.apportion import apportion, exact, fill

weights = st.lists(st.fractions(0, 100, max_denominator=50), min_size=1, max_size=8)
totals = st.integers(0, 10**14)


def bounded(most: st.SearchStrategy[int | None]) -> st.SearchStrategy[list[tuple[Fraction, int | None]]]:
    return st.lists(st.tuples(st.fractions(0, 9, max_denominator=9), most), min_size=1, max_size=8)


@given(totals, weights)
def test_parts_add_up_and_are_within_one_of_their_quota(total: int, given_weights: list[Fraction]) -> None:
    parts = apportion(total, given_weights)
    assert sum(parts) == total
    whole = sum(given_weights)
    for part, weight in zip(parts, given_weights, strict=True):
        quota = total * weight / whole if whole else Fraction(total, len(parts))
        assert abs(part - quota) < 1


@given(totals, weights, st.integers(1, 1000))
def test_only_proportions_count(total: int, given_weights: list[Fraction], times: int) -> None:
    assert apportion(total, given_weights) == apportion(total, [weight * times for weight in given_weights])


def test_nobody_gets_nothing() -> None:
    assert apportion(5, []) == []
    assert fill(5, [], []) == []


def test_shares_mean_what_is_written() -> None:
    parts = apportion(10**13, [exact(0.4), exact(0.5), exact(0.1)])
    assert parts == [4 * 10**12, 5 * 10**12, 10**12]


@given(totals, bounded(st.none() | st.integers(0, 10**13)))
def test_filling_loses_nothing_unless_all_are_full(total: int, given_parts: list[tuple[Fraction, int | None]]) -> None:
    parts = fill(total, *map(list, zip(*given_parts, strict=True)))  # type: ignore[arg-type]
    room = [(0 if not weight else total if most is None else most) for weight, most in given_parts]
    assert sum(parts) == min(total, sum(room))
    assert all(0 <= part <= bound for part, bound in zip(parts, room, strict=True))


@given(totals, bounded(st.none() | st.integers(0, 10**13)))
def test_who_is_not_full_has_no_less_than_its_weight_says(
    total: int, given_parts: list[tuple[Fraction, int | None]]
) -> None:
    parts = fill(total, *map(list, zip(*given_parts, strict=True)))  # type: ignore[arg-type]
    found = [(part, *given_part) for part, given_part in zip(parts, given_parts, strict=True) if given_part[0]]
    for part, weight, most in found:
        for other, other_weight, _ in found if part != most else ():
            # Of whole tokens, a token up or down.
            assert (part + 1) / weight >= (other - 1) / other_weight


@given(totals, weights)
def test_without_bounds_filling_is_apportioning(total: int, given_weights: list[Fraction]) -> None:
    if any(given_weights):
        kept = [weight for weight in given_weights if weight]
        parts = fill(total, given_weights, [None] * len(given_weights))
        assert [part for part, weight in zip(parts, given_weights, strict=True) if weight] == apportion(total, kept)


def unimax(counts: list[int], total: int, epochs: int) -> list[Fraction]:
    """UniMax as in algorithm 1 of arXiv 2304.09151: from the smallest language on, each a fair part of what is left."""
    budget, found = Fraction(total), [Fraction()] * len(counts)
    for done, n in enumerate(sorted(range(len(counts)), key=lambda n: counts[n])):
        found[n] = min(budget / (len(counts) - done), Fraction(counts[n] * epochs))
        budget -= found[n]
    return found


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=12), totals, st.integers(1, 20))
def test_equal_weights_are_unimax(counts: list[int], total: int, epochs: int) -> None:
    parts = fill(total, [Fraction(1)] * len(counts), [count * epochs for count in counts])
    for part, wanted in zip(parts, unimax(counts, total, epochs), strict=True):
        assert abs(part - wanted) < 1


@given(st.lists(st.integers(0, 3), min_size=1, max_size=4), st.integers(0, 12), st.integers(1, 2))
def test_unimax_is_the_fairest_of_all_divisions(counts: list[int], total: int, epochs: int) -> None:
    most = [count * epochs for count in counts]
    parts = fill(total, [Fraction(1)] * len(counts), most)  # type: ignore[arg-type]
    possible = [
        sorted(division)
        for division in product(*(range(bound + 1) for bound in most))
        if sum(division) == min(total, sum(most))
    ]
    # The greatest in lexical order has the largest smallest part, then the largest second smallest, and so on.
    assert sorted(parts) == max(possible)


@pytest.mark.parametrize(("number", "fraction"), [(0.1, Fraction(1, 10)), (3, Fraction(3)), (1e-7, Fraction(1, 10**7))])
def test_exact(number: float, fraction: Fraction) -> None:
    assert exact(number) == fraction
