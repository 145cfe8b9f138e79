"""Steps of one's own: rules and annotators from outside, held to their contract while they run.

    @dataclass(frozen=True)
    class NoAds:
        reads = ("text",)
        reasons = ("quality/advertisement",)

        def __call__(self, batch: pa.RecordBatch) -> pa.Array:
            ad = pc.match_substring(batch["text"], "buy now")
            return pc.if_else(ad, self.reasons[0], None)

What such a step returns is looked at once a batch: a reason that was not declared, a column of another type or length,
would be found out by a law at the end of the run, or by nobody.
"""

from dataclasses import dataclass

import pyarrow as pa

from babelmill.transforms.errors import RunError
from babelmill.transforms.stages import Annotator, Rule

__all__ = ["OwnAnnotator", "OwnRule"]


@dataclass(frozen=True)
class OwnRule:
    """A rule from outside.

    Args:
        name: `module:name`, as the configuration has it.
        rule: what it names.
    """

    name: str
    rule: Rule

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return tuple(self.rule.reads)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every verdict that the rule can give."""
        return tuple(self.rule.reasons)

    def __call__(self, batch: pa.RecordBatch) -> pa.StringArray:
        """Return null for a document to keep, a reason for one to drop.

        Raises:
            RunError: if that is not what comes back.
        """
        found = _plain(self.name, self.rule(batch), pa.string(), batch.num_rows)
        if unknown := set(found.unique().drop_null().to_pylist()) - set(self.reasons):
            raise RunError(f"{self.name} gave the reason {min(unknown)}, which is not among its reasons")
        return found


@dataclass(frozen=True)
class OwnAnnotator:
    """An annotator from outside.

    Args:
        name: `module:name`, as the configuration has it.
        annotator: what it names.
    """

    name: str
    annotator: Annotator

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return tuple(self.annotator.reads)

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """Columns that will be there."""
        return tuple(self.annotator.adds)

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        """Return one column for each field of `adds`.

        Raises:
            RunError: if that is not what comes back.
        """
        columns = tuple(self.annotator(batch))
        if len(columns) != len(self.adds):
            raise RunError(f"{self.name} returned {len(columns)} columns, and adds {len(self.adds)}")
        return tuple(
            _plain(f"{self.name}, column {field.name},", column, field.type, batch.num_rows)
            for field, column in zip(self.adds, columns, strict=True)
        )


def _plain(name: str, column: object, type: pa.DataType, rows: int) -> pa.Array:
    """Return a column as one array of a type.

    Raises:
        RunError: if it is none, or has another number of rows.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if not isinstance(column, pa.Array):
        raise RunError(f"{name} returned a {column.__class__.__name__}, not a pyarrow Array")
    if len(column) != rows:
        raise RunError(f"{name} returned {len(column)} values for {rows} documents")
    try:
        return column if column.type == type else column.cast(type)
    except pa.ArrowException as error:
        raise RunError(f"{name} returned {column.type}, which is no {type}: {error}") from error
