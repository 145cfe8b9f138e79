"""Finished work: each sidecar is read once, and those of earlier runs count for nothing."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from babelmill.pipeline.job.plan import Plan
from babelmill.pipeline.runners import finished_work
from babelmill.pipeline.runners.finished_work import FinishedWork
from babelmill.transforms.write.sidecars import ItemSidecar

Leave = Callable[..., None]


def news(work: FinishedWork) -> list[tuple[Any, ...]]:
    return [(told["of"], told["key"], told["docs"], told["reused"]) for told in work.news()]


def test_each_sidecar_is_read_once(
    plan: Plan, leave_item: Leave, leave_shard: Leave, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bytes] = []

    def load(content: bytes) -> ItemSidecar:
        read.append(content)
        return ItemSidecar.load(content)

    monkeypatch.setitem(finished_work._LOAD, "items", load)
    work = FinishedWork(plan.work, time.time() - 0.5)
    assert news(work) == []
    leave_item(0, 10)
    assert news(work) == [("item", 0, 10, False)]
    leave_item(1, 20)
    leave_shard(0, 15)
    assert news(work) == [("item", 1, 20, False), ("shard", "data/lang=zh/part-00000.parquet", 15, False)]
    assert news(work) == []
    assert len(read) == 2


def test_an_earlier_sidecar_counts_once_it_is_written_anew(plan: Plan, leave_item: Leave, leave_shard: Leave) -> None:
    leave_item(0, 10, age=60, made=60)
    leave_shard(0, 10, age=60)
    work = FinishedWork(plan.work, time.time() - 0.5)
    assert news(work) == []
    leave_item(0, 10, made=60)
    assert news(work) == [("item", 0, 10, True)]
    leave_item(1, 10)
    assert news(work) == [("item", 1, 10, False)]


def test_a_shard_is_reused_if_its_file_is_older(plan: Plan, leave_shard: Leave) -> None:
    path = Path(plan.config.output) / "data/lang=zh/part-00000.parquet"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PAR1")
    os.utime(path, (time.time() - 60,) * 2)
    leave_shard(0, 10)
    assert news(FinishedWork(plan.work, time.time() - 0.5)) == [("shard", "data/lang=zh/part-00000.parquet", 10, True)]


def test_half_written_and_damaged_files_are_left_alone(plan: Plan, leave_item: Leave) -> None:
    leave_item(0, 10)
    Path(plan.work.sidecar(1) + ".tmp-123").write_bytes(b'{"led')
    Path(plan.work.sidecar(2)).write_bytes(b'{"led')
    assert news(FinishedWork(plan.work, 0)) == [("item", 0, 10, False)]


def test_a_sidecar_that_is_removed_while_it_is_looked_at(plan: Plan, leave_item: Leave) -> None:
    # A worker that screens an item anew removes its old sidecar first: between the listing and the look.
    leave_item(1, 7)
    (Path(plan.work.sidecar(1)).parent / "0000000.json").symlink_to("gone")
    assert news(FinishedWork(plan.work, 0)) == [("item", 1, 7, False)]


def test_a_remote_work_folder_is_not_looked_at(plan: Plan) -> None:
    remote = plan._replace(config=plan.config.model_copy(update={"output": "gs://bucket/out"}))
    assert news(FinishedWork(remote.work, 0)) == []
