"""A Parquet file is read in batches that give back what was written, each within its limits."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.corpus import parquet_file
from babelmill.pipeline.corpus.parquet_file import opened, read_small_table
from babelmill.pipeline.corpus.values import row_of
from babelmill.transforms.errors import DamageError, WorldError
from tests.arrow_values import tables


@given(tables(), st.integers(1, 5), st.booleans())
def test_batches_are_the_table(
    tmp_path_factory: pytest.TempPathFactory, table: pa.Table, rows: int, coded: bool
) -> None:
    path = tmp_path_factory.mktemp("t") / "a.parquet"
    try:
        pq.write_table(table, path, row_group_size=rows, use_dictionary=coded)
    except (pa.ArrowException, OSError):
        return
    with opened(str(path)) as found:
        assert found.rows == len(table)
        batches = list(found.batches())
        shown = [repr(row_of(batch, row)) for batch in batches for row in range(batch.num_rows)]
    whole = pq.ParquetFile(path).read()
    assert shown == [repr(row_of(whole, row)) for row in range(len(whole))]


def _texts(path: Path) -> pa.Table:
    """A table of texts that repeat, of many pages and row groups."""
    texts = [f"{row % 7}" * (row % 300) for row in range(5_000)]
    table = pa.table(
        {"id": [str(row) for row in range(5_000)], "text": texts, "n": range(5_000), "l": [[t] for t in texts]}
    )
    pq.write_table(table, path, row_group_size=700, data_page_size=1_000, dictionary_pagesize_limit=50_000)
    return table


@pytest.mark.parametrize("limit", [1, 1_000, 100_000, 1 << 27])
def test_small_limits_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    table = _texts(tmp_path / "a.parquet")
    monkeypatch.setattr(parquet_file, "_BATCH_BYTES", limit)
    # A batch of one row has the whole dictionary.
    monkeypatch.setattr(parquet_file, "RATIO_FROM", 1 << 40)
    with opened(str(tmp_path / "a.parquet")) as found:
        batches = list(found.batches(["text", "n"]))
        wanted = np.array([0, 3, 3, 699, 700, 4_999])
        rows = [batch.to_pylist()[0] for batch in found.rows_at(wanted, ["id", "text"])]
    assert pa.Table.from_batches(batches) == table.select(["text", "n"])
    assert rows == table.select(["id", "text"]).take(wanted).to_pylist()
    assert len(batches) == 5_000 if limit == 1 else len(batches) >= 8


def test_what_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with pytest.raises(WorldError, match="No such file"):
        read_small_table(str(path))
    for content in (b"", b"PAR1PAR1", b"x" * 100):
        path.write_bytes(content)
        with pytest.raises(DamageError, match=f"{path} cannot be read: no footer"):
            read_small_table(str(path))
    with pytest.raises(WorldError, match="Is a directory"):
        read_small_table(str(tmp_path))


def test_a_table_of_too_many_rows_is_not_held(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": np.arange(600_000)}), tmp_path / "a.parquet")
    with pytest.raises(DamageError, match="a table of 600,000 rows, 524,288 at most are held"):
        read_small_table(str(tmp_path / "a.parquet"))


def test_what_breaks_inside_is_an_error_of_the_file(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    with pytest.raises(DamageError, match="a.parquet cannot be read: malloc"), opened(str(tmp_path / "a.parquet")):
        raise pa.ArrowMemoryError("malloc of size 64 failed")
