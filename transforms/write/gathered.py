"""Gathered: a shard's documents, from the staged files of its window, in the shard's order."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.files.parquet import read_rows
from babelmill.transforms.files.row_groups import cuts, row_bytes
from babelmill.transforms.input_order import numbered
from babelmill.transforms.work import WorkFolder

__all__ = ["CLUSTER_SIZE", "REF", "Gathered"]

REF = np.dtype([("item", "<u4"), ("row", "<u4"), ("cluster_size", "<u4")])
"""A document of a shard: its item, its row in the staged file, its cluster's size."""
CLUSTER_SIZE = pa.field("cluster_size", pa.int32())
_PART_BYTES = 16 << 20
"""What is put in order at a time, all columns."""


class Gathered:
    """A shard's documents with all staged columns and `cluster_size`, held once, as they were read.

    They are put in order a part at a time. Strings have offsets of 64 bits here: all URLs of a shard together may have
    more than the 2 GiB that a string array holds.

        rows = Gathered(work, refs)
        for part in rows.parts(["id", "text"]): ...

    Args:
        work: where the staged files are.
        refs: REF of the documents, one array an item.
    """

    def __init__(self, work: WorkFolder, refs: Sequence[npt.NDArray[np.void]]) -> None:
        parts = [_staged_rows(work, part) for part in refs]
        self.schema: pa.Schema = parts[0].schema
        """Of the parts."""
        self._table = pa.concat_tables(part.cast(_large(self.schema)) for part in parts)
        del parts
        # Column by column, so that no more than one is there twice.
        for number, field in enumerate(self._table.schema):
            self._table = self._table.set_column(number, field, self._table[field.name].combine_chunks())
        keys = self._table.select(["order", "doc"])
        self._order = pc.sort_indices(keys, [("order", "ascending"), ("doc", "ascending")])
        self._sizes = row_bytes(self._table)[self._order.to_numpy()]

    def parts(self, names: Sequence[str]) -> Iterator[pa.Table]:
        """Yield some columns of all documents, in the shard's order."""
        schema = pa.schema([self.schema.field(name) for name in names])
        table = self._table.select(names)
        for start, end in cuts(self._sizes, _PART_BYTES):
            yield table.take(self._order.slice(start, end - start)).cast(schema)


def _large(schema: pa.Schema) -> pa.Schema:
    return pa.schema(
        [field.with_type(pa.large_string()) if pa.types.is_string(field.type) else field for field in schema]
    )


def _staged_rows(work: WorkFolder, refs: npt.NDArray[np.void]) -> pa.Table:
    """Return some rows of one staged file."""
    refs, item = np.sort(refs, order="row"), int(refs["item"][0])
    table = numbered(read_rows(work.staged(item), refs["row"].astype(np.int64)), item)
    return table.append_column(CLUSTER_SIZE, pa.array(refs["cluster_size"].astype(np.int32)))
