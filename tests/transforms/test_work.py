"""Weights: a shard's size is its text's, unless other columns are more than four times as much."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.work import weights

sizes = st.lists(st.tuples(st.integers(1, 1 << 30), st.integers(0, 1 << 40)), max_size=20)


@given(sizes)
def test_a_weight_is_the_text_or_a_quarter_of_all_columns(found: list[tuple[int, int]]) -> None:
    text, beside = ([row[n] for row in found] for n in (0, 1))
    whole = [a + b for a, b in found]
    table = pa.table({"n_bytes": pa.array(text, pa.int32()), "row_bytes": pa.array(whole, pa.int64())})
    weight = weights(table).tolist()
    for a, b, each in zip(text, beside, weight, strict=True):
        assert each == (a if b <= 3 * a else (a + b) // 4)
    assert sum(whole) < 4 * sum(weight) + 4 * len(found) + 1
