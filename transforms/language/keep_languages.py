"""Wanted: keep the corpus's languages."""

import pyarrow as pa
import pyarrow.compute as pc
from pydantic.dataclasses import dataclass

from babelmill.transforms.languages import UNDETERMINED

__all__ = ["Wanted"]


@dataclass(frozen=True)
class Wanted:
    """Give a reason for every document that is not in one of the languages.

    Args:
        languages: codes to keep; with `und` among them, undetermined text is kept too.
    """

    languages: tuple[str, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return ("lang",)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Verdicts."""
        return ("language/undetermined", "language/not_wanted")

    def __call__(self, batch: pa.RecordBatch) -> pa.StringArray:
        """Judge a batch."""
        undetermined, not_wanted = (pa.scalar(reason) for reason in self.reasons)
        of_code = [
            None if code in self.languages else undetermined if code == UNDETERMINED else not_wanted
            for code in batch["lang"].dictionary.to_pylist()
        ]
        return pc.take(pa.array(of_code, pa.string()), batch["lang"].indices)
