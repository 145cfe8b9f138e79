"""Axes: a bar holds exactly the documents between its ends, and quantiles are right to within 3 %."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.show.html.axis import linear, octaves, quantile
from babelmill.transforms.statistics.bins import BINS, bins_of

ratios = st.lists(st.floats(0, 1, width=32), max_size=30)
limits = st.lists(st.floats(0, 1), max_size=2)


def counts(values: list[float]) -> np.ndarray:
    return np.bincount(bins_of(np.array(values, float)), minlength=BINS)


def between(values: list[float], ends: np.ndarray) -> list[int]:
    """Count plainly; the last bar has its upper end too, the first whatever is smaller, zeros are in none."""
    positive = [value for value in values if value > 0]
    found = []
    for bar, (low, high) in enumerate(zip(ends, ends[1:], strict=False)):
        last = bar == len(ends) - 2
        found.append(sum((bar == 0 or low <= value) and (value < high or last) for value in positive))
    return found


@given(ratios, limits)
def test_linear_bars_are_plain_counts(values: list[float], bounds: list[float]) -> None:
    axis = linear(counts(values), bounds)
    assert axis.bars(counts(values)).tolist() == between(values, axis.ends)
    assert np.allclose(np.diff(axis.ends), axis.ends[1])
    assert max([*values, *bounds, 0]) <= axis.ends[-1] <= 1
    assert all(0 <= tick <= axis.ends[-1] * (1 + 1e-9) for tick in axis.ticks)


@given(st.lists(st.integers(0, 2**31 - 1), max_size=30), st.lists(st.integers(0, 10**6), max_size=2))
def test_octave_bars_are_plain_counts_of_whole_numbers(values: list[int], bounds: list[int]) -> None:
    axis = octaves(counts(values), bounds, integer=True)
    assert axis.bars(counts(values)).tolist() == between(values, axis.ends)
    assert all(np.ceil(low) < high for low, high in zip(axis.ends, axis.ends[1:], strict=False))


@given(st.lists(st.floats(0, 1e6, width=32), max_size=30), st.lists(st.floats(0, 1e4), max_size=2))
def test_octave_bars_are_plain_counts(values: list[float], bounds: list[float]) -> None:
    axis = octaves(counts(values), bounds, integer=False)
    assert axis.bars(counts(values)).tolist() == between(values, axis.ends)
    inside = [value for value in [*values, *bounds] if value >= 2**-20]
    assert all(axis.ends[0] <= value <= axis.ends[-1] for value in inside)


@given(st.lists(st.floats(2**-15, 1e6, width=32) | st.just(0.0), min_size=1, max_size=30), st.floats(0.01, 1))
def test_quantiles_are_near(values: list[float], share: float) -> None:
    exact = float(np.quantile(np.array(values), share, method="inverted_cdf"))
    assert quantile(counts(values), share) == pytest.approx(exact, rel=0.032, abs=0)


def test_ticks_are_round_and_few() -> None:
    assert linear(counts([0.3]), []).ticks == pytest.approx((0, 0.2, 0.4))
    assert octaves(counts([120, 90_000]), [], True).ticks == (100, 1000, 10_000, 100_000)
    assert octaves(counts([3, 9]), [], True).ticks == (2, 5, 10)
    assert len(octaves(counts([1, 2**30]), [], True).ticks) <= 5
