"""Homes: what is packed comes back, and each row goes to its home."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.dedup.edges import EDGE
from babelmill.transforms.dedup.homes import ASK, DOC, EDGES, home_of, pack, post, unpack

DTYPES = st.sampled_from([EDGE, ASK, DOC])
ROWS = st.sampled_from([1, 2, 3, 15, 16, 17, 500])


@given(DTYPES, ROWS, st.integers(0, 1 << 32), st.booleans())
def test_what_is_packed_comes_back(dtype: np.dtype[np.void], rows: int, seed: int, small: bool) -> None:
    array = np.frombuffer(np.random.default_rng(seed).bytes(rows * dtype.itemsize), dtype).copy()
    if small:
        array["doc"] %= np.uint64(300)
    assert unpack(pack(array), dtype).tobytes() == array.tobytes()
    zeros = np.zeros(rows, dtype)
    assert unpack(pack(zeros), dtype).tobytes() == zeros.tobytes()


def test_an_edge_alone_takes_no_frame() -> None:
    edge = np.array([(1 << 50, (1 << 50) - 3, 1.0, 0)], EDGE)
    assert len(pack(edge)) == 1 + 3 + 1 + 1 + 2


@pytest.mark.parametrize("rows", [0, 1, 70_000])
def test_each_row_goes_to_its_home(rows: int) -> None:
    edges = np.zeros(rows, EDGE)
    edges["doc"] = np.random.default_rng(1).permutation(rows)
    found = []
    for home, message in post(EDGES, edges, home_of(edges["doc"], 5)):
        assert message[:1] == EDGES
        part = unpack(message[1:], EDGE)
        assert (home_of(part["doc"], 5) == home).all()
        found += part["doc"].tolist()
    assert sorted(found) == list(range(rows))
