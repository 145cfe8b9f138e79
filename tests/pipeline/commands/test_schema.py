"""The schema that editors check a configuration with knows every key, and sizes as people write them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from babelmill.pipeline.config.document import Document
from babelmill.pipeline.config.loader import config_of, load_yaml
from babelmill.pipeline.config.model import Config
from babelmill.pipeline.config.schema import config_schema
from babelmill.pipeline.formatting.sizes import parse_size
from babelmill.transforms.errors import ConfigError
from tests.json_schema import problems
from tests.pipeline.runs import ROOT


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    done = CliRunner().invoke(app, ["schema"])
    assert done.exit_code == 0
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def sections(schema: dict[str, Any], node: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a value may be, references followed."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    inner = [part for key in ("anyOf", "allOf", "oneOf") for part in node.get(key, ())]
    return [node, *(found for part in inner for found in sections(schema, part))]


def unknown_keys(schema: dict[str, Any], node: dict[str, Any], value: Any, path: str = "") -> list[str]:
    if not isinstance(value, dict):
        return []
    found = sections(schema, node)
    known = {key: inner for part in found for key, inner in part.get("properties", {}).items()}
    if any(isinstance(part.get("additionalProperties"), dict) or "patternProperties" in part for part in found):
        return []
    more = [name for key, inner in value.items() if key in known
            for name in unknown_keys(schema, known[key], inner, f"{path}.{key}")]  # fmt: skip
    return [f"{path}.{key}" for key in value if key not in known] + more


CONFIGS = sorted([*(ROOT / "configs").glob("*.yaml"), *(ROOT / "configs" / "recipes").glob("*.yaml")])
NAMES = [path.relative_to(ROOT / "configs").as_posix() for path in CONFIGS]


@pytest.mark.parametrize("path", CONFIGS, ids=NAMES)
def test_it_knows_every_key(schema: dict[str, Any], path: Path) -> None:
    config = load_yaml(str(path))
    assert unknown_keys(schema, schema, config) == []
    assert unknown_keys(schema, schema, {**config, "tokenz": {}}) == [".tokenz"]


@pytest.mark.parametrize("path", CONFIGS, ids=NAMES)
def test_every_configuration_that_ships_is_valid(schema: dict[str, Any], path: Path) -> None:
    config = load_yaml(str(path))
    assert list(problems(schema, config)) == []
    first, *_ = path.read_text().splitlines()
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == ROOT / "configs" / "schema.json"
    for key, wrong in (("seed", "x"), ("dedup", {"near": "of"}), ("max_rejected_ratio", "5 percent"), ("tokens", None)):
        assert list(problems(schema, {**config, key: wrong}))


def test_the_file_is_the_command_s() -> None:
    done = CliRunner().invoke(app, ["schema"])
    assert (ROOT / "configs" / "schema.json").read_text() == done.stdout


VALUES = [
    "4096",
    4096,
    0.5,
    "5%",
    "200k",
    "256MiB",
    "auto",
    "glm4",
    "off",
    True,
    "x",
    None,
    -1,
    [],
    ["zh"],
    {},
    {"zh": "5%"},
]


@given(st.sampled_from(["seed", "languages", "max_rejected_ratio", "audit", "dedup", "quality", "language.min_score",
                        "dedup.near", "work.partitions", "shards.target_bytes", "limits.record_bytes", "budget.shares",
                        "budget.total_tokens", "budget.max_epochs", "limits.id_chars", "dedup.keep", "output"]),
       st.sampled_from(VALUES))  # fmt: skip
def test_the_loader_takes_nothing_that_the_schema_refuses(key: str, value: Any) -> None:
    config = load_yaml(str(ROOT / "configs" / "sample.yaml"))
    section, _, last = key.rpartition(".")
    (config.setdefault(section, {}) if section else config)[last] = value
    try:
        config_of(Document("c.yaml", "", config))
    except ConfigError:
        return
    assert list(problems(config_schema(Config), config)) == []


@pytest.mark.parametrize("size", ["4096", "256MiB", "1.5 GB", "180TB", "12 kb", "MiB", "1QB", "-4", "1 MB x"])
def test_sizes_are_what_the_loader_takes(schema: dict[str, Any], size: str) -> None:
    target = schema["$defs"]["ShardsSection"]["properties"]["target_bytes"]
    pattern = next(part["pattern"] for part in target["anyOf"] if part["type"] == "string")
    try:
        parse_size("", size)
    except ConfigError:
        assert not re.search(pattern, size)
    else:
        assert re.search(pattern, size)


def test_version_and_short_help() -> None:
    version = CliRunner().invoke(app, ["--version"])
    assert version.exit_code == 0
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", version.stdout)
    for command in ([], ["run"], ["tokenizer"], ["tokenizer", "build"]):
        short, long = (CliRunner().invoke(app, [*command, option]).stdout for option in ("-h", "--help"))
        assert short == long
        assert "Usage: " in short
