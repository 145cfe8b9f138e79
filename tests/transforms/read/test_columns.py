"""Columns: the rule for a path into structs is JSON's rule for objects."""

import datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.read.columns import column_names, find_column
from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.items import Piece
from babelmill.transforms.read.jsonl import JSONL
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.parquet import PARQUET
from babelmill.transforms.read.records import Record, Reject
from babelmill.transforms.read.sources import Source

INNER = pa.struct([("url", pa.string()), ("date", pa.date32()), ("deep", pa.struct([("id", pa.int64())]))])
SCHEMA = pa.schema([("text", pa.string()), ("meta", INNER), ("meta.url", pa.string()), ("a.b", pa.int64())])
maybe = st.none() | st.text(min_size=1, max_size=4)
deep = st.none() | st.fixed_dictionaries({"id": st.integers(0, 9)})
inner = st.fixed_dictionaries({"url": maybe, "date": st.none() | st.just("2024-05-01"), "deep": deep})
rows = st.fixed_dictionaries({"text": maybe, "meta": st.none() | inner, "meta.url": maybe, "a.b": st.integers(0, 9)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("columns")


def read(path: Path, source: Source) -> list[Record | Reject]:
    reader = PARQUET if path.suffix == ".parquet" else JSONL
    return list(reader.read(Piece(str(path), "", path.stat().st_size, 0.0), source, Limits()))


def plain(found: Record | Reject) -> tuple[Any, ...]:
    return found[1:5] if isinstance(found, Record) else (found.reason,)


NAMES = ["text", "meta", "meta.url", "meta.date", "meta.deep", "meta.deep.id", "meta.url.x", "a.b", "a", "none", "x.y"]


@settings(max_examples=60)
@given(st.lists(rows, min_size=1, max_size=5), st.booleans(), *[st.sampled_from(NAMES)] * 4)
def test_structs_read_like_objects(
    folder: Path, found: list[dict[str, Any]], literal: bool, text: str, id: str, url: str, date: str
) -> None:
    schema = pa.schema([field for field in SCHEMA if literal or field.name != "meta.url"])
    records = [{name: row[name] for name in schema.names} for row in found]
    lines, columns = folder / "a.jsonl", folder / "a.parquet"
    lines.write_bytes(b"\n".join(map(orjson.dumps, records)))
    typed = pa.Table.from_pylist([_with_dates(row) for row in records], schema)
    pq.write_table(typed, columns, row_group_size=2)
    source = Source("s", "unused", text=text, id=id, url=url, date=date)
    rejected, [*as_rows] = read(columns, source), read(lines, source)
    if find_column(schema, text) is None:
        assert [plain(row) for row in rejected] == [("read/no_text_column",)]
    elif pa.types.is_string(_type(schema, text)):
        assert [plain(row) for row in rejected] == [plain(row) for row in as_rows]


def _with_dates(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with dates for texts, as its struct has them."""
    meta = row["meta"]
    if meta and meta["date"]:
        meta = {**meta, "date": datetime.date.fromisoformat(meta["date"])}
    return {**row, "meta": meta}


def _type(schema: pa.Schema, name: str) -> pa.DataType:
    path = find_column(schema, name)
    assert path
    kind = schema.field(path[0]).type
    for step in path[1:]:
        kind = kind.field(step).type
    return kind


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("text", ("text",)), ("meta", ("meta",)), ("meta.url", ("meta.url",)), ("meta.date", ("meta", "date")),
        ("meta.deep.id", ("meta", "deep", "id")), ("a.b", ("a.b",)), ("a", None), ("meta.none", None),
        ("text.x", None), ("meta.deep.id.x", None), ("", None),
    ],
)  # fmt: skip
def test_a_path(name: str, path: tuple[str, ...] | None) -> None:
    assert find_column(SCHEMA, name) == path


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        (pa.schema([("a", pa.int8()), ("a", pa.int8())]), "a"),
        (pa.schema([("m", pa.struct([pa.field("u", pa.int8())] * 2))]), "m.u"),
        (pa.schema([("m", INNER), ("m", INNER)]), "m.url"),
    ],
)
def test_two_columns_of_one_name_are_told(schema: pa.Schema, name: str) -> None:
    with pytest.raises(BrokenFile, match="2 columns are called '") as caught:
        find_column(schema, name)
    assert caught.value.reason == "doubled_column"


def test_every_name_that_is_offered_leads_somewhere() -> None:
    odd = pa.schema([*SCHEMA, ("e", pa.struct([])), ("o", pa.struct([("x.y", pa.int8()), ("z", pa.int8())]))])
    names = list(column_names(odd))
    assert names == ["text", "meta.url", "meta.date", "meta.deep", "meta.url", "a.b", "e", "o.z"]
    assert all(find_column(odd, name) for name in names)


def test_maps_hold_no_fields(folder: Path) -> None:
    path = folder / "odd.parquet"
    table = pa.table(
        {
            "text": ["t"],
            "map": pa.array([[("url", "u")]], pa.map_(pa.string(), pa.string())),
        }
    )
    pq.write_table(table, path)
    for name in ("map", "map.url", "map.key_value.value"):
        [record] = read(path, Source("s", "unused", id=name, url=name, date=name))
        assert plain(record) == (None, None, "t", None)


def test_what_is_not_asked_for_is_not_counted(folder: Path) -> None:
    """Of a struct only the columns below the path are read, and so only those are bounded."""
    path = folder / "large.parquet"
    meta = [{"url": "u", "html": "x" * 200_000}] * 3
    pq.write_table(pa.table({"text": ["t"] * 3, "meta": meta}), path, use_dictionary=False)
    limits = Limits(page_bytes=1 << 16)
    source, whole = (Source("s", "unused", url=name) for name in ("meta.url", "meta"))
    piece = Piece(str(path), "parquet", path.stat().st_size, 0.0)
    assert [plain(row) for row in PARQUET.read(piece, source, limits)] == [(None, "u", "t", None)] * 3
    assert [plain(row) for row in PARQUET.read(piece, whole, limits)] == [("read/page_too_large",)]


lists = st.none() | st.lists(st.none() | st.fixed_dictionaries({"text": maybe, "parts": st.lists(maybe, max_size=2)}))
KINDS = [pa.list_, pa.large_list]


@settings(max_examples=60)
@given(st.lists(lists, min_size=1, max_size=4), st.sampled_from(KINDS), st.sampled_from(["list.text", "list.parts"]))
def test_a_path_leads_through_lists(folder: Path, found: list[Any], kind: Any, text: str) -> None:
    inner = pa.struct([("text", pa.string()), ("parts", kind(pa.string()))])
    lines, columns = folder / "lists.jsonl", folder / "lists.parquet"
    lines.write_bytes(b"\n".join(orjson.dumps({"list": value}) for value in found))
    pq.write_table(pa.table({"list": pa.array(found, kind(inner))}), columns)
    source = Source("s", "unused", text=text)
    by_rows, by_columns = ([plain(row) for row in read(path, source)] for path in (lines, columns))
    # What is empty is no text in both; JSON tells apart whether it was there.
    assert len(by_rows) == len(by_columns)
    for row, column in zip(by_rows, by_columns, strict=True):
        assert row == column or {row[0], column[0]} <= {"read/no_text", "read/empty"}
