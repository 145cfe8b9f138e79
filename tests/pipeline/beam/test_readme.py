"""What README.md of the room shows runs."""

import re
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

import babelmill.beam

README = (Path(__file__).parents[3] / "pipeline" / "beam" / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
DOCUMENTS = [{"id": number, "text": f"This is the text number {number}, and it has some words."} for number in range(9)]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_runs(block: str) -> None:
    with beam.Pipeline(FnApiRunner(), options=PipelineOptions([])) as pipeline:
        names: dict[str, Any] = {"beam": beam, "documents": pipeline | beam.Create(DOCUMENTS)}
        exec(block, names)


def test_each_transform_is_shown() -> None:
    shown = "".join(BLOCKS)
    transforms = [name for name in babelmill.beam.__all__ if issubclass(getattr(babelmill.beam, name), beam.PTransform)]
    assert len(transforms) == 7
    assert all(f"{name}(" in shown for name in transforms)
