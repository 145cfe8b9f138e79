"""Arrow's columns as numpy views: strings, and rows of numbers packed as bytes."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["byte_lengths", "packed", "string_buffers", "unpacked"]


def string_buffers(column: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """Return a string column's `data` (uint8) and `offsets` (int32, one more than rows).

    Text i is `data[offsets[i]:offsets[i + 1]]`. Slices of a larger array are seen as they are. Neither can be written
    to, whether Arrow would let us or not: a kernel would be compiled once for each of the two.

    Raises:
        TypeError: if the column is not of type string.
    """
    if not pa.types.is_string(column.type):
        raise TypeError(f"a kernel reads string columns, not {column.type}")
    if len(column):
        _, offsets, data = column.buffers()
        rows = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    else:
        data, rows = None, np.zeros(1, np.int32)
    text = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    text.flags.writeable = rows.flags.writeable = False
    return text, rows


def byte_lengths(column: pa.Array) -> npt.NDArray[np.int32]:
    """Return the UTF-8 length of every text: int32[n]."""
    return np.diff(string_buffers(column)[1])


def packed(rows: npt.NDArray[np.uint64], mask: npt.NDArray[np.bool_] | None = None) -> pa.FixedSizeBinaryArray:
    """Return uint64[n, k] as a column of n values of 8 k bytes; null where `mask` is true.

    Parquet does not read back fixed-size lists with nulls; bytes it does.
    """
    n, k = rows.shape
    validity = None if mask is None else pa.array(~mask).buffers()[1]
    data = pa.py_buffer(np.ascontiguousarray(rows, "<u8"))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(8 * k), n, [validity, data])


def unpacked(column: pa.Array) -> npt.NDArray[np.uint64]:
    """Return the values of a packed column that are not null: uint64[n, k]."""
    column = column.drop_null()
    width = column.type.byte_width
    if not len(column):
        return np.empty((0, width // 8), np.uint64)
    start = column.offset * width
    return np.frombuffer(column.buffers()[1], "<u8", len(column) * width // 8, start).reshape(len(column), -1)
