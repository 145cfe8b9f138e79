"""The footer that we read is the one that pyarrow reads; where pyarrow would end the process, we say so."""

import contextlib
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.footer import chunks_of, pyarrow_takes, read_footer
from tests.gauntlet.small import FOLDER

MOST = 1 << 20


def written(table: pa.Table, **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def table(rows: int, columns: int) -> pa.Table:
    kinds = [
        pa.array([f"text {row}" for row in range(rows)]),
        pa.array([[row, row + 1] if row % 3 else None for row in range(rows)], pa.list_(pa.int64())),
        pa.array([{"a": row, "b": "x"} for row in range(rows)], pa.struct([("a", pa.int32()), ("b", pa.string())])),
        pa.array([True] * rows),
    ]
    return pa.table({f"c{column}": kinds[column % len(kinds)] for column in range(columns)})


@given(
    rows=st.integers(1, 40),
    columns=st.integers(1, 20),
    row_group_size=st.integers(1, 50),
    compression=st.sampled_from(["none", "zstd", "gzip"]),
    use_dictionary=st.booleans(),
    write_statistics=st.booleans(),
    write_page_index=st.booleans(),
)
def test_chunks_are_those_that_pyarrow_finds(rows: int, columns: int, **options: Any) -> None:
    content = written(table(rows, columns), **options)
    groups = chunks_of(read_footer(io.BytesIO(content), MOST))
    footer = pq.read_metadata(io.BytesIO(content))
    assert len(groups) == footer.num_row_groups
    for group, chunks in enumerate(groups):
        assert len(chunks) == footer.num_columns
        assert all(pyarrow_takes(footer.schema, chunks))
        for number, chunk in enumerate(chunks):
            found = footer.row_group(group).column(number)
            starts = (found.dictionary_page_offset, found.data_page_offset)
            assert (chunk.path, chunk.size) == (found.path_in_schema, found.total_compressed_size)
            assert chunk.start == min(start for start in starts if start)
            assert chunk.name == chunk.path.split(".")[0]


@given(st.integers(0, 1 << 20), st.integers(0, 255))
def test_a_changed_footer_is_read_or_refused(place: int, byte: int) -> None:
    footer = bytearray(read_footer(io.BytesIO(written(table(9, 4))), MOST))
    footer[place % len(footer)] = byte
    with contextlib.suppress(BrokenFile):
        chunks_of(bytes(footer))


@given(st.integers(1, 1 << 12))
def test_a_footer_that_is_cut_off(cut: int) -> None:
    footer = read_footer(io.BytesIO(written(table(9, 4))), MOST)
    with pytest.raises(BrokenFile, match="no footer"):
        chunks_of(footer[: -1 - cut % (len(footer) - 1)])


def test_a_name_with_a_dot_is_one_name() -> None:
    content = written(pa.table({"a.b": ["x"]}))
    assert [chunk.name for (chunk,) in chunks_of(read_footer(io.BytesIO(content), MOST))] == ["a.b"]


def test_limits() -> None:
    content = written(table(9, 4))
    with pytest.raises(BrokenFile, match=r"limits\.footer_bytes is 100") as caught:
        read_footer(io.BytesIO(content), 100)
    assert caught.value.reason == "footer_too_large"
    for bad in (b"", b"PAR1", content[:-1], content[:-4] + b"PARE", content[:-8] + b"\xff\xff\xff\x7fPAR1"):
        with pytest.raises(BrokenFile) as caught:
            read_footer(io.BytesIO(bad), MOST)
        assert caught.value.reason == "corrupt"


@pytest.mark.parametrize("name", ["p_size_statistics.parquet", "p_flipped_bit.parquet"])
def test_pyarrow_ends_the_process_where_we_say_so(name: str) -> None:
    path: Path = FOLDER / name
    with path.open("rb") as file:
        [chunks] = chunks_of(read_footer(file, MOST))
    [taken] = pyarrow_takes(pq.ParquetFile(path).schema, chunks)
    code = f"import pyarrow.parquet as pq; pq.read_metadata({str(path)!r}).row_group(0).column(0)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True).returncode
    assert taken == (ended == 0)
