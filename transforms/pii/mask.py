"""Mask: personal data out, typed placeholders in.

>>> text, counts = Mask()(pa.array(["Write to ann@example.org or call +49 30 123456."]))
>>> text[0].as_py(), counts.tolist()
('Write to <EMAIL> or call <PHONE>.', [[1, 0, 1, 0, 0, 0]])
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic.dataclasses import dataclass

from babelmill.transforms.documents import with_columns
from babelmill.transforms.kernels.buffers import byte_lengths, string_buffers
from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.ledger import Counts, Key, Tally
from babelmill.transforms.pii.find import Finder
from babelmill.transforms.pii.kinds import KINDS, PLACEHOLDERS, Kind

__all__ = ["MASKED", "Mask", "Masking"]

MASKED = "masked"
"""The stage of the ledger's rows about what was replaced; their outcome is the kind."""

_FORMAT = 2
"""Of what is found and what stands in its place: a change of either counts it up, for indexes are compared by it."""

Spans = npt.NDArray[np.int64]


@kernel
def _copy(source: npt.NDArray[np.uint8], i: int, end: int, out: npt.NDArray[np.uint8], at: int) -> int:
    """Copy bytes to `at`; return where the next go."""
    for k in range(end - i):
        out[at + k] = source[i + k]
    return at + end - i


@kernel
def _replace(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int32],
    spans: Spans,
    names: npt.NDArray[np.uint8],
    bounds: npt.NDArray[np.int64],
    out: npt.NDArray[np.uint8],
    out_offsets: npt.NDArray[np.int32],
) -> None:
    """Copy every text with its spans replaced; `names[bounds[k]:bounds[k + 1]]` is the placeholder of kind k."""
    at, s = 0, 0
    for row in range(len(offsets) - 1):
        i, end = int(offsets[row]), int(offsets[row + 1])
        while s < len(spans) and spans[s, 0] == row:
            kind = spans[s, 1]
            at = _copy(data, i, spans[s, 2], out, at)
            at = _copy(names, bounds[kind], bounds[kind + 1], out, at)
            i = spans[s, 3]
            s += 1
        at = _copy(data, i, end, out, at)
        out_offsets[row + 1] = at


_FIND = Finder()
_NAMES = np.frombuffer("".join(PLACEHOLDERS.values()).encode(), np.uint8)
_SIZES = np.array([len(name) for name in PLACEHOLDERS.values()], np.int64)
_BOUNDS = np.concatenate([[0], np.cumsum(_SIZES)]).astype(np.int64)


@dataclass(frozen=True)
class Mask:
    """Replace personal data in texts.

    What is found does not depend on `kinds`: a card number stays as it is where only telephone numbers are masked.

    Args:
        kinds: what to replace.
    """

    kinds: tuple[Kind, ...] = KINDS

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """One column a kind: how often it was replaced in the document."""
        return tuple(pa.field(f"masked_{kind}", pa.int32(), nullable=False) for kind in self.kinds)

    @property
    def parameters(self) -> dict[str, Any]:
        """What two runs must have in common for their masked texts to be the same."""
        return {"mask": sorted(self.kinds), "masking": _FORMAT}

    def __call__(self, text: pa.Array) -> tuple[pa.Array, npt.NDArray[np.int32]]:
        """Return the masked column, the very same where nothing was found, and the counts: int32[rows, kinds]."""
        spans = self.find(text)
        return self.replace(text, spans), self.count(spans, len(text))

    def find(self, text: pa.Array) -> Spans:
        """Return what is to be replaced in a string column: int64[finds, 4] of row, kind, begin, end.

        `kind` is a place in `KINDS`; begin and end are bytes in the column's data buffer.

        Raises:
            TypeError: if the column is not of type string.
        """
        spans = _FIND(*string_buffers(text))
        return spans[np.isin(spans[:, 1], [KINDS.index(kind) for kind in self.kinds])]

    def replace(self, text: pa.Array, spans: Spans) -> pa.Array:
        """Return a column with its spans replaced, the column itself where there are none.

        Raises:
            OverflowError: if the masked texts have more bytes than a string column holds (2 GiB).
        """
        if not len(spans):
            return text
        data, offsets = string_buffers(text)
        grown = int((_SIZES[spans[:, 1]] - (spans[:, 3] - spans[:, 2])).sum())
        size = int(offsets[-1] - offsets[0]) + grown
        if size > np.iinfo(np.int32).max:
            raise OverflowError(f"{size} bytes of masked text in one column")
        out, out_offsets = np.empty(size, np.uint8), np.zeros(len(offsets), np.int32)
        _replace(data, offsets, spans, _NAMES, _BOUNDS, out, out_offsets)
        masked = pa.StringArray.from_buffers(len(text), pa.py_buffer(out_offsets), pa.py_buffer(out))
        return pc.if_else(text.is_valid(), masked, None) if text.null_count else masked

    def count(self, spans: Spans, rows: int) -> npt.NDArray[np.int32]:
        """Return how often each kind stands in each row: int32[rows, kinds], in the order of `kinds`."""
        counts = np.zeros((rows, len(KINDS)), np.int32)
        np.add.at(counts, (spans[:, 0], spans[:, 1]), 1)
        return counts[:, [KINDS.index(kind) for kind in self.kinds]]


class Masking:
    """Mask document batches and book what was replaced.

        reading = Reading(item, source, limits, Masking(Mask(kinds), tally))

    Rows of the ledger: stage `masked`, the source, the kind; docs with at least one, the bytes and characters that were
    taken out, and as `tokens` the number of replacements.

    Args:
        mask: what to replace.
        tally: where to book.
    """

    def __init__(self, mask: Mask, tally: Tally) -> None:
        self._mask, self._tally = mask, tally

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch of `READ` with masked text, its lengths as they are now, and one column a kind."""
        text = batch["text"]
        spans = self._mask.find(text)
        counts = self._mask.count(spans, batch.num_rows)
        if len(spans):
            self._book(batch, spans)
            masked = self._mask.replace(text, spans)
            new = {"text": masked, "n_chars": pc.utf8_length(masked), "n_bytes": pa.array(byte_lengths(masked))}
            columns = [new.get(name, batch[name]) for name in batch.schema.names]
            batch = pa.RecordBatch.from_arrays(columns, schema=batch.schema)
        columns = [pa.array(counts[:, k]) for k in range(len(self._mask.kinds))]
        return with_columns(batch, self._mask.adds, columns)

    def _book(self, batch: pa.RecordBatch, spans: Spans) -> None:
        """Book every kind of every source."""
        data, _ = string_buffers(batch["text"])
        sizes = spans[:, 3] - spans[:, 2]
        sources = np.array(batch["source"].to_pylist())[spans[:, 0]]
        for source in np.unique(sources).tolist():
            for code, kind in enumerate(KINDS):
                mine = np.flatnonzero((spans[:, 1] == code) & (sources == source))
                found: Any = (data[spans[s, 2] : spans[s, 3]].tobytes().decode() for s in mine)
                counts = Counts(
                    docs=len(np.unique(spans[mine, 0])),
                    bytes=int(sizes[mine].sum()),
                    chars=sum(map(len, found)),
                    tokens=len(mine),
                )
                self._tally.add(Key(MASKED, source, "", kind), counts)
