"""An interpreted kernel does what the kernel does, and compiles nothing."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.kernels.compile import Kernel
from babelmill.transforms.kernels.interpreted import interpreted
from babelmill.transforms.pii.checksums import resident_id_ok


@given(st.lists(st.integers(0, 9), min_size=18, max_size=18), st.integers(0, 10))
def test_the_same_answer(digits: list[int], check: int) -> None:
    array = np.array(digits, np.int64)
    assert interpreted(resident_id_ok)(array, check) == resident_id_ok(array, check)


def test_no_kernel_is_left_in_it() -> None:
    function = interpreted(resident_id_ok)
    used = [function.__globals__[name] for name in function.__code__.co_names if name in function.__globals__]
    assert used
    assert not any(isinstance(found, Kernel) for found in used)
