"""Values of Parquet columns: what JSON would have, whatever type a writer chose; slices that lose no row."""

import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.read.values import Foreign, date_values, decoded_size, smaller, values

texts = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=8)
TEXT = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
DAY = datetime.date(2024, 1, 31)
SECOND = 1706695200


@given(texts, st.sampled_from(TEXT))
def test_text_of_every_type(found: list[str | None], kind: pa.DataType) -> None:
    plain = pa.array(found, pa.string())
    assert values(plain.dictionary_encode() if pa.types.is_dictionary(kind) else plain.cast(kind)) == found


@given(st.lists(st.none() | texts, max_size=4), st.sampled_from([pa.list_, pa.large_list, pa.list_view]))
def test_lists_of_every_type(found: list[Any], kind: Any) -> None:
    assert values(pa.array(found, kind(pa.string()))) == found
    assert values(pa.array([found, None], kind(kind(pa.string())))) == [found, None]


def test_text_that_is_no_utf8_comes_as_bytes() -> None:
    raw = pa.array([b"a", b"\xff", None])
    for kind in (pa.string(), pa.large_string()):
        broken = pa.Array.from_buffers(
            kind, 3, raw.cast(pa.large_binary() if kind == pa.large_string() else pa.binary()).buffers()
        )
        assert values(broken) == [b"a", b"\xff", None]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([DAY, None], pa.date32()), pa.array([DAY, None], pa.date64()),
        *(pa.array([SECOND * scale, None], pa.int64()).cast(pa.timestamp(unit))
          for unit, scale in (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9))),
        pa.array([SECOND, None], pa.int64()).cast(pa.timestamp("s", "Asia/Shanghai")),
    ],
)  # fmt: skip
def test_dates_of_every_unit(column: pa.Array) -> None:
    assert date_values(column) == [DAY, None]


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=5), st.sampled_from(["s", "ms", "us", "ns"]))
def test_dates_out_of_range_are_none_and_raise_nothing(found: list[int | None], unit: str) -> None:
    column = pa.array(found, pa.int64()).cast(pa.timestamp(unit))
    days = date_values(column)
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit] * 86_400
    for value, day in zip(found, days, strict=True):
        ordinal = None if value is None else value // scale + datetime.date(1970, 1, 1).toordinal()
        sound = ordinal is not None and 1 <= ordinal <= datetime.date.max.toordinal()
        assert day == (datetime.date.fromordinal(ordinal) if sound and ordinal is not None else None)
    assert len(values(column)) == len(found)
    assert date_values(pa.array([2**31 - 1, -(2**31)], pa.int32()).cast(pa.date32())) == [None, None]


def test_scalars_and_others() -> None:
    assert values(pa.array([1, None])) == [1, None]
    assert values(pa.array([True, False])) == [True, False]
    assert values(pa.array([1.5])) == [1.5]
    assert values(pa.nulls(2)) == [None, None]
    assert values(pa.array([{"a": 1}, None])) == [Foreign("struct<a: int64>"), None]


@settings(max_examples=100)
@given(texts, st.integers(1, 30), st.sampled_from(TEXT))
def test_slices_are_all_rows_in_order(found: list[str | None], most: int, kind: pa.DataType) -> None:
    plain = pa.array(found, pa.string())
    column = plain.dictionary_encode() if pa.types.is_dictionary(kind) else plain.cast(kind)
    batch = pa.record_batch({"text": column, "n": pa.array(range(len(found)), pa.int64())})
    parts = list(smaller(batch, most))
    assert [row for part in parts for row in part["n"].to_pylist()] == list(range(len(found)))
    sizes = [len((text or "").encode()) + 8 for text in found]
    assert decoded_size(column) == sum(sizes) - 8 * len(found)
    for part in parts:
        assert part.num_rows == 1 or sum(np.take(sizes, part["n"].to_numpy()).tolist()) <= most
