"""Counting by digests, in parts, gives what a dictionary of all texts gives."""

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.corpus import counting
from babelmill.pipeline.corpus.counting import count_texts

TEXTS = st.lists(st.lists(st.sampled_from([*"abcdefgh", "é" * 40, ""]), max_size=20), max_size=4)


@given(TEXTS, st.integers(0, 12), st.sampled_from([1, 3, 1 << 20]))
def test_it_is_a_counter(columns: list[list[str]], top: int, held: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "_HELD", held)
        patch.setattr(counting, "_PIECE_BYTES", 64)
        arrays = [pa.array(column, pa.string()) for column in columns]
        found = count_texts(lambda: iter(arrays), sum(map(len, columns)), top)
    counted = Counter(text for column in columns for text in column)
    assert found.sizes == Counter(counted.values())
    assert found.largest == sorted(counted, key=lambda text: (-counted[text], text))[:top]


def test_an_id_of_megabytes() -> None:
    with pytest.raises(ValueError, match="an id of 2,000,000 bytes"):
        count_texts(lambda: iter([pa.array(["x" * 2_000_000])]), 1, 1)
