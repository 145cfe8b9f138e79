"""Storage: files appear whole or not at all, and every failure names its path."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files import storage
from tests.memory_filesystem import MemoryFileSystem

UNKNOWN = "nosuchscheme://bucket/a"


@pytest.fixture(params=["local", "mem"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    MemoryFileSystem.objects.clear()
    return str(tmp_path) if request.param == "local" else "mem://bucket"


def names(base: str) -> list[str]:
    return [file.path.removeprefix(f"{base}/") for file in storage.find(storage.join(base, "**"))]


def test_write_and_read(base: str) -> None:
    path = storage.join(base, "a")
    assert not storage.exists(path)
    storage.write_bytes(path, b"0123456789")
    storage.write_bytes(path, memoryview(b"abcdefghij"))
    assert storage.exists(path)
    assert storage.read_bytes(path) == b"abcdefghij"
    assert storage.read_range(path, 2, 3) == b"cde"
    assert storage.read_range(path, 10, 0) == b""
    with storage.open_file(path) as file:
        file.seek(8)
        assert file.read() == b"ij"
    assert names(base) == ["a"]
    storage.remove([path, path])
    assert not storage.exists(path)


def test_nothing_is_decompressed(base: str) -> None:
    path = storage.join(base, "a.gz")
    storage.write_bytes(path, b"not gzip")
    assert storage.read_bytes(path) == b"not gzip"


@pytest.mark.parametrize(("start", "size"), [(0, 11), (8, 3), (10, 1), (99, 1)])
def test_range_past_the_end(base: str, start: int, size: int) -> None:
    path = storage.join(base, "a")
    storage.write_bytes(path, b"0123456789")
    with pytest.raises(WorldError, match=re.escape(path)):
        storage.read_range(path, start, size)


def fail_midway(path: str) -> None:
    with storage.creating(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    "base",
    [
        "local",
        "mem",
    ],
    indirect=True,
)
def test_a_block_that_raises_leaves_nothing(base: str) -> None:
    new, old = storage.join(base, "new"), storage.join(base, "old")
    storage.write_bytes(old, b"whole")
    for path in (new, old):
        with pytest.raises(KeyboardInterrupt):
            fail_midway(path)
    assert names(base) == ["old"]
    assert storage.read_bytes(old) == b"whole"


def test_a_file_appears_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a"
    with storage.creating(str(path)) as file:
        file.write(b"content")
        assert not path.exists()
        [temporary] = path.parent.iterdir()
        assert temporary.name.startswith(f"a.tmp-{os.getpid()}-")
    assert path.read_bytes() == b"content"
    assert list(path.parent.iterdir()) == [path]


def test_find_is_sorted_without_folders(tmp_path: Path) -> None:
    for name in ("b.x", "a.x", "c.y", "sub/a.x", "sub.x/d.x", "[1].x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"12345")
    os.utime(tmp_path / "a.x", (0, 1_000_000_000))
    found = storage.find(str(tmp_path / "*.x"))
    assert [Path(file.path).name for file in found] == ["[1].x", "a.x", "b.x"]
    assert found[1] == (str(tmp_path / "a.x"), 5, 1_000_000_000, str((tmp_path / "a.x").stat().st_ctime_ns))
    assert len(storage.find(str(tmp_path / "**" / "*.x"))) == 5
    assert [Path(file.path).name for file in storage.find(str(tmp_path / "[ab].x"))] == ["a.x", "b.x"]
    assert [Path(file.path).name for file in storage.find(str(tmp_path / "?.y"))] == ["c.y"]
    assert storage.find(str(tmp_path / "a.x")) == [found[1]]
    assert storage.find(str(tmp_path / "sub")) == []
    assert storage.find(str(tmp_path / "nothing*")) == []


def test_missing_file(base: str) -> None:
    path = storage.join(base, "missing")
    assert not storage.exists(path)
    storage.remove([path])
    for read in (storage.open_file, storage.read_bytes, lambda path: storage.read_range(path, 0, 1)):
        with pytest.raises(WorldError, match=re.escape(path)) as caught:
            read(path)
        assert caught.value.__cause__ is not None


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    for use in (storage.read_bytes, lambda path: storage.remove([path]), lambda path: storage.write_bytes(path, b"x")):
        with pytest.raises(WorldError, match=re.escape(str(tmp_path))):
            use(str(tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(WorldError, match="file/below"):
        storage.write_bytes(str(tmp_path / "file" / "below"), b"x")


@pytest.mark.parametrize(
    "use",
    [
        storage.find,
        storage.exists,
        storage.open_file,
        storage.read_bytes,
        lambda path: storage.read_range(path, 0, 1),
        lambda path: storage.remove([path]),
        pytest.param(lambda path: storage.write_bytes(path, b"x")),
    ],
    ids=["find", "exists", "open_file", "read_bytes", "read_range", "remove", "write_bytes"],
)
def test_unknown_scheme(use: Any) -> None:
    with pytest.raises(WorldError, match=UNKNOWN):
        use(UNKNOWN)


def test_join() -> None:
    assert storage.join("a/", "b", "c") == os.path.join("a", "b", "c")
    assert storage.join("gs://b/", "c", "d") == "gs://b/c/d"
