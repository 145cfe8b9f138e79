"""Classes of characters: how many a text has of each, for what is told by characters that only one side writes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.kernels.buffers import string_buffers
from babelmill.transforms.kernels.compile import kernel

__all__ = ["class_table", "count_classes"]

_FIRST_LEAD, _LAST_LEAD = 0xE3, 0xE9
"""First bytes of the UTF-8 of U+3000 to U+9FFF."""


def class_table(*classes: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Return the number of each character's class, from 1 in the order of `classes`: uint8[0x10000], 0 for the rest."""
    table = np.zeros(0x10000, np.uint8)
    for number, characters in enumerate(classes, 1):
        table[[ord(character) for character in characters]] = number
    return table


@kernel
def _count(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int64],
    table: npt.NDArray[np.uint8],
    out: npt.NDArray[np.int32],
) -> None:
    for r in range(len(rows)):
        i, end = offsets[rows[r]], offsets[rows[r] + 1]
        while i < end:
            if _FIRST_LEAD <= data[i] <= _LAST_LEAD:
                point = (np.int64(data[i] & 0x0F) << 12) | (np.int64(data[i + 1] & 0x3F) << 6) | (data[i + 2] & 0x3F)
                out[r, table[point]] += 1
                i += 3
            else:
                i += 1


def count_classes(
    text: pa.Array, rows: npt.NDArray[np.int64], table: npt.NDArray[np.uint8], classes: int
) -> npt.NDArray[np.int32]:
    """Count the characters of each class among those from U+3000 to U+9FFF: int32[rows, 1 + classes].

    Args:
        text: a string column.
        rows: of which texts.
        table: of `class_table`; column 0 counts its class 0.
        classes: how many it has, the rest apart.
    """
    counts = np.zeros((len(rows), 1 + classes), np.int32)
    data, offsets = string_buffers(text)
    _count(data, offsets, rows, table, counts)
    return counts
