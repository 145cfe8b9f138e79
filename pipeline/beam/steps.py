"""Steps: stages of the screen over elements, a batch at a time inside a bundle.

    elements ─► held back, to 1,000 of them or 8 MiB ─► one RecordBatch ─► Annotate, Judge ─► the elements, extended

Nothing is grouped and no element crosses a shuffle; each keeps its windows and its timestamp.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput
from apache_beam.utils.windowed_value import WindowedValue

from babelmill.pipeline.beam.elements import Reads, read_rows, rows_of, size_of, slices
from babelmill.pipeline.beam.outcome import Element, Outcome, Rejected, kept_of, outcome, rejected
from babelmill.transforms.documents import BATCH_BYTES, BATCH_DOCS, documents, with_columns
from babelmill.transforms.models.resources import address, located, moved
from babelmill.transforms.stages import Book, Step

__all__ = ["OverSteps", "Pass", "PassInBatches"]

KEPT, DROPPED, REJECTED = Outcome._fields


class Passed(NamedTuple):
    """What became of some documents."""

    found: list[tuple[str, list[int], pa.RecordBatch]]
    """KEPT or DROPPED, the rows that are, and what is added to each: `reason` too if it is dropped."""
    bad: list[tuple[int, str]]
    """(row, reason) of what cannot be read."""


@dataclass(frozen=True)
class Pass:
    """Pass documents through stages of the screen.

    Args:
        stage: its name, for what is rejected.
        reads: what is read of a document.
        steps: the stages.
        rewrites: hand the text back too, for the steps change it.
    """

    stage: str
    reads: Reads
    steps: tuple[Step, ...]
    rewrites: bool = False

    def __call__(self, rows: Sequence[Any]) -> Passed:
        """Pass some documents at once; the result does not depend on which are together."""
        found = read_rows(rows, self.reads)
        if not found.rows:
            return Passed([], found.bad)
        batch = documents(found.texts, source="beam")
        more = {name: column for name, column in found.columns.items() if name not in batch.schema.names}
        batch = with_columns(batch, [pa.field(name, column.type) for name, column in more.items()], [*more.values()])
        dropped: list[pa.RecordBatch] = []
        book = Book(reject=dropped.append)
        for step in self.steps:
            batch = step(batch, book)
        outcomes = [(KEPT, batch), *((DROPPED, part) for part in dropped)]
        return Passed([(tag, *self._added(part, found.rows)) for tag, part in outcomes if part.num_rows], found.bad)

    def _added(self, batch: pa.RecordBatch, rows: list[int]) -> tuple[list[int], pa.RecordBatch]:
        """Return the rows that the documents of a batch are, and what is added to them."""
        added = batch.select([name for name in self.reads.adds if name in batch.schema.names])
        if self.rewrites:
            names = [self.reads.text, *added.schema.names]
            added = pa.RecordBatch.from_arrays([batch["text"], *added.columns], names=names)
        return [rows[place] for place in batch["place"].to_pylist()], added


class PassInBatches(beam.DoFn):  # type: ignore[misc]
    """Element → itself with more fields, tagged `kept` or `dropped`; what cannot be read tagged `rejected`."""

    def __init__(self, work: Pass) -> None:
        self._work = moved(work, address)

    def setup(self) -> None:
        """Find the models on this machine."""
        self._work = moved(self._work, located)

    def start_bundle(self) -> None:
        """Hold nothing."""
        self._held: list[WindowedValue] = []
        self._bytes = 0

    def process(
        self, element: Element, timestamp: Any = beam.DoFn.TimestampParam, window: Any = beam.DoFn.WindowParam
    ) -> Iterator[object]:
        """Hold an element back; pass what is held when it is enough. A RecordBatch is passed by itself."""
        if isinstance(element, pa.RecordBatch):
            yield from self._pass_batch(element)
            return
        self._held.append(WindowedValue(element, timestamp, (window,)))
        self._bytes += size_of(element, self._work.reads.text)
        if len(self._held) >= BATCH_DOCS or self._bytes >= BATCH_BYTES:
            yield from self._pass_held()

    def finish_bundle(self) -> Iterator[object]:
        """Pass the rest."""
        yield from self._pass_held()

    def _pass_held(self) -> Iterator[object]:
        held, self._held, self._bytes = self._held, [], 0
        passed = self._work([value.value for value in held])
        for tag, rows, added in passed.found:
            for row, more in zip(rows, added.to_pylist(), strict=True):
                yield TaggedOutput(tag, held[row].with_value({**held[row].value, **more}))
        for row, reason in passed.bad:
            yield TaggedOutput(REJECTED, held[row].with_value(rejected(held[row].value, self._work.stage, reason)))

    def _pass_batch(self, batch: pa.RecordBatch) -> Iterator[object]:
        rows = rows_of(batch, self._work.reads)
        for piece in slices(rows, self._work.reads.text):
            passed, part = self._work(rows[piece]), batch.slice(piece.start, piece.stop - piece.start)
            for tag, found, added in passed.found:
                yield TaggedOutput(tag, _extended(part, found, added))
            for row, reason in passed.bad:
                [element] = part.slice(row, 1).to_pylist()
                yield TaggedOutput(REJECTED, rejected(element, self._work.stage, reason))


def _extended(batch: pa.RecordBatch, rows: list[int], more: pa.RecordBatch) -> pa.RecordBatch:
    """Return rows of a batch with more columns at the right end; one that is there already is replaced."""
    batch = batch.take(pa.array(rows, pa.int64()))
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    columns |= dict(zip(more.schema.names, more.columns, strict=True))
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


class OverSteps(beam.PTransform):  # type: ignore[misc]
    """Documents → Outcome: stages of the screen over anybody's documents.

    Args:
        work: the stages.
    """

    def __init__(self, work: Pass) -> None:
        super().__init__()
        self._work = work

    def expand(self, documents: Any) -> Any:
        """Pass the documents; Beam has no annotation for an Outcome."""
        work = beam.ParDo(PassInBatches(self._work)).with_input_types(Element)
        typed = work.with_output_types(Element, kept=Element, dropped=Element, rejected=Rejected)
        found = kept_of(documents) | self._work.stage >> typed.with_outputs(KEPT, DROPPED, REJECTED)
        return outcome(documents, found.kept, found.dropped, found.rejected)
