"""`babelmill why` on a run whose input, place, models or files are not what they were."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from babelmill.pipeline import cli
from babelmill.transforms.write.manifest import dump_manifest
from tests.memory_filesystem import MemoryFileSystem
from tests.pipeline.commands.why import call, failed, told
from tests.pipeline.lost import EN, sample_texts
from tests.pipeline.runs import manifest_of


@pytest.fixture
def copy(lost: Path, tmp_path: Path) -> Path:
    """A copy of the run to damage; its input is the first one's."""
    return Path(shutil.copytree(lost, tmp_path / "run"))


@pytest.fixture
def moved(lost: Path, tmp_path: Path) -> Path:
    """The run and its input at another place, so that the input can be changed."""
    shutil.copytree(lost.parent / "in", tmp_path / "in")
    run = Path(shutil.copytree(lost, tmp_path / "out"))
    shutil.rmtree(run / "work")
    text = (run / "manifest.json").read_text().replace(f"{lost.parent}/in", f"{tmp_path}/in")
    (run / "manifest.json").write_bytes(dump_manifest(json.loads(text)))
    return run


def test_an_input_that_changed(moved: Path) -> None:
    path = moved.parent / "in" / "ids.jsonl"
    path.write_bytes(path.read_bytes().replace(b"the", b"this", 50))
    shown = call(moved, EN[1]).stdout
    assert f"{path} has changed since the run: " in shown
    assert "the input's text is not the one that the run has" in shown
    assert told(moved, EN[1])["reason"] == "kept"


def test_an_input_that_is_gone(moved: Path) -> None:
    shutil.rmtree(moved.parent / "in")
    shown = call(moved, EN[1]).stdout
    assert "is not there now" in shown
    assert "(and 3 more files)" in shown
    assert "kept" in shown.splitlines()[0]
    removed = call(moved, f"{moved.parent}/in/rows.parquet#0")
    assert removed.exit_code == 2 or "duplicate/near" in removed.stdout


def test_a_document_that_is_only_in_the_changed_input(moved: Path, corpus: Path) -> None:
    path = moved.parent / "in" / "ids.jsonl"
    new = json.dumps({"id": "new", "text": sample_texts(corpus)["551bd45fbe4f3437"]}).encode()
    path.write_bytes(path.read_bytes() + new + b"\n")
    found = told(moved, "new")
    assert found["reason"] == "unknown"
    assert any("no file of the run has it" in note for note in found["notes"])


def test_a_run_in_an_object_store(lost: Path) -> None:
    objects = MemoryFileSystem.objects
    objects.clear()
    for path in lost.rglob("*.*"):
        objects[f"mem://bucket/run/{path.relative_to(lost).as_posix()}"] = path.read_bytes()
    for id in (EN[1], "catalan", f"{lost.parent}/in/rows.parquet#0"):
        here, there = told(lost, id), told("mem://bucket/run", id)
        assert (here["reason"], here["origin"], here["text"]) == (there["reason"], there["origin"], there["text"])
    shard = told("mem://bucket/run", EN[1])["found"]["file"]
    shown = CliRunner().invoke(cli.app, ["shard", shard])
    assert (shown.exit_code, "(the manifest's)" in shown.stdout) == (0, True)
    sampled = [
        CliRunner().invoke(cli.app, ["shard", str(run), "--lang", "zh", "--json"]).stdout
        for run in (lost, "mem://bucket/run")
    ]
    assert sampled[0].replace(str(lost), "mem://bucket/run") == sampled[1] != ""


def test_a_model_that_is_gone(copy: Path) -> None:
    manifest = manifest_of(copy)
    manifest["config"]["language"]["model"] = "/none/lid.bin"
    (copy / "manifest.json").write_bytes(dump_manifest(manifest))
    result = call(copy, EN[1])
    assert result.exit_code == 0
    assert "not measured again: language.model: no file '/none/lid.bin'" in result.stdout


def test_other_bounds_than_the_runs(copy: Path) -> None:
    manifest = manifest_of(copy)
    manifest["config"]["quality"]["profile"] = "gopher"
    manifest["code"] = "another"
    (copy / "manifest.json").write_bytes(dump_manifest(manifest))
    shown = call(copy, EN[1]).stdout
    assert "other quality bounds than the run's" in shown
    assert "other code than the run's" in shown


def test_what_is_no_finished_run(lost: Path, copy: Path, tmp_path: Path) -> None:
    assert "is not a Babelmill run" in failed(tmp_path / "none", "x")
    assert "is not a Babelmill run" in failed(lost.parent / "in", "x")
    (copy / "manifest.json").unlink()
    line = failed(copy, "x")
    items = len((copy / "work" / "items.jsonl").read_bytes().splitlines())
    assert f"is an unfinished run: it has no manifest.json; {items} of {items} work items are screened, " in line
    assert line.endswith("shards written; run it again to go on")


@pytest.mark.parametrize("change", [{"format": 99}, {"config": {}}, {"config": {"nmae": 1}}])
def test_a_manifest_of_another_version(copy: Path, change: dict[str, Any]) -> None:
    (copy / "manifest.json").write_bytes(dump_manifest(manifest_of(copy) | change))
    assert "version" in failed(copy, "x")


def test_a_damaged_run(copy: Path, lost: Path) -> None:
    text = (copy / "manifest.json").read_text()
    (copy / "manifest.json").write_text(text.replace('"records"', '"recodrs"'))
    assert "is not what its own SHA-256 says" in failed(copy, "x")
    (copy / "manifest.json").write_text(text)
    shard = copy / manifest_of(copy)["shards"][0]["path"]
    os.truncate(shard, shard.stat().st_size // 2)
    assert f"{shard} cannot be read" in failed(copy, "x")
    shutil.copy(lost / manifest_of(copy)["shards"][0]["path"], shard)
    rows = pq.read_table(copy / "removals.parquet")
    pq.write_table(rows.drop_columns(["kept_id"]), copy / "removals.parquet")
    assert "its columns are not those of removals: kept_id" in failed(copy, "x")
    pq.write_table(rows, copy / "removals.parquet")
    (copy / "work" / "items.jsonl").write_text("[1, 2")
    assert "items.jsonl cannot be read" in failed(copy, "x")
    (copy / "removals.parquet").write_bytes(b"PAR1")
    assert "removals.parquet cannot be read" in failed(copy, "x")
