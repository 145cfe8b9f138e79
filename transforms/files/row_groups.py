"""Row groups: how many bytes a row has in all its columns, and rows cut where they have enough of them.

A bound that counted the text alone would hold nothing: an id and a URL may be longer than the text they belong to.

>>> table = pa.table({"id": ["a", "b", "c"], "n": pa.array([1, 2, 3], pa.int32())})
>>> row_bytes(table).tolist()
[9, 9, 9]
>>> groups = RowGroups(table.schema, Most(bytes=20))
>>> [len(group) for group in (*groups.add(table), *groups.rest())]
[2, 1]
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Most", "RowGroups", "cuts", "row_bytes", "row_groups"]

_OFFSET_BYTES = 4
_MAX = (1 << 63) - 1


class Most(NamedTuple):
    """What a group holds at the most: `rows`; `bytes` of all columns, as they are in memory; `text_bytes` of text.

    A row that has more than that by itself is a group of its own.
    """

    rows: int = _MAX
    bytes: int = _MAX
    text_bytes: int = _MAX


def row_bytes(rows: pa.Table | pa.RecordBatch) -> npt.NDArray[np.int64]:
    """Return what every row takes in memory, in all columns together: int64[n]."""
    sizes = np.zeros(rows.num_rows, np.int64)
    for column in rows.columns:
        sizes += _sizes(column)
    return sizes


def _sizes(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int64] | int:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return int(kind.index_type.bit_width // 8)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _lengths(pc.list_value_length(column)) * _width(kind.value_type) + _OFFSET_BYTES
    if any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)):
        return _lengths(pc.binary_length(column)) + _OFFSET_BYTES
    return _width(kind)


def _lengths(found: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int64]:
    lengths: npt.NDArray[np.int64] = pc.fill_null(found, 0).to_numpy().astype(np.int64)
    return lengths


def _width(kind: pa.DataType) -> int:
    try:
        return max(1, int(kind.bit_width) // 8)
    except ValueError:
        return _OFFSET_BYTES


def cuts(sizes: npt.NDArray[np.int64], most: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of rows that have at most so much together; one that has more alone is alone.

    >>> list(cuts(np.array([3, 3, 9, 1]), 6))
    [(0, 2), (2, 3), (3, 4)]
    """
    ends, start = np.cumsum(sizes, dtype=np.int64), 0
    while start < len(sizes):
        before = int(ends[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + most, side="right")))
        yield start, end
        start = end


class RowGroups:
    """Cut rows into groups as they come. Where a group ends depends on the rows, not on the tables they came in.

    Args:
        schema: of all tables.
        most: what a group holds.
    """

    def __init__(self, schema: pa.Schema, most: Most) -> None:
        self._schema, self._most = schema, most
        self._held: list[pa.Table] = []
        self._has = Most(0, 0, 0)

    @property
    def held_bytes(self) -> int:
        """Bytes of the rows that are in no group yet."""
        return self._has.bytes

    def add(self, table: pa.Table) -> Iterator[pa.Table]:
        """Take rows, and yield the groups that are full."""
        sums = _Sums.of(table, self._most)
        start = 0
        while start < len(table):
            end = sums.fitting(start, self._has, self._most)
            if end == start and not self._held:
                end = start + 1
            if end > start:
                self._held.append(table.slice(start, end - start))
                self._has = sums.with_rows(self._has, start, end)
            if end < len(table):
                yield from self.rest()
            start = end

    def rest(self) -> Iterator[pa.Table]:
        """Yield what is held as a last group, if there is anything."""
        held, self._held, self._has = self._held, [], Most(0, 0, 0)
        if held:
            yield pa.concat_tables(held).cast(self._schema).combine_chunks()


class _Sums(NamedTuple):
    """Bytes before every row of a table, and before its end."""

    bytes: npt.NDArray[np.int64]
    text_bytes: npt.NDArray[np.int64]

    @classmethod
    def of(cls, table: pa.Table, most: Most) -> "_Sums":
        nothing = np.zeros(len(table), np.int64)
        text = table["n_bytes"].to_numpy().astype(np.int64) if most.text_bytes < _MAX else nothing
        return cls(*(np.concatenate([[0], np.cumsum(sizes)]) for sizes in (row_bytes(table), text)))

    def fitting(self, start: int, has: Most, most: Most) -> int:
        """Return up to which row a group that has something already has room."""
        ends = [start + most.rows - has.rows]
        for sums, before, limit in ((self.bytes, has.bytes, most.bytes), (self.text_bytes, has[2], most.text_bytes)):
            ends.append(int(np.searchsorted(sums, sums[start] + min(limit - before, _MAX >> 1), side="right")) - 1)
        return max(start, min(*ends, len(self.bytes) - 1))

    def with_rows(self, has: Most, start: int, end: int) -> Most:
        """Return what a group has with some of the rows."""
        sizes = (int(sums[end] - sums[start]) for sums in self)
        return Most(has.rows + end - start, *(before + size for before, size in zip(has[1:], sizes, strict=True)))


def row_groups(schema: pa.Schema, tables: Iterable[pa.Table], most: Most) -> Iterator[pa.Table]:
    """Yield the rows of some tables as groups."""
    groups = RowGroups(schema, most)
    for table in tables:
        yield from groups.add(table)
    yield from groups.rest()
