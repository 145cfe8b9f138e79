"""A row of any Parquet file as Python has it, also where Python has no type for what Arrow holds."""

from contextlib import suppress
from typing import Any

import pyarrow as pa

__all__ = ["row_of", "value_of"]

_NO_VALUE = (ValueError, OverflowError, KeyError, pa.ArrowException)
"""What pyarrow raises for a date after the year 9999, for nanoseconds, for an unknown time zone, for no UTF-8."""


def row_of(table: pa.Table, row: int) -> dict[str, Any]:
    """Return a row as column → value; of two columns of one name the last."""
    return {name: value_of(column[row]) for name, column in zip(table.schema.names, table.columns, strict=True)}


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
