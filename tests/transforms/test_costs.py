"""Costs are sums that merge, and a line's intercept is found."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.costs import CPU, Costs, fixed_part

SUMS = st.dictionaries(st.sampled_from(["cpu_s/read", "bytes/staged", "docs/alone"]), st.integers(0, 1 << 40))


@given(st.lists(SUMS), st.integers(0, 10))
def test_sums_do_not_depend_on_how_they_are_split(parts: list[dict[str, int]], at: int) -> None:
    whole, left, right = Costs(), Costs(), Costs()
    for number, part in enumerate(parts):
        whole.merge(part)
        (left if number < at else right).merge(part)
    left.merge(right.sums)
    assert left.sums == whole.sums


def test_time_is_that_of_the_block_alone_and_of_work_not_of_waiting() -> None:
    costs = Costs()

    def items() -> list[int]:
        return [1, 2, 3]

    with costs.timed("wait"):
        time.sleep(0.05)
    assert list(costs.each("items", items())) == [1, 2, 3]
    with pytest.raises(ValueError, match="broken"), costs.timed("broken"):
        raise ValueError("broken")
    assert costs.sums[f"{CPU}wait"] < 0.04
    assert set(costs.sums) == {f"{CPU}wait", f"{CPU}items", f"{CPU}broken"}


@given(
    st.lists(st.integers(1, 1 << 40), min_size=3, unique=True),
    st.floats(0, 1e6),
    st.floats(1e-3, 1e3),
)
def test_a_line_s_intercept_is_found(sizes: list[int], fixed: float, slope: float) -> None:
    found = fixed_part(sizes, [fixed + slope * size for size in sizes])
    assert found == pytest.approx(fixed, rel=1e-3, abs=1e-3 * slope * min(sizes) + 1e-6)


@given(st.lists(st.tuples(st.integers(1, 1 << 30), st.floats(0, 1e9))))
def test_a_fixed_part_is_never_more_than_the_least(pairs: list[tuple[int, float]]) -> None:
    sizes, amounts = [size for size, _ in pairs], [amount for _, amount in pairs]
    assert 0 <= fixed_part(sizes, amounts) <= min(amounts, default=0)
