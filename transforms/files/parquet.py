"""Tables as Parquet files, wherever files may lie: page checksums are written, and verified where they are read.

A file is read by the thread that asks for it, and by no other. Arrow's own threads let go of their task, and with it of
the file, a Python object, some time after the last value has been returned. If the interpreter shuts down before that
(the scheduler decides, so it happens on a busy machine), Python ends the thread inside of C++ and the process aborts:
SIGABRT, exit code 134, after complete output. So `open_parquet` alone opens files, without reading ahead; every read
says `use_threads=False`; and `pq.read_table` is not used: of 300 of its reads 120 ended with the file in another
thread's hands. `tests/test_parquet_reads.py` walks this. Ending the command line by `os._exit` would hide it from the
launcher, but not from worker processes, and would skip what has to happen at exit: temporary files, logs, Beam's
subprocesses.
"""

from collections.abc import Iterator
from typing import IO

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from babelmill.transforms.files.row_groups import Most, row_groups
from babelmill.transforms.files.storage import creating, open_file

__all__ = [
    "METADATA_KEY", "footer_metadata", "open_parquet", "read_groups", "read_row_parts", "read_rows", "read_table",
    "write_table",
]  # fmt: skip

_ROW_GROUP = Most(rows=1 << 20, bytes=1 << 26)
METADATA_KEY = "babelmill"
"""Key of our metadata in the footer of every Parquet file that is written: a JSON object of strings.

`kind` is `shard`, `index`, `audit`, `staged` or, for any other one, `table` with its `name`; `rows` is how many.
"""


def footer_metadata(**said: str) -> dict[str, str]:
    """Return what goes into a footer: the same bytes for the same words in any order."""
    return {METADATA_KEY: orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()}


def open_parquet(
    file: IO[bytes], footer: pq.FileMetaData | None = None, coded: list[str] | None = None, buffer_bytes: int = 0
) -> pq.ParquetFile:
    """Open a Parquet file whose page checksums are to be verified; each read of it has to say `use_threads=False`.

    Args:
        file: the file.
        footer: its footer, where that has been read already.
        coded: paths of columns of text or bytes that come as dictionaries: each value once, however often it is there.
        buffer_bytes: of a column chunk that are read at a time; 0 reads it whole.
    """
    return pq.ParquetFile(
        file, metadata=footer, page_checksum_verification=True, pre_buffer=False, read_dictionary=coded,
        buffer_size=buffer_bytes,
    )  # fmt: skip


def read_table(path: str, columns: list[str] | None = None) -> pa.Table:
    """Return a whole Parquet file, or some of its columns in the order asked for, its page checksums verified.

    Raises:
        KeyError: if it has no such column.
    """
    return pa.concat_tables(read_groups(path, columns))


def read_groups(path: str, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """Yield a table without rows, and then the row groups of a Parquet file, one at a time, as `read_table` does.

    A column of lists with more than 2³¹ values has to come in pieces.
    """
    with open_file(path) as file:
        parquet = open_parquet(file)
        nothing = parquet.schema_arrow.empty_table()
        yield _plain(nothing if columns is None else nothing.select(columns))
        for group in range(parquet.num_row_groups):
            part = parquet.read_row_group(group, columns, use_threads=False)
            yield _plain(part if columns is None else part.select(columns))


def read_rows(path: str, rows: npt.NDArray[np.int64], columns: list[str] | None = None) -> pa.Table:
    """Return some rows of a Parquet file, in the order of `rows`, which is sorted.

    Only the row groups that hold them are read, their page checksums verified.
    """
    return pa.concat_tables(read_row_parts(path, rows, columns))


def read_row_parts(path: str, rows: npt.NDArray[np.int64], columns: list[str] | None = None) -> Iterator[pa.Table]:
    """Yield a table without rows, and then what `read_rows` returns, a row group at a time."""
    with open_file(path) as file:
        parquet = open_parquet(file)
        footer = parquet.metadata
        ends = np.cumsum([footer.row_group(group).num_rows for group in range(footer.num_row_groups)], dtype=np.int64)
        groups = np.searchsorted(ends, rows, side="right")
        nothing = parquet.schema_arrow.empty_table()
        yield _plain(nothing if columns is None else nothing.select(columns))
        for group in np.unique(groups).tolist():
            start = ends[group] - footer.row_group(group).num_rows
            found = parquet.read_row_group(group, columns, use_threads=False)
            yield _plain(found.take(pa.array(rows[groups == group] - start)))


def _plain(part: pa.Table) -> pa.Table:
    """Return a part of a file without what its footer says: that would go into files made of it."""
    return part.replace_schema_metadata(None)


def write_table(path: str, table: pa.Table, **footer: str) -> None:
    """Write a table as a Parquet file with page checksums: a flipped bit reads back silently without.

    Args:
        path: the file.
        table: what to write.
        footer: `kind` and what else its metadata says beside the number of rows.
    """
    with creating(path) as file, pq.ParquetWriter(
        file, table.schema, compression="zstd", write_page_checksum=True
    ) as writer:  # fmt: skip
        for group in row_groups(table.schema, [table], _ROW_GROUP):
            writer.write_table(group, row_group_size=len(group))
        writer.add_key_value_metadata(footer_metadata(rows=str(len(table)), **footer))
