"""A hint changes nothing, wherever it points."""

import numpy as np
import pytest
from numba.core.errors import TypingError

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.kernels.prefetch import prefetch


@kernel
def total(table: np.ndarray, places: np.ndarray, hints: np.ndarray) -> int:
    found = 0
    for i in range(len(places)):
        prefetch(table, hints[i])
        found += table[places[i] // table.shape[1], places[i] % table.shape[1]]
    return found


def test_the_sum_is_the_same_with_hints_far_outside() -> None:
    table, places = np.arange(12).reshape(4, 3), np.arange(12)
    for hints in (places, np.full(12, 1 << 40), np.full(12, -(1 << 40))):
        assert total(table, places, hints) == 66


def test_only_arrays_that_lie_in_one_piece() -> None:
    with pytest.raises(TypingError):
        total(np.arange(24).reshape(4, 6)[:, ::2], np.arange(12), np.arange(12))
