"""Merging part files: rows in order, and the same bytes however they were cut."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.files import parquet
from babelmill.transforms.files.row_groups import Most
from babelmill.transforms.write import tables
from babelmill.transforms.write.tables import read_parts, write_table

SCHEMA = pa.schema([pa.field("n", pa.int64(), nullable=False), pa.field("word", pa.string())])


def table(start: int, end: int) -> pa.Table:
    words = [None if n % 7 == 0 else f"word {n % 5}" for n in range(start, end)]
    return pa.table({"n": pa.array(range(start, end), pa.int64()), "word": pa.array(words, pa.string())}, SCHEMA)


def merge_tables(path: str, schema: pa.Schema, parts: list[str]) -> int:
    """Write a table from its part files, and check what the manifest would say of it."""
    found = write_table(path, schema, read_parts(parts))
    content = Path(path).read_bytes()
    assert found.file_bytes == len(content)
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    return found.rows


def merged(folder: Path, ends: list[int], rows: int) -> tuple[int, bytes]:
    """Write parts with these cuts and merge them; a part without rows is not there."""
    edges = [0, *sorted(min(end, rows) for end in ends), rows]
    paths = []
    for number, (start, end) in enumerate(zip(edges, edges[1:], strict=False)):
        paths.append(str(folder / f"{number}.part"))
        if end > start:
            parquet.write_table(paths[-1], table(start, end), kind="table", name="words")
    target = folder / "merged.parquet"
    count = merge_tables(str(target), SCHEMA, paths)
    return count, target.read_bytes()


@settings(max_examples=30)
@given(st.lists(st.integers(0, 60), max_size=6), st.integers(0, 60))
def test_the_bytes_do_not_depend_on_the_cuts(ends: list[int], rows: int) -> None:
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as one, TemporaryDirectory() as other:
        patch.setattr(tables, "ROW_GROUP", Most(rows=16))
        found = merged(Path(one), ends, rows)
        assert found == merged(Path(other), [], rows)
        assert found[0] == rows
        read = pq.read_table(pa.BufferReader(found[1]), page_checksum_verification=True)
    assert read.equals(table(0, rows))


def test_the_footer_names_the_table(tmp_path: Path) -> None:
    merged(tmp_path, [3], 50)
    said = {"kind": "table", "name": "merged", "rows": "50"}
    assert orjson.loads(pq.read_metadata(tmp_path / "merged.parquet").metadata[b"babelmill"]) == said
    write_table(str(tmp_path / "part-00000.parquet"), SCHEMA, [table(0, 3)], kind="index")
    found = orjson.loads(pq.read_metadata(tmp_path / "part-00000.parquet").metadata[b"babelmill"])
    assert found == {"kind": "index", "rows": "3"}


def test_row_groups_are_full_but_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROW_GROUP", Most(rows=16))
    merged(tmp_path, [3, 5, 40], 50)
    footer = pq.read_metadata(tmp_path / "merged.parquet")
    assert [footer.row_group(number).num_rows for number in range(footer.num_row_groups)] == [16, 16, 16, 2]


def test_in_the_order_of_the_parts(tmp_path: Path) -> None:
    pq.write_table(table(0, 3), tmp_path / "z")
    pq.write_table(table(3, 5), tmp_path / "a")
    target = str(tmp_path / "merged.parquet")
    merge_tables(target, SCHEMA, [str(tmp_path / "z"), str(tmp_path / "a")])
    assert pq.read_table(target)["n"].to_pylist() == [0, 1, 2, 3, 4]


def test_missing_parts_are_skipped(tmp_path: Path) -> None:
    pq.write_table(table(0, 3), tmp_path / "there")
    target = str(tmp_path / "merged.parquet")
    assert merge_tables(target, SCHEMA, [str(tmp_path / name) for name in ("none", "there", "gone")]) == 3


def test_no_part_at_all_is_a_table_without_rows(tmp_path: Path) -> None:
    target = str(tmp_path / "merged.parquet")
    assert merge_tables(target, SCHEMA, [str(tmp_path / "none")]) == 0
    assert pq.read_table(target).schema.names == SCHEMA.names


def test_a_damaged_part_leaves_no_table(tmp_path: Path) -> None:
    pq.write_table(table(0, 3), tmp_path / "part")
    content = (tmp_path / "part").read_bytes()
    (tmp_path / "part").write_bytes(content[: len(content) // 2])
    with pytest.raises((OSError, pa.ArrowException)):
        merge_tables(str(tmp_path / "merged.parquet"), SCHEMA, [str(tmp_path / "part")])
    assert [path.name for path in tmp_path.iterdir()] == ["part"]
