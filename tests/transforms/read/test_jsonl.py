"""JSONL: lines are the same however the file is cut, and every bad record gets its reason."""

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO

import orjson
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.read import jsonl
from babelmill.transforms.read.decompress import decompressed
from babelmill.transforms.read.items import Piece
from babelmill.transforms.read.json_record import _too_long_number
from babelmill.transforms.read.jsonl import JSONL, lines
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.records import HEAD_BYTES, Record, Reject
from babelmill.transforms.read.sources import Source
from babelmill.transforms.read.stream import Line

SOURCE = Source("docs", "unused")
LIMIT = 1 << 10
LIMITS = Limits(record_bytes=LIMIT)

contents = st.lists(st.binary(max_size=8) | st.sampled_from([b"\n", b"\r\n", b"{}\n"])).map(b"".join)


class Dribble(io.BytesIO):
    """A file that gives at most `step` bytes a read."""

    step = 3

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.step if size is None or size < 0 else min(size, self.step))


def plain_lines(content: bytes) -> list[Line]:
    """Return the lines that are not blank."""
    found, at = [], 0
    for raw in content.split(b"\n"):
        found.append(Line(at, len(raw), raw))
        at += len(raw) + 1
    return [line for line in found if line.raw.strip()]


def lines_of(file: IO[bytes], start: int, end: int | None) -> Iterator[Line]:
    at = jsonl._seek_line(file, start, end)
    return lines(decompressed(file, None, LIMITS), at, end, LIMITS)


def read(path: Path, content: bytes, limits: Limits = LIMITS) -> list[Record | Reject]:
    path.write_bytes(content)
    return list(JSONL.read(Piece(str(path), "jsonl", len(content), 0.0), SOURCE, limits))


def outcome(found: Record | Reject) -> str:
    return found.reason if isinstance(found, Reject) else found.text


@pytest.mark.parametrize("file", [io.BytesIO, Dribble])
@settings(max_examples=300)
@given(content=contents, cuts=st.sets(st.integers(1, 120), max_size=8))
def test_ranges_give_the_lines_of_the_whole(file: type[io.BytesIO], content: bytes, cuts: set[int]) -> None:
    ranges = [*pairwise((0, *sorted(cuts))), (max(cuts, default=0), None)]
    found = [line for start, end in ranges for line in lines_of(file(content), start, end)]
    assert [line for line in found if line.raw.strip()] == plain_lines(content)
    for start, end in ranges:
        for line in lines_of(file(content), start, end):
            assert start <= line.offset < (end or len(content) + 1)


@pytest.mark.parametrize("step", [7, 1 << 22])
@settings(max_examples=100)
@given(sizes=st.lists(st.integers(0, 3_000), max_size=6), end=st.booleans(), cut=st.integers(1, 9_000))
def test_oversized_lines_keep_size_and_head(step: int, sizes: list[int], end: bool, cut: int) -> None:
    content = b"\n".join(bytes(97 + i % 26 for i in range(size)) for size in sizes) + b"\n" * end
    found = []
    for start, stop in ((0, cut), (cut, None)):
        file = Dribble(content)
        file.step = step
        found += lines_of(file, start, stop)
    found = [line for line in found if line.raw.strip()]
    assert [line[:2] for line in found] == [line[:2] for line in plain_lines(content)]
    for line, whole in zip(found, plain_lines(content), strict=True):
        assert line.raw[:HEAD_BYTES] == whole.raw[:HEAD_BYTES]
        assert line.raw == whole.raw or line.size > LIMIT
        assert len(line.raw) <= LIMIT + step


BAD = [
    (b'{"text": "no end"', "not_json"),
    (b'{"text": NaN}', "text_not_string"),
    (b"{'text': 'quotes'}", "not_json"),
    (b"[" * 100_000, "json_too_deep"),
    (b'{"text": "a", "x": [' + b"[]," * 1_000_000 + b"0]}", "json_too_complex"),
    (b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "json_too_deep"),
    (b'{"text": "a", "n": ' + b"[" * 100 + b"]" * 100 + b"}", "json_too_deep"),
    (b'{"text": "a", "n": ' + b"9" * 5_000 + b"}", "json_number_too_long"),
    (b'{"n": 0.' + b"1" * 1_101 + b', "text": "a"}', "json_number_too_long"),
    (b'["text"]', "not_object"),
    (b'"text"', "not_object"),
    (b"null", "not_object"),
    (b"{}", "no_text"),
    (b'{"text": null}', "no_text"),
    (b'{"Text": "a"}', "no_text"),
    (b'{"text": 1}', "text_not_string"),
    (b'{"text": true}', "text_not_string"),
    (b'{"text": ["a", 1]}', "text_not_string"),
    (b'{"text": []}', "no_text"),
    (b'{"text": "caf\xe9"}', "not_utf8"),
    (b'{"text": "cut \xe2\x82"}', "not_utf8"),
    (b'{"text": "\xed\xa0\xbd"}', "not_utf8"),
    (b'{"text": "a \\ud83d b"}', "lone_surrogate"),
    (b'{"text": "a \\ud83d"}', "lone_surrogate"),
    (b'{"text": "\\udc00 b"}', "lone_surrogate"),
    (b'{"text": "\\ud83d\\ud83d"}', "lone_surrogate"),
    (b'{"text": "\\ud83d', "not_json"),
    (b'{"text": "a\\u0000"}', "nul"),
    (b'{"text": ""}', "empty"),
    (b'{"text": " \\n\\u3000"}', "empty"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD, ids=lambda value: str(value)[:40])
def test_bad_record(tmp_path: Path, bad: bytes, reason: str) -> None:
    good = b'{"text": "good"}\n'
    content = good + b"\n" + bad + b"\r\n" + good
    first, found, last = read(tmp_path / "a.jsonl", content, Limits())
    assert outcome(first) == outcome(last) == "good"
    assert isinstance(found, Reject)
    assert found.reason == f"read/{reason}"
    assert found.error
    assert found.head == bad[:HEAD_BYTES] + b"\r" * (len(bad) < HEAD_BYTES)
    assert found.size == len(bad) + 1
    assert content[found.offset :].startswith(bad)


@pytest.mark.parametrize(
    ("record", "error"),
    [
        (
            {"doc_id": 1, "raw_content": "x", "meta": {"url": "u"}},
            "no field 'text' among doc_id, raw_content, meta.url",
        ),
        ({}, "no field 'text' among none"),
        ({"text": None}, "the field 'text' is null"),
        ({"text": 1}, "the text is a value of type int"),
    ],
)
def test_a_record_without_text_says_what_it_has(tmp_path: Path, record: dict[str, object], error: str) -> None:
    [found] = read(tmp_path / "a.jsonl", orjson.dumps(record))
    assert isinstance(found, Reject)
    assert found.error == error


def test_nested_fields(tmp_path: Path) -> None:
    rows = [
        {"doc": {"text": "a", "id": 7}, "meta": {"url": "u", "seen": {"first": "2024-05-01T00:00:00"}}},
        {"doc": {"text": "b", "id": {"x": 1}}, "meta": {"url": ["u"], "seen": [{"first": "2024-05-01"}]}},
        {"doc": {"text": "c"}, "meta": {"url": "u"}, "meta.url": "the top wins", "meta.seen.first": "2024-05-02"},
        {"doc": {"text": ["d"]}},
        {"doc": "e"},
    ]
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    source = Source("s", "unused", text="doc.text", id="doc.id", url="meta.url", date="meta.seen.first")
    found = list(JSONL.read(Piece(str(path), "jsonl", 0, 0.0), source, Limits()))
    assert [row[1:5] for row in found if isinstance(row, Record)] == [
        ("7", "u", "a", 19844), (None, None, "b", None), (None, "the top wins", "c", 19845), (None, None, "d", None)
    ]  # fmt: skip
    [error] = [(row.reason, row.error) for row in found if isinstance(row, Reject)]
    assert error == ("read/no_text", "no field 'doc.text' among doc")


def test_record_too_large(tmp_path: Path) -> None:
    bad = json.dumps({"text": "long " * LIMIT}).encode()
    _, found, last = read(tmp_path / "a.jsonl", b'{"text": "good"}\n' + bad + b'\n{"text": "last"}')
    assert found == Reject(
        17, "read/record_too_large", f"{len(bad)} bytes, limits.record_bytes is 1024", bad[:256], len(bad)
    )
    assert outcome(last) == "last"


def test_limit_is_inclusive(tmp_path: Path) -> None:
    content = json.dumps({"text": "x" * (LIMIT - 12)}).encode()
    assert len(content) == LIMIT
    assert [outcome(found)[:4] for found in read(tmp_path / "a.jsonl", content + b"\n" + content)] == ["xxxx", "xxxx"]
    assert [outcome(found) for found in read(tmp_path / "a.jsonl", content + b" ")] == ["read/record_too_large"]


def test_bom_at_the_beginning_is_skipped(tmp_path: Path) -> None:
    assert read(tmp_path / "a.jsonl", b'\xef\xbb\xbf{"text": "a"}\n{"text": "b"}') == [
        Record(0, None, None, "a", size=16),
        Record(17, None, None, "b", size=13),
    ]


def test_blank_lines_are_skipped(tmp_path: Path) -> None:
    assert read(tmp_path / "a.jsonl", b'\n \t\r\n{"text": "a"}\n\n\r\n') == [Record(5, None, None, "a", size=13)]


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2024-05-01", 19844), ("2024-05-01T23:59:59Z", 19844), ("1969-12-31 00:00", -1), ("2024-13-01", None),
        ("May 2024", None), ("", None), (1714521600, 19844), (None, None), (["2024-05-01"], None), (True, None),
    ],
)  # fmt: skip
def test_dates(tmp_path: Path, value: object, day: int | None) -> None:
    [found] = read(tmp_path / "a.jsonl", json.dumps({"text": "t", "date": value}).encode())
    assert isinstance(found, Record)
    assert found.date == day


def test_ids_and_urls(tmp_path: Path) -> None:
    values = [7, 0, -1, 2**64 - 1, "x", "", None, True, 1.5, [1], "a\0b"]
    ids = ["7", "0", "-1", str(2**64 - 1), "x", None, None, "true", "1.5", None, None]
    rows = [json.dumps({"text": "t", "id": value, "url": value}).encode() for value in values]
    found = read(tmp_path / "a.jsonl", b"\n".join(rows))
    assert [(record.id, record.url) for record in found if isinstance(record, Record)] == [(id, id) for id in ids]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.jsonl.xz", "a.jsonl.bz2"])
def test_empty_file(tmp_path: Path, name: str) -> None:
    assert [outcome(found) for found in read(tmp_path / name, b"")] == ["read/empty_file"]


ROWS = b"".join(b'{"text": "line %d"}\n' % number for number in range(200))


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_compressed_reads_like_plain(tmp_path: Path, name: str) -> None:
    pack = gzip.compress if name.endswith("gz") else zstandard.compress
    assert read(tmp_path / name, pack(ROWS) + pack(ROWS)) == read(tmp_path / "a.jsonl", ROWS * 2)


@pytest.mark.parametrize(
    ("name", "broken", "reason"),
    [
        ("a.jsonl.gz", gzip.compress(ROWS, mtime=0)[:-20], "truncated"),
        ("a.jsonl.zst", zstandard.compress(ROWS)[:-20], "truncated"),
        ("a.jsonl.gz", gzip.compress(ROWS, mtime=0)[:-8] + bytes(8), "corrupt"),
        ("a.jsonl.gz", b'{"text": "plain"}\n', "corrupt"),
        ("a.jsonl.zst", zstandard.compress(ROWS, 19)[:9] + b"\xff" * 40, "corrupt"),
    ],
)
def test_break(tmp_path: Path, name: str, broken: bytes, reason: str) -> None:
    """A break is one reject, that says how far the file was read, behind every record before it."""
    whole = read(tmp_path / "a.jsonl", ROWS + ROWS)
    content = (gzip.compress if name.endswith("gz") else zstandard.compress)(ROWS) + broken
    *before, found = read(tmp_path / name, content)
    assert isinstance(found, Reject)
    assert (found.reason, found.head, found.is_rest) == (f"read/{reason}", content[:HEAD_BYTES], True)
    assert 0 <= found.size <= len(broken)
    assert before == whole[: len(before)]
    assert len(before) >= 200
    assert found.offset == len(b"".join((ROWS + ROWS).splitlines(keepends=True)[: len(before)])) - 1


def test_truncated_gzip_keeps_whole_lines(tmp_path: Path) -> None:
    packed = gzip.compress(ROWS)
    *before, found = read(tmp_path / "a.jsonl.gz", packed[: len(packed) // 2])
    given = zlib.decompressobj(wbits=31).decompress(packed[: len(packed) // 2])
    assert [outcome(record) for record in before] == [f"line {number}" for number in range(given.count(b"\n"))]
    assert outcome(found) == "read/truncated"


def test_what_is_just_within_the_limits(tmp_path: Path) -> None:
    nested = b'{"text": "a", "n": ' + b"[" * 99 + b"]" * 99 + b"}"
    number = b'{"text": "b", "n": 0.' + b"1" * 1_100 + b"}"
    digits = b'{"text": "' + b"1" * 5_000 + b'", "k\\"": 1}'
    found = read(tmp_path / "a.jsonl", b"\n".join((nested, number, digits)), Limits())
    assert [outcome(row) for row in found] == ["a", "b", "1" * 5_000]


runs = st.tuples(st.sampled_from(["1", "x", '"', "\\", " "]), st.integers(1, 40))


@given(st.lists(runs, max_size=8), st.integers(1, 9))
def test_long_numbers_are_found_wherever_they_stand(parts: list[tuple[str, int]], most: int) -> None:
    raw = orjson.dumps("".join(char * number for char, number in parts)) + b"".join(
        (b"0" if char == "1" else b",") * number for char, number in parts
    )
    sizes = [len(run) for run in re.findall(rb"0+", raw[raw.rindex(b'"') :])]
    assert _too_long_number(raw, most) == (max(sizes, default=0) > most)


def test_a_long_document_is_refused(tmp_path: Path) -> None:
    content = b"\n".join(orjson.dumps({"text": "é" * number}) for number in (99, 100, 101))
    found = read(tmp_path / "a.jsonl", content, Limits(document_chars=100))
    assert [outcome(row) for row in found] == ["é" * 99, "é" * 100, "read/document_too_long"]


def test_a_compressed_file_that_is_mostly_bad_is_given_up(tmp_path: Path) -> None:
    good, bad = b'{"text": "good"}\n', b"x\n"
    found = read(tmp_path / "a.jsonl.gz", gzip.compress(good * 2_000 + bad * 9_000 + good))
    reasons = [row.reason for row in found if isinstance(row, Reject)]
    assert reasons == ["read/not_json"] * 2_001 + ["read/mostly_bad"]
    found = read(tmp_path / "a.jsonl.gz", gzip.compress(good * 9_000 + bad * 8_000 + good))
    assert len(found) == 17_001


def test_the_search_for_a_pieces_first_line_ends_with_the_piece() -> None:
    """A line of a gigabyte lies in many pieces; if each read to its end, time would be quadratic."""
    content = Dribble(b"x" * 100_000)
    content.step = 1_000
    assert list(lines_of(content, 10_000, 12_000)) == []
    assert content.tell() < 14_000
