"""Whoever looks at a stranger's run or file gets one line, in bounded memory and time, whatever is in it."""

import os
import shutil
from pathlib import Path

import orjson
import pytest

from tests.strangers import BOMBS, Looked, bomb, change_manifest, look, put_table

MOST_MB = 500
TABLES = ("removals", "quarantine", "ledger", "tokens", "statistics", "samples", "thresholds", "urls")


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
@pytest.mark.parametrize("options", [["--sample", "1"], ["--lang", "en"]])
def test_a_file_that_is_a_bomb(bombs: dict[str, Path], base: int, name: str, options: list[str]) -> None:
    found = look("shard", bombs[name], *options)
    if name == "list" and options == ["--sample", "1"]:
        assert "100,000,000 values" in refused(found, base, 2) or "bytes of" in refused(found, base, 2)
    refused(found, base, 2)


@pytest.mark.parametrize("name", BOMBS)
def test_the_head_of_a_bomb(bombs: dict[str, Path], base: int, name: str) -> None:
    refused(look("shard", bombs[name]), base, 2)


@pytest.mark.parametrize("name", ["dictionary", "nulls", "list_of_texts"])
def test_a_table_of_a_run_that_is_a_bomb(bombs: dict[str, Path], base: int, run: Path, name: str) -> None:
    put_table(run, "removals", bombs[name])
    line = refused(look("verify", run), base, 1)
    assert "is damaged" in line
    assert "removals.parquet cannot be read" in refused(look("clusters", run), base, 1)
    assert "removals.parquet cannot be read" in refused(look("why", run, "some-id"), base, 2)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_as_a_bomb(bombs: dict[str, Path], base: int, run: Path, table: str) -> None:
    put_table(run, table, bombs["nulls"])
    commands: dict[tuple[str, ...], int] = {
        ("verify",): 1,
        ("inspect", "--html"): 2,
        ("budget",): 1,
    }
    for (command, *options), code in commands.items():
        found = look(command, run, *options)
        if found.code:
            refused(found, base, code if table != "ledger" or command == "inspect" else found.code)
        assert found.peak_mb < base + MOST_MB


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


@pytest.mark.parametrize(
    "name", ["manifest.json", "ledger.parquet", "removals.parquet", "tokens.parquet", "audit/_parts.json"]
)
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
