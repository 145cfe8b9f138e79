"""Parquet files: some rows of many row groups."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from transforms.parquet import read_rows


def test_read_rows_reads_what_is_asked_for(tmp_path: Path) -> None:
    path = str(tmp_path / "t.parquet")
    table = pa.table({"a": range(100), "b": [str(i) for i in range(100)]})
    pq.write_table(table, path, row_group_size=7)
    for rows in ([], [0], [6, 7, 8, 99], list(range(100))):
        found = read_rows(path, np.array(rows, np.int64), ["b"])
        assert found.to_pydict() == {"b": [str(row) for row in rows]}
    assert read_rows(path, np.array([3])).to_pylist() == [{"a": 3, "b": "3"}]
