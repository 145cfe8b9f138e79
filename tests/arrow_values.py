"""Tables of any type that a Parquet file may hold, made of bits: dates after 9999, time zones that nobody knows."""

from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

__all__ = ["tables"]

FLAT = [
    pa.bool_(), pa.int8(), pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.string(), pa.large_string(),
    pa.binary(), pa.binary(2), pa.decimal128(38, 3), pa.decimal256(76, 10), pa.date32(), pa.date64(), pa.time32("ms"),
    pa.time64("us"), pa.time64("ns"), *(pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")),
    pa.timestamp("us", "UTC"), pa.timestamp("ns", "Europe/Berlin"), pa.timestamp("us", "No/Where"),
    *(pa.duration(unit) for unit in ("s", "ms", "us", "ns")), pa.dictionary(pa.int32(), pa.string()),
]  # fmt: skip
TYPES = st.recursive(
    st.sampled_from(FLAT),
    lambda inner: (
        inner.map(pa.list_)
        | inner.map(pa.large_list)
        | inner.map(lambda kind: pa.map_(pa.string(), kind))
        | st.lists(inner, min_size=1, max_size=3).map(
            lambda kinds: pa.struct([(f"f{place}", kind) for place, kind in enumerate(kinds)])
        )
    ),
    max_leaves=4,
)
NAMES = [
    "a",
    "b",
    "id",
    "text",
    "url",
    "date",
    "lang",
    "lang_score",
    "n_tokens",
    "cluster_size",
    "reason",
    "stage",
    "tokens",
]
"""Of columns: most have a place of their own where a document is shown."""
FLOATS = st.floats(width=16)
TEXTS = st.text(max_size=5) | st.sampled_from(["\x1b[31m", "\u202e", "\u2028", "\x00", "[red]", "𠮷"])


@st.composite
def scalars(draw: st.DrawFn, kind: pa.DataType) -> Any:
    """Return what pa.array takes for a type, made of bits where no Python value would reach all of it."""
    if draw(st.integers(0, 9)) == 0 or pa.types.is_null(kind):
        return None
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return draw(TEXTS)
    if pa.types.is_fixed_size_binary(kind):
        return draw(st.binary(min_size=2, max_size=2))
    if pa.types.is_binary(kind):
        return draw(st.binary(max_size=4))
    if pa.types.is_boolean(kind):
        return draw(st.booleans())
    if pa.types.is_decimal(kind):
        return Decimal(draw(st.integers(-(10**30), 10**30))).scaleb(-kind.scale)
    if pa.types.is_floating(kind):
        return draw(FLOATS)
    if pa.types.is_struct(kind):
        return {field.name: draw(scalars(field.type)) for field in kind}
    if pa.types.is_map(kind):
        return draw(st.lists(st.tuples(TEXTS, scalars(kind.item_type)), max_size=3))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return draw(st.lists(scalars(kind.value_type), max_size=3))
    bits = kind.bit_width
    low, high = (0, 1 << bits) if pa.types.is_unsigned_integer(kind) else (-(1 << bits - 1), 1 << bits - 1)
    if pa.types.is_time(kind):
        low, high = 0, 86400 * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
    return draw(st.integers(low, high - 1) | st.integers(max(low, -100), 100))


def stored(kind: pa.DataType) -> pa.DataType:
    """Return a type of the same layout that has numbers in place of dates and times."""
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, stored(field.type)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(pa.string(), stored(kind.item_type))
    if pa.types.is_large_list(kind):
        return pa.large_list(stored(kind.value_type))
    if pa.types.is_list(kind):
        return pa.list_(stored(kind.value_type))
    if pa.types.is_temporal(kind):
        return pa.int32() if kind.bit_width == 32 else pa.int64()
    return kind


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    kinds = draw(st.lists(TYPES | st.just(pa.null()), min_size=1, max_size=3))
    rows = draw(st.integers(1, 3))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=len(kinds), max_size=len(kinds), unique=True))
    columns = [pa.array([draw(scalars(kind)) for _ in range(rows)], stored(kind)).view(kind) for kind in kinds]
    return pa.table(columns, names=names)
