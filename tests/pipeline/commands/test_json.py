"""`--json` of every command is JSON, of a run with dates, addresses, bytes and a path that is no UTF-8."""

import json
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from babelmill.pipeline import cli
from tests.pipeline.lost import EN

CALLS = {
    "inspect": [["RUN"], *(["RUN", "--by", part] for part in ("lang", "source", "reason", "shard"))],
    "budget": [["RUN", "--scale", "1000"]],
    "clusters": [["RUN"]],
    "why": [["RUN", id] for id in (EN[1], "catalan", "short", "no-text", "million", "twice")],
    "signals": [["IN/ids.jsonl", "--first", "9"], ["IN/plain.jsonl.gz", "--lang", "zh"]],
    "shard": [
        *(["RUN/data/lang=en/part-00000.parquet", *view] for view in ([], ["--doc", "0"], ["--sample", "2"])),
        *([file, "--sample", "3"] for file in ("RUN", "RUN/audit", "RUN/index", "RUN/quarantine.parquet")),
        *([f"RUN/{name}.parquet"] for name in ("removals", "ledger", "samples", "statistics", "urls", "thresholds")),
    ],
}
ELSEWHERE = {"tokenizer build", "tokenizer audit"}
"""Called in tests/pipeline/tokenizer/test_build.py: they take long."""


def with_json(group: typer.Typer, prefix: str = "") -> set[str]:
    """Return the names of all commands that have --json."""
    found: set[str] = set()
    for name, command in typer.main.get_command(group).commands.items():  # type: ignore[attr-defined]
        parts = command.commands.items() if hasattr(command, "commands") else [("", command)]
        found |= {
            f"{name} {part}".strip() for part, one in parts if any("--json" in param.opts for param in one.params)
        }
    return found


def test_every_command_is_called() -> None:
    assert with_json(cli.app) == CALLS.keys() | ELSEWHERE


@pytest.fixture(scope="module")
def run(lost: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(lost, tmp_path_factory.mktemp("json") / "run\udcff"))


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@pytest.mark.parametrize(("command", "arguments"), [(name, call) for name, calls in CALLS.items() for call in calls])
def test_it_is_json(lost: Path, run: Path, command: str, arguments: list[str]) -> None:
    places = {"RUN": str(run), "IN": str(lost.parent / "in")}
    first, *others = arguments
    top, _, rest = first.partition("/")
    result = CliRunner().invoke(cli.app, [command, "/".join(filter(None, (places[top], rest))), *others, "--json"])
    assert result.exit_code == 0, result.output
    assert all(line.isprintable() for line in result.stdout.splitlines())
    whole = result.stdout.startswith(("{\n", "[\n"))
    for text in [result.stdout] if whole else result.stdout.splitlines():
        assert json.loads(text, parse_constant=refuse)
