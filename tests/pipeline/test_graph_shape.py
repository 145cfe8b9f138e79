"""The graph itself: typed throughout, small, and the same size for any number of inputs."""

from pathlib import Path

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pipeline import AppliedPTransform, PipelineVisitor

from babelmill.pipeline.job.graph import build
from babelmill.pipeline.job.plan import Plan
from tests.pipeline.runs import plan_sample


def graph(plan: Plan) -> beam.Pipeline:
    pipeline = beam.Pipeline(options=PipelineOptions([]))
    build(pipeline, plan)
    return pipeline


class Collect(PipelineVisitor):  # type: ignore[misc]
    def __init__(self) -> None:
        self.transforms: list[str] = []
        self.types: dict[str, str] = {}

    def visit_transform(self, node: AppliedPTransform) -> None:
        self.transforms.append(node.full_label)
        for tag, collection in node.outputs.items():
            self.types[f"{node.full_label}.{tag}"] = repr(collection.element_type)


@pytest.mark.parametrize(
    ("settings", "most"),
    [((), 60), (("work.partitions=64",), 90), (("work.partitions=64", "dedup.cluster=transitive"), 90)],
)
def test_no_any_and_no_batches_between_transforms(tmp_path: Path, settings: tuple[str, ...], most: int) -> None:
    found = Collect()
    graph(plan_sample(tmp_path, settings)).visit(found)
    assert len(found.transforms) < most
    assert not {name: kind for name, kind in found.types.items() if "Any" in kind or "RecordBatch" in kind}


def test_its_size_does_not_depend_on_the_inputs(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number:04}.jsonl").write_text('{"text": "x"}\n')
    one, many = (
        graph(
            plan_sample(tmp_path / "out", [f"input=[{{source: a, files: {tmp_path}/{glob}}}]", "work.item_bytes=1024"])
        )
        for glob in ("0000.jsonl", "*.jsonl")
    )
    sizes = [len(pipeline.to_runner_api().SerializeToString()) for pipeline in (one, many)]
    assert abs(sizes[0] - sizes[1]) < 200
    assert max(sizes) < 200_000


def test_a_batch_would_have_no_coder_of_its_own() -> None:
    # Why no batch may be an element: Beam would pickle it, and a slice pickles the whole it was cut from.
    coder = beam.coders.registry.get_coder(pa.RecordBatch)
    assert "Pickle" in repr(coder) or "FastPrimitives" in repr(coder)
