"""Tables as Parquet files, wherever files may lie: page checksums are written, and verified where they are read."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from transforms.storage import creating, open_file

__all__ = ["read_rows", "read_table", "write_table"]


def read_table(path: str, columns: list[str] | None = None) -> pa.Table:
    """Return a whole Parquet file, or some of its columns, its page checksums verified."""
    with open_file(path) as file:
        return pq.read_table(file, columns=columns, page_checksum_verification=True)


def read_rows(path: str, rows: npt.NDArray[np.int64], columns: list[str] | None = None) -> pa.Table:
    """Return some rows of a Parquet file, in the order of `rows`, which is sorted.

    Only the row groups that hold them are read, their page checksums verified.
    """
    with open_file(path) as file:
        parquet = pq.ParquetFile(file, page_checksum_verification=True)
        footer = parquet.metadata
        ends = np.cumsum([footer.row_group(group).num_rows for group in range(footer.num_row_groups)], dtype=np.int64)
        groups = np.searchsorted(ends, rows, side="right")
        nothing = parquet.schema_arrow.empty_table()
        parts = [nothing if columns is None else nothing.select(columns)]
        for group in np.unique(groups).tolist():
            start = ends[group] - footer.row_group(group).num_rows
            parts.append(parquet.read_row_group(group, columns).take(pa.array(rows[groups == group] - start)))
    return pa.concat_tables(parts)


def write_table(path: str, table: pa.Table) -> None:
    """Write a table as a Parquet file with page checksums: a flipped bit reads back silently without."""
    with creating(path) as file:
        pq.write_table(table, file, compression="zstd", write_page_checksum=True)
