"""Signing: elements into signatures, which alone go on to deduplication.

    element ─► (part, packed rows): the id, its digest, the priority, and the signature

A *part* is a range of the ids' digests. It does here what a work item does in a run: its number and a row in it are a
document's place, and what is to come back to the documents of a part comes back under its number.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import TaggedOutput
from apache_beam.utils.windowed_value import WindowedValue

from babelmill.pipeline.beam.elements import Reads, read_rows, rows_of, size_of
from babelmill.pipeline.beam.outcome import Element, rejected
from babelmill.transforms.dedup.rank import Keep
from babelmill.transforms.dedup.sign import Sign
from babelmill.transforms.documents import BATCH_BYTES, BATCH_DOCS, READ, documents
from babelmill.transforms.kernels.buffers import packed
from babelmill.transforms.kernels.hashing import digests
from babelmill.transforms.stages import Annotate, Book

__all__ = ["OTHER", "RANKED_BY", "InWindows", "SignDocuments", "known_schema", "parts_of"]

OTHER = ""
"""Stands for every source that `Keep.sources` does not name; the last of them."""
RANKED_BY = {
    "source_rank": pa.field("source", pa.string()),
    "quality": pa.field("quality", pa.float32()),
    "newest": pa.field("date", pa.date32()),
}
"""Key of `Keep` → the field of a document that it reads."""


def parts_of(names: npt.NDArray[np.uint64], parts: int) -> npt.NDArray[np.int64]:
    """Return the part, below `parts`, of each digest of an id, uint64[n, 2].

    Documents in order of part and digest are in order of digest, so the order does not depend on the number of parts.
    """
    high = names[:, 0] >> np.uint64(32)
    return (high * np.uint64(parts) >> np.uint64(32)).astype(np.int64)


def known_schema(sign: Sign) -> pa.Schema:
    """Return the columns of what is known of a document: its key, the key's digest, a priority, and the signature."""
    signature = [field for field in sign.adds if field.name in ("digest", "bands", "sketch")]
    return pa.schema([("key", pa.string()), ("name", pa.binary(16)), ("priority", pa.uint64()), *signature])


class InWindows(beam.DoFn):  # type: ignore[misc]
    """Hold elements back, those of each window by themselves, and work on them a batch at a time.

    Args:
        reads: what is read of a document.
        whole: hold whole rows of a RecordBatch, and not only the fields that are read.
    """

    def __init__(self, reads: Reads, whole: bool = False) -> None:
        self._reads, self._whole = reads, whole

    def start_bundle(self) -> None:
        """Hold nothing."""
        self._held: dict[Any, list[Any]] = {}
        self._docs = self._bytes = 0

    def hold(self, element: Element, window: Any) -> Iterator[object]:
        """Hold an element's documents back; work on what is held, in all windows, when it is enough."""
        rows: list[Any] = [element]
        if isinstance(element, pa.RecordBatch):
            rows = element.to_pylist() if self._whole else rows_of(element, self._reads)
        for row in rows:
            self._held.setdefault(window, []).append(row)
            self._docs += 1
            self._bytes += size_of(row, self._reads.text)
            if self._docs >= BATCH_DOCS or self._bytes >= BATCH_BYTES:
                yield from self._let_go()

    def finish_bundle(self) -> Iterator[object]:
        """Work on the rest."""
        yield from self._let_go()

    def _let_go(self) -> Iterator[object]:
        held, self._held = self._held, {}
        self._docs = self._bytes = 0
        for window, rows in held.items():
            for tag, value in self.work(rows, window):
                placed = WindowedValue(value, window.max_timestamp(), (window,))
                yield TaggedOutput(tag, placed) if tag else placed

    def work(self, rows: Sequence[Any], window: Any) -> Iterator[tuple[str, object]]:
        """Yield (tag, value) of what some documents of one window give; no tag is the main output."""
        raise NotImplementedError


class SignDocuments(InWindows):
    """Element → (part, a packed batch of `known_schema`).

    Tagged `documents`: (key, document), if they are wanted; `rejected`: as `outcome.rejected` has them.

    Args:
        reads: what is read of a document.
        keep: which of equals survives.
        sign: how documents are signed.
        parts: of the ids.
        whole: whether the documents themselves are wanted.
    """

    def __init__(self, reads: Reads, keep: Keep, sign: Sign, parts: int, whole: bool) -> None:
        super().__init__(reads, whole)
        self._keep, self._sign, self._parts = keep, sign, parts

    def process(self, element: Element, window: Any = beam.DoFn.WindowParam) -> Iterator[object]:
        """Hold an element back."""
        return self.hold(element, window)

    def work(self, rows: Sequence[Any], window: Any) -> Iterator[tuple[str, object]]:
        """Sign some documents."""
        found = read_rows(rows, self._reads)
        for row, reason in found.bad:
            yield "rejected", rejected(rows[row], "dedup", reason)
        for key, row in zip(found.keys, found.rows, strict=True) if self._whole else ():
            yield "documents", (key, rows[row])
        if not found.rows:
            return
        keys = pa.array(found.keys, pa.string())
        names = digests(keys)
        batch = _with(documents(found.texts, source=OTHER), self._ranked(found.columns))
        signed = Annotate("sign", (self._sign,))(batch, Book())
        columns = {"key": keys, "name": packed(names), "priority": pa.array(self._keep.priority(batch))}
        schema = known_schema(self._sign)
        known = pa.RecordBatch.from_arrays(
            [columns[name] if name in columns else signed[name] for name in schema.names], schema=schema
        )
        parts = parts_of(names, self._parts)
        order = np.argsort(parts, kind="stable")
        numbers, starts = np.unique(parts[order], return_index=True)
        for number, chosen in zip(numbers.tolist(), np.split(order, starts[1:]), strict=True):
            yield "", (number, known.take(pa.array(chosen)).serialize().to_pybytes())

    def _ranked(self, columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """Return the columns that `Keep` reads; what a document lacks is worse than all that others have."""
        found = dict(columns)
        if "source" in found:
            known = pc.is_in(found["source"], pa.array(self._keep.sources))
            found["source"] = pc.if_else(known, found["source"], OTHER)
        if "quality" in found:
            rated = found["quality"].fill_null(0.0)
            found["quality"] = pc.if_else(pc.is_nan(rated), pa.scalar(0.0, pa.float32()), rated)
        return found


def _with(batch: pa.RecordBatch, columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """Return a batch of `READ` with columns in the place of its own, and others after them."""
    merged = {**dict(zip(READ.names, batch.columns, strict=True)), **columns}
    return pa.RecordBatch.from_arrays(list(merged.values()), names=list(merged))
