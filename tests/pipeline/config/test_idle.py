"""Every setting that can do nothing is refused or said, and only where it does nothing."""

from typing import Any

import pytest

from babelmill.pipeline.config.idle import IDLE, idle_settings
from babelmill.pipeline.config.loader import load_config
from babelmill.transforms.errors import ConfigError
from tests.pipeline.config.test_model import config

SOURCE = {"source": "docs", "files": "a.jsonl"}
TWO = [SOURCE, {"source": "books", "files": "b.jsonl"}]
OVERRIDES = {"en": {"n_words": {"at_least": 20}}}

REFUSED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("quality.overrides: there is no profile", {"quality": {"profile": "off", "overrides": OVERRIDES}}),
    (
        "quality.overrides: there is no profile",
        {"quality": {"overrides": OVERRIDES}, "input": [{**SOURCE, "profile": "gopher"}]},
    ),
    ("quality.overrides: a language without", {"quality": {"overrides": {"en": {}}}}),
    ("dedup.against: dedup compares nothing", {"dedup": {"exact": False, "near": "off", "against": ["old"]}}),
)
SAID: tuple[tuple[str, dict[str, Any]], ...] = (
    ("quality.profile: every source", {"quality": {"profile": "c4"}, "input": [{**SOURCE, "profile": "gopher"}]}),
    ("dedup.old: dedup.against names", {"dedup": {"old": "loses"}}),
    ("dedup.keep: dedup compares", {"dedup": {"exact": False, "near": "off", "keep": ["length"]}}),
    ("dedup.keep: quality ranks", {"quality": "off", "dedup": {"keep": ["quality"]}}),
    ("dedup.keep: source_rank ranks", {"dedup": {"keep": ["source_rank"]}}),
    ("dedup.cluster: near is off", {"dedup": {"near": "off", "cluster": "transitive"}}),
    ("dedup.exchange: dedup compares", {"dedup": {"exact": False, "near": "off", "exchange": "records"}}),
    ("work.partitions: dedup compares", {"dedup": "off", "work": {"partitions": 4}}),
    ("language.min_score: `all`", {"languages": ["en"], "language": {"min_score": {"all": 0.4, "en": 0.3}}}),
    ("access.hosts: access.schemes is empty", {"access": {"schemes": [], "hosts": ["mine"]}}),
    ("access.hosts: every path", {"access": {"hosts": ["mine"]}}),
    ("limits.page_bytes: no source", {"limits": {"page_bytes": 1 << 20}, "input": [{**SOURCE, "format": "jsonl"}]}),
    ("limits.json_depth: every source", {"limits": {"json_depth": 9}, "input": [{**SOURCE, "format": "parquet"}]}),
    ("input.0.profile: it is the run's own", {"input": [{**SOURCE, "profile": "fineweb2"}, TWO[1]]}),
    ("budget.max_epochs: `rest`", {"languages": ["en"], "budget": {"max_epochs": {"en": 4, "rest": 2}}}),
)
QUIET: tuple[dict[str, Any], ...] = (
    {},
    {"quality": {"overrides": OVERRIDES}},
    {"quality": {"overrides": OVERRIDES}, "input": [TWO[0], {**TWO[1], "profile": "off"}]},
    {"quality": "off"},
    {"quality": {"profile": "off"}, "input": [TWO[0], {**TWO[1], "profile": "gopher"}], "dedup": {"keep": ["quality"]}},
    {"dedup": {"against": ["old"], "old": "loses"}},
    {"dedup": {"near": "off"}, "work": {"partitions": 4}},
    {"input": TWO, "dedup": {"keep": ["source_rank"]}},
    {"access": {"hosts": ["mine"]}, "input": [{**SOURCE, "files": "gs://mine/a.jsonl"}]},
    {"limits": {"page_bytes": 1 << 20, "json_depth": 9}},
    {"languages": ["en", "de"], "language": {"min_score": {"all": 0.4, "en": 0.3}}},
    {"budget": {"max_epochs": {"en": 4, "rest": 2}}},
)


@pytest.mark.parametrize(("message", "settings"), REFUSED)
def test_what_contradicts_is_refused(message: str, settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=message):
        config(**settings)


@pytest.mark.parametrize(("message", "settings"), SAID)
def test_what_is_idle_is_said(message: str, settings: dict[str, Any]) -> None:
    said = idle_settings(config(**settings))
    assert any(line.startswith(message) for line in said), said
    assert all(line.endswith("it does nothing") for line in said)


@pytest.mark.parametrize("settings", QUIET)
def test_what_does_something_is_not_spoken_of(settings: dict[str, Any]) -> None:
    assert not idle_settings(config(**settings))


def test_every_row_has_a_case() -> None:
    tested = {message.partition(":")[0] for message, _ in (*REFUSED, *SAID)}
    assert {idle.key for idle in IDLE if not idle.key.startswith("limits")} <= tested


@pytest.mark.parametrize("name", ["sample", "local", "glm4_10t"])
def test_our_own_configurations_are_quiet(name: str) -> None:
    assert not idle_settings(load_config(f"configs/{name}.yaml"))
