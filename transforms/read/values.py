"""The values of Parquet columns as Python has them: text, numbers and days of every type that a writer may choose."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.read.columns import is_list

__all__ = ["Foreign", "date_values", "decoded_size", "plain_values", "smaller", "values"]

_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
_EPOCH = np.datetime64(0, "D")
_FIRST, _LAST = (int((np.datetime64(day, "D") - _EPOCH).astype(int)) for day in ("0001-01-01", "9999-12-31"))
"""What Python has for a date; all else is no date."""


class Foreign(NamedTuple):
    """A value of a type that is neither text nor a scalar."""

    type: str


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )  # fmt: skip


def values(column: pa.Array) -> list[Any]:
    """Return a column's values: text as str, or all as bytes where some is no UTF-8; scalars; lists; None; Foreign.

    Dates and times are those of Python; one that Python cannot say is None.
    """
    kind = column.type
    if isinstance(kind, pa.ExtensionType | pa.BaseExtensionType) and not isinstance(kind, pa.UuidType):
        return values(column.storage)
    if pa.types.is_dictionary(kind):
        return values(column.dictionary_decode())
    if _is_text(kind):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            column = column.cast(pa.binary_view() if pa.types.is_string_view(kind) else pa.large_binary())
    elif is_list(kind):
        return _lists(column)
    elif pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return _times(column)
    elif not (_is_binary(kind) or pa.types.is_primitive(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind)
              or isinstance(kind, pa.UuidType)):  # fmt: skip
        return [Foreign(str(kind)) if valid else None for valid in column.is_valid().to_pylist()]
    try:
        found: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        found = [_or_none(value) for value in column]
    return found


def plain_values(column: pa.Array) -> list[Any]:
    """Return a column's values as `values` does, but of text that is no UTF-8 what of it is."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    found = values(column)
    if not _is_text(kind):
        return found
    return [value.decode(errors="replace") if isinstance(value, bytes) else value for value in found]


def _or_none(value: pa.Scalar) -> Any:
    try:
        return value.as_py()
    except (ValueError, OverflowError):
        return None


def _lists(column: pa.Array) -> list[Any]:
    """Return a column of lists as lists of their values."""
    inner = values(column.flatten())
    sizes = pc.list_value_length(column).to_pylist()
    found, at = [], 0
    for size in sizes:
        found.append(None if size is None else inner[at : at + size])
        at += size or 0
    return found


def _times(column: pa.Array) -> list[Any]:
    """Return dates and timestamps as Python's; None for those of no year from 1 to 9999."""
    days = date_values(column)
    if pa.types.is_date(column.type):
        return days
    return [None if day is None else _or_none(value) for day, value in zip(days, column, strict=True)]


def date_values(column: pa.Array) -> list[Any]:
    """Return a column's values as `values` does, but dates and timestamps as dates; None out of years 1 to 9999."""
    kind = column.type
    if pa.types.is_date32(kind):
        counts, unit = column.cast(pa.int32()), 1
    elif pa.types.is_date64(kind):
        counts, unit = column.cast(pa.int64()), _DAY["ms"]
    elif pa.types.is_timestamp(kind):
        counts, unit = column.cast(pa.int64()), _DAY[kind.unit]
    else:
        found = plain_values(column)
        # A text may come as bytes.
        return [value.decode(errors="replace") if isinstance(value, bytes) else value for value in found]
    days = counts.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64) // unit
    sound = (days >= _FIRST) & (days <= _LAST) & column.is_valid().to_numpy(zero_copy_only=False)
    dates = np.where(sound, days, 0).astype("datetime64[D]").tolist()
    return [day if is_sound else None for day, is_sound in zip(dates, sound.tolist(), strict=True)]


def decoded_size(column: pa.Array) -> int:
    """Return the bytes of a column's values, each as often as it is there."""
    return int(_sizes(column).sum())


def smaller(batch: pa.RecordBatch, most_bytes: int) -> Iterator[pa.RecordBatch]:
    """Yield a batch in slices whose values take about so many bytes for themselves; one row at least."""
    sizes = sum(map(_sizes, batch.columns))
    ends = np.cumsum(sizes)
    start = 0
    while start < batch.num_rows:
        before = int(ends[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + most_bytes, side="right")))
        yield batch.slice(start, end - start)
        start = end


def _sizes(column: pa.Array) -> Any:
    """Return the bytes of each value of a column: of text and bytes its own, eight for all else, none for null text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        if not len(column.dictionary):
            return np.zeros(len(column), np.int64)
        valid = column.is_valid().to_numpy(zero_copy_only=False)
        return _sizes(column.dictionary)[column.indices.fill_null(0).to_numpy(zero_copy_only=False)] * valid
    if _is_text(kind) or _is_binary(kind):
        is_view = pa.types.is_string_view(kind) or pa.types.is_binary_view(kind)
        sizes = pc.binary_length(column.cast(pa.large_binary()) if is_view else column)
        return sizes.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    if pa.types.is_struct(kind):
        return sum((_sizes(column.field(number)) for number in range(kind.num_fields)), np.zeros(len(column), np.int64))
    if is_list(kind):
        inner = np.concatenate([[0], np.cumsum(_sizes(column.flatten()))])
        lengths = pc.list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False)
        ends = np.cumsum(lengths)
        return inner[ends] - inner[ends - lengths]
    return np.full(len(column), 8, np.int64)
