"""YAML is a tree, and a small one: whatever is not is an error with its line."""

import time
from pathlib import Path

import pytest

from babelmill.pipeline.config.loader import load_config, load_yaml
from babelmill.pipeline.config.yaml_file import YAML_BYTES, parse_yaml
from babelmill.pipeline.dataflow.prices import load_prices
from babelmill.transforms.errors import ConfigError

LEVELS = "".join(f"l{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 9)}]\n" for n in range(1, 10))
BOMB = f"name: x\nl0: &b0 [a, a]\n{LEVELS}"
"""Some hundred bytes; without a limit its values are a billion."""


def test_an_alias_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(BOMB)
    started = time.monotonic()
    for read in (load_config, load_yaml, load_prices):
        with pytest.raises(ConfigError, match=r"c\.yaml:3:\d+: .*not valid YAML: an alias, .b0; write its value out"):
            read(str(path))
    path.write_text("name: &a [1]\nbudget: {<<: *a}\n")
    with pytest.raises(ConfigError, match=r":2:\d+: not valid YAML: an alias"):
        load_config(str(path))
    with pytest.raises(ConfigError, match="an alias"):
        load_config("configs/sample.yaml", ["languages=[&a [x], *a]"])
    assert time.monotonic() - started < 10


def test_an_anchor_alone_is_no_harm() -> None:
    assert parse_yaml("a: &b 1") == {"a": 1}


def test_depth_and_size(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("a: " + "[" * 33 + "]" * 33)
    with pytest.raises(ConfigError, match=r":1:\d+: not valid YAML: nested more than 32 deep"):
        load_yaml(str(path))
    path.write_text("a: " + "[" * 30 + "]" * 30)
    assert load_yaml(str(path))["a"]
    path.write_text("#" * (YAML_BYTES + 1))
    with pytest.raises(ConfigError, match="more than 1,048,576 bytes"):
        load_yaml(str(path), "quality.profile")


@pytest.mark.parametrize("content", ["name: [{}]", "budget: [{}]", "languages: {{a: [{}]}}", "{}: 1", "input: {}"])
def test_a_large_value_makes_a_short_message(tmp_path: Path, content: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(content.format(", ".join(["x" * 90] * 9_000)))
    with pytest.raises(ConfigError) as error:
        load_config(str(path))
    assert len(str(error.value)) < 2_000


def test_a_pipe_is_read_for_a_configuration_alone(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a regular file"):
        load_yaml("/dev/null", "quality.profile")
    with pytest.raises(ConfigError, match="expected a mapping at the top"):
        load_config("/dev/null")
