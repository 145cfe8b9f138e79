"""Parts: one compilation of a function, whatever it is called with, and the same results as Python's."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from numba import types

from babelmill.transforms.kernels.compile import kernel, kernel_part
from babelmill.transforms.kernels.parts import declared


@kernel_part
def _at(data: npt.NDArray[np.uint8], i: int, twice: bool) -> int:
    return int(data[i]) * (2 if twice else 1)


@kernel
def _third(data: npt.NDArray[np.uint8], places: npt.NDArray[np.int32], last: int) -> int:
    return _at(data, 0, True) + _at(data, places[1], False) + _at(data, last, len(places) > 2)


def test_a_part_is_compiled_once() -> None:
    data, places = np.arange(10, dtype=np.uint8), np.arange(3, dtype=np.int32)
    assert _third(data, places, 9) == 0 + 1 + 18
    assert list(_at.part.overloads) in ([], [(types.Array(types.uint8, 1, "C"), types.int64, types.boolean)])  # type: ignore[attr-defined]
    assert not _at.overloads  # type: ignore[attr-defined]


def test_python_calls_a_part_as_it_is() -> None:
    assert _at(np.array([3], np.uint8), 0, True) == 6


def test_a_number_is_of_the_type_that_is_declared() -> None:
    def function(a: int, b: np.uint32, c: float, d: bool, e: npt.NDArray[np.uint8]) -> None: ...

    array = types.Array(types.uint8, 1, "C")
    given = (types.literal(1), types.int64, types.int32, types.literal(True), array)
    assert declared(function, given) == (types.int64, types.uint32, types.float64, types.boolean, array)


APART = """\
import numpy as np
from babelmill.transforms.kernels.hashing import mixed
mixed(np.arange(3, dtype=np.uint64), 1)
import numba
found = numba.typed.Dict.empty(numba.int64, numba.int64)
found[1] = 2
print(found[1])
"""


def test_what_numba_loads_late_is_still_for_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BABELMILL_CACHE", str(tmp_path))
    done = subprocess.run([sys.executable, "-c", APART], capture_output=True, text=True, check=True)
    assert done.stdout == "2\n"
