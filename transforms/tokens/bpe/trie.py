"""A trie over bytes: the added tokens of a tokenizer, found in text."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel_part

__all__ = ["EMPTY_NODES", "NOTHING", "Trie", "longest", "make_trie"]

NOTHING = -1
EMPTY_NODES = 2
"""Nodes of a trie without strings."""


class Trie(NamedTuple):
    """Byte strings with a value each."""

    symbol: npt.NDArray[np.uint8]
    """uint8[256]: number of a byte among those that occur; 0 occurs in no string."""
    child: npt.NDArray[np.int32]
    """int32[nodes, symbols]: 0 is none; node 1 is the root."""
    value: npt.NDArray[np.int32]
    """int32[nodes]: of the string that ends here, or NOTHING."""


def make_trie(strings: Mapping[bytes, int]) -> Trie:
    """Build a trie; the empty string is left out, and no value is NOTHING."""
    occurring = sorted(set(b"".join(strings)))
    symbol = np.zeros(256, np.uint8)
    symbol[occurring] = np.arange(1, len(occurring) + 1)
    children: list[dict[int, int]] = [{}, {}]
    values = {}
    for string, value in strings.items():
        node = 1
        for byte in string:
            if byte not in children[node]:
                children[node][byte] = len(children)
                children.append({})
            node = children[node][byte]
        if string:
            values[node] = value
    child = np.zeros((len(children), len(occurring) + 1), np.int32)
    for node, below in enumerate(children):
        for byte, to in below.items():
            child[node, symbol[byte]] = to
    found = np.full(len(children), NOTHING, np.int32)
    found[list(values)] = list(values.values())
    return Trie(symbol, child, found)


@kernel_part
def longest(data: npt.NDArray[np.uint8], start: int, end: int, trie: Trie) -> tuple[int, int]:
    """Return where the longest string that begins at `start` ends, and its value; (start, NOTHING) if there is none."""
    symbol, child, values = trie
    node, stop, value = 1, start, NOTHING
    for i in range(start, end):
        node = child[node, symbol[data[i]]]
        if node == 0:
            break
        if values[node] != NOTHING:
            stop, value = i + 1, values[node]
    return stop, value
