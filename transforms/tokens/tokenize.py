"""Tokenize: text to ids, without special tokens."""

from itertools import chain

import numpy as np
import pyarrow as pa
from pydantic.dataclasses import dataclass

from transforms.tokens.tokenizer import load_tokenizer

__all__ = ["IDS", "Tokenize"]

IDS = pa.list_(pa.field("element", pa.uint32(), nullable=False))
"""The type of the column `tokens`."""


@dataclass(frozen=True)
class Tokenize:
    """Annotate documents with their number of tokens, and with the ids.

    Args:
        tokenizer: path of a tokenizer.json.
        ids: False leaves the column `tokens` out and counts only.
    """

    tokenizer: str
    ids: bool = True

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return ("text",)

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """`n_tokens`: int32; `tokens`: list<uint32>, no special tokens, as many as `n_tokens`."""
        fields = [pa.field("n_tokens", pa.int32(), nullable=False)]
        if self.ids:
            fields.append(pa.field("tokens", IDS, nullable=False))
        return tuple(fields)

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        """Tokenize a batch."""
        encode = load_tokenizer(self.tokenizer).encode_batch_fast
        found = [encoding.ids for encoding in encode(batch["text"].to_pylist(), add_special_tokens=False)]
        lengths = np.fromiter(map(len, found), np.int32, len(found))
        if not self.ids:
            return (pa.array(lengths),)
        offsets = np.zeros(len(found) + 1, np.int32)
        np.cumsum(lengths, out=offsets[1:])
        flat = np.fromiter(chain.from_iterable(found), np.uint32, int(offsets[-1]))
        return pa.array(lengths), pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat), type=IDS)
