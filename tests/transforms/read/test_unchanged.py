"""A file that changes between plan and reading ends the run, and never passes for a shorter one."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import FoundFile
from babelmill.transforms.ledger import Tally
from babelmill.transforms.read.items import Item, Piece
from babelmill.transforms.read.jsonl import JSONL, JsonLines
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.reader import Reading
from babelmill.transforms.read.records import Record, Reject
from babelmill.transforms.read.sources import Source, list_files
from babelmill.transforms.read.unchanged import change_of
from babelmill.transforms.read.work_items import work_items
from tests.memory_filesystem import MemoryFileSystem

LINES = b"".join(b'{"text": "line %d"}\n' % number for number in range(2_000))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "a.jsonl").write_bytes(LINES)
    return tmp_path / "a.jsonl"


def planned(path: Path, item_bytes: int = 1 << 20) -> tuple[Source, list[Item]]:
    source = Source("docs", str(path))
    return source, list(work_items(list_files([source]), item_bytes))


def read(source: Source, items: list[Item]) -> int:
    return sum(batch.num_rows for item in items for batch in Reading(item, source, Limits()).batches(Tally()))


def shrink(path: Path) -> None:
    path.write_bytes(LINES[: len(LINES) // 3])


def grow(path: Path) -> None:
    path.write_bytes(LINES + b"{}\n")


def write_again(path: Path) -> None:
    content, found = path.read_bytes(), path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 1_000_000_000))


def forge(path: Path) -> None:
    """Change a letter, and set size and time back."""
    found = path.stat()
    path.write_bytes(LINES.replace(b"line", b"LINE"))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def replace(path: Path) -> None:
    """Put another file in its place, with its size and time."""
    found, other = path.stat(), path.with_name("other")
    other.write_bytes(LINES.replace(b"line", b"LINE"))
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.replace(path)


CHANGES = [
    (shrink, r"size 42,890 → 14,296"),
    (grow, r"size 42,890 → 42,893"),
    (write_again, r"size 42,890 as before, written again"),
    (forge, r"size 42,890 and time as before, but touched or replaced"),
    (replace, r"size 42,890 and time as before, but touched or replaced"),
    (Path.unlink, r"it is gone"),
]


@pytest.mark.parametrize(("change", "how"), CHANGES)
@pytest.mark.parametrize("item_bytes", [5_000, 1 << 20])
def test_a_change_after_the_plan_is_told(path: Path, change: Callable[[Path], None], how: str, item_bytes: int) -> None:
    source, items = planned(path, item_bytes)
    assert read(source, items) == 2_000
    change(path)
    for item in items:
        with pytest.raises(WorldError, match=rf"a\.jsonl: changed since the plan \({how}\)"):
            read(source, [item])


@pytest.mark.parametrize(("change", "how"), CHANGES)
def test_a_change_while_a_piece_is_read_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], how: str
) -> None:
    source, items = planned(path)

    def changing(self: object, piece: Piece, source: Source, limits: Limits) -> Iterator[Record | Reject]:
        for number, record in enumerate(reading(JSONL, piece, source, limits)):
            if number == 1_000:
                change(path)
            yield record

    reading = JsonLines.read
    monkeypatch.setattr(JsonLines, "read", changing)
    with pytest.raises(WorldError, match=how):
        read(source, items)


def test_what_breaks_because_somebody_writes_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, items = planned(path)

    def breaking(self: object, piece: Piece, source: Source, limits: Limits) -> Iterator[Record | Reject]:
        shrink(path)
        raise OSError("stale file handle")
        yield

    monkeypatch.setattr(JsonLines, "read", breaking)
    with pytest.raises(WorldError, match="changed since the plan"):
        read(source, items)


def test_an_item_keeps_the_state_of_its_files(path: Path) -> None:
    _, [item] = planned(path)
    assert Item.load(item.dump()) == item
    assert item.pieces[0].state == str(path.stat().st_ctime_ns)
    # Lists of earlier versions have none.
    assert Item.load(b'[0,0,"docs",[["a.jsonl","jsonl",3,1.5,0,null]]]').pieces[0].state == ""


def test_an_object_without_a_time_is_known_by_its_checksum() -> None:
    MemoryFileSystem.objects.clear()
    MemoryFileSystem.objects["mem://in/a.jsonl"] = LINES
    source = Source("docs", "mem://in/a.jsonl")
    items = list(work_items(list_files([source]), 5_000))
    assert read(source, items) == 2_000
    MemoryFileSystem.objects["mem://in/a.jsonl"] = LINES.replace(b"line", b"LINE")
    with pytest.raises(WorldError, match="changed since the plan"):
        read(source, items[:1])
    del MemoryFileSystem.objects["mem://in/a.jsonl"]
    with pytest.raises(WorldError, match="it is gone"):
        read(source, items[:1])


def test_what_is_not_known_is_not_compared() -> None:
    piece = Piece("a", "jsonl", 3, 0.0)
    assert not change_of(piece, FoundFile("a", 3, 7.0, "x"))
    assert change_of(piece, FoundFile("a", 4, 0.0))
