"""Parquet files: some rows of many row groups, some columns, and what the footer says."""

from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from babelmill.transforms.files.parquet import METADATA_KEY, read_rows, read_table, write_table


def test_read_rows_reads_what_is_asked_for(tmp_path: Path) -> None:
    path = str(tmp_path / "t.parquet")
    table = pa.table({"a": range(100), "b": [str(i) for i in range(100)]})
    pq.write_table(table, path, row_group_size=7)
    for rows in ([], [0], [6, 7, 8, 99], list(range(100))):
        found = read_rows(path, np.array(rows, np.int64), ["b"])
        assert found.to_pydict() == {"b": [str(row) for row in rows]}
    assert read_rows(path, np.array([3])).to_pylist() == [{"a": 3, "b": "3"}]


def test_columns_come_in_the_order_asked_for(tmp_path: Path) -> None:
    path = str(tmp_path / "t.parquet")
    pq.write_table(pa.table({"a": [1, 2], "b": [[1], []], "c": ["x", None]}), path, row_group_size=1)
    assert read_table(path).to_pydict() == {"a": [1, 2], "b": [[1], []], "c": ["x", None]}
    assert list(read_table(path, ["c", "a"]).to_pydict().items()) == [("c", ["x", None]), ("a", [1, 2])]
    with pytest.raises(KeyError, match="nope"):
        read_table(path, ["a", "nope"])


def test_a_file_without_rows_has_its_columns(tmp_path: Path) -> None:
    path = str(tmp_path / "t.parquet")
    write_table(path, pa.table({"a": pa.array([], pa.int8())}), kind="audit")
    assert read_table(path).schema == pa.schema([("a", pa.int8())])


def test_the_footer_says_what_a_file_is_and_goes_into_no_other(tmp_path: Path) -> None:
    path = str(tmp_path / "t.parquet")
    write_table(path, pa.table({"a": [1, 2]}), name="settled", kind="table")
    metadata = pq.read_metadata(path).metadata
    assert orjson.loads(metadata[METADATA_KEY.encode()]) == {"kind": "table", "name": "settled", "rows": "2"}
    assert read_table(path).schema.metadata is None
    assert read_rows(path, np.array([1])).schema.metadata is None
