"""Gathered: a shard's rows in its order, whatever part is looked at, and more than 2 GiB of strings if need be."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from babelmill.transforms.files.row_groups import row_bytes
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write import gathered
from babelmill.transforms.write.gathered import REF, Gathered

NAMES = ["id", "url", "order", "doc", "cluster_size"]


def stage(folder: Path, items: int, rows: int, url: str) -> tuple[WorkFolder, list[np.ndarray]]:
    """Write staged files; return references to every other row of each."""
    work, chance = WorkFolder(str(folder)), np.random.default_rng(9)
    refs = []
    for item in range(items):
        table = pa.table(
            {
                "id": [f"{item}/{row}" for row in range(rows)],
                "url": [url] * rows,
                "order": chance.integers(0, 5, rows, np.uint64),
                "doc": np.arange(rows, dtype=np.uint64) + np.uint64(item * rows),
            }
        )
        Path(work.staged(item)).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, work.staged(item), row_group_size=7, write_page_checksum=True)
        part = np.zeros(rows // 2, REF)
        part["item"], part["row"], part["cluster_size"] = item, np.arange(0, rows - 1, 2), item + 1
        refs.append(part)
    return work, refs


@pytest.mark.parametrize("most", [1, 500, 1 << 24])
def test_rows_in_order_a_bounded_part_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(gathered, "_PART_BYTES", most)
    work, refs = stage(tmp_path, 3, 20, "u" * 30)
    rows = Gathered(work, refs)
    assert rows.schema.names == NAMES
    parts = list(rows.parts(NAMES))
    assert all(len(part) == 1 or row_bytes(part).sum() <= most for part in parts)
    found = pa.concat_tables(parts)
    assert found.schema.equals(rows.schema)
    expected = [(f"{item}/{row}", item + 1) for item in range(3) for row in range(0, 19, 2)]
    read = list(zip(found["id"].to_pylist(), found["cluster_size"].to_pylist(), strict=True))
    assert sorted(read) == sorted(expected)
    keys = list(zip(found["order"].to_pylist(), found["doc"].to_pylist(), strict=True))
    assert keys == sorted(keys)
    some = pa.concat_tables(rows.parts(["doc", "url"]))
    assert some.equals(found.select(["doc", "url"]))


def test_strings_have_room_for_more_than_an_array_of_theirs(tmp_path: Path) -> None:
    """What is held has offsets of 64 bits; a test of 2 GiB would take 2 GiB."""
    work, refs = stage(tmp_path, 2, 10, "u")
    held = Gathered(work, refs)._table
    assert held.schema.field("url").type == held.schema.field("id").type == pa.large_string()
    assert all(column.num_chunks == 1 for column in held.columns)
