"""What README.md shows works: its rule is one, its commands exist, its Python names are the API's."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from typer.testing import CliRunner

import babelmill
from babelmill.pipeline.cli import app
from babelmill.transforms.own_steps import OwnRule

README = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_its_rule_is_a_rule() -> None:
    [block] = [block for block in BLOCKS if "@dataclass" in block]
    names: dict[str, Any] = {"dataclass": dataclass, "pa": pa, "pc": pc}
    exec(block, names)
    rule = OwnRule("readme:NoAds", names["NoAds"]())
    batch = pa.record_batch({"text": ["A story.", "Please buy now!"]})
    assert rule(batch).to_pylist() == [None, "quality/advertisement"]


def test_its_names_are_the_apis() -> None:
    [block] = [block for block in BLOCKS if "import babelmill" in block]
    assert set(re.findall(r"babelmill\.(\w+)", block)) <= set(babelmill.__all__)
    assert all(hasattr(babelmill.Corpus, name) for name in re.findall(r"\bcorpus\.(\w+)", block))


def test_its_commands_are_there() -> None:
    lines = re.findall(r"^babelmill (.*?)(?:  +#|$)", README, re.MULTILINE)
    assert len(lines) > 12
    for line in lines:
        words = line.split()
        command = words[:2] if words[0] == "tokenizer" else words[:1]
        done = CliRunner().invoke(app, [*command, "--help"])
        assert done.exit_code == 0, line
        for option in (word for word in words[: words.index("--") if "--" in words else None] if word[:2] == "--"):
            assert option in done.stdout, line
