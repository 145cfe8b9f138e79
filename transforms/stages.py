"""Annotate and Judge: the only two things that are done to a batch, and the two protocols of what does them.

Measure in one place, decide in another, drop in a third: an annotator adds columns and a rule gives verdicts, both
blind to bookkeeping; `Judge` alone drops rows, and books every one of them.

    steps = [Annotate("language", (Identify(...),)), Judge("language", (Wanted(...),))]
    contract(READ, steps)                      # a wrong pipeline fails here, before any work
    for step in steps:
        batch = step(batch, book)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.documents import with_columns
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.ledger import Tally

__all__ = ["Annotate", "Annotator", "Book", "Judge", "Rule", "Step", "contract", "dropped_schema"]


class Annotator(Protocol):
    """More columns, same rows."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """Columns that will be there."""

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        """Return one column for each field of `adds`."""


class Rule(Protocol):
    """Same rows, a verdict for each."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every verdict that the rule can give."""

    def __call__(self, batch: pa.RecordBatch) -> pa.StringArray:
        """Return null for a document to keep, a reason for one to drop."""


@dataclass
class Book:
    """What a work item writes down while its batches pass.

    Args:
        tally: the item's part of the ledger.
        reject: called with each batch of dropped documents, their `stage` and `reason` added; None keeps only counts.
    """

    tally: Tally = field(default_factory=Tally)
    reject: Callable[[pa.RecordBatch], None] | None = None


class Step(Protocol):
    """A stage of the screen: Annotate or Judge."""

    @property
    def stage(self) -> str:
        """The stage's name in the ledger."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """Columns that will be there."""

    def __call__(self, batch: pa.RecordBatch, book: Book) -> pa.RecordBatch:
        """Pass a batch on, with more columns or fewer rows."""


_DROPPED = (pa.field("stage", pa.string()), pa.field("reason", pa.string()))
"""Columns that a dropped document has more than a kept one."""


def _union(parts: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in parts for name in part))


@dataclass(frozen=True)
class Annotate:
    """Add the columns of some annotators, in their order."""

    stage: str
    annotators: tuple[Annotator, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        """What the annotators read and none of them adds."""
        added: set[str] = set()
        reads: list[str] = []
        for annotator in self.annotators:
            reads += [name for name in annotator.reads if name not in added]
            added |= {column.name for column in annotator.adds}
        return _union([tuple(reads)])

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """What the annotators add."""
        return tuple(column for annotator in self.annotators for column in annotator.adds)

    def __call__(self, batch: pa.RecordBatch, book: Book) -> pa.RecordBatch:
        """Add the columns; nothing is dropped, so nothing is booked."""
        for annotator in self.annotators:
            batch = with_columns(batch, annotator.adds, annotator(batch))
        return batch


@dataclass(frozen=True)
class Judge:
    """Drop what some rule gives a reason for, and book every document: kept, or the first rule's reason."""

    stage: str
    rules: tuple[Rule, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        """What the rules read."""
        return _union([rule.reads for rule in self.rules])

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """Nothing."""
        return ()

    def __call__(self, batch: pa.RecordBatch, book: Book) -> pa.RecordBatch:
        """Return the kept rows."""
        verdict = pa.nulls(batch.num_rows, pa.string())
        for rule in self.rules:
            verdict = pc.coalesce(verdict, rule(batch))
        book.tally.book(self.stage, batch, verdict)
        if verdict.null_count == batch.num_rows:
            return batch
        if book.reject is not None:
            dropped = batch.filter(verdict.is_valid())
            stage = pa.array([self.stage] * dropped.num_rows, pa.string())
            book.reject(with_columns(dropped, _DROPPED, (stage, verdict.drop_null())))
        return batch.filter(verdict.is_null())


def contract(schema: pa.Schema, steps: Sequence[Step]) -> pa.Schema:
    """Fold the steps' contracts over a schema and return what comes out.

    Raises:
        ConfigError: if a step reads a column that is not there yet, or adds one that is.
    """
    for step in steps:
        missing = [name for name in step.reads if name not in schema.names]
        if missing:
            raise ConfigError(step.stage, f"reads {', '.join(missing)}, but only {', '.join(schema.names)} are there")
        added = [column.name for column in step.adds]
        twice = [name for name in dict.fromkeys(added) if name in schema.names or added.count(name) > 1]
        if twice:
            raise ConfigError(step.stage, f"adds {', '.join(twice)}, which another has already written")
        schema = pa.schema([*schema, *step.adds])
    return schema


def dropped_schema(schema: pa.Schema, steps: Sequence[Step]) -> pa.Schema:
    """Return the columns that dropped documents have: those of the last Judge, and its `stage` and `reason`.

    Columns that are not there yet at the first Judge are nullable: a document that it drops has none.

    Raises:
        ConfigError: as `contract` does.
    """
    judges = [number for number, step in enumerate(steps) if isinstance(step, Judge)] or [0]
    early, late = contract(schema, steps[: judges[0]]), contract(schema, steps[: judges[-1]])
    return pa.schema([*early, *(field.with_nullable(True) for field in list(late)[len(early) :]), *_DROPPED])
