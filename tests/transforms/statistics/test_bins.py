"""Bins: every value is in the bin whose edges hold it, and a bin is narrow."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.statistics.bins import BINS, bins_of, edges

values = st.one_of(st.just(0.0), st.floats(0, 1, width=32), st.integers(0, 2**31 - 1).map(float))


@given(st.lists(values, min_size=1))
def test_a_value_is_between_its_bins_edges(found: list[float]) -> None:
    for value, number in zip(found, bins_of(np.array(found)).tolist(), strict=True):
        low, high = edges()[number]
        if value == 0:
            assert (number, low, high) == (0, 0, 0)
        else:
            assert number > 0
            assert low <= value < high


def test_bins_touch_and_are_narrow() -> None:
    low, high = edges()[1:].T
    assert len(low) == BINS - 1
    assert np.array_equal(low[1:], high[:-1])
    assert ((high - low)[1:] <= low[1:] / 16).all()
    # What lies beyond the last edge stays in the last bin.
    assert bins_of(np.array([2.0**40])).tolist() == [BINS - 1]


def test_float32_and_int32_are_taken_as_they_are() -> None:
    assert bins_of(np.array([2**31 - 1], np.int32)) == bins_of(np.array([float(2**31 - 1)]))
    assert bins_of(np.array([0.1], np.float32)) == bins_of(np.array([float(np.float32(0.1))]))
