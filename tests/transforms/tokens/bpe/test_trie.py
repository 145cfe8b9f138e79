"""A trie finds the longest of its strings."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.tokens.bpe.trie import EMPTY_NODES, NOTHING, longest, make_trie


@given(st.dictionaries(st.binary(max_size=4), st.integers(0, 9), max_size=6), st.binary(max_size=8), st.integers(0, 8))
def test_longest(strings: dict[bytes, int], text: bytes, start: int) -> None:
    found = [string for string in strings if string and text[start:].startswith(string)]
    best = max(found, key=len, default=b"")
    expected = (start + len(best), strings[best]) if found else (start, NOTHING)
    trie = make_trie(strings)
    assert longest(np.frombuffer(text, np.uint8), start, len(text), trie) == expected
    assert (len(trie.value) == EMPTY_NODES) == (set(strings) <= {b""})


def test_it_does_not_look_beyond_the_end() -> None:
    assert longest(np.frombuffer(b"abc", np.uint8), 0, 2, make_trie({b"abc": 1, b"a": 2})) == (1, 2)
