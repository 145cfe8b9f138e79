"""What `babelmill why` says, for its tests."""

import json
from typing import Any

from click.testing import Result
from typer.testing import CliRunner

from babelmill.pipeline import cli


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, ["why", *map(str, arguments)])


def told(*arguments: object) -> dict[str, Any]:
    """Return the only document of an id, as JSON tells it."""
    [found] = all_told(*arguments)
    return found


def all_told(*arguments: object) -> list[dict[str, Any]]:
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["documents"]
    return found


def failed(*arguments: object) -> str:
    """Return the one line of an error."""
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    [line] = [line for line in result.stderr.splitlines() if not line.startswith("reading ")]
    assert line.startswith("babelmill: ")
    return line


def inert(text: str) -> bool:
    return all(char.isprintable() or char == "\n" for char in text)
