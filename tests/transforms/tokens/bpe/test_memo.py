"""The memory gives back what was put in, or nothing."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.tokens.bpe.memo import REMEMBERED, SLACK, fill, key_of, padded_words, recall, remember

SMALL = np.zeros((4, 8), np.uint64)
"""Two twos: most words take another's place."""


def key(word: bytes) -> tuple[np.uint64, ...]:
    """numba hands a uint64 to Python as an int, and takes an int for an int64."""
    return tuple(map(np.uint64, key_of(padded_words(word), 0, len(word))))


words = st.binary(min_size=1, max_size=REMEMBERED)


@given(st.binary(max_size=60), st.integers(0, 59), st.integers(1, REMEMBERED))
def test_a_key_is_the_words_bytes_and_length(text: bytes, start: int, size: int) -> None:
    word = text[start : start + size]
    if word:
        expected = int.from_bytes(word.ljust(REMEMBERED, b"\0") + bytes([len(word)]), "little")
        found = key_of(padded_words(text), start, len(word))
        assert sum(int(part) << 64 * i for i, part in enumerate(found)) == expected


@given(st.lists(st.tuples(words, st.lists(st.integers(0, (1 << 20) - 1), min_size=1, max_size=14)), max_size=12))
def test_gives_back_the_last_ids_or_nothing(entries: list[tuple[bytes, list[int]]]) -> None:
    memo, out = SMALL.copy(), np.zeros(20 + SLACK, np.uint32)
    known: dict[bytes, list[int]] = {}
    for word, ids in entries:
        count = recall(memo, key(word), out, 3)
        assert count == 0 or out[3 : 3 + count].tolist() == known[word]
        if count == 0:
            out[3 : 3 + len(ids)] = ids
            remember(memo, key(word), out, 3, len(ids))
            known[word] = ids
            assert recall(memo, key(word), out, 0) == (len(ids) if len(ids) <= 12 else 0)


@given(st.lists(words, min_size=1, max_size=8, unique=True))
def test_fill(some: list[bytes]) -> None:
    memo, out = np.zeros((1 << 10, 8), np.uint64), np.zeros(1 + SLACK, np.uint32)
    offsets = np.cumsum([0, *map(len, some)])
    fill(memo, padded_words(b"".join(some)), offsets, np.arange(len(some), dtype=np.int32))
    assert recall(memo, key(some[-1]), out, 0) == 1
    assert out[0] == len(some) - 1
