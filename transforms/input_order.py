"""Input order: a document's place is its work item's number and the record's ordinal in the item.

     43           24 23           0
    ├──── item ─────┼───── row ────┤

Which number an item has is not in its files, so that a file more in front of them changes none: they have the ordinal
alone, in `place` and in the low bits of `doc`, and the number is added when they are read.
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["ROW_BITS", "in_item", "numbered"]

ROW_BITS = 24
"""Bits of a record's ordinal within its work item: 16.7 million records."""
_Number = TypeVar("_Number", np.int64, np.uint64)


def in_item(places: npt.NDArray[_Number], item: int) -> npt.NDArray[_Number]:
    """Return ordinals, or ranks with them, with the number of their work item above the ROW_BITS.

    Args:
        places: of the item's documents, as its files have them.
        item: its number.
    """
    found: npt.NDArray[_Number] = places | places.dtype.type(item << ROW_BITS)
    return found


def numbered(table: pa.Table, item: int) -> pa.Table:
    """Return rows of a work item's staged file with its number in `doc` and `place`, where they are there."""
    for at, field in enumerate(table.schema):
        if field.name in ("doc", "place"):
            table = table.set_column(at, field, pa.array(in_item(table.column(at).to_numpy(), item)))
    return table
