"""MaskPii: placeholders for personal data."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from babelmill.pipeline.beam.elements import Reads
from babelmill.pipeline.beam.options import FieldName, given
from babelmill.pipeline.beam.steps import OverSteps, Pass
from babelmill.transforms.ledger import Tally
from babelmill.transforms.pii.kinds import KINDS, Kind
from babelmill.transforms.pii.mask import Mask, Masking
from babelmill.transforms.stages import Book

__all__ = ["MaskPii"]


@dataclass(frozen=True)
class _MaskText:
    """Masking as a stage of the screen; in the product it is done while reading."""

    mask: Mask
    stage = "pii"
    reads = ("text",)

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """One column a kind."""
        return self.mask.adds

    def __call__(self, batch: pa.RecordBatch, book: Book) -> pa.RecordBatch:
        """Mask a batch."""
        return Masking(self.mask, Tally())(batch)


class MaskPii(OverSteps):
    """Documents → Outcome: personal data out of the text, nothing is dropped.

        documents | MaskPii(kinds=["email", "phone"])

    The text comes back with `<EMAIL>`, `<PHONE>` … in it, in NFC and with `\\n` line ends. For each kind there is then
    `masked_email` …: how often it was replaced.

    Args:
        kinds: of email, ip, phone, id, iban, card.
        text: the field of the text.

    Raises:
        ConfigError: if an argument is not right.
    """

    def __init__(self, kinds: Sequence[Kind] = KINDS, text: str = "text") -> None:
        chosen, field = given("MaskPii", kinds=(tuple[Kind, ...], kinds), text=(FieldName, text))
        # In the order of the columns, whatever the order that they are named in.
        mask = Mask(tuple(kind for kind in KINDS if kind in chosen))
        adds = tuple(column.name for column in mask.adds)
        super().__init__(Pass("pii", Reads(field, {}, adds), (_MaskText(mask),), rewrites=True))
