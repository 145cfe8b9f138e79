"""The head of a file: what is there is seen, no more is read than the bounds, and no stranger's file breaks it."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files import storage
from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.head import Head, read_head
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.sources import Source
from tests.gauntlet.small import FOLDER

SOURCE = Source("docs", "unused", format="jsonl", id="doc_id", url="meta.url")
PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstandard.compress
}  # fmt: skip
MIB = 1 << 20


def look(path: Path, content: bytes, source: Source = SOURCE, limits: Limits | None = None) -> Head:
    path.write_bytes(content)
    return read_head(str(path), source, limits or Limits())


def lines(*records: dict[str, Any]) -> bytes:
    return b"".join(orjson.dumps(record) + b"\n" for record in records)


class Counted(io.BytesIO):
    """A file that notes what is read of it."""

    reads: list[tuple[int, int]] = []

    def read(self, size: int | None = -1, /) -> bytes:
        at = self.tell()
        found = super().read(size)
        Counted.reads.append((at, len(found)))
        return found


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    Counted.reads = []
    monkeypatch.setattr(storage, "open_regular", lambda path: Counted(Path(path).read_bytes()))
    return Counted.reads


@pytest.mark.parametrize("suffix", PACK)
def test_fields_of_any_of_the_records(tmp_path: Path, suffix: str) -> None:
    content = lines({"text": "a", "doc_id": 1}, {"text": None, "meta": {"url": None, "n": {"x": {}}}}, {"late": []})
    found = look(tmp_path / f"a.jsonl{suffix}", PACK[suffix](b"\xef\xbb\xbf" + b"no JSON\n[]\n" + content))
    path = str(tmp_path / f"a.jsonl{suffix}")
    names = ("text", "doc_id", "meta.url", "meta.n", "late")
    assert found == Head(path, names, frozenset({"text", "id", "url"}), 3)


def test_no_more_than_a_hundred_records(tmp_path: Path) -> None:
    rows = [{"text": "a"}] * 99
    first, second = {"text": "a", "doc_id": 1}, {"text": "a", "meta": {"url": "u"}}
    found = look(tmp_path / "a.jsonl", lines(*rows, first, second))
    assert (found.records, found.found) == (100, {"text", "id"})
    bad = b"no JSON\n" * 1_000
    with pytest.raises(BrokenFile, match="no good record in the first 1 MiB"):
        look(tmp_path / "a.jsonl", bad + lines(first))
    assert look(tmp_path / "a.jsonl", bad[8:] + b"\n \r\n" * 50 + lines(first)).records == 1


@pytest.mark.parametrize("suffix", PACK)
def test_one_read_of_a_mebibyte(tmp_path: Path, suffix: str, counted: list[tuple[int, int]]) -> None:
    content = lines({"text": "x" * 900_000}, {"text": "y" * 900_000, "doc_id": 1}) * 4
    found = look(tmp_path / f"a.jsonl{suffix}", PACK[suffix](content))
    assert (found.records, found.names) == (1, ("text",))
    [(at, size)] = [(at, size) for at, size in counted if size]
    assert at == 0
    assert size <= MIB


def test_a_last_line_without_an_end(tmp_path: Path) -> None:
    assert look(tmp_path / "a.jsonl", lines({"text": "a"}) + b'{"doc_id": 1}').found == {"text", "id"}
    assert look(tmp_path / "a.jsonl", lines({"text": "a"}) + b'{"doc_id": 1').found == {"text"}


@pytest.mark.parametrize("suffix", [suffix for suffix in PACK if suffix])
def test_what_came_before_a_break_counts(tmp_path: Path, suffix: str) -> None:
    packed = PACK[suffix](lines({"text": "a"}))
    assert look(tmp_path / f"a.jsonl{suffix}", packed + packed[:-3]).found == {"text"}
    with pytest.raises(BrokenFile):
        look(tmp_path / f"a.jsonl{suffix}", b"not compressed")


def test_the_limits_of_reading_hold(tmp_path: Path) -> None:
    deep = b'{"text": ' + b"[" * 20 + b"]" * 20 + b"}\n"
    assert look(tmp_path / "a.jsonl", deep + lines({"doc_id": 1})).found == {"text", "id"}
    for limits, record in (
        (Limits(json_depth=10), deep),
        (Limits(json_digits=20), b'{"text": ' + b"9" * 21 + b"}\n"),
        (Limits(record_bytes=1 << 10), lines({"text": "x" * 1_100})),
    ):
        assert look(tmp_path / "a.jsonl", record + lines({"doc_id": 1}), limits=limits).found == {"id"}


def test_a_record_of_very_many_fields(tmp_path: Path) -> None:
    found = look(tmp_path / "a.jsonl", lines({f"k{n}": n for n in range(50_000)}, {"text": "a"}))
    assert len(found.names) == 1_000
    assert "text" in found.found


PARQUET = Source("docs", "unused", format="parquet", id="doc_id", url="meta.url")


def table(rows: int) -> pa.Table:
    return pa.table({"text": ["x" * 1_000] * rows, "meta": [{"url": "u", "n": 1}] * rows, "a.b": list(range(rows))})


def test_the_schema_of_a_parquet_file(tmp_path: Path, counted: list[tuple[int, int]]) -> None:
    out = io.BytesIO()
    pq.write_table(table(3_000), out, use_dictionary=False, compression="none")
    found = look(tmp_path / "a", out.getvalue(), PARQUET)
    assert found == Head(str(tmp_path / "a"), ("text", "meta.url", "meta.n", "a.b"), frozenset({"text", "url"}), None)
    [(at, size)] = counted
    assert (at, size) == (len(out.getvalue()) - (1 << 16), 1 << 16)


def test_a_footer_larger_than_the_first_read(tmp_path: Path, counted: list[tuple[int, int]]) -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({f"column_{n}": [n] for n in range(2_000)} | {"text": ["a"]}), out)
    found = look(tmp_path / "a", out.getvalue(), PARQUET)
    assert found.found == {"text"}
    assert len(found.names) == 1_000
    assert len(counted) == 2
    with pytest.raises(BrokenFile, match=r"limits\.footer_bytes"):
        look(tmp_path / "a", out.getvalue(), PARQUET, Limits(footer_bytes=1 << 10))


def test_no_rows_have_a_schema_too(tmp_path: Path) -> None:
    out = io.BytesIO()
    pq.write_table(table(1).slice(0, 0), out)
    assert look(tmp_path / "a", out.getvalue(), PARQUET).found == {"text", "url"}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("?_*")), ids=lambda path: path.name)
def test_hostile_files_have_a_head_or_are_broken(path: Path) -> None:
    with suppress(BrokenFile):
        found = read_head(str(path), Source("docs", "unused"), Limits())
        assert found.records is None or found.records > 0


@given(st.binary(max_size=200), st.sampled_from(["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.parquet"]))
def test_any_bytes_at_all(tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / name
    with suppress(BrokenFile):
        assert len(look(path, content, Source("docs", "unused")).names) < 200


def test_a_file_that_is_gone_is_the_worlds_fault(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"gone\.jsonl"):
        read_head(str(tmp_path / "gone.jsonl"), SOURCE, Limits())


def test_a_failing_disk_is_the_worlds_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Counted, "read", broken)
    monkeypatch.setattr(storage, "open_regular", lambda path: Counted(b""))
    for source in (SOURCE, PARQUET):
        with pytest.raises(WorldError, match="^cannot read a: "):
            read_head("a", source, Limits())
