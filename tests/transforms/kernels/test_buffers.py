"""Arrow columns as numpy sees them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.kernels.buffers import packed, unpacked


@given(
    st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.booleans()), max_size=20),
    st.integers(0, 5),
)
def test_packed_numbers_come_back(rows: list[tuple[int, int, bool]], skip: int) -> None:
    numbers = np.array([row[:2] for row in rows], np.uint64).reshape(-1, 2)
    mask = np.array([row[2] for row in rows], bool)
    column = packed(numbers, mask)
    assert column.null_count == mask.sum()
    assert np.array_equal(unpacked(column[skip:]), numbers[skip:][~mask[skip:]])
    assert np.array_equal(unpacked(packed(numbers)), numbers)
