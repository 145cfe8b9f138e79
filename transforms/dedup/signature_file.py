"""Signature files: one record for each document and band, sorted by partition, so that a partition is one range.

Locally the shuffle carries *references* (item, from, to) into these files, 24 bytes for each item and partition; on a
service where many small reads cost more than a shuffle it carries the *records* themselves. The results are the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.dedup.minhash import SKETCH_WORDS
from babelmill.transforms.files.storage import read_bytes, read_range
from babelmill.transforms.input_order import in_item
from babelmill.transforms.kernels.buffers import unpacked
from babelmill.transforms.work import WorkFolder, pieces

__all__ = ["RECORD", "REFERENCE", "SignatureWriter", "count", "fetch", "is_exact", "signature_messages"]

RECORD = np.dtype([("band", "<u8"), ("doc", "<u8"), ("sketch", "<u8", (SKETCH_WORDS,))])
"""56 bytes. A record of the exact band has the digest's second half as `band` and the digest as first two words of
`sketch`."""
REFERENCE = np.dtype([("item", "<u8"), ("start", "<u8"), ("end", "<u8")])
"""Records `start` to `end` of an item's signature file."""
_RUN_DOCS = 1 << 16
"""Documents sorted and written at a time: at 15 records each, 55 MB."""


def is_exact(partition: int, partitions: int) -> bool:
    """Say whether a partition holds exact bands: near bands have the numbers below `partitions`, exact ones above."""
    return partition >= partitions


def _records(
    band: npt.NDArray[np.uint64], doc: npt.NDArray[np.uint64], sketch: npt.NDArray[np.uint64]
) -> npt.NDArray[np.void]:
    records = np.zeros(len(band), RECORD)
    records["band"], records["doc"] = band, doc
    records["sketch"][:, : sketch.shape[1]] = sketch
    return records


class SignatureWriter:
    """Write an item's signatures as its batches pass.

    Args:
        file: where to.
        partitions: near partitions, and as many exact ones.
        exact: write the exact band.
    """

    def __init__(self, file: IO[bytes], partitions: int, exact: bool) -> None:
        self._file, self._partitions, self._exact = file, partitions, exact
        self._held: list[pa.RecordBatch] = []
        self._docs = self._written = 0
        self.ranges: list[tuple[int, int, int]] = []
        """(partition, start, end) of every range written; a partition may have several."""

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the columns doc, digest, bands and sketch of a batch."""
        self._held.append(batch.select(["doc", "digest", "bands", "sketch"]))
        self._docs += batch.num_rows
        if self._docs >= _RUN_DOCS:
            self.flush()

    def flush(self) -> None:
        """Sort and write what is held."""
        if not self._held:
            return
        table = pa.Table.from_batches(self._held).combine_chunks()
        self._held, self._docs = [], 0
        parts, numbers = [], []
        doc = table["doc"].to_numpy()
        bands = table["bands"].combine_chunks()
        if len(bands) != bands.null_count:
            signed = np.asarray(bands.is_valid())
            values, sketch = unpacked(bands), unpacked(table["sketch"].combine_chunks())
            count = values.shape[1]
            parts.append(_records(values.ravel(), np.repeat(doc[signed], count), np.repeat(sketch, count, axis=0)))
            numbers.append(parts[-1]["band"] % np.uint64(self._partitions))
        if self._exact:
            digest = unpacked(table["digest"].combine_chunks())
            parts.append(_records(digest[:, 1], doc, digest))
            numbers.append(digest[:, 1] % np.uint64(self._partitions) + np.uint64(self._partitions))
        if parts:
            self._write(np.concatenate(parts), np.concatenate(numbers))

    def _write(self, records: npt.NDArray[np.void], numbers: npt.NDArray[np.uint64]) -> None:
        order = np.argsort(numbers, kind="stable")
        self._file.write(records[order].tobytes())
        found, counts = np.unique(numbers, return_counts=True)
        ends = self._written + np.cumsum(counts)
        for partition, start, end in zip(found.tolist(), (ends - counts).tolist(), ends.tolist(), strict=True):
            self.ranges.append((partition, start, end))
        self._written += len(records)


def _numbered(packed: bytes, item: int) -> npt.NDArray[np.void]:
    """Return the records of an item's signature file, their ranks with the item's number."""
    records = np.frombuffer(packed, RECORD).copy()
    records["doc"] = in_item(records["doc"], item)
    return records


def count(packed: Iterable[bytes], by_reference: bool) -> int:
    """Return how many records some packed references point at, or some packed records are."""
    if not by_reference:
        return sum(map(len, packed)) // RECORD.itemsize
    references = (np.frombuffer(part, REFERENCE) for part in packed)
    return sum(int((part["end"] - part["start"]).sum()) for part in references)


def fetch(references: Iterable[bytes], work: WorkFolder) -> Iterator[npt.NDArray[np.void]]:
    """Yield the records that some packed references point at."""
    for packed in references:
        for reference in np.frombuffer(packed, REFERENCE):
            item, start, end = (int(value) for value in reference.tolist())
            size = RECORD.itemsize
            yield _numbered(read_range(work.signatures(item), start * size, (end - start) * size), item)


def signature_messages(
    item: int, ranges: Iterable[Sequence[int]], work: WorkFolder, by_reference: bool
) -> Iterator[tuple[int, bytes]]:
    """Yield what the shuffle carries of an item's signatures: (partition, packed), as a rule one a partition.

    Args:
        item: its number.
        ranges: (partition, start, end), as `SignatureWriter.ranges` has them.
        work: where its signature file is.
        by_reference: REFERENCE instead of RECORD.
    """
    by_partition: dict[int, list[tuple[int, int, int]]] = {}
    for partition, start, end in ranges:
        by_partition.setdefault(partition, []).append((item, start, end))
    # Read whole, once: an object store answers thousands of small reads much more slowly.
    records = np.empty(0, RECORD) if by_reference else _numbered(read_bytes(work.signatures(item)), item)
    for partition, references in by_partition.items():
        found = (
            np.array(references, REFERENCE)
            if by_reference
            else np.concatenate([records[start:end] for _, start, end in references])
        )
        for piece in pieces(found):
            yield partition, piece.tobytes()
