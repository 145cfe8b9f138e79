"""CSV: what Python's csv writes is read back, at its offset; what is no CSV costs its record and nothing else."""

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.read.delimited import CSV, TSV
from babelmill.transforms.read.items import Piece
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.records import Record, Reject
from babelmill.transforms.read.sources import Source

LIMITS = Limits()
cells = st.text(st.sampled_from('ab,;"\n\t é中'), min_size=1, max_size=6).filter(lambda cell: bool(cell.strip()))


def read(
    content: bytes, path: Path, limits: Limits = LIMITS, format: Any = CSV, **options: Any
) -> list[Record | Reject]:
    path.write_bytes(content)
    source = Source("docs", "unused", **options)
    return list(format.read(Piece(str(path), format.name, len(content), 0.0), source, limits))


def outcomes(found: list[Record | Reject]) -> list[str]:
    return [one.text if isinstance(one, Record) else one.reason for one in found]


@settings(max_examples=150)
@given(
    st.lists(st.tuples(cells, cells), min_size=1, max_size=6), st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str, end: str, bom: bool,
    quote: bool, header: bool,
) -> None:  # fmt: skip
    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL
    )
    writer.writerows(([("id", "text")] if header else []) + rows)
    content = b"\xef\xbb\xbf" * bom + out.getvalue().encode()
    path = tmp_path_factory.getbasetemp() / "a.csv"
    named: Any = True if header else ["id", "text"]
    found = read(content, path, delimiter=delimiter, header=named)
    assert [(one.id, one.text) for one in found if isinstance(one, Record)] == rows
    assert b"".join(content[one.offset : one.offset + one.size] for one in found) == content[found[0].offset :]


def test_header_delimiter_and_names(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert outcomes(read(b"title\ttext\nT\ta, b\n", path, format=TSV)) == ["a, b"]
    assert outcomes(read(b"title;text\nT;a\n", path, delimiter=";", text=["title", "text"])) == ["T\n\na"]
    assert outcomes(read(b"x,a\ny,b\n", path, header=False, text="1")) == ["a", "b"]
    assert outcomes(read(b'5" disk,a\n', path, header=False, text="1", quotes=False)) == ["a"]
    assert outcomes(read(b"name,text\n", path)) == []
    assert outcomes(read(b"", path)) == ["read/empty_file"]
    [found] = read(b"name,body\nN,b\n", path)
    assert isinstance(found, Reject)
    assert (found.reason, found.error) == ("read/no_text", "no field 'text' among name, body")
    assert outcomes(read(b"text,text\na,b\n", path)) == ["read/doubled_column"]


def test_a_bad_record_costs_itself(tmp_path: Path) -> None:
    content = (
        b'id,text\n1,good\n2,"a "quoted" word"\n3,too,many\n4\n\n5,"two\nlines"\n6,caf\xe9\n7,\n8,"he said ""yes"""\n'
        b'9,"never closed\n10,next\n11,last\n'
    )
    found = read(content, tmp_path / "a.csv")
    assert outcomes(found) == [
        "good", "read/not_csv", "read/csv_fields", "read/csv_fields", "two\nlines", "read/not_utf8", "read/empty",
        'he said "yes"', "read/not_csv", "next", "last",
    ]  # fmt: skip
    for one in found:
        assert content[: one.offset].endswith(b"\n")
    assert isinstance(found[-3], Reject)
    assert found[-3].error == "a quoted field that is not closed"


def test_a_quote_that_is_never_closed_costs_one_line_whatever_follows(tmp_path: Path) -> None:
    rows = b"".join(b"%d,text %d\n" % (number, number) for number in range(500))
    found = read(b'id,text\nx,"open\n' + rows, tmp_path / "a.csv", Limits(record_bytes=1 << 10))
    assert outcomes(found) == ["read/not_csv", *(f"text {number}" for number in range(500))]


def test_limits_and_compression(tmp_path: Path) -> None:
    content = b"id,text\n1," + b"x" * 5_000 + b"\n2,b\n"
    limits = Limits(record_bytes=1 << 10)
    found = read(content, tmp_path / "a.csv", limits)
    assert outcomes(found) == ["read/record_too_large", "b"]
    assert found[0].size == 5_003
    assert outcomes(read(gzip.compress(content), tmp_path / "a.csv.gz")) == ["x" * 5_000, "b"]
    assert outcomes(read(gzip.compress(content)[:-9], tmp_path / "a.csv.gz"))[-1] == "read/truncated"
