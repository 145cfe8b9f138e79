"""The queue: each item is taken once, by whoever asks, the largest first."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.job.queue import lay_out_queue, taken
from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import write_bytes
from babelmill.transforms.read.items import Item, Piece
from babelmill.transforms.work import WorkFolder

TAKE = """\
import sys
from babelmill.pipeline.job.queue import taken
from babelmill.transforms.work import WorkFolder
print("ready", flush=True)
sys.stdin.readline()
for line in taken(WorkFolder(sys.argv[1])):
    sys.stdout.write(line.decode())
"""


def lay_out(work: WorkFolder, works: list[int]) -> list[Item]:
    items = [Item(n, 0, "s", (Piece(f"é{n}", "jsonl", size, 1.0),), n, size) for n, size in enumerate(works)]
    write_bytes(work.items, b"".join(item.dump() + b"\n" for item in items))
    lay_out_queue(work, items)
    return items


@given(st.lists(st.integers(0, 1 << 50), max_size=30))
def test_the_largest_is_taken_first(tmp_path_factory: pytest.TempPathFactory, works: list[int]) -> None:
    work = WorkFolder(str(tmp_path_factory.mktemp("run")))
    items = lay_out(work, works)
    found = [Item.load(line) for line in taken(work)]
    assert found == sorted(items, key=lambda item: -item.work)
    assert list(taken(work)) == []
    lay_out_queue(work, items)
    assert len(list(taken(work))) == len(items)


def test_each_is_taken_once_by_threads(tmp_path: Path) -> None:
    work = WorkFolder(str(tmp_path))
    items = lay_out(work, list(range(500)))
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda _: list(taken(work)), range(8)))
    found = [Item.load(line).number for part in parts for line in part]
    assert sorted(found) == [item.number for item in items]


def test_each_is_taken_once_by_processes(tmp_path: Path) -> None:
    work = WorkFolder(str(tmp_path))
    lay_out(work, list(range(3_000)))
    command = [sys.executable, "-c", TAKE, str(tmp_path)]
    pipe = subprocess.PIPE
    takers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, encoding="utf-8") for _ in range(4)]
    for taker in takers:
        assert taker.stdout
        assert taker.stdout.readline() == "ready\n"
    parts = [taker.communicate("go\n")[0].splitlines() for taker in takers]
    assert sorted(Item.load(line.encode()).number for part in parts for line in part) == list(range(3_000))


def test_one_that_dies_holds_nobody_up(tmp_path: Path) -> None:
    work = WorkFolder(str(tmp_path))
    lay_out(work, [3, 2, 1])
    dying = (
        "import os; from babelmill.pipeline.job.queue import taken; from babelmill.transforms.work import WorkFolder\n"
    )
    dying += f"next(taken(WorkFolder({str(tmp_path)!r}))); os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", dying], check=False).returncode == -9
    assert [Item.load(line).number for line in taken(work)] == [1, 2]


def test_a_queue_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="queue"):
        next(taken(WorkFolder(str(tmp_path))))
