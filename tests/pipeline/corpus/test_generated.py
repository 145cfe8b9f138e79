"""What is made again at any time carries a mark; a file without it is never overwritten."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from babelmill.pipeline.corpus.generated import GENERATOR, HTML_MARK, is_generated, refuse_foreign, refuse_unaccounted
from babelmill.pipeline.dataflow.template import write_spec
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.files.storage import file_digest


@pytest.mark.parametrize(
    ("content", "ours"),
    [
        (f"<!doctype html>\n<head>{HTML_MARK}</head>", True),
        (orjson.dumps({"generator": GENERATOR, "a": 1}).decode(), True),
        (orjson.dumps({"generator": GENERATOR, "a": 1}, option=orjson.OPT_INDENT_2).decode(), True),
        (orjson.dumps({"a": 1, "generator": GENERATOR}).decode(), False),
        ("<!doctype html><head></head>", False),
        ('<meta name="generator" content="Word">', False),
        ("", False),
    ],
)
def test_the_mark(tmp_path: Path, content: str, ours: bool) -> None:
    path = tmp_path / "x"
    assert not is_generated(str(path))
    refuse_foreign("--to", str(path))
    path.write_text(content)
    assert is_generated(str(path)) is ours
    if not ours:
        with pytest.raises(ConfigError, match=f"--to: {path} exists and Babelmill did not make it"):
            refuse_foreign("--to", str(path))


def test_a_file_that_can_carry_no_mark_is_known_by_its_account(tmp_path: Path) -> None:
    made, account = tmp_path / "tokenizer.json", tmp_path / "tokenizer.report.json"
    refuse_unaccounted("--out", str(made), str(account))
    made.write_bytes(b"{}")
    for content in (None, b"", b"{}", orjson.dumps({"sha256": file_digest(str(made))})):
        if content is not None:
            account.write_bytes(content)
        with pytest.raises(ConfigError, match="did not make it"):
            refuse_unaccounted("--out", str(made), str(account))
    account.write_bytes(orjson.dumps({"generator": GENERATOR, "sha256": file_digest(str(made))}))
    refuse_unaccounted("--out", str(made), str(account))
    made.write_bytes(b"{ }")
    with pytest.raises(ConfigError, match="did not make it"):
        refuse_unaccounted("--out", str(made), str(account))


def test_a_tokenizer_of_somebody_else_is_not_overwritten(finished: Path, tmp_path: Path) -> None:
    mine = tmp_path / "tokenizer.json"
    mine.write_bytes(b'{"mine": true}')
    result = CliRunner().invoke(app, ["tokenizer", "build", str(finished), "--out", str(mine)])
    assert result.exit_code == 2
    assert f"--out: {mine} exists and Babelmill did not make it" in result.stderr
    assert mine.read_bytes() == b'{"mine": true}'


def test_a_template_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "spec.json"
    for content in (b"mine", b'{"metadata": {"name": "Other"}}'):
        mine.write_bytes(content)
        with pytest.raises(ConfigError, match="is no spec of Babelmill's"):
            write_spec(str(mine), None)
        assert mine.read_bytes() == content
