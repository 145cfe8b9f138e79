"""Counts of classes of characters are plain counts."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.language.classes import class_table, count_classes

TABLE = class_table("国東", "經", "のア")
ALPHABET = "国東經のア中。a é😀가"


@given(texts=st.lists(st.text(st.sampled_from(ALPHABET), max_size=12), min_size=1, max_size=4), data=st.data())
def test_like_a_plain_count(texts: list[str], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=5))
    found = count_classes(pa.array(texts, pa.string()), np.array(rows, np.int64), TABLE, 3)
    for row, counts in zip(rows, found.tolist(), strict=True):
        text = texts[row]
        assert counts[1:] == [sum(c in some for c in text) for some in ("国東", "經", "のア")]
        assert counts[0] == sum(c in "中。" for c in text)
