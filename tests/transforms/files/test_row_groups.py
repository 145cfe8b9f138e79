"""Row groups: every byte of every column counts, and where a group ends depends on the rows alone."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.documents import LANG
from babelmill.transforms.files.row_groups import Most, RowGroups, cuts, row_bytes, row_groups

SCHEMA = pa.schema([("id", pa.string()), ("text", pa.string()), ("n_bytes", pa.int32())])
Row = tuple[str | None, str]

rows = st.lists(st.tuples(st.none() | st.text("ié", max_size=20), st.text("t漢", max_size=9)), max_size=30)
mosts = st.builds(
    Most, rows=st.integers(1, 9), bytes=st.integers(1, 120), text_bytes=st.integers(1, 40)
) | st.builds(Most, bytes=st.integers(1, 120))  # fmt: skip


def table(some: list[Row]) -> pa.Table:
    parts = [{"id": id, "text": text, "n_bytes": len(text.encode())} for id, text in some]
    return pa.Table.from_pylist(parts, SCHEMA)


def size(row: dict[str, Any]) -> int:
    """Return a row's bytes in memory: an offset a string, and an int32."""
    return sum(len((row[name] or "").encode()) + 4 for name in ("id", "text")) + 4


@given(rows)
def test_every_column_counts(some: list[Row]) -> None:
    assert row_bytes(table(some)).tolist() == list(map(size, table(some).to_pylist()))


@pytest.mark.parametrize(
    ("column", "each"),
    [
        (pa.array(["en", None, "en"]).dictionary_encode().cast(LANG), [2, 2, 2]),
        (pa.array([[1, 2], None, []], pa.list_(pa.int32())), [12, 4, 4]),
        (pa.array([b"12", None, b"34"], pa.binary(2)), [2, 2, 2]),
        (pa.array([b"1", None, b"345"], pa.binary()), [5, 4, 7]),
        (pa.array(["1", None, "345"], pa.large_string()), [5, 4, 7]),
        (pa.array([1.5, None, 2.0], pa.float32()), [4, 4, 4]),
        (pa.array([True, None, False]), [1, 1, 1]),
    ],
)
def test_types(column: pa.Array, each: list[int]) -> None:
    assert row_bytes(pa.table({"a": column})).tolist() == each


@given(rows, mosts, st.lists(st.integers(1, 7), max_size=20))
def test_groups_hold_what_they_may_and_do_not_depend_on_the_tables(
    some: list[Row], most: Most, lengths: list[int]
) -> None:
    whole = table(some)
    starts = [0, *np.cumsum(lengths).tolist()]
    parts = [whole.slice(start, end - start) for start, end in zip(starts, [*starts[1:], len(whole)], strict=True)]
    groups = list(row_groups(SCHEMA, [part for part in parts if len(part)], most))
    assert groups == list(row_groups(SCHEMA, [whole], most))
    assert pa.concat_tables([SCHEMA.empty_table(), *groups]).equals(whole)
    for number, group in enumerate(groups):
        held = group.to_pylist()
        assert len(held) == 1 or _fits(held, most)
        if number + 1 < len(groups):
            assert not _fits([*held, groups[number + 1].to_pylist()[0]], most)


def _fits(held: list[dict[str, Any]], most: Most) -> bool:
    return (
        len(held) <= most.rows
        and sum(map(size, held)) <= most.bytes
        and sum(row["n_bytes"] for row in held) <= most.text_bytes
    )


def test_what_is_held_is_less_than_a_group() -> None:
    groups = RowGroups(SCHEMA, Most(bytes=1_000))
    for number in range(500):
        list(groups.add(table([("i" * 90, str(number))])))
        assert groups.held_bytes <= 1_000
    assert groups.held_bytes > 0


@given(st.lists(st.integers(0, 50), max_size=30), st.integers(1, 60))
def test_cuts(sizes: list[int], most: int) -> None:
    found = list(cuts(np.array(sizes, np.int64), most))
    assert [row for start, end in found for row in range(start, end)] == list(range(len(sizes)))
    assert all(end - start == 1 or sum(sizes[start:end]) <= most for start, end in found)
    assert all(sum(sizes[start : end + 1]) > most for start, end in found[:-1])
