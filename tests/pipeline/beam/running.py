"""Run a transform over some elements, and read what came of each."""

import json
import pickle
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

TWO_WORKERS = ("--direct_num_workers=2", "--direct_running_mode=multi_processing")


class Came(NamedTuple):
    """An element that came out: where, what, when, and in which window."""

    where: str
    value: Any
    timestamp: float
    window: Any


class _Write(beam.DoFn):
    def __init__(self, folder: str, where: str) -> None:
        self._folder, self._where = folder, where

    def process(
        self, element: Any, timestamp: Any = beam.DoFn.TimestampParam, window: Any = beam.DoFn.WindowParam
    ) -> Iterator[None]:
        came = Came(self._where, element, float(timestamp), window)
        Path(self._folder, uuid.uuid4().hex).write_bytes(pickle.dumps(came))
        return iter(())


def run(
    folder: Path,
    elements: Iterable[Any],
    transform: Callable[[beam.PCollection], Any] | beam.PTransform,
    before: beam.PTransform | None = None,
    flags: Iterable[str] = (),
) -> list[Came]:
    """Run a transform, or a function that makes a chain of them, over elements.

    Args:
        folder: an empty one, for what comes out.
        elements: of any kind; Beam is not told of which.
        transform: its outcome is a NamedTuple of PCollections.
        before: applied first, to put elements into windows for one.
        flags: of Beam.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pipeline = beam.Pipeline(FnApiRunner(), options=PipelineOptions(list(flags)))
    documents = pipeline | beam.Create(list(elements)).with_output_types(Any)
    if before is not None:
        documents = documents | "Before" >> before
    outcome = documents | transform if isinstance(transform, beam.PTransform) else transform(documents)
    for where, part in zip(outcome._fields, outcome, strict=True):
        part | f"Write {where}" >> beam.ParDo(_Write(str(folder), where))
    pipeline.run().wait_until_finish()
    return [pickle.loads(path.read_bytes()) for path in folder.iterdir()]


def values(came: Iterable[Came], where: str) -> list[Any]:
    """Return what came out at one place, in an order of its own."""
    return sorted(
        (found.value for found in came if found.where == where), key=lambda value: json.dumps(value, default=str)
    )
