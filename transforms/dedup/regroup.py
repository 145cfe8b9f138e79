"""Regroup: the signatures of many work items in one file sorted by partition, for stores where a read is a request.

    (group of items, part of the partitions) ─ Regroup ─► work/regrouped/… and (partition, REFERENCE into it)
    committed manifest ─ ListGroups ─► (first item of a group) ─ Clear ─► its files are gone

A file follows from the signature files of its items alone, so a bundle that is tried again writes the same bytes.
"""

from collections.abc import Iterable, Iterator

import apache_beam as beam
import numpy as np
import numpy.typing as npt

from babelmill.transforms.costs import Costs
from babelmill.transforms.dedup.exchange import Grouping, joined, signature_messages
from babelmill.transforms.dedup.signature_file import RECORD, RecordWriter, fetch, partition_of
from babelmill.transforms.files.storage import creating, remove
from babelmill.transforms.messages import costs_message
from babelmill.transforms.work import WorkFolder

__all__ = ["Clear", "ListGroups", "Regroup"]

_RUN_RECORDS = 3 * (1 << 28) // RECORD.itemsize
"""Records sorted and written at a time, 768 MiB: half more than a file is planned for. More are written in runs."""


def _runs(references: npt.NDArray[np.void]) -> Iterator[npt.NDArray[np.void]]:
    """Yield references to about as many records as are sorted at a time, at least one."""
    ends = np.cumsum(references["end"] - references["start"])
    start = 0
    while start < len(references):
        before = ends[start - 1] if start else np.uint64(0)
        end = max(start + 1, int(np.searchsorted(ends, before + np.uint64(_RUN_RECORDS), side="right")))
        yield references[start:end]
        start = end


class Regroup(beam.DoFn):  # type: ignore[misc]
    """(key of a file, packed REFERENCE into signature files) → (partition, packed REFERENCE into that file).

    Tagged `notes`: messages to Commit with the costs.
    """

    def __init__(self, work: WorkFolder, grouping: Grouping) -> None:
        self._work, self._grouping = work, grouping

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[object]:
        """Write one file."""
        key, packed = element
        self._work.check_current()
        costs, references = Costs(), joined(packed)
        with costs.timed("regroup"), creating(self._work.regrouped(key)) as file:
            writer = RecordWriter(file)
            for run in _runs(references):
                records = self._read(run)
                exact = self._grouping.is_exact(key)
                writer.write(records, partition_of(records["band"], exact, self._grouping.partitions))
        messages = list(signature_messages(key, writer.ranges, None))
        yield from messages
        costs.add("shuffled/signatures", sum(map(len, packed)) + sum(len(message) for _, message in messages))
        costs.add("bytes/regrouped", RECORD.itemsize * sum(end - start for _, start, end in writer.ranges))
        costs.add("requests/regroup", len(references))
        costs.add("requests/dedup", len(writer.ranges))
        yield beam.pvalue.TaggedOutput("notes", costs_message(costs.sums))

    def _read(self, references: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
        """Return the records that references point at, without a second copy of them all."""
        records = np.empty(int((references["end"] - references["start"]).sum()), RECORD)
        filled = 0
        for part in fetch(references, self._work):
            records[filled : filled + len(part)] = part
            filled += len(part)
        return records


class ListGroups(beam.DoFn):  # type: ignore[misc]
    """The manifest's path → (first item of each group, nothing)."""

    def __init__(self, grouping: Grouping, items: int) -> None:
        self._grouping, self._items = grouping, items

    def process(self, element: str) -> Iterator[tuple[int, bytes]]:
        """List all groups."""
        for first in self._grouping.firsts(self._items):
            yield first, b""


class Clear(beam.DoFn):  # type: ignore[misc]
    """(first item of a group, nothing) → nothing: its files are removed."""

    def __init__(self, work: WorkFolder, grouping: Grouping) -> None:
        self._work, self._grouping = work, grouping

    def process(self, element: tuple[int, Iterable[bytes]]) -> None:
        """Remove what no run reads again."""
        self._work.check_current()
        remove(self._work.regrouped(key) for key in self._grouping.keys(element[0]))
