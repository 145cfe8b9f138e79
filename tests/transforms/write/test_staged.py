"""Staged files: what went in comes out, by language and order."""

import io
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.documents import LANG, documents
from babelmill.transforms.files.parquet import METADATA_KEY
from babelmill.transforms.files.row_groups import row_bytes
from babelmill.transforms.kernels.buffers import packed
from babelmill.transforms.write import staged
from babelmill.transforms.write.staged import StagedWriter

Row = tuple[str, int, str]
"""(language, order, text)."""

rows = st.lists(
    st.tuples(st.sampled_from(["zh", "en", "no"]), st.integers(0, 2**64 - 1), st.text("ab é语", max_size=30)),
    max_size=40,
)


def coded(codes: list[Any]) -> pa.Array:
    return pa.array(codes, pa.string()).dictionary_encode().cast(LANG)


def batch_of(some: list[Row], first: int = 0) -> pa.RecordBatch:
    read = documents([text for _, _, text in some], source="s", ids=[str(first + i) for i in range(len(some))])
    n = len(some)
    return pa.RecordBatch.from_arrays(
        [
            *read.columns,
            coded([lang for lang, _, _ in some]),
            coded(["Hans" if lang == "zh" else None for lang, _, _ in some]),
            pa.array([order for _, order, _ in some], pa.uint64()),
            packed(np.zeros((n, 2), np.uint64)),
            pa.nulls(n, pa.binary(24)),
            pa.nulls(n, pa.binary(32)),
        ],
        names=[*read.schema.names, "lang", "script", "order", "digest", "bands", "sketch"],
    )


def stage(batches: list[pa.RecordBatch]) -> pq.ParquetFile:
    file = io.BytesIO()
    with StagedWriter(file, batches[0].schema) as writer:
        for batch in batches:
            writer.add(batch)
    return pq.ParquetFile(io.BytesIO(file.getvalue()), page_checksum_verification=True)


def cut(some: list[Row], size: int) -> list[pa.RecordBatch]:
    starts = range(0, max(1, len(some)), size)
    return [batch_of(some[start : start + size], start) for start in starts]


def content(table: pa.Table) -> list[tuple[Any, ...]]:
    assert table["script"].to_pylist() == ["Hans" if lang == "zh" else None for lang in table["lang"].to_pylist()]
    columns = [table[name].to_pylist() for name in ("id", "lang", "order", "text")]
    return list(zip(*columns, strict=True))


@settings(max_examples=40)
@given(rows, st.integers(1, 40))
def test_rows_come_back_in_order_of_language_and_order(some: list[Row], size: int) -> None:
    found = content(stage(cut(some, size)).read())
    assert sorted(found) == sorted((str(i), *row) for i, row in enumerate(some))
    assert [row[1:3] for row in found] == sorted(row[1:3] for row in found)


@settings(max_examples=40)
@given(rows, st.integers(1, 40), st.integers(1, 200), st.integers(1, 60))
def test_one_language_a_row_group_and_each_run_sorted(some: list[Row], size: int, run: int, group: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staged, "_RUN_BYTES", run)
        patch.setattr(staged, "ROW_GROUP_BYTES", group)
        file = stage(cut(some, size))
    groups = [content(file.read_row_group(number)) for number in range(file.metadata.num_row_groups)]
    assert sorted(row for found in groups for row in found) == sorted((str(i), *row) for i, row in enumerate(some))
    for found in groups:
        assert found
        assert len({lang for _, lang, _, _ in found}) == 1
        assert [order for _, _, order, _ in found] == sorted(order for _, _, order, _ in found)
        # Without its first row the group is below the size.
        assert len(found) == 1 or sum(len(text.encode()) for *_, text in found[1:]) < group


def test_the_schema_says_what_is_staged() -> None:
    batch, file = batch_of([("zh", 1, "x")]), io.BytesIO()
    schema = pa.schema([field for field in batch.schema if field.name not in ("digest", "bands")])
    with StagedWriter(file, schema) as writer:
        writer.add(batch)
    found = pq.ParquetFile(io.BytesIO(file.getvalue())).schema_arrow
    assert found.names == [*documents([], source="s").schema.names, "lang", "script", "order", "sketch", "row_bytes"]
    assert found.field("lang").type == found.field("script").type == pa.string()


def test_a_run_and_a_row_group_count_every_column(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts of one letter, URLs of 2,000: by their text alone all would be held, and be one row group."""
    monkeypatch.setattr(staged, "_RUN_BYTES", 50_000)
    monkeypatch.setattr(staged, "ROW_GROUP_BYTES", 10_000)
    batch, file, held = batch_of([("zh", n, "x") for n in range(10)]), io.BytesIO(), []
    place = batch.schema.get_field_index("url")
    long = batch.set_column(place, batch.schema.field("url"), pa.array(["u" * 2_000] * 10))
    with StagedWriter(file, long.schema) as writer:
        for _ in range(20):
            writer.add(long)
            held.append(writer.held_bytes)
    assert 40_000 < max(held) < 50_000
    found = pq.ParquetFile(io.BytesIO(file.getvalue()))
    groups = [found.read_row_group(number) for number in range(found.num_row_groups)]
    assert sum(map(len, groups)) == 200
    assert max(group["row_bytes"].to_numpy()[:-1].sum() for group in groups) < 10_000
    for group in groups:
        each = [row_bytes(group.drop_columns(["row_bytes"]).slice(row, 1))[0] for row in range(len(group))]
        assert group["row_bytes"].to_pylist() == each


def test_nothing_staged_is_a_file_without_rows() -> None:
    file = stage([batch_of([])])
    assert file.metadata.num_rows == 0
    assert "text" in file.schema_arrow.names


def test_the_footer_says_what_it_is() -> None:
    file = stage([batch_of([("zh", 1, "x")]), batch_of([("en", 1, "y"), ("en", 2, "z")])])
    assert orjson.loads(file.metadata.metadata[METADATA_KEY.encode()]) == {"kind": "staged", "rows": "3"}


def test_same_rows_same_bytes() -> None:
    some = [("zh", 5, "五"), ("en", 3, "three"), ("en", 1, "one")]

    def once() -> bytes:
        file = io.BytesIO()
        with StagedWriter(file, batch_of(some).schema) as writer:
            writer.add(batch_of(some))
        return file.getvalue()

    assert once() == once()
