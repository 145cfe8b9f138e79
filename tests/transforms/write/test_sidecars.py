"""Sidecars: what is written is read as it was, and what is damaged, or of something else, counts as none."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.ledger import KEPT
from babelmill.transforms.statistics.statistics import PlainStatistics
from babelmill.transforms.write.accounts import ItemAccount, ShardAccount
from babelmill.transforms.write.listed import HashedFile, ShardFile
from babelmill.transforms.write.sidecars import ItemParts, ItemSidecar, ShardSidecar, read_sidecar
from tests.transforms.write import made

rows = st.lists(made.rows, max_size=3)
items = st.builds(
    ItemSidecar,
    fingerprint=made.digests, item=st.integers(0, 1 << 20), source=made.texts,
    files=st.dictionaries(made.texts, made.counts, max_size=2),
    records=st.dictionaries(made.texts, made.counts, max_size=2),
    lost=st.dictionaries(made.texts, made.counts, max_size=2),
    parts=st.builds(ItemParts, made.hashed, made.hashed, st.none() | made.tables, st.none() | made.audits),
    signatures=st.lists(st.tuples(*[st.integers(0, 1 << 40)] * 3), max_size=3), ledger=rows,
    statistics=st.builds(PlainStatistics, *[st.lists(st.lists(made.texts | st.integers(0, 9)), max_size=2)] * 3),
    costs=made.costs,
)  # fmt: skip
shards = st.builds(ShardSidecar, made.digests, made.shards, st.none() | made.index_files, rows, rows, made.costs)
SHARD = ShardFile("data/lang=zh/part-00003.parquet", "zh", 1, 2, 3, 4, "0" * 64)
SOUND = ShardSidecar("a" * 64, SHARD, None, [(("write", "a", "zh", KEPT), (1, 2, 2, 3))], [], {"cpu_s/write": 1.5})


@given(items)
def test_an_items_is_read_as_it_was(sidecar: ItemSidecar) -> None:
    assert ItemSidecar.load(sidecar.dump()) == sidecar
    assert ItemSidecar.load(sidecar.dump()).dump() == sidecar.dump()
    said = orjson.loads(sidecar.dump())
    assert list(said) == [
        "fingerprint", "item", "source", "files", "records", "lost", "parts", "signatures", "ledger",
        "statistics", "costs",
    ]  # fmt: skip
    # A file that an item does not have is not listed.
    assert None not in said["parts"].values()
    assert said["parts"].keys() == sidecar.parts.there().keys()


@given(shards)
def test_a_shards_is_read_as_it_was(sidecar: ShardSidecar) -> None:
    assert ShardSidecar.load(sidecar.dump()) == sidecar
    assert list(orjson.loads(sidecar.dump())) == ["fingerprint", "shard", "index", "ledger", "strata", "costs"]


@given(items, shards)
def test_what_commit_is_told(item: ItemSidecar, shard: ShardSidecar) -> None:
    expected = ItemAccount(item.item, item.source, item.files, item.records, item.lost, item.costs, item.parts.audit)
    assert item.account == expected
    assert shard.account == ShardAccount(shard.shard, shard.index, shard.costs)


def test_one_of_something_else_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    assert read_sidecar(ShardSidecar.load, str(path), SOUND.fingerprint) is None
    path.write_bytes(SOUND.dump())
    assert read_sidecar(ShardSidecar.load, str(path), SOUND.fingerprint) == SOUND
    assert read_sidecar(ShardSidecar.load, str(path), "b" * 64) is None
    assert read_sidecar(ItemSidecar.load, str(path), SOUND.fingerprint) is None


@pytest.mark.parametrize(
    "change",
    [{"shard": None}, {"shard": {}}, {"ledger": [[["a"], [1]]]}, {"costs": {"x": "y"}}, {"index": {"path": "../x"}},
     {"strata": 7}],
)  # fmt: skip
def test_a_damaged_one_is_none(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(orjson.dumps(orjson.loads(SOUND.dump()) | change))
    assert read_sidecar(ShardSidecar.load, str(path), SOUND.fingerprint) is None
    path.write_bytes(SOUND.dump()[:-1])
    assert read_sidecar(ShardSidecar.load, str(path), SOUND.fingerprint) is None


def test_the_files_of_an_item() -> None:
    file = HashedFile(1, "0" * 64)
    assert ItemParts(file, file).there() == {"staged": file, "signatures": file}
