"""Hashes: two integer mixers for the kernels, and the 128-bit digest that decides whether two texts are equal."""

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.kernels.buffers import string_buffers
from babelmill.transforms.kernels.compile import kernel

__all__ = ["ROLL", "digests", "mix32", "mix64", "mixed"]

ROLL = np.uint64(0x9E3779B97F4A7C15)
"""Odd multiplier of the rolling hash `h * ROLL + x + 1`: 2^64 over the golden ratio."""


@kernel
def mix64(h: np.uint64) -> np.uint64:
    """Spread a 64-bit integer over all its bits (one round of MurmurHash3's finaliser)."""
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


@kernel
def mix32(h: np.uint32) -> np.uint32:
    """Spread a 32-bit integer over all its bits (MurmurHash3's finaliser, as datasketch's `affine32` wants it).

    numba widens a product of uint32 to uint64: each is cut back by hand.
    """
    h ^= h >> np.uint32(16)
    h = np.uint32(h * np.uint32(0x85EBCA6B))
    h ^= h >> np.uint32(13)
    h = np.uint32(h * np.uint32(0xC2B2AE35))
    return np.uint32(h ^ (h >> np.uint32(16)))


@kernel
def _mix_into(values: npt.NDArray[np.uint64], seed: np.uint64, out: npt.NDArray[np.uint64]) -> None:
    key = mix64(seed + ROLL)
    for i in range(len(values)):
        out[i] = mix64(values[i] ^ key)


def mixed(values: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.uint64]:
    """Return a seeded permutation of 64-bit values: equal inputs stay equal, order becomes random."""
    out = np.empty(len(values), np.uint64)
    _mix_into(np.ascontiguousarray(values), np.uint64(seed), out)
    return out


def digests(text: pa.Array) -> npt.NDArray[np.uint64]:
    """Return BLAKE2b-128 of every text's UTF-8 bytes, as uint64[n, 2].

    A cryptographic hash, because equality of digests deletes documents, and text comes from strangers.
    """
    data, offsets = string_buffers(text)
    view = data.data
    ends = offsets.tolist()
    packed = b"".join(
        hashlib.blake2b(view[start:end], digest_size=16).digest() for start, end in zip(ends, ends[1:], strict=False)
    )
    return np.frombuffer(packed, "<u8").reshape(-1, 2)
