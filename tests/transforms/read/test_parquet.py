"""Parquet: row groups as pieces, every kind of text column, and what is wrong with rows and files."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.errors import WorldError
from babelmill.transforms.ledger import Tally
from babelmill.transforms.read import parquet, parquet_source
from babelmill.transforms.read.items import Item, Piece
from babelmill.transforms.read.jsonl import JSONL
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.parquet import PARQUET
from babelmill.transforms.read.parquet_source import ParquetSource
from babelmill.transforms.read.reader import Reading
from babelmill.transforms.read.records import HEAD_BYTES, Record, Reject
from babelmill.transforms.read.sources import Source
from babelmill.transforms.read.values import decoded_size

SOURCE = Source("docs", "unused")
LIMIT = 1 << 10
LIMITS = Limits(record_bytes=LIMIT)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parquet") / "a.parquet"


def piece(path: Path, start: int = 0, end: int | None = None) -> Piece:
    return Piece(str(path), "parquet", path.stat().st_size, 0.0, start, end)


def read(path: Path, columns: dict[str, Any], **options: Any) -> list[Record | Reject]:
    pq.write_table(pa.table(columns), path, **options)
    return list(PARQUET.read(piece(path), SOURCE, LIMITS))


def outcome(found: Record | Reject) -> Any:
    return found.reason if isinstance(found, Reject) else found[1:4]


def texts(found: list[Record | Reject]) -> list[str]:
    return [row.reason if isinstance(row, Reject) else row.text for row in found]


def raw_strings(values: list[bytes]) -> pa.Array:
    """A string column that holds bytes nobody has checked."""
    return pa.array(values, pa.binary()).view(pa.string())


def groups(column: pa.Array, ids: list[Any] | None = None) -> dict[str, Any]:
    return {"id": ids or [str(row) for row in range(len(column))], "text": column}


@settings(max_examples=40)
@given(
    rows=st.lists(
        st.tuples(st.none() | st.text(max_size=4), st.none() | st.text(max_size=20), st.none() | st.text(max_size=4)),
        min_size=1,
    ),
    size=st.integers(1, 10),
)
def test_parquet_reads_like_jsonl(path: Path, rows: list[tuple[str | None, ...]], size: int) -> None:
    records = [dict(zip(("id", "text", "url"), row, strict=True)) for row in rows]
    schema = pa.schema([(name, pa.string()) for name in ("id", "text", "url")])
    pq.write_table(pa.Table.from_pylist(records, schema), path, row_group_size=size)
    plain = path.with_suffix(".jsonl")
    plain.write_bytes(b"\n".join(map(orjson.dumps, records)))
    lines = JSONL.read(Piece(str(plain), "jsonl", plain.stat().st_size, 0.0), SOURCE, LIMITS)
    found = list(PARQUET.read(piece(path), SOURCE, LIMITS))
    assert [outcome(row) for row in found] == [outcome(line) for line in lines]
    assert [row.offset for row in found] == list(range(len(rows)))


@settings(max_examples=30)
@given(cuts=st.sets(st.integers(1, 7)))
def test_row_groups_give_the_rows_of_the_whole(path: Path, cuts: set[int]) -> None:
    values = [b"row %d" % row if row % 9 else b"\xff bad" for row in range(50)]
    whole = read(path, groups(raw_strings(values)), row_group_size=7)
    assert pq.read_metadata(path).num_row_groups == 8
    ranges = [*pairwise((0, *sorted(cuts))), (max(cuts, default=0), None)]
    found = [row for start, end in ranges for row in PARQUET.read(piece(path, start, end), SOURCE, LIMITS)]
    assert found == whole
    assert texts(found) == [v.decode() if v[0] < 128 else "read/not_utf8" for v in values]


@pytest.mark.parametrize(
    "type",
    [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.binary(),
        pa.large_binary(),
        pa.dictionary(pa.int32(), pa.string()),
        pa.dictionary(pa.int8(), pa.large_string()),
    ],
    ids=str,
)
def test_column_types_and_nulls(path: Path, type: pa.DataType) -> None:
    ids, column = pa.array(["é1", None, "3", "4"]).cast(type), pa.array(["é", None, "", "z"]).cast(type)
    assert [outcome(row) for row in read(path, {"id": ids, "text": column})] == [
        ("é1", None, "é"),
        "read/no_text",
        "read/empty",
        ("4", None, "z"),
    ]


@pytest.mark.parametrize(
    "type",
    [
        pa.string(),
        pa.large_string(),
        pa.binary(),
        pytest.param(pa.string_view()),
    ],
    ids=str,
)
def test_invalid_utf8_is_one_reject(path: Path, type: pa.DataType) -> None:
    values = [b"good", b"caf\xe9 " + b"x" * 300, "é".encode()]
    column = pa.array(values, pa.binary())
    if type == pa.string_view():
        column = pa.Array.from_buffers(type, 3, pa.array(values, pa.binary_view()).buffers())
    elif type != pa.binary():
        column = column.cast(pa.large_binary() if type == pa.large_string() else pa.binary()).view(type)
    first, bad, last = read(path, groups(column))
    assert texts([first, bad, last]) == ["good", "read/not_utf8", "é"]
    assert isinstance(bad, Reject)
    assert (bad.offset, bad.head, bad.size) == (1, values[1][:HEAD_BYTES], len(values[1]))


def test_invalid_utf8_in_ids_leaves_the_others(path: Path) -> None:
    found = read(path, {"id": raw_strings([b"a", b"\xff", b"c"]), "text": ["x", "y", "z"]})
    assert [outcome(row)[0] for row in found] == ["a", "\ufffd", "c"]


@pytest.mark.parametrize("urls", [raw_strings([b"u:a", b"\xff", b"u:c"]), pa.array([b"u:a", b"", b"u:c"])])
def test_urls_as_bytes_are_kept(path: Path, urls: pa.Array) -> None:
    found = read(path, {"url": urls, "text": ["x", "y", "z"]})
    assert [outcome(found[at])[1] for at in (0, 2)] == ["u:a", "u:c"]


def test_bad_rows(path: Path) -> None:
    long = "é" * (LIMIT // 2)
    found = read(path, groups(pa.array(["a\0b", " \n", long + "x", long]), [7, 0, -1, 4]))
    assert texts(found) == ["read/nul", "read/empty", "read/record_too_large", long]
    assert outcome(found[3])[0] == "4"
    assert isinstance(found[2], Reject)
    assert (found[2].offset, found[2].size) == (2, LIMIT + 1)


@pytest.mark.parametrize("column", [[1, 2], [True, False], [["a", "b"], [None]], [{"a": "b"}, {}]], ids=str)
def test_text_not_string(path: Path, column: list[Any]) -> None:
    expected = ["a\nb", "read/no_text"] if isinstance(column[0], list) else ["read/text_not_string"] * 2
    assert texts(read(path, {"text": column})) == expected


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"text": ["a"], "id": pa.array([1 << 60], pa.timestamp("us"))}),
        pa.table({"text": pa.ListArray.from_arrays([0, 1], raw_strings([b"\xff"]))}),
        pa.table([["a"], ["b"]], names=["text", "text"]),
    ],
    ids=["id of year 36000", "list of bad strings", "two text columns"],
)
def test_odd_columns_raise_nothing(path: Path, table: pa.Table) -> None:
    pq.write_table(table, path)
    assert len(list(PARQUET.read(piece(path), SOURCE, LIMITS))) == 1


def test_missing_text_column(path: Path) -> None:
    [found] = read(path, {"id": ["1"], "content": ["x"]})
    assert isinstance(found, Reject)
    assert found.reason == "read/no_text_column"
    assert found.error == "no column 'text' among id, content"


def test_of_very_many_columns_a_few_are_named(path: Path) -> None:
    [found] = read(path, {f"column\x1b{n}": ["x"] for n in range(1_000)})
    assert isinstance(found, Reject)
    assert found.error.startswith("no column 'text' among column\\x1b0, column\\x1b1, ")
    assert found.error.endswith("column\\x1b19, …")


def test_missing_text_column_is_one_reject_in_all_pieces(path: Path) -> None:
    read(path, {"content": ["x"] * 4}, row_group_size=2)
    assert len([row for n in (0, 1) for row in PARQUET.read(piece(path, n, n + 1), SOURCE, LIMITS)]) == 1


def test_a_footer_whose_row_groups_lack_rows_is_corrupt(path: Path) -> None:
    """Found by fuzzing: with no rows in any row group there was neither a document nor a reject."""
    read(path, {"text": ["x"] * 27}, store_schema=False)
    content = path.read_bytes()
    # The row group's field 3, an integer of 27 rows, behind its columns and its size.
    at = content.rindex(zigzag(27) + b"&")
    path.write_bytes(content[:at] + zigzag(0) + content[at + 1 :])
    assert pq.read_metadata(path).num_rows == 27
    assert pq.read_metadata(path).row_group(0).num_rows == 0
    assert texts(list(PARQUET.read(piece(path), SOURCE, LIMITS))) == ["read/corrupt"]


def test_no_rows(path: Path) -> None:
    assert texts(read(path, {"text": pa.array([], pa.string())})) == ["read/empty_file"]


@pytest.mark.parametrize("keep", [0, 3, 100, -1, -9])
def test_truncated_is_one_reject(path: Path, keep: int) -> None:
    read(path, groups(pa.array(["x"] * 50)))
    path.write_bytes(path.read_bytes()[:keep])
    [found] = PARQUET.read(piece(path), SOURCE, LIMITS)
    assert outcome(found) == "read/corrupt"
    assert found.offset == 0


def test_corrupt_page_keeps_the_row_groups_before(path: Path) -> None:
    table = {"text": [f"row {row} of some length" for row in range(3_000)]}
    whole = read(path, table, row_group_size=1_000, write_page_checksum=True, use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[pq.read_metadata(path).row_group(2).column(0).data_page_offset + 500] ^= 1
    path.write_bytes(content)
    *before, found = PARQUET.read(piece(path), SOURCE, LIMITS)
    assert before == whole[:2_000]
    assert isinstance(found, Reject)
    assert (found.offset, found.reason, found.head) == (2_000, "read/corrupt", bytes(content[:HEAD_BYTES]))


def test_missing_file_is_the_worlds_fault() -> None:
    with pytest.raises(WorldError, match="/nowhere/a.parquet"):
        list(PARQUET.read(Piece("/nowhere/a.parquet", "parquet", 0, 0.0), SOURCE, LIMITS))


def test_rows_without_ids_are_called_by_path_and_row(path: Path) -> None:
    read(path, {"text": ["a", "b", "c"]}, row_group_size=2)
    reading = Reading(Item(0, 0, "docs", (piece(path, 0, 1), piece(path, 1))), SOURCE, LIMITS)
    [batch] = reading.batches(Tally())
    assert batch["id"].to_pylist() == [f"{path}#{row}" for row in range(3)]


@pytest.mark.parametrize(
    "dates",
    [
        pa.array([19844, None], pa.date32()),
        pa.array([19844 * 86_400_000 + 1, None], pa.date64()),
        pa.array([19844 * 86_400_000_000_000 + 1, None], pa.timestamp("ns", "Europe/Athens")),
        pa.array(["2024-05-01T00:00:00", "today"]),
        pa.array([b"2024-05-01", b"\xff"]),
    ],
)
def test_dates(path: Path, dates: pa.Array) -> None:
    found = read(path, {"date": dates, "text": ["x", "y"]})
    assert [record.date for record in found if isinstance(record, Record)] == [19844, None]


def limited(path: Path, limits: Limits) -> list[str]:
    return texts(list(PARQUET.read(piece(path), SOURCE, limits)))


def test_a_dictionary_that_is_repeated_is_a_bomb(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "RATIO_FROM", 1 << 22)
    pq.write_table(pa.table({"text": ["é" * 50_000] * 10_000}), path, row_group_size=5_000)
    found = limited(path, Limits())
    assert found.count("read/ratio_too_high") == 2
    assert len(found) < 200
    assert len(limited(path, Limits(decompressed_ratio=1 << 20))) == 10_000


def slices(monkeypatch: pytest.MonkeyPatch, most_bytes: int) -> list[int]:
    """Read in slices of so many bytes; return a list that gets what the values of each take."""
    seen: list[int] = []
    whole = ParquetSource.slices

    def counted(self: Any, group: int) -> Iterator[pa.RecordBatch]:
        for batch in whole(self, group):
            seen.append(sum(map(decoded_size, batch.columns)))
            yield batch

    monkeypatch.setattr(parquet_source, "_SLICE_BYTES", most_bytes)
    monkeypatch.setattr(ParquetSource, "slices", counted)
    return seen


def test_batches_are_smaller_where_pages_are_large(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = slices(monkeypatch, 1 << 20)
    read(path, {"text": ["x" * 500 + str(row % 3) for row in range(5_000)]}, compression="zstd")
    assert sum(seen) > 2_000_000
    assert max(seen) <= 1 << 20


def test_a_batch_is_bounded_in_all_its_columns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids and URLs that stand once in their dictionary, and are in every row: with the text three times as much."""
    seen = slices(monkeypatch, 1 << 20)
    columns = {name: [name[0] * 3_000] * 2_000 for name in ("text", "id", "url")}
    found = read(path, columns)
    assert {item.reason for item in found if isinstance(item, Reject)} == {"read/record_too_large"}
    assert sum(seen) == 18_000_000
    assert max(seen) <= 1 << 20


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(page_bytes=1 << 16), "read/page_too_large"),
        (Limits(row_group_bytes=1 << 20), "read/row_group_too_large"),
        (Limits(decompressed_bytes=1 << 20), "read/decompressed_too_large"),
    ],
)
def test_too_large_is_refused_before_it_is_read(path: Path, limits: Limits, reason: str) -> None:
    table = pa.table({"text": [str(row) * 100 for row in range(9_000)], "other": [1] * 9_000})
    pq.write_table(table, path, use_dictionary=False, data_page_size=1 << 19)
    assert limited(path, limits) == [reason]
    assert len(limited(path, Limits())) == 9_000


def test_a_footer_that_makes_its_pages_small_is_not_believed(path: Path) -> None:
    """The sizes in the footer are for planning; what is refused is decided by the pages' own headers."""
    table = pa.table({"text": ["x" * 2_000_000 + str(row) for row in range(4)]})
    pq.write_table(table, path, compression="zstd", use_dictionary=False, data_page_size=1)
    size = pq.read_metadata(path).row_group(0).column(0).total_uncompressed_size
    content = path.read_bytes()
    forged = content.replace(zigzag(size), zigzag(1 << 21 | 1))
    assert len(forged) == len(content)
    assert forged != content
    path.write_bytes(forged)
    assert limited(path, Limits(row_group_bytes=4_000_000, decompressed_bytes=4_000_000)) == [
        "read/row_group_too_large"
    ]


def zigzag(value: int) -> bytes:
    """Write an integer as Thrift's compact protocol does."""
    value, out = value << 1, b""
    while value >= 0x80:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])
