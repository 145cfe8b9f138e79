"""Progress: what workers tell is heard to the last of it, shown where somebody looks, and never in the way."""

import io
import os
import time
from collections.abc import Callable

import pytest
from rich.console import Console

from babelmill.pipeline.job.plan import Plan
from babelmill.pipeline.runners import progress
from babelmill.pipeline.runners.progress import Watch
from babelmill.transforms import heartbeat
from babelmill.transforms.heartbeat import beat, ended

Leave = Callable[..., None]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_EVERY_S", 0.01)


def console(terminal: bool = False, kind: str = "xterm") -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=120, _environ={"TERM": kind})


def printed(where: Console) -> str:
    assert isinstance(where.file, io.StringIO)
    return where.file.getvalue()


def end_item(number: int, docs: int = 10) -> None:
    ended("item", number, reused=False, docs=docs, bytes=100 * docs, kept=docs, kept_bytes=100 * docs, costs={})


def test_all_is_heard_once_the_block_has_ended(plan: Plan) -> None:
    with Watch(plan, None) as watch:
        for number in (0, 1):
            end_item(number)
    assert watch.tracker.items == {0: False, 1: False}
    assert watch.tracker.read["docs"] == 20
    assert heartbeat.handle() is None


def test_no_open_file_is_left(plan: Plan) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with Watch(plan, None):
            end_item(0)
    assert len(os.listdir("/proc/self/fd")) == before


def test_workers_that_are_not_heard_are_seen_by_their_sidecars(
    plan: Plan, leave_item: Leave, leave_shard: Leave
) -> None:
    leave_item(1, 5, age=60)
    with Watch(plan, None, by_sidecars=True) as watch:
        leave_item(0, 10)
        time.sleep(0.05)
        leave_shard(0, 15)
    assert watch.tracker.items == {0: False}
    assert watch.tracker.read["docs"] == 10
    assert len(watch.tracker.shards) == 1


def test_a_short_run_prints_nothing_where_nobody_looks(plan: Plan) -> None:
    where = console()
    with Watch(plan, where):
        end_item(0)
        time.sleep(0.05)
    assert printed(where) == ""


def test_a_long_run_prints_plain_lines(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_FIRST_LINE_S", 0.0)
    where = console()
    with Watch(plan, where):
        end_item(0)
        time.sleep(0.1)
    assert "screen 50%: 1 of 2 items, 10 documents" in printed(where)
    assert "100% kept" in printed(where)
    assert "\x1b" not in printed(where)


def test_lines_come_less_often_in_a_long_run(plan: Plan) -> None:
    where = console()
    watch = Watch(plan, where)
    now, lines = watch._began + progress._FIRST_LINE_S, 0
    while now < watch._began + 36_000:
        watch._print(now)
        now, lines = watch._next_line, lines + 1
    assert 50 < lines < 150
    assert watch._next_line - now <= progress._LAST_LINE_S
    assert len(printed(where).splitlines()) == lines


def test_a_terminal_has_bars_that_go_again(plan: Plan) -> None:
    where = console(terminal=True)
    with Watch(plan, where):
        end_item(0)
        beat("item", 1, piece=0, share=0.5, docs=1, bytes=100)
        time.sleep(0.3)
    assert "screen" in printed(where)
    assert "75%" in printed(where)
    assert "1 of 2 items" in printed(where)
    assert printed(where).endswith("\x1b[1A\x1b[2K")


def test_a_terminal_without_a_cursor_has_lines(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_FIRST_LINE_S", 0.0)
    where = console(terminal=True, kind="dumb")
    with Watch(plan, where):
        end_item(0)
        time.sleep(0.1)
    assert "1 of 2 items, 10 documents" in printed(where)


def test_a_terminal_that_goes_away_ends_nothing(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    where = console(terminal=True)
    with Watch(plan, where) as watch:
        time.sleep(0.05)

        def gone(text: str) -> int:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(where.file, "write", gone)
        time.sleep(0.1)
        end_item(0)
    assert watch.tracker.items == {0: False}


def test_a_failure_passes_through(plan: Plan) -> None:
    with pytest.raises(RuntimeError, match="of the run"), Watch(plan, console()):
        raise RuntimeError("of the run")
    assert heartbeat.handle() is None


def test_what_is_no_line_of_json_is_passed_over(plan: Plan) -> None:
    with Watch(plan, None) as watch:
        pipe = heartbeat.handle()
        assert pipe is not None
        os.write(pipe, b'{"of":"it\nnothing\n[1,2]\n\n')
        end_item(0)
    assert watch.tracker.items == {0: False}
