"""Verify names whatever of manifest, ledger and the other tables differs; each test damages a copy of one small run."""

import contextlib
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from babelmill.pipeline.corpus.corpus import Output, open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.transforms.errors import ConfigError, DamageError
from tests.pipeline.sound import change_manifest, flip, problems


@pytest.fixture
def run(sound: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(sound, tmp_path / "run"))


@pytest.mark.parametrize(
    ("table", "where"),
    [("removals", "ledger"), ("quarantine", "manifest"), ("statistics", "manifest"), ("samples", "manifest"),
     ("thresholds", "manifest"), ("urls", "manifest")],
)  # fmt: skip
def test_a_lost_row_of_a_table(run: Path, table: str, where: str) -> None:
    path = run / f"{table}.parquet"
    rows = pq.read_table(path)
    pq.write_table(rows.slice(1), path)
    assert f"{table}.parquet: {len(rows) - 1} rows, {len(rows)} in the {where}" in problems(run)


@pytest.mark.parametrize("table", ["removals", "quarantine"])
@pytest.mark.parametrize("damage", ["missing", "truncated", "flipped"])
def test_a_damaged_table(run: Path, table: str, damage: str) -> None:
    path = run / f"{table}.parquet"
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        os.truncate(path, path.stat().st_size // 2)
    else:
        chunk = pq.read_metadata(path).row_group(0).column(0)
        start = chunk.dictionary_page_offset or chunk.data_page_offset
        flip(path, start + chunk.total_compressed_size - 1)
    found = problems(run)
    assert all(problem.startswith(f"{table}.parquet: ") for problem in found)
    assert found[-1].startswith(f"{table}.parquet: cannot be read")


def test_a_flipped_bit_in_the_manifest(run: Path) -> None:
    path = run / "manifest.json"
    sound, chance = path.read_bytes(), np.random.default_rng(8)
    for place in chance.integers(0, len(sound), 60).tolist():
        path.write_bytes(sound)
        flip(path, place)
        with contextlib.suppress(DamageError):
            assert problems(run)[0].startswith("manifest.json: ")


def test_a_key_that_lost_its_name(run: Path) -> None:
    path = run / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"lang": "en"', b'"lanf": "en"', 1))
    with pytest.raises(DamageError, match=r"is not what its own SHA-256 says, and no manifest .*: shards\.\d+\.lang: "):
        problems(run)


def test_a_changed_number_in_the_strata(run: Path) -> None:
    path = run / "tokens.parquet"
    rows = pq.read_table(path).to_pylist()
    rows[0]["tokens"] += 1
    pq.write_table(pa.Table.from_pylist(rows, pq.read_schema(path)), path)
    found = problems(run)
    assert any("the strata add up to" in problem for problem in found)
    assert "tokens.parquet: its sums are not those of the shards" in found


def test_strata_that_changed_places(run: Path) -> None:
    # By language and source they add up as before; only the shards themselves tell.
    path = run / "tokens.parquet"
    rows = pq.read_table(path).to_pylist()
    moved = [{**row, "tokens_from": 1 << 20, "cluster_from": 1} for row in rows[:1]] + rows[1:]
    assert moved != rows
    pq.write_table(pa.Table.from_pylist(moved, pq.read_schema(path)), path)
    found = problems(run)
    assert "tokens.parquet: its sums are not those of the shards" in found
    assert all(problem.startswith("tokens.parquet: ") for problem in found)


@pytest.mark.parametrize("damage", ["missing", "truncated", "other columns"])
def test_damaged_strata(run: Path, damage: str) -> None:
    path = run / "tokens.parquet"
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        os.truncate(path, path.stat().st_size // 2)
    else:
        pq.write_table(pa.table({"x": [1]}), path)
    with pytest.raises(DamageError, match=r"tokens\.parquet cannot be read"):
        list(verify(open_output(str(run))))


@pytest.mark.parametrize("table", ["removals", "quarantine"])
def test_a_changed_cell_of_a_table(run: Path, table: str) -> None:
    path = run / f"{table}.parquet"
    rows = pq.read_table(path).to_pylist()
    rows[0]["reason"] = "changed"
    pq.write_table(pa.Table.from_pylist(rows, pq.read_schema(path)), path)
    assert problems(run)


def test_a_lost_row_of_the_ledger(run: Path) -> None:
    path = run / "ledger.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)
    assert any(problem.startswith("ledger.parquet: ") for problem in problems(run))


def test_a_changed_number_in_the_ledger(run: Path) -> None:
    path = run / "ledger.parquet"
    rows = pq.read_table(path).to_pylist()
    rows[-1]["docs"] += 1
    pq.write_table(pa.Table.from_pylist(rows, pq.read_schema(path)), path)
    assert problems(run)


@pytest.mark.parametrize(
    "damage",
    [
        "missing",
        "other columns",
        "truncated",
        "empty",
    ],
)
def test_a_damaged_ledger(run: Path, damage: str) -> None:
    path = run / "ledger.parquet"
    if damage == "missing":
        path.unlink()
    elif damage == "other columns":
        pq.write_table(pa.table({"x": [1]}), path)
    else:
        os.truncate(path, 0 if damage == "empty" else path.stat().st_size // 2)
    with pytest.raises(DamageError, match="manifest or ledger cannot be read"):
        open_output(str(run))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"null", b"\xff"])
def test_a_damaged_manifest(run: Path, content: bytes) -> None:
    (run / "manifest.json").write_bytes(content)
    with pytest.raises(DamageError, match="manifest or ledger cannot be read"):
        open_output(str(run))


@pytest.mark.parametrize("key", ["shards", "totals", "tables", "inputs"])
def test_a_manifest_that_lacks_a_part(run: Path, key: str) -> None:
    change_manifest(run, lambda manifest: manifest.pop(key))
    with pytest.raises(DamageError):
        problems(run)


@pytest.mark.parametrize("version", [2, "2", None])
def test_a_newer_format(run: Path, version: Any) -> None:
    change_manifest(run, lambda manifest: manifest.update(format=version))
    with pytest.raises(ConfigError, match="reads up to 1"):
        open_output(str(run))


def test_no_manifest(run: Path) -> None:
    (run / "manifest.json").unlink()
    with pytest.raises(ConfigError, match="is not a Babelmill run: it has no manifest.json"):
        open_output(str(run))
    (run / "work").mkdir()
    (run / "work" / "items.jsonl").touch()
    with pytest.raises(ConfigError, match="is an unfinished run: .* run it again"):
        open_output(str(run))


def test_no_folder(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ConfigError, match="is not a Babelmill run"):
            open_output(str(folder))


def test_open_output_reads_what_was_written(sound: Path) -> None:
    found: Output = open_output(str(sound))
    assert found.folder == str(sound)
    assert found.ledger.total(stage="write").docs == found.manifest.totals.documents
