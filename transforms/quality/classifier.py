"""Score: what a user's own fastText model thinks of a document."""

from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field
from pydantic.dataclasses import dataclass

from babelmill.transforms.models.fasttext import load_fasttext, predict

__all__ = ["Score"]


@dataclass(frozen=True)
class Score:
    """Annotate documents with the probability that a supervised fastText model gives to one of its labels.

    Args:
        name: the column is `model_<name>`.
        model: path of the model.
        label: the label, without `__label__`.
        chars: how much of a document is read, from its beginning; fastText's time is proportional to it.
    """

    name: str
    model: str
    label: str
    chars: Annotated[int, Field(gt=0)]

    @property
    def column(self) -> str:
        """The column's name."""
        return f"model_{self.name}"

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return ("text",)

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """The score: float32 in [0, 1]; 0 for a text of which the model knows no word."""
        return (pa.field(self.column, pa.float32()),)

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        """Score a batch."""
        model = load_fasttext(self.model)
        texts = pc.utf8_slice_codeunits(batch["text"], 0, self.chars).to_pylist()
        return (pa.array([predict(model, text).get(self.label, 0.0) for text in texts], pa.float32()),)
