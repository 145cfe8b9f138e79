"""What a batch may take is known before it is read: what pyarrow gives is never more."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.files.parquet import open_parquet
from babelmill.transforms.read.bounds import coded_columns, columns_of, decoded_bytes, most_rows
from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.footer import chunks_of, read_footer

TEXTS = st.lists(st.text(max_size=3) | st.sampled_from(["x" * 500, "y" * 2_000, None]), min_size=1, max_size=60)
OPTIONS: list[dict[str, Any]] = [
    {},
    {"use_dictionary": False},
    {"use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY", "id": "DELTA_LENGTH_BYTE_ARRAY"}},
    {"data_page_version": "2.0", "data_page_size": 64, "compression": "gzip"},
]


def written(texts: list[str | None], options: dict[str, Any]) -> bytes:
    columns = {"text": pa.array(texts, pa.string()), "id": pa.array(texts, pa.string()), "n": range(len(texts)),
               "lists": [[text, text] for text in texts]}  # fmt: skip
    out = io.BytesIO()
    if "column_encoding" in options:
        columns.pop("lists")
        columns.pop("n")
    pq.write_table(pa.table(columns), out, **options)
    return out.getvalue()


@given(TEXTS, st.sampled_from(OPTIONS), st.integers(1, 1 << 16))
def test_no_batch_is_larger_than_its_bound(texts: list[str | None], options: dict[str, Any], most: int) -> None:
    file = io.BytesIO(written(texts, options))
    [chunks] = chunks_of(read_footer(file, 1 << 20))
    parquet = open_parquet(file)
    columns = columns_of(file, parquet.schema, chunks, None, 1 << 20)
    assert [column.path for column in columns] == [parquet.schema.column(n).path for n in range(len(columns))]
    assert {column.values for column in columns if not column.lists} == {len(texts)}
    rows = most_rows(columns, most, 1 << 10)
    bound = sum(column.bytes_of(rows) for column in columns)
    assert rows == 1 or bound <= most
    coded = open_parquet(file, parquet.metadata, coded_columns([columns]), 1 << 10)
    for batch in coded.iter_batches(rows, use_threads=False):
        assert batch.nbytes <= bound + 64 * len(columns)
    assert decoded_bytes(columns) > 0


def test_a_page_that_is_too_large_or_not_there() -> None:
    content = written(["x" * 500] * 3, {"use_dictionary": False, "compression": "none"})
    file = io.BytesIO(content)
    [chunks] = chunks_of(read_footer(file, 1 << 20))
    schema = open_parquet(file).schema
    with pytest.raises(BrokenFile, match="bytes, 100 at most are looked at"):
        columns_of(file, schema, chunks, ["text"], 100)
    short = [chunk._replace(size=chunk.size - 1) for chunk in chunks]
    with pytest.raises(BrokenFile, match="not all in its column chunk"):
        columns_of(file, schema, short, ["text"], 1 << 20)
