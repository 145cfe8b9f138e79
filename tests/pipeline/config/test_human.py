"""Sizes, counts, shares and home folders in every key that has them, in the file and in --set."""

from pathlib import Path

import pytest

from babelmill.pipeline.config.human import expand
from babelmill.pipeline.config.loader import load_budget, load_config
from babelmill.transforms.errors import ConfigError
from tests.pipeline.runs import ROOT

SAMPLE = str(ROOT / "configs" / "sample.yaml")


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("shards.target_bytes=128MiB", "shards.target_bytes", 1 << 27),
        ("work.item_bytes=16 MB", "work.item_bytes", 16_000_000),
        ("limits.document_chars=1.5M", "limits.document_chars", 1_500_000),
        ("limits.files_per_source=200k", "limits.files_per_source", 200_000),
        ("work.partitions=4k", "work.partitions", 4000),
        ("work.partitions=auto", "work.partitions", "auto"),
        ("budget.total_tokens=1.5B", "budget.total_tokens", 1_500_000_000),
        ("budget.total_tokens=10_000_000_000", "budget.total_tokens", 10**10),
        ("budget.shares={zh: 40%, en: 0.5, rest: 10%}", "budget.shares", {"zh": 0.4, "en": 0.5, "rest": 0.1}),
        ("budget.sources.shares={docs: 70%, rest: 30%}", "budget.sources.shares", {"docs": 0.7, "rest": 0.3}),
        ("max_rejected_ratio=7%", "max_rejected_ratio", 0.07),
        ("language.min_score=30%", "language.min_score", {"all": 0.3}),
        ("language.min_score={zh: 30%}", "language.min_score", {"all": 0.5, "zh": 0.3}),
        ("dedup.near.verify=80%", "dedup.near.verify", 0.8),
        ("quality.overrides.zh.q_symbol_ratio={at_most: 10%}", "quality.overrides.zh.q_symbol_ratio.at_most", 0.1),
        ("quality.models.edu={path: x, label: y, at_least: {all: 30%}}", "quality.models.edu.at_least.all", 0.3),
        ("name=10T", "name", "10T"),
        ("input.0.text=5%", "input.0.text", "5%"),
        ("quality.profile=200k", "quality.profile", "200k"),
    ],
)
def test_read(override: str, path: str, value: object) -> None:
    found: object = load_config(SAMPLE, [override]).model_dump()
    for part in path.split("."):
        found = found[int(part)] if isinstance(found, tuple | list) else found[part]  # type: ignore[index]
    assert found == value
    assert isinstance(found, type(value))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("max_rejected_ratio=500%", "max_rejected_ratio: expected a share from 0% to 100%, got '500%'"),
        ("shards.target_bytes=5%", "shards.target_bytes: expected a size such as 256MiB, got '5%'"),
        ("shards.target_bytes=1PB", "shards.target_bytes: expected at most 1073741824, got '1PB'"),
        ("budget.max_epochs.zh=5%", "budget.max_epochs.zh: expected a number, got '5%'"),
        (
            "quality.overrides.zh.n_words.at_least=5%",
            "quality.overrides.zh.n_words.at_least: expected a number, got '5%'",
        ),
        ("seed=true", "seed: expected a number, got true"),
        ("dedup.near.verify=false", "dedup.near.verify: expected a number, got false"),
        ("work.partitions=4Q", "work.partitions: expected 'auto' or an integer, got '4Q'"),
        ("budget.shares={zh: 40%, en: 50%}", "budget.shares: the shares add up to 0.9, not 1"),
    ],
)
def test_what_is_wrong_is_quoted_as_it_was_written(override: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(SAMPLE, [override])
    assert str(caught.value) == f"--set: {said}"


def test_the_budget_of_a_finished_run() -> None:
    found = load_budget({}, ["budget.total_tokens=2T", "budget.shares={zh: 60%, rest: 40%}"])
    assert (found.total_tokens, found.shares) == (2 * 10**12, {"zh": 0.6, "rest": 0.4})


@pytest.mark.parametrize(
    ("path", "expanded"),
    [
        ("~/a", "/home/me/a"),
        ("~", "/home/me"),
        ("$HOME/a", "/home/me/a"),
        ("${HOME}/a", "/home/me/a"),
        ("$HOME", "/home/me"),
        ("a~/b", "a~/b"),
        ("./$HOME/x", "./$HOME/x"),
        ("a/$x.jsonl", "a/$x.jsonl"),
        ("gs://b/~/x", "gs://b/~/x"),
        ("$HOMELY.txt", "$HOMELY.txt"),
    ],
)
def test_home(monkeypatch: pytest.MonkeyPatch, path: str, expanded: str) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert expand("output", path) == expanded


def test_every_path_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    found = load_config(
        SAMPLE,
        [
            "input.0.files=[~/a, $HOME/b]",
            "input.1.files=~/c",
            "output=~/out",
            "language.model=~/lid.bin",
            "quality.profile=~/p.yaml",
            "quality.models.edu={path: ~/edu.bin, label: x}",
            "dedup.against=[~/old]",
            "tokens.tokenizer={path: ~/t.json}",
        ],
    )
    assert found.input[0].files == ("/home/me/a", "/home/me/b")
    assert (found.input[1].files, found.output, found.language.model) == (
        "/home/me/c",
        "/home/me/out",
        "/home/me/lid.bin",
    )
    assert (found.quality.profile, found.quality.models["edu"].path) == ("/home/me/p.yaml", "/home/me/edu.bin")
    assert (found.dedup.against, found.tokens.tokenizer.path) == (("/home/me/old",), "/home/me/t.json")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("$DATA/x", "only ~ and $HOME"),
        ("${DATA}/x", "only ~ and $HOME"),
        ("~me/x", "another user"),
        ("~/x", "HOME is not set"),
        ("$HOME/x", "HOME is not set"),
    ],
)
def test_what_cannot_be_expanded(monkeypatch: pytest.MonkeyPatch, path: str, said: str) -> None:
    monkeypatch.delenv("HOME", raising=False)
    with pytest.raises(ConfigError) as caught:
        load_config(SAMPLE, [f"output={path}", "seed=x"])
    first, second = caught.value.errors
    assert {first.key, second.key} == {"output", "seed"}
    assert said in str(caught.value)


def test_a_folder_of_such_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~me").mkdir()
    assert expand("output", "~me/x") == "~me/x"
