"""Plain text: a file, each paragraph or each line is a document, at its offset."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.read.items import Piece
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.plain_text import TEXT
from babelmill.transforms.read.records import Record, Reject
from babelmill.transforms.read.sources import Source

LIMITS = Limits()


def read(content: bytes, path: Path, document: Any, limits: Limits = LIMITS) -> list[Record | Reject]:
    path.write_bytes(content)
    source = Source("docs", "unused", document=document, text="body")
    return list(TEXT.read(Piece(str(path), "text", len(content), 0.0), source, limits))


@given(st.lists(st.sampled_from(["one", "two ", "", " \t", "三"]), max_size=9), st.booleans())
def test_documents_of_a_file(tmp_path_factory: pytest.TempPathFactory, lines: list[str], bom: bool) -> None:
    path = tmp_path_factory.getbasetemp() / "a.txt"
    content = b"\xef\xbb\xbf" * bom + "\n".join(lines).encode()
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    expected = {
        "line": [line.strip() for line in lines if line.strip()],
        "paragraph": ["\n".join(part).strip() for part in paragraphs if part],
        "file": ["\n".join(lines).strip()] if any(map(str.strip, lines)) else [],
    }
    for document, texts in expected.items():
        found = [one for one in read(content, path, document) if isinstance(one, Record)]
        assert [one.text.strip() for one in found] == texts
        for one in found:
            assert content[one.offset :].decode().startswith(one.text[:3])


def test_what_is_too_large_or_no_utf8(tmp_path: Path) -> None:
    content = b"a\n" + b"x" * 3_000 + b"\ncaf\xe9\n\nb\n"
    limits = Limits(record_bytes=1 << 10)

    def found(document: str) -> list[tuple[str, int, int]]:
        rows = read(content, tmp_path / "a.txt", document, limits)
        return [(one.text if isinstance(one, Record) else one.reason, one.offset, one.size) for one in rows]

    assert found("line") == [
        ("a\n", 0, 2), ("read/record_too_large", 2, 3_001), ("read/not_utf8", 3_003, 5), ("b\n", 3_009, 2)
    ]  # fmt: skip
    assert found("paragraph") == [("read/record_too_large", 0, 3_008), ("b\n", 3_009, 2)]
    assert found("file") == [("read/record_too_large", 0, 3_011)]
    [empty] = read(b"", tmp_path / "a.txt", "file")
    assert isinstance(empty, Reject)
    assert empty.reason == "read/empty_file"
    assert read(b"\n \n", tmp_path / "a.txt", "file") == []
