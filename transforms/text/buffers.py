"""Arrow's string columns as numpy views, without a copy."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["byte_lengths", "string_buffers"]


def string_buffers(column: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """Return a string column's `data` (uint8) and `offsets` (int32, one more than rows).

    Text i is `data[offsets[i]:offsets[i + 1]]`. Slices of a larger array are seen as they are.

    Raises:
        TypeError: if the column is not of type string.
    """
    if not pa.types.is_string(column.type):
        raise TypeError(f"a kernel reads string columns, not {column.type}")
    if not len(column):
        return np.empty(0, np.uint8), np.zeros(1, np.int32)
    _, offsets, data = column.buffers()
    start = column.offset
    return (
        np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8),
        np.frombuffer(offsets, np.int32)[start : start + len(column) + 1],
    )


def byte_lengths(column: pa.Array) -> npt.NDArray[np.int32]:
    """Return the UTF-8 length of every text: int32[n]."""
    return np.diff(string_buffers(column)[1])
