"""Numbering: a rank for every signed document, and ids for the ranks that deduplication speaks of.

    (part, signatures) ─ NumberDocuments ─┬─► (band partition, RECORD): transforms/dedup takes them from here
                                          └─► (part, NUMBERED): doc, name, key ─┐
    (part of the kept, KEPT_FOR) ─────────────────────────── NameKept ──────────┤
                                            (part of the removed, NAMED) ───────┴─ NameRemoved ─► (key, its duplicate)

Documents of a PCollection are in no order, so those that are equal by all keys of `Keep` are put in order by the digest
of their ids: the result does not depend on bundles, workers or the number of parts.
"""

import io
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput

from babelmill.pipeline.beam.elements import from_key
from babelmill.pipeline.beam.outcome import rejected
from babelmill.pipeline.beam.signing import known_schema
from babelmill.transforms.dedup.edges import EDGE, EXACT
from babelmill.transforms.dedup.homes import unpack
from babelmill.transforms.dedup.rank import items_of, rank
from babelmill.transforms.dedup.sign import Sign
from babelmill.transforms.dedup.signature_file import RECORD, SignatureWriter
from babelmill.transforms.errors import WorldError
from babelmill.transforms.input_order import ROW_BITS
from babelmill.transforms.kernels.buffers import unpacked
from babelmill.transforms.work import pieces

__all__ = ["EXACT_REASON", "NEAR_REASON", "NUMBERED", "NameKept", "NameRemoved", "NumberDocuments", "numbered"]

NUMBERED = pa.schema([("doc", pa.uint64()), ("name", pa.binary(16)), ("key", pa.string())])
"""A document's rank, the digest of its id and the id."""
NAMED = pa.schema([("doc", pa.uint64()), ("key", pa.string()), ("similarity", pa.float32()), ("exact", pa.bool_())])
"""The rank of a removed document, and the id of the one that was kept in its place."""
EXACT_REASON, NEAR_REASON = "duplicate/exact", "duplicate/near"
_SLICE = 1 << 16
"""Documents whose records are made at a time: at 15 records each, 47 MB."""
_ROWS = 1 << 14
"""Documents of a NUMBERED or NAMED message: with ids of 40 bytes, 1 MB."""


def _messages(batch: pa.RecordBatch) -> Iterator[bytes]:
    for start in range(0, batch.num_rows, _ROWS):
        yield batch.slice(start, _ROWS).serialize().to_pybytes()


def _table(messages: Iterable[bytes], schema: pa.Schema) -> pa.RecordBatch:
    """Return packed batches as one."""
    found = [pa.ipc.read_record_batch(pa.py_buffer(part), schema) for part in messages]
    return pa.concat_batches(found) if found else pa.RecordBatch.from_pylist([], schema)


def numbered(messages: Iterable[bytes]) -> pa.RecordBatch:
    """Return the NUMBERED documents of a part, sorted by rank."""
    found = _table(messages, NUMBERED)
    return found.take(pa.array(np.argsort(found["doc"].to_numpy())))


class NumberDocuments(beam.DoFn):  # type: ignore[misc]
    """(part, packed signatures) → (part, packed NUMBERED).

    Tagged `records`: (partition, packed RECORD); `repeated`: as `outcome.rejected` has them, an id that several
    documents have. None of these takes part: it could not be said which is meant.

    Args:
        sign: how the documents were signed.
        partitions: near band partitions, and as many exact ones.
        exact: whether equal texts are looked for.
    """

    def __init__(self, sign: Sign, partitions: int, exact: bool) -> None:
        self._sign, self._partitions, self._exact = sign, partitions, exact

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[object]:
        """Number the documents of a part.

        Raises:
            WorldError: if they are more than a part can have: 16.7 million.
        """
        part, messages = element
        known = _table(messages, known_schema(self._sign))
        if known.num_rows > 1 << ROW_BITS:
            raise WorldError(f"{known.num_rows} documents in one part; say how many there are with documents=")
        names = unpacked(known["name"])
        order = np.lexsort((names[:, 1], names[:, 0]))
        known, names = known.take(pa.array(order)), names[order]
        twice = np.zeros(len(names), np.bool_)
        twice[1:] = (names[1:] == names[:-1]).all(axis=1)
        first = twice[1:] & ~twice[:-1]
        for key in known["key"].filter(pa.array(np.append(first, False))).to_pylist():
            yield TaggedOutput("repeated", rejected({"id": from_key(key)}, "dedup", "id/repeated"))
        twice[:-1] |= twice[1:]
        known = known.filter(pa.array(~twice))
        place = np.arange(known.num_rows, dtype=np.int64) | part << ROW_BITS
        doc = pa.array(rank(known["priority"].to_numpy(), place))
        for message in _messages(pa.RecordBatch.from_arrays([doc, known["name"], known["key"]], schema=NUMBERED)):
            yield part, message
        signed = pa.RecordBatch.from_arrays(
            [doc, known["digest"], known["bands"], known["sketch"]], names=["doc", "digest", "bands", "sketch"]
        )
        for start in range(0, signed.num_rows, _SLICE):
            for records in self._records(signed.slice(start, _SLICE)):
                yield TaggedOutput("records", records)

    def _records(self, signed: pa.RecordBatch) -> Iterator[tuple[int, bytes]]:
        """Yield the records of some documents by partition."""
        file = io.BytesIO()
        writer = SignatureWriter(file, self._partitions, self._exact)
        writer.add(signed)
        writer.flush()
        records = np.frombuffer(file.getbuffer(), RECORD)
        for partition, start, end in writer.ranges:
            for piece in pieces(records[start:end]):
                yield partition, piece.tobytes()


def _edges(messages: Iterable[bytes]) -> npt.NDArray[np.void]:
    """Return the edges of some verdicts."""
    found = [unpack(message[1:], EDGE) for message in messages]
    return np.concatenate([np.empty(0, EDGE), *found])


class NameKept(beam.DoFn):  # type: ignore[misc]
    """(part, {numbered, verdicts}) → (part of the removed documents, packed NAMED)."""

    def process(self, element: tuple[int, dict[str, Iterable[bytes]]]) -> Iterator[tuple[int, bytes]]:
        """Look up the ids of a part's kept documents."""
        _, found = element
        edges = _edges(found["verdicts"])
        if not len(edges):
            return
        table = numbered(found["numbered"])
        at = np.searchsorted(table["doc"].to_numpy(), edges["better"])
        columns = [
            pa.array(edges["doc"]),
            table["key"].take(pa.array(at)),
            pa.array(edges["similarity"]),
            pa.array(edges["kind"] == EXACT),
        ]
        named = pa.RecordBatch.from_arrays(columns, schema=NAMED)
        parts = items_of(edges["doc"])
        for part in np.unique(parts).tolist():
            for message in _messages(named.filter(pa.array(parts == part))):
                yield part, message


class NameRemoved(beam.DoFn):  # type: ignore[misc]
    """(part, {numbered, named}) → (key, (key of the kept document, reason, similarity)) of each removed document."""

    def process(
        self, element: tuple[int, dict[str, Iterable[bytes]]]
    ) -> Iterator[tuple[str, tuple[str, str, float | None]]]:
        """Look up the ids of a part's removed documents."""
        _, found = element
        named = _table(found["named"], NAMED)
        if not named.num_rows:
            return
        table = numbered(found["numbered"])
        at = np.searchsorted(table["doc"].to_numpy(), named["doc"].to_numpy())
        rows: Any = zip(
            table["key"].take(pa.array(at)).to_pylist(),
            *(named[name].to_pylist() for name in NAMED.names[1:]),
            strict=True,
        )
        for key, kept, similarity, exact in rows:
            yield key, (kept, EXACT_REASON if exact else NEAR_REASON, None if exact else similarity)
