"""Any value that a Parquet file may hold has a form in Python, in JSON and on the terminal."""

import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given
from rich.console import Console

from babelmill.pipeline.corpus.values import row_of, value_of
from babelmill.pipeline.formatting.sanitize import inert_json
from babelmill.pipeline.show.terminal.rows import shown_row
from tests.arrow_values import tables


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@given(tables())
def test_every_row_can_be_shown(table: pa.Table) -> None:
    for row in range(len(table)):
        found = row_of(table, row)
        written = inert_json(found)
        assert written.isprintable()
        assert list(json.loads(written, parse_constant=refuse)) == table.schema.names
        assert json.loads(inert_json(found, indent=2)) == json.loads(written)
        shown = shown_row(found, "#0", 300)
        Console(file=io.StringIO()).print(shown)
        assert all(char.isprintable() or char == "\n" for char in shown.plain)


@given(tables())
def test_what_python_has_is_what_arrow_says(table: pa.Table) -> None:
    for column in table.columns:
        for scalar in () if "[ns" in str(column.type) else column:
            try:
                expected = scalar.as_py()
            except (ValueError, OverflowError, KeyError):
                continue
            assert repr(value_of(scalar)) == repr(expected)


@given(tables())
def test_a_parquet_file_gives_it_back(table: pa.Table) -> None:
    file = io.BytesIO()
    try:
        pq.write_table(table, file)
    except pa.ArrowInvalid:
        # Parquet has milliseconds at least, and these are too many.
        assume(False)
    again = pq.ParquetFile(io.BytesIO(file.getvalue())).read()
    for row in range(len(table)):
        json.loads(inert_json(row_of(again, row)), parse_constant=refuse)


@pytest.mark.parametrize(
    ("number", "kind", "expected"),
    [
        (10**18 + 1, pa.timestamp("ns"), "2001-09-09T01:46:40.000000001"),
        (10**18 + 1, pa.timestamp("ns", "UTC"), "2001-09-09T01:46:40.000000001Z"),
        (10**15, pa.timestamp("us", "No/Where"), "2001-09-09T01:46:40.000000Z"),
        (10**15, pa.timestamp("us", "UTC"), datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)),
        (10**13, pa.timestamp("s"), "10000000000000 s since 1970"),
        (-(2**63), pa.timestamp("us"), "-9223372036854775808 us since 1970"),
        (123, pa.time64("ns"), "00:00:00.000000123"),
        (123, pa.duration("ns"), "123 ns"),
        (1500, pa.duration("ms"), timedelta(seconds=1.5)),
        (10**15, pa.date64(), "1000000000000000 ms since 1970"),
    ],
)
def test_times(number: int, kind: pa.DataType, expected: Any) -> None:
    assert value_of(pa.array([number], pa.int64()).view(kind)[0]) == expected


def test_dates_and_what_is_inside_of_others() -> None:
    days = pa.array([19844, 10**8], pa.int32()).view(pa.date32())
    assert [value_of(day) for day in days] == [date(2024, 5, 1), "100000000 days since 1970"]
    inner = pa.array([[{"at": 1}], None], pa.list_(pa.struct([("at", pa.timestamp("ns"))])))
    assert [value_of(one) for one in inner] == [[{"at": "1970-01-01T00:00:00.000000001"}], None]
    assert value_of(pa.array([1], pa.timestamp("ns")).dictionary_encode()[0]) == "1970-01-01T00:00:00.000000001"
    broken = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")])
    assert value_of(broken[0]) == b"\xff"
