"""Ranges: the bytes of each, in order, near and in a store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.ranges import Range, read_ranges
from babelmill.transforms.files.storage import write_bytes
from tests.cloud import storage_emulator

CONTENT = bytes(range(256)) * 40


@pytest.fixture(scope="module", params=["local", "gs"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "local":
        yield str(tmp_path_factory.mktemp("ranges"))
        return
    with storage_emulator():
        yield "gs://bucket"


@pytest.fixture(scope="module")
def paths(base: str) -> list[str]:
    found = [f"{base}/{name}" for name in "ab"]
    for path in found:
        write_bytes(path, path[-1].encode() + CONTENT)
    return found


def test_each_range_in_its_order(paths: list[str]) -> None:
    ranges = [Range(paths[i % 2], 97 * i, 50 + i) for i in range(60)] + [Range(paths[0], 3, 0)]
    wanted = [(path[-1].encode() + CONTENT)[start : start + size] for path, start, size in ranges]
    assert list(read_ranges(ranges)) == wanted
    assert list(read_ranges(iter(ranges[:1]))) == wanted[:1]
    assert not list(read_ranges([]))


def test_a_file_that_ends_before_is_told(paths: list[str]) -> None:
    ranges = [*(Range(paths[0], 0, 10) for _ in range(30)), Range(paths[1], len(CONTENT) - 3, 5)]
    found = read_ranges(ranges)
    assert [len(next(found)) for _ in range(30)] == [10] * 30
    with pytest.raises(WorldError, match="b: 5 bytes wanted"):
        next(found)


def test_a_file_that_is_not_there_is_told(base: str) -> None:
    with pytest.raises(WorldError, match="nowhere"):
        list(read_ranges([Range(f"{base}/nowhere", 0, 5)]))


def test_not_all_is_read_ahead(paths: list[str], tmp_path: Path) -> None:
    taken = []

    def ranges() -> Iterator[Range]:
        for number in range(1000):
            taken.append(number)
            yield Range(paths[0], number, 5)

    found = read_ranges(ranges())
    next(found)
    assert len(taken) < 30
    found.close()  # type: ignore[attr-defined]
