"""The manifest's shards against the ledger: whatever one has and the other lacks is told."""

import pytest

from babelmill.transforms.ledger import KEPT, Counts, Key, Tally
from babelmill.transforms.write.listed import ShardFile, broken_shards


def shard(lang: str, **more: int) -> ShardFile:
    numbers = {"rows": 2, "text_bytes": 30, "tokens": 10, "file_bytes": 9, **more}
    return ShardFile(path=f"data/lang={lang}/part-00000.parquet", lang=lang, sha256="0" * 64, **numbers)


def ledger() -> Tally:
    """Two Chinese shards of two sources, and one English."""
    rows = [("zh", "a", 3, 40, 13), ("zh", "b", 1, 20, 7), ("en", "a", 2, 30, 10)]
    return Tally((Key("write", source, lang, KEPT), Counts(docs, size, 1, n)) for lang, source, docs, size, n in rows)


def test_shards_that_add_up() -> None:
    assert broken_shards([shard("zh"), shard("en"), shard("zh")], ledger()) == []
    assert broken_shards([], Tally()) == []


@pytest.mark.parametrize(
    ("shards", "problem"),
    [
        (
            [shard("zh"), shard("zh"), shard("en", tokens=11)],
            "en: 11 tokens in the manifest's shards, 10 in the ledger",
        ),
        ([shard("zh"), shard("zh", rows=1), shard("en")], "zh: 3 documents in the manifest's shards, 4 in the ledger"),
        ([shard("zh"), shard("zh", text_bytes=0), shard("en")], "zh: 30 bytes of text in the manifest's shards, 60 in"),
    ],
)
def test_a_number_that_differs(shards: list[ShardFile], problem: str) -> None:
    [found] = broken_shards(shards, ledger())
    assert found.startswith(problem)


@pytest.mark.parametrize("shards", [[shard("zh"), shard("zh")], [shard("zh"), shard("zh"), shard("en"), shard("sv")]])
def test_a_shard_that_is_missing_or_of_nobody(shards: list[ShardFile]) -> None:
    assert len(broken_shards(shards, ledger())) == 3
