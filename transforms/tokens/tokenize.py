"""Tokenize: text to ids, without special tokens."""

import numpy as np
import pyarrow as pa
from pydantic.dataclasses import dataclass

from babelmill.transforms.tokens.encoder import load_encoder
from babelmill.transforms.tokens.unknown import Unknown, count_unknown

__all__ = ["IDS", "Tokenize"]

IDS = pa.list_(pa.field("element", pa.uint32(), nullable=False))
"""The type of the column `tokens`."""


@dataclass(frozen=True)
class Tokenize:
    """Annotate documents with their number of tokens, and with the ids.

    Args:
        tokenizer: path of a tokenizer.json.
        ids: False leaves the column `tokens` out and counts only.
        unknown: what becomes of text that the tokenizer has no token for (unknown.py).
    """

    tokenizer: str
    ids: bool = True
    unknown: Unknown = "never"

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return ("text",)

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """`n_tokens`: int32; `tokens`: list<uint32>, no special tokens, as many as `n_tokens`.

        Where there can be any: `n_unknown`, int32, of the tokens the unknown ones; or `n_lost`, int32, characters that
        have no token.
        """
        fields = [pa.field("n_tokens", pa.int32(), nullable=False)]
        if self.unknown != "never":
            fields.append(pa.field("n_unknown" if self.unknown == "token" else "n_lost", pa.int32(), nullable=False))
        if self.ids:
            fields.append(pa.field("tokens", IDS, nullable=False))
        return tuple(fields)

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        """Tokenize a batch."""
        found = load_encoder(self.tokenizer).encode(batch["text"])
        columns = [pa.array(np.diff(found.offsets).astype(np.int32))]
        if self.unknown != "never":
            columns.append(pa.array(count_unknown(self.tokenizer, batch["text"], found)))
        if self.ids:
            offsets, flat = pa.array(found.offsets.astype(np.int32)), pa.array(found.flat)
            columns.append(pa.ListArray.from_arrays(offsets, flat, type=IDS))
        return tuple(columns)
