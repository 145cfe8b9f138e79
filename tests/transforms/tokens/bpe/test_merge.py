"""Merges: the lowest rank first, the leftmost of equals; short and long words by the same rule."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.tokens.bpe.merge import MERGED_SHORT, Merges, make_merges, merge, merge_long, reached
from tests import plain

BYTE_ID = np.arange(256, dtype=np.int32)[::-1].copy()
LETTERS = [int(BYTE_ID[ord(letter)]) for letter in "abc"]


@st.composite
def tables(draw: st.DrawFn) -> dict[tuple[int, int], int]:
    """Merges of what is there already, and of nothing twice; two of them may make the same token."""
    ids = list(LETTERS)
    ranked: dict[tuple[int, int], int] = {}
    for number in range(draw(st.integers(1, 12))):
        pair = draw(st.sampled_from(ids)), draw(st.sampled_from(ids))
        ranked.setdefault(pair, draw(st.sampled_from([256 + number, *ids[3:]])))
        ids.append(256 + number)
    order = draw(st.permutations(list(ranked)))
    return {pair: ranked[pair] for pair in order}


def merged(word: bytes, merges: Merges) -> list[int]:
    data = np.frombuffer(word, np.uint8)
    ids, ranks = np.empty(MERGED_SHORT, np.int64), np.empty(MERGED_SHORT, np.int64)
    short = ids[: merge(data, 0, len(data), merges, ids, ranks)].tolist() if len(word) <= MERGED_SHORT else None
    long: list[int] = merge_long(data, 0, len(data), merges).tolist()
    assert short is None or short == long
    return long


@settings(max_examples=300)
@given(tables(), st.text("abc", min_size=1, max_size=150))
def test_as_a_plain_one(ranked: dict[tuple[int, int], int], word: str) -> None:
    ids = BYTE_ID[list(word.encode())].tolist()
    assert merged(word.encode(), make_merges(BYTE_ID, ranked)) == plain.merge(ids, ranked)


def test_no_merges() -> None:
    assert merged(b"xyz", make_merges(BYTE_ID, {})) == BYTE_ID[list(b"xyz")].tolist()


def test_a_pair_of_the_first_ids() -> None:
    zero = 255  # BYTE_ID is reversed: byte 255 has the id 0, and the pair (0, 0) the rank 0.
    assert merged(bytes([zero] * 3), make_merges(BYTE_ID, {(0, 0): 300})) == [300, 0]


def test_ids_of_twenty_bits() -> None:
    top = (1 << 20) - 1
    assert merged(b"aa", make_merges(BYTE_ID, {(LETTERS[0], LETTERS[0]): top})) == [top]


@given(st.integers(1, 100))
def test_reached(size: int) -> None:
    merges = make_merges(BYTE_ID, {(LETTERS[0], LETTERS[0]): 300, (300, 300): 301})
    words = [b"a", b"aa", b"aaaa", b"aaa", b"a" * size]
    offsets = np.cumsum([0, *map(len, words)])
    expected = np.array([LETTERS[0], 300, 301, 300, 301], np.int32)
    found = reached(np.frombuffer(b"".join(words), np.uint8), offsets, expected, merges)
    assert found.tolist() == [True, True, True, False, size == 4]
