"""JSON as people have it: arrays, objects of many lines, several on one, joined files; odd values beside a text."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.files.storage import look
from babelmill.transforms.read.items import Piece
from babelmill.transforms.read.jsonl import JSONL, has_lines
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.records import Record, Reject
from babelmill.transforms.read.sources import Source

SOURCE = Source("docs", "unused")
ROWS = [{"id": n, "text": f'line\n{n} ["{{', "meta": {"a": [1, {"b": "]}"}]}} for n in range(20)]
BOM = "\ufeff"


def read(path: Path, content: bytes, start: int = 0, end: int | None = None) -> list[Record | Reject]:
    path.write_bytes(content)
    return list(JSONL.read(Piece(str(path), "jsonl", len(content), 0.0, start, end), SOURCE, Limits()))


def texts(found: list[Record | Reject]) -> list[str]:
    return [one.text if isinstance(one, Record) else one.reason for one in found]


def lines(rows: list[Any]) -> str:
    return "\n".join(map(json.dumps, rows))


LAYOUTS = {
    "lines": lines(ROWS),
    "array": json.dumps(ROWS),
    "pretty array": json.dumps(ROWS, indent=2),
    "array with a line each": "[\n" + ",\n".join(map(json.dumps, ROWS)) + "\n]\n",
    "lines of arrays": json.dumps(ROWS[:10]) + "\n" + json.dumps(ROWS[10:]),
    "pretty objects": "\n".join(json.dumps(row, indent=4) for row in ROWS),
    "one line": "".join(map(json.dumps, ROWS)),
    "RFC 7464": "".join(f"\x1e{json.dumps(row)}\n" for row in ROWS),
    "joined without a line end": lines(ROWS[:7]) + lines(ROWS[7:]),
    "joined with a byte order mark": BOM + lines(ROWS[:7]) + BOM + lines(ROWS[7:]),
    "joined with both": BOM + lines(ROWS[:7]) + "\n" + BOM + lines(ROWS[7:]),
    "lines with commas": ",\n".join(map(json.dumps, ROWS)),
    "lines of Windows": "\r\n".join(map(json.dumps, ROWS)),
    "arrays joined": json.dumps(ROWS[:7]) + json.dumps(ROWS[7:], indent=1),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_every_layout_reads_alike(tmp_path: Path, layout: str, suffix: str) -> None:
    content = LAYOUTS[layout].encode()
    found = read(tmp_path / f"a.json{suffix}", gzip.compress(content) if suffix else content)
    assert texts(found) == [row["text"] for row in ROWS]
    for one in found:
        assert content[one.offset :].lstrip(BOM.encode() + b"\x1e").startswith(b"{")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_depends_on_how_a_file_is_cut(tmp_path: Path, layout: str) -> None:
    path, content = tmp_path / "a.json", LAYOUTS[layout].encode()
    whole = read(path, content)
    file = look(str(path))
    assert file is not None
    for item_bytes in (40, 333, 1_000):
        starts = [0, *JSONL.starts(file, SOURCE, item_bytes)]
        found = [
            one
            for start, end in zip(starts, [*starts[1:], None], strict=True)
            for one in read(path, content, start, end)
        ]
        assert found == whole


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_record_is_found_again_by_its_offset(tmp_path: Path, layout: str) -> None:
    path, content = tmp_path / "a.json", LAYOUTS[layout].encode()
    for wanted in read(path, content):
        start = JSONL.seek(str(path), SOURCE, wanted.offset)
        again = next(one for one in read(path, content, start) if one.offset >= wanted.offset)
        assert again == wanted


def test_what_is_wrong_in_an_array_costs_itself(tmp_path: Path) -> None:
    content = b'[{"text": "a"},\n {"text": "b" "c"},\n {"text": "d\n"},\n {"text": "e"}, 7, {"text": "f"}, {}, ["g"]'
    found = read(tmp_path / "a.json", content)
    assert texts(found) == [
        "a", "read/not_json", "read/not_json", "e", "read/not_object", "f", "read/no_text", "read/not_object",
        "read/truncated",
    ]  # fmt: skip


def test_a_file_of_one_object(tmp_path: Path) -> None:
    for content in (b'{"text": "a"}', b'{\n  "text": "a"\n}\n'):
        assert texts(read(tmp_path / "a.json", content)) == ["a"]


ODD = [
    b'{"text": "t", "score": NaN, "least": -Infinity}',
    b'{"text": "t", "title": "half \\ud83d"}',
    b'{"text": "t", "title": "caf\xe9"}',
    b'{"text": "t", "title": "tab\there"}',
    b'{"text": "t", "n": 1e999}',
]


@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_beside_a_text_does_not_cost_it(tmp_path: Path, odd: bytes) -> None:
    assert texts(read(tmp_path / "a.jsonl", odd + b"\n" + odd)) == ["t", "t"]


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (b'{"text": "caf\xe9", "n": NaN}', "read/not_utf8"), (b'{"text": "\\ud83d", "n": NaN}', "read/lone_surrogate"),
        (b'{"text": "\x00", "n": NaN}', "read/nul"), (b'{"text": "a', "read/not_json"),
    ],
)  # fmt: skip
def test_a_text_that_is_odd_itself_is_refused(tmp_path: Path, odd: bytes, reason: str) -> None:
    assert texts(read(tmp_path / "a.jsonl", b'{"text": "t"}\n' + odd)) == ["t", reason]


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(['{"text": "a"}', "{\n}", "[", "]", ",", "\n", " ", '"', "x", "\x1e", BOM])).map("".join)
)
def test_the_layout_is_told_by_the_beginning_and_pieces_agree(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path, content = tmp_path_factory.getbasetemp() / "layout.json", text.encode()
    whole = read(path, content)
    if has_lines(content):
        cuts = [0, *range(1, len(content), 5)]
        ends = [*cuts[1:], None]
        parts = [one for start, end in zip(cuts, ends, strict=True) for one in read(path, content, start, end)]
        assert parts == whole


def test_a_file_of_another_format_says_what_it_is(tmp_path: Path) -> None:
    for head, kind in ((b"PAR1", "a Parquet file"), (b"PK\x03\x04", "a zip archive"), (b"%PDF-1.7", "a PDF")):
        [found] = read(tmp_path / "a.jsonl", head + b" and so on")
        assert isinstance(found, Reject)
        assert (found.reason, found.size) == ("read/other_format", len(head) + 10)
        assert kind in found.error
