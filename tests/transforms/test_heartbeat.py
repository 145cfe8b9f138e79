"""Heartbeats: whole lines, a few a second, and never a reason for work to wait or fail."""

import json
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from babelmill.transforms import heartbeat
from babelmill.transforms.heartbeat import beat, connect, ended, handle, is_due


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reads, writes = os.pipe()
    os.set_blocking(reads, False)
    os.set_blocking(writes, False)
    connect(writes)
    yield reads, writes
    connect(None)
    for end in (reads, writes):
        try:
            os.close(end)
        except OSError:
            continue


def heard(reads: int) -> list[dict[str, Any]]:
    content = b""
    try:
        while part := os.read(reads, 1 << 16):
            content += part
    except BlockingIOError:
        pass
    return [json.loads(line) for line in content.splitlines() if line]


def fill(writes: int) -> None:
    try:
        while True:
            os.write(writes, b"\n" * 4096)
    except BlockingIOError:
        pass


def test_what_is_told_is_heard(pipe: tuple[int, int]) -> None:
    beat("item", 12, piece=0, share=0.4)
    ended("shard", "data/lang=zh/part-00000.parquet", costs={"cpu_s/write": 0.5})
    one, two = heard(pipe[0])
    assert one == {"of": "item", "key": 12, "piece": 0, "share": 0.4}
    assert {two.pop("process"), two.pop("peak") > 0} == {os.getpid(), True}
    assert two == {
        "of": "shard", "key": "data/lang=zh/part-00000.parquet", "costs": {"cpu_s/write": 0.5}, "ended": True,
    }  # fmt: skip


def test_it_is_due_twice_a_second(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    assert is_due()
    beat("item", 1)
    assert not is_due()
    now[0] += 0.49
    assert not is_due()
    now[0] += 0.02
    assert is_due()


def test_an_end_tells_the_memory_too_but_not_all_the_time(pipe: tuple[int, int]) -> None:
    beat("item", 1)
    ended("item", 1)
    ended("item", 2)
    _, one, two = heard(pipe[0])
    assert one["process"] == os.getpid()
    assert 10 << 20 < one["peak"] < 100 << 30
    assert "peak" not in two


def test_where_nobody_listens_nothing_happens() -> None:
    connect(None)
    assert handle() is None
    assert not is_due()
    beat("item", 1)
    ended("item", 1)


def test_a_beat_into_a_full_pipe_is_lost(pipe: tuple[int, int]) -> None:
    fill(pipe[1])
    started = time.monotonic()
    beat("item", 1)
    assert time.monotonic() - started < 0.5
    assert heard(pipe[0]) == []


def test_an_end_waits_for_a_full_pipe_to_be_read(pipe: tuple[int, int]) -> None:
    reads, writes = pipe
    fill(writes)

    def drain() -> None:
        time.sleep(0.1)
        try:
            while os.read(reads, 1 << 20):
                pass
        except BlockingIOError:
            pass

    thread = threading.Thread(target=drain)
    thread.start()
    ended("item", 7, reused=True)
    thread.join()
    assert [one["key"] for one in heard(reads)] in ([7], [])  # the drain may have taken it too
    assert handle() == writes


def test_an_end_does_not_wait_for_ever(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "_WAIT_MS", 50)
    fill(pipe[1])
    started = time.monotonic()
    ended("item", 7)
    assert time.monotonic() - started < 1


def test_a_launcher_that_is_gone_is_told_nothing_more(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    beat("item", 1)
    assert handle() is None
