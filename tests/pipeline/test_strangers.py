"""Whoever looks at a stranger's run or file gets one line, in bounded memory and time, whatever is in it."""

import os
import shutil
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from babelmill.transforms.dedup.removals import REMOVALS
from tests.strangers import BOMBS, Looked, bomb, change_manifest, look, put_table

MOST_MB = 500
TABLES = ("removals", "ledger", "tokens", "statistics", "samples", "thresholds", "urls")


@pytest.fixture(scope="session")
def bombs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bombs")
    return {name: bomb(name, folder / f"{name}.parquet") for name in BOMBS}


@pytest.fixture(scope="session")
def base(sound: Path) -> int:
    """What a command takes that looks at a sound run, in MB."""
    return look("verify", sound).peak_mb


@pytest.fixture
def run(sound: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(sound, tmp_path / "run"))


def refused(found: Looked, base: int, code: int) -> str:
    """Check that a command ended as with other damage; return its last line."""
    assert found.code == code, found.err[-2000:]
    assert b"Traceback" not in found.err
    assert found.peak_mb < base + MOST_MB
    assert found.lines[-1].startswith("babelmill: ")
    return found.lines[-1]


@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_is_a_bomb(bombs: dict[str, Path], base: int, name: str) -> None:
    line = refused(look("shard", bombs[name], "--sample", "1"), base, 2)
    assert f"{bombs[name]} cannot be read: " in line
    refused(look("shard", bombs[name]), base, 2)


@pytest.mark.parametrize("name", ["dictionary", "nulls"])
def test_the_signals_of_a_bomb(bombs: dict[str, Path], base: int, corpus: Path, name: str) -> None:
    refused(
        look("signals", bombs[name]), max(base, look("signals", corpus / "again.parquet", "--id", "none").peak_mb), 2
    )


@pytest.mark.parametrize("name", ["dictionary", "nulls", "list_of_texts"])
def test_a_table_of_a_run_that_is_a_bomb(bombs: dict[str, Path], base: int, run: Path, name: str) -> None:
    put_table(run, "removals", bombs[name])
    assert "is damaged" in refused(look("verify", run), base, 1)
    assert "removals.parquet cannot be read" in refused(look("clusters", run), base, 1)
    assert "removals.parquet cannot be read" in refused(look("why", run, "some-id"), base, 2)


def test_removals_that_are_nothing_but_nulls(base: int, run: Path, tmp_path: Path) -> None:
    """The right columns, the right number in the manifest, 30 million rows in some kilobytes."""
    table = pa.table([pa.nulls(3_000_000, field.type) for field in REMOVALS], schema=REMOVALS)
    with pq.ParquetWriter(tmp_path / "nulls.parquet", REMOVALS, compression="zstd") as writer:
        for _ in range(10):
            writer.write_table(table, row_group_size=len(table))
    put_table(run, "removals", tmp_path / "nulls.parquet")
    found = look("verify", run)
    refused(found, base, 1)
    assert "removals.parquet: 30000000 rows in the manifest" in found.lines[-3]
    for command, code in (("clusters", 1), ("why", 2)):
        assert "at most 200 for one are looked at" in refused(look(command, run, *["x"] * (code - 1)), base, code)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_as_a_bomb(bombs: dict[str, Path], base: int, run: Path, table: str) -> None:
    put_table(run, table, bombs["nulls"])
    shown = look("inspect", run, "--html")
    if table in ("ledger", "statistics", "samples", "thresholds", "urls"):
        assert f"{table}.parquet cannot be read" in refused(shown, base, 2)
    else:
        assert (shown.code, shown.peak_mb < base + MOST_MB) == (0, True)
    if table in ("ledger", "tokens"):
        assert f"{table}.parquet cannot be read" in refused(look("budget", run), base, 1)


def test_a_shard_that_is_a_bomb(bombs: dict[str, Path], base: int, run: Path) -> None:
    shard = next((run / "data").rglob("*.parquet"))
    shutil.copy(bombs["dictionary"], shard)
    refused(look("verify", run), base, 1)
    refused(look("shard", run, "--sample", "200"), base, 2)
    refused(look("why", run, "none"), base, 2)


def test_a_manifest_of_200_megabytes(base: int, run: Path) -> None:
    path = run / "manifest.json"
    path.write_bytes(path.read_bytes()[:-1] + b',"x":[' + b"[]," * 66_000_000 + b"[]]}")
    for command, code in (("verify", 1), ("inspect", 2), ("clusters", 2), ("budget", 1)):
        assert "manifest or ledger cannot be read" in refused(look(command, run), base, code)


@pytest.mark.parametrize("content", [b"[" * 100_000, b"[]," * 5_000_000 + b"[]", b'{"a":' * 900 + b"1" + b"}" * 900])
def test_a_manifest_of_many_parts(base: int, run: Path, content: bytes) -> None:
    path = run / "manifest.json"
    path.write_bytes(path.read_bytes()[:-1] + b',"x":[' + content + b"]}")
    refused(look("verify", run), base, 1)


def test_a_sealed_manifest_of_many_rows(base: int, run: Path) -> None:
    rows = [{"path": "", "source": "docs", "bytes": 0, "records": 0}] * 120_000
    change_manifest(run, lambda manifest: manifest.update(inputs=rows))
    refused(look("verify", run), base, 1)
    assert look("inspect", run).peak_mb < base + MOST_MB


def test_costs_that_are_none(run: Path, base: int) -> None:
    (run / "work").mkdir()
    for content in (b"[" * 1_000, b"[]", b'{"docs/alone": "x"}', b"{}", b'{"docs/alone": 1e999}', b"0" * (1 << 22)):
        (run / "work" / "costs.json").write_bytes(content)
        found = look("plan", "configs/sample.yaml", "--input-size", "1TB", "--from", run)
        assert "has not measured its costs" in refused(found, base, 2)


@pytest.mark.parametrize("name", ["manifest.json", "ledger.parquet", "removals.parquet"])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_file_of_a_run_that_is_none(run: Path, base: int, name: str, kind: str) -> None:
    path = run / name
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path) if kind == "pipe" else path.symlink_to("/dev/zero")
    found = look("verify", run, seconds=20)
    assert "regular file" in b"".join(found.err.splitlines()).decode()
    refused(found, base, 1)


def test_what_a_run_of_no_shard_is_asked_for(run: Path) -> None:
    change_manifest(run, lambda manifest: manifest.update(shards=[], index=None))
    found = look("shard", run)
    assert found.code == 2
    assert found.lines == [f"babelmill: RUN: {run} has no shard: the run kept no document; babelmill inspect says why"]


def test_a_list_of_work_items_that_is_a_bomb(run: Path, base: int) -> None:
    (run / "work").mkdir()
    for content in (b"[" * (1 << 26), b"\n" * 1_000_000, orjson.dumps([0, 0, "docs", [[{}, 1]]]), b"[[]," * 4_000_000):
        (run / "work" / "items.jsonl").write_bytes(content)
        found = look("why", run, "some-id", "--scan")
        assert found.code == 2
        assert b"Traceback" not in found.err
        assert found.peak_mb < base + MOST_MB
