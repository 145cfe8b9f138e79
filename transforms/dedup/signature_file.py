"""Signature files: one record for each document and band, sorted by partition, so that a partition is one range.

The shuffle carries *references* (file, from, to) into these files, 24 bytes each, and never a record.
"""

from collections.abc import Callable, Iterator
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.dedup.minhash import SKETCH_WORDS
from babelmill.transforms.files.ranges import Range, read_ranges
from babelmill.transforms.input_order import in_item
from babelmill.transforms.kernels.buffers import unpacked
from babelmill.transforms.work import WorkFolder

__all__ = [
    "EXACT_SHARE", "RECORD", "REFERENCE", "RUN_DOCS", "RecordWriter", "SignatureWriter",
    "exact_partitions", "fetch", "is_exact", "partition_of", "read_records",
]  # fmt: skip

RECORD = np.dtype([("band", "<u8"), ("doc", "<u8"), ("sketch", "<u8", (SKETCH_WORDS,))])
"""56 bytes. A record of the exact band has the digest's second half as `band` and the digest as first two words of
`sketch`."""
REFERENCE = np.dtype([("item", "<u8"), ("start", "<u8"), ("end", "<u8")])
"""Records `start` to `end` of an item's signature file, or of a group's (transforms/dedup/exchange.py)."""
RUN_DOCS = 1 << 16
"""Documents sorted and written at a time: at 15 records each, 55 MB."""
_WRITTEN_ROWS = 1 << 18
"""Records copied into the file's order at a time: 15 MB."""


EXACT_SHARE = 16
"""Near partitions for each exact one: a document has one digest, and as a rule 14 bands."""


def exact_partitions(partitions: int) -> int:
    """Return how many exact partitions there are beside so many near ones."""
    return max(1, partitions // EXACT_SHARE)


def is_exact(partition: int, partitions: int) -> bool:
    """Say whether a partition holds exact bands: near bands have the numbers below `partitions`, exact ones above."""
    return partition >= partitions


def partition_of(band: npt.NDArray[np.uint64], exact: bool, partitions: int) -> npt.NDArray[np.uint64]:
    """Return the partition of each band, or of each digest's second half."""
    if exact:
        return band % np.uint64(exact_partitions(partitions)) + np.uint64(partitions)
    return band % np.uint64(partitions)


def _records(
    band: npt.NDArray[np.uint64], doc: npt.NDArray[np.uint64], sketch: npt.NDArray[np.uint64]
) -> npt.NDArray[np.void]:
    records = np.zeros(len(band), RECORD)
    records["band"], records["doc"] = band, doc
    records["sketch"][:, : sketch.shape[1]] = sketch
    return records


class RecordWriter:
    """Write records sorted by partition, some of them at a time."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._written = file, 0
        self.ranges: list[tuple[int, int, int]] = []
        """(partition, start, end) of every range written; a partition may have several."""

    def write(self, records: npt.NDArray[np.void], partitions: npt.NDArray[np.uint64]) -> None:
        """Write RECORD[n] in the order of their partitions, those of one partition in their own."""
        order = np.argsort(partitions, kind="stable")
        for start in range(0, len(order), _WRITTEN_ROWS):
            self._file.write(records[order[start : start + _WRITTEN_ROWS]].tobytes())
        found, counts = np.unique(partitions, return_counts=True)
        ends = self._written + np.cumsum(counts)
        for partition, start, end in zip(found.tolist(), (ends - counts).tolist(), ends.tolist(), strict=True):
            self.ranges.append((partition, start, end))
        self._written += len(records)


class SignatureWriter:
    """Write an item's signatures as its batches pass.

    Args:
        file: where to.
        partitions: near partitions; `exact_partitions` says how many exact ones there are beside them.
        exact: write the exact band.
    """

    def __init__(self, file: IO[bytes], partitions: int, exact: bool) -> None:
        self._writer, self._partitions, self._exact = RecordWriter(file), partitions, exact
        self._held: list[pa.RecordBatch] = []
        self._docs = 0

    @property
    def ranges(self) -> list[tuple[int, int, int]]:
        """(partition, start, end) of every range written; a partition may have several."""
        return self._writer.ranges

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the columns doc, digest, bands and sketch of a batch."""
        self._held.append(batch.select(["doc", "digest", "bands", "sketch"]))
        self._docs += batch.num_rows
        if self._docs >= RUN_DOCS:
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
            numbers.append(partition_of(parts[-1]["band"], False, self._partitions))
        if self._exact:
            digest = unpacked(table["digest"].combine_chunks())
            parts.append(_records(digest[:, 1], doc, digest))
            numbers.append(partition_of(digest[:, 1], True, self._partitions))
        if parts:
            self._writer.write(np.concatenate(parts), np.concatenate(numbers))


def read_records(references: npt.NDArray[np.void], path_of: Callable[[int], str]) -> Iterator[npt.NDArray[np.void]]:
    """Yield the records that REFERENCE[n] point at in any files, an array each: RECORD[m] as they were written."""
    size = RECORD.itemsize
    ranges = (Range(path_of(file), start * size, (end - start) * size) for file, start, end in references.tolist())
    for found in read_ranges(ranges):
        yield np.frombuffer(found, RECORD)


def fetch(references: npt.NDArray[np.void], work: WorkFolder) -> Iterator[npt.NDArray[np.void]]:
    """Yield the records that REFERENCE[n] point at in items' signature files, an array each, with their numbers."""
    for item, found in zip(references["item"].tolist(), read_records(references, work.signatures), strict=True):
        records = found.copy()
        records["doc"] = in_item(records["doc"], item)
        yield records
