"""A row of any Parquet file as Python has it, also where Python has no type for what Arrow holds."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["row_of", "value_of"]

_MOST_VALUES, _MOST_BYTES = 1 << 22, 1 << 25
"""Of a row, in all its columns: a record has at most 16 MiB, and a value in a list takes some 40 bytes in Python."""
_NO_VALUE = (ValueError, OverflowError, KeyError, pa.ArrowException)
"""What pyarrow raises for a date after the year 9999, for nanoseconds, for an unknown time zone, for no UTF-8."""


def row_of(table: pa.Table | pa.RecordBatch, row: int) -> dict[str, Any]:
    """Return a row as column → value; of two columns of one name the last.

    Raises:
        ValueError: if it has more values than are shown, or they are of more bytes.
    """
    _check_size(table.slice(row, 1).columns)
    return {name: value_of(column[row]) for name, column in zip(table.schema.names, table.columns, strict=True)}


def _check_size(columns: Sequence[pa.Array | pa.ChunkedArray]) -> None:
    """Refuse a row that would take hundreds of megabytes as Python's objects: such as one value, repeated for ever."""
    parts = [part for column in columns for part in getattr(column, "chunks", [column])]
    values = size = 0
    while parts:
        part = parts.pop()
        kind = part.type
        values += len(part)
        if pa.types.is_dictionary(kind) and _has_length(kind.value_type):
            size += pc.sum(pc.binary_length(part.dictionary).take(part.indices)).as_py() or 0
        elif _has_length(kind):
            size += pc.sum(pc.binary_length(part)).as_py() or 0
        elif pa.types.is_struct(kind) or pa.types.is_fixed_size_list(kind):
            parts += part.flatten() if pa.types.is_struct(kind) else [part.flatten()]
        elif pa.types.is_map(kind):
            first, end = part.offsets[0].as_py(), part.offsets[-1].as_py()
            parts += [side.slice(first, end - first) for side in (part.keys, part.items)]
        elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
            parts.append(part.flatten())
        if values > _MOST_VALUES or size > _MOST_BYTES:
            most = f"{_MOST_VALUES:,} and {_MOST_BYTES:,} at most are shown"
            raise ValueError(f"a row of {values:,} values and {size:,} bytes of text or more; {most}")


def _has_length(kind: pa.DataType) -> bool:
    return any(
        is_kind(kind)
        for is_kind in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    )


def value_of(scalar: pa.Scalar) -> Any:
    """Return a scalar's value.

    A date, time or duration that Python has no type for is text: in ISO 8601, or its number with the unit. Text that is
    no UTF-8 is bytes.

    >>> value_of(pa.array([10**18 + 1], pa.timestamp("ns"))[0])
    '2001-09-09T01:46:40.000000001'
    """
    kind = scalar.type
    # Nanoseconds come as types of pandas where that happens to be loaded.
    if "[ns" not in str(kind):
        with suppress(*_NO_VALUE):
            return scalar.as_py()
    if not scalar.is_valid:
        return None
    if isinstance(scalar, pa.ExtensionScalar | pa.DictionaryScalar):
        return value_of(scalar.value)
    if isinstance(scalar, pa.StructScalar):
        return {field.name: value_of(scalar[place]) for place, field in enumerate(kind)}
    if isinstance(scalar, pa.ListScalar):
        return [value_of(item) for item in scalar.values]
    if isinstance(scalar, pa.StringScalar):
        return scalar.as_buffer().to_pybytes()
    return _time(scalar)


def _time(scalar: pa.Scalar) -> str:
    """Write a date, time or duration that Python has no type for."""
    kind, unit = scalar.type, getattr(scalar.type, "unit", "days" if pa.types.is_date32(scalar.type) else "ms")
    if pa.types.is_duration(kind):
        return f"{scalar.value} {unit}"
    # The zone may be one that nobody knows, so the time is given in UTC.
    zone = getattr(kind, "tz", None)
    written = str(scalar.cast(pa.timestamp(unit, "UTC") if zone else kind).cast(pa.string()))
    # That is what Arrow says of a year with more than four digits.
    return f"{scalar.value} {unit} since 1970" if written.startswith("<") else written.replace(" ", "T", 1)
