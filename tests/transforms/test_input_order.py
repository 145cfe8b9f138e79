"""Input order: an item's number is added to what its files say, and to nothing else."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.dedup.rank import items_of, places_of, rank
from babelmill.transforms.input_order import ROW_BITS, in_item, numbered

items, rows = st.integers(0, (1 << 20) - 1), st.lists(st.integers(0, (1 << ROW_BITS) - 1), max_size=20)


@given(items, rows, st.integers(0, (1 << 19) - 1))
def test_ranks_have_the_number_of_their_item(item: int, found: list[int], priority: int) -> None:
    place = np.array(found, np.int64)
    docs = rank(np.full(len(place), priority, np.uint64), place)
    assert (items_of(docs) == 0).all()
    assert (items_of(in_item(docs, item)) == item).all()
    assert (places_of(in_item(docs, item)) == in_item(place, item)).all()
    assert (in_item(docs, item) == rank(np.full(len(place), priority, np.uint64), in_item(place, item))).all()


@given(items, rows)
def test_a_table_is_numbered_where_it_has_places(item: int, found: list[int]) -> None:
    text = [str(row) for row in found]
    table = pa.table({"text": text, "doc": pa.array(found, pa.uint64()), "place": pa.array(found, pa.int64())})
    for columns in (["text"], ["doc"], ["place", "text"], ["text", "doc", "place"]):
        known = numbered(table.select(columns), item)
        assert known.schema == table.select(columns).schema
        for name in columns:
            wanted = text if name == "text" else [item << ROW_BITS | row for row in found]
            assert known[name].to_pylist() == wanted
