"""A run whose tokenizer is a rank file, through the real commands, from its configuration to its last report."""

import gzip
import json
from base64 import b64encode
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import Result
from tokenizers import Regex
from tokenizers.pre_tokenizers import Split
from typer.testing import CliRunner

from babelmill.pipeline import cli
from babelmill.transforms.tokens.encoder import FAST
from babelmill.transforms.tokens.named_patterns import PATTERNS
from babelmill.transforms.tokens.train.base import as_bytes
from tests.pipeline.runs import errors_told, files_of, manifest_of, shards_of, told_beside
from tests.plain import encode_by_rank
from tests.transforms.tokens.train.bases import small_base

CONFIG = """\
name: small
input: [{{source: docs, files: ["{corpus}/sv.jsonl.gz", "{corpus}/ru.jsonl.gz"]}}]
output: {folder}/out
languages: [sv, ru]
tokens: {{tokenizer: {{ranks: {folder}/small.tiktoken, pattern: cl100k, special: {{<|endoftext|>: 9000}}}}}}
"""


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [*map(str, arguments)])


@pytest.fixture(scope="module")
def ranks() -> dict[bytes, int]:
    """The 256 bytes and 500 tokens of English, the longest-made first: most rank below their parts."""
    tokens = [as_bytes(token) for token in small_base(700)["model"]["vocab"]]
    made = [token for token in reversed(tokens) if len(token) > 1]
    return {token: rank for rank, token in enumerate([*(bytes([byte]) for byte in range(256)), *made])}


@pytest.fixture(scope="module")
def config(corpus: Path, ranks: dict[bytes, int], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ranks")
    lines = (b64encode(token) + b" %d\n" % rank for token, rank in ranks.items())
    (folder / "small.tiktoken").write_bytes(b"".join(lines))
    (folder / "c.yaml").write_text(CONFIG.format(corpus=corpus, folder=folder))
    return folder / "c.yaml"


@pytest.fixture(scope="module")
def run(config: Path) -> Path:
    """A finished run. Nobody may change it."""
    done = call("run", config)
    assert done.exit_code == 0, done.output
    assert told_beside(done.stderr) == ""
    return config.with_name("out")


@pytest.fixture
def shard(run: Path) -> Path:
    return run / str(manifest_of(run)["shards"][0]["path"])


def test_verify(run: Path) -> None:
    done = call("verify", run)
    assert done.exit_code == 0, done.output
    assert "is sound" in " ".join(done.stdout.split())


def test_the_ids_are_tiktokens(run: Path, ranks: dict[bytes, int]) -> None:
    cut = Split(Regex(PATTERNS["cl100k"]), "isolated").pre_tokenize_str
    table = shards_of(run)
    assert set(table["lang"].to_pylist()) == {"ru", "sv"}
    for text, tokens in zip(table["text"].to_pylist(), table["tokens"].to_pylist(), strict=True):
        assert tokens == [number for piece, _ in cut(text) for number in encode_by_rank(piece.encode(), ranks)]
    found = manifest_of(run)["tokenizer"]
    assert (found["vocab_size"], found["engine"]) == (len(ranks) + 1, FAST)


def test_the_reports_name_the_rank_file_and_the_pattern(run: Path) -> None:
    card = (run / "README.md").read_text()
    assert "the rank file `small.tiktoken` with the pattern `cl100k`, 701 tokens" in card
    assert str(run.parent) not in card
    assert manifest_of(run)["tokenizer"]["sha256"] in card
    assert "small.tiktoken" in (run / "report.html").read_text()


@pytest.mark.parametrize("command", ["inspect", "clusters"])
def test_other_commands_read_the_run(run: Path, command: str) -> None:
    assert call(command, run).exit_code == 0


def test_why_screens_a_dropped_document_again(run: Path, corpus: Path) -> None:
    with gzip.open(corpus / "sv.jsonl.gz") as lines:
        ids = [json.loads(line)["id"] for line in lines]
    removed = pq.read_table(run / "removals.parquet")["id"].to_pylist()
    dropped = next(id for id in ids if id not in [*shards_of(run)["id"].to_pylist(), *removed])
    done = call("why", run, dropped, "--json")
    assert done.exit_code == 0, done.output
    [found] = json.loads(done.stdout)["documents"]
    assert found["reason"].startswith("quality/")
    assert not found["booked"]


def test_shard_shows_the_tokens(shard: Path) -> None:
    done = call("shard", shard, "--doc", 0, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["why_not"] is None
    row = pq.ParquetFile(shard).read().slice(0, 1).to_pylist()[0]
    assert [number for number, _, _ in found["tokens"]] == row["tokens"]
    spelled = [row["text"].encode()[start:end] for _, start, end in found["tokens"]]
    assert b"".join(spelled) == row["text"].encode()


def test_shard_says_that_the_rank_file_is_gone(
    shard: Path, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = config.with_name("small.tiktoken")
    content = file.read_bytes()
    file.unlink()
    try:
        # What was made of it is in the cache, under its digest; another machine has neither.
        assert call("shard", shard, "--doc", 0).stderr == ""
        monkeypatch.setenv("BABELMILL_CACHE", str(tmp_path))
        done = call("shard", shard, "--doc", 0)
    finally:
        file.write_bytes(content)
    assert done.exit_code == 0
    assert done.stderr.startswith("without tokens: the run's tokenizer is made of a rank file or fetched from a hub; ")


def test_two_workers_write_the_same(run: Path, config: Path, tmp_path: Path) -> None:
    done = call("run", config, "--workers", 2, "--set", f"output={tmp_path}/out")
    assert done.exit_code == 0, done.output
    assert files_of(tmp_path / "out") == files_of(run)


def test_a_second_run_reuses_it(config: Path, run: Path) -> None:
    before = files_of(run)
    done = call("run", config)
    assert done.exit_code == 0, done.output
    assert "changed since" not in done.stdout
    assert files_of(run) == before


def test_a_wrong_pattern_costs_nothing(config: Path, tmp_path: Path) -> None:
    wrong = ("--set", "tokens.tokenizer.pattern=cl100", "--set", f"output={tmp_path}/out")
    done = call("run", config, *wrong)
    assert done.exit_code == 2
    told = "'cl100' is neither the name of a pattern nor a regex; did you mean cl100k?"
    assert errors_told(done.stderr) == [f"tokens.tokenizer.pattern: {told}"]
    assert not (tmp_path / "out").exists()
