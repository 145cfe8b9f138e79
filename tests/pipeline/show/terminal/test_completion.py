"""Completion in real shells: commands, options, values, files and keys; nothing else runs while it completes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from tests.pipeline.runs import ROOT

SHELLS = ["bash", "zsh", "fish"]


def script(shell: str) -> str:
    done = CliRunner().invoke(app, ["completion", shell])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "babelmill.bash"
    path.write_text(script("bash"))
    return path


def completed(bash: Path, *words: str) -> list[str]:
    """Return what bash offers for the last of the words."""
    code = 'source "$1"; shift; COMP_WORDS=(babelmill "$@"); COMP_CWORD=$#; '
    code += 'type -p babelmill >&2; _babelmill; printf "%s\\n" "${COMPREPLY[@]}"'
    command = ["bash", "--norc", "-c", code, "bash", str(bash), *words]
    # Without a PATH nothing could be called.
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}, check=True)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["pl"], ["plan"]),
        (["--v"], ["--version"]),
        (["run", "--wo"], ["--workers"]),
        (["inspect", "--by", ""], ["lang", "source", "reason", "shard"]),
        (["inspect", "--by", "s"], ["source", "shard"]),
        (["completion", "z"], ["zsh"]),
        (["tokenizer", "a"], ["audit"]),
        (["tokenizer", "build", "--pat"], ["--pattern"]),
        (["plan", "configs/loc"], ["configs/local.yaml"]),
        (["inspect", "confi"], ["configs"]),
        (["plan", "x", "--prices", "configs/dataflow/pr"], ["configs/dataflow/prices.yaml"]),
        (["plan", "x", "--hours", ""], []),
        (["run", "x", "--set", "dedup.near.b"], ["dedup.near.bands="]),
        (["run", "x", "--set", "input.0.te"], ["input.0.text="]),
        (["run", "x", "--set", "output", "=", "confi"], ["configs"]),
        (["nothing", "x"], []),
    ],
)
def test_bash(bash: Path, words: list[str], offered: list[str]) -> None:
    found = completed(bash, *words)
    assert found == offered or sorted(found) == offered


def test_bash_offers_files_where_nothing_is_begun(bash: Path) -> None:
    # Other tests make folders at the top meanwhile.
    assert {"pipeline", "transforms", "configs", "README.md"} <= set(
        completed(bash, "run", "x", "--set", "output", "=")
    )


def test_bash_knows_every_command_and_option(bash: Path) -> None:
    names = [command.callback.__name__ for command in app.registered_commands if command.callback]
    assert {*names, "tokenizer", "--version", "--help"} == set(completed(bash, ""))
    for name in names:
        help_text = CliRunner().invoke(app, [name, "--help"]).stdout
        offered = completed(bash, name, "--")
        assert offered
        assert all(option in help_text for option in offered)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_syntax_is_the_shell_s(shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed here")
    done = subprocess.run([shell, "-n", "/dev/stdin"], input=script(shell), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_is_in_it(shell: str) -> None:
    text = script(shell)
    for command in app.registered_commands:
        assert command.callback
        assert command.callback.__name__ in text
    assert "dedup.near.bands" in text
    assert not re.search(r"@[a-z]+@", text)


def test_another_shell_is_refused() -> None:
    assert CliRunner().invoke(app, ["completion", "tcsh"]).exit_code == 2
