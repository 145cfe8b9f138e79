"""Digests and the seeded order."""

import hashlib

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.kernels.hashing import digests, mixed


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",))), max_size=5))
def test_digests_are_blake2b(texts: list[str]) -> None:
    found = digests(pa.array(texts, pa.string()))
    expected = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
    assert found.tobytes() == b"".join(expected)


def test_digests_of_a_slice() -> None:
    text = pa.array(["a", "b", "c"])
    assert np.array_equal(digests(text.slice(1)), digests(pa.array(["b", "c"])))


@given(st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=50), st.integers(0, 2**63 - 1))
def test_mixed_is_a_permutation(values: list[int], seed: int) -> None:
    given_values = np.array(values, np.uint64)
    out = mixed(given_values, seed)
    assert len(set(out.tolist())) == len(values)
    assert np.array_equal(out, mixed(given_values, seed))


def test_seeds_differ() -> None:
    values = np.arange(10, dtype=np.uint64)
    assert not np.array_equal(mixed(values, 0), mixed(values, 1))
