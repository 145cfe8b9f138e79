"""Exchange: how the records of one band partition come together from all work items.

near files     item ─ REFERENCE ─► partition, which reads a range of every item's signature file
object store   item ─ REFERENCE ─► (group of items, part of the partitions) ─ Regroup ─► a file sorted by partition
                       Regroup ─ REFERENCE ─► partition, which reads a range of every group's file
own pipelines  part ─ packed RECORD ─► partition (babelmill.beam, which has no work folder)

Where a read takes a request, items times partitions are too many of them: 335,000 items and 70,000 partitions make
23 billion, 9,000 $ of requests, and the records themselves, 840 bytes a document, 500 $ of shuffle. In two steps, as an
external sort goes, both are small: with files of F records of N, k = items · F / N items would fill a file each, and
parts of sqrt(partitions / k) cost the fewest reads, as many before the files as behind them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from math import sqrt
from tempfile import TemporaryFile
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from babelmill.transforms.dedup.signature_file import RECORD, REFERENCE, exact_partitions, fetch, is_exact, read_records
from babelmill.transforms.work import PART_BITS, WorkFolder, pieces

__all__ = ["Grouping", "InFiles", "Packed", "Parts", "Records", "group", "joined", "signature_messages"]

_FILE_BYTES = 1 << 29
"""Records of one file, roughly: what a worker sorts in memory at a time."""
_SPOOLED = RECORD.itemsize << 14
"""Bytes read back at a time: 0.9 MB."""
Parts = Callable[[], Iterator[npt.NDArray[np.void]]]
"""Gives a partition's records from the beginning, RECORD[n] some of them at a time."""


class Grouping(NamedTuple):
    """Which records go into one file.

    `items`: so many consecutive work items together. `near`, `exact`: into so many parts the partitions are cut.
    `partitions`: near ones.
    """

    items: int
    near: int
    exact: int
    partitions: int

    def key(self, item: int, partition: int) -> int:
        """Return which file takes an item's records of a partition: its group's first item, and the part."""
        if is_exact(partition, self.partitions):
            number = partition - self.partitions
            part = self.near + number * self.exact // exact_partitions(self.partitions)
        else:
            part = partition * self.near // self.partitions
        return (item - item % self.items) << PART_BITS | part

    def is_exact(self, key: int) -> bool:
        """Say whether a file has the records of exact bands."""
        return key & ((1 << PART_BITS) - 1) >= self.near

    def keys(self, first: int) -> list[int]:
        """Return all files of the group whose first item is `first`."""
        return [first << PART_BITS | part for part in range(self.near + self.exact)]

    def firsts(self, items: int) -> range:
        """Return the first item of each group, of so many items."""
        return range(0, items, self.items)


def group(items: int, record_bytes: float, partitions: int) -> Grouping:
    """Return the grouping that needs the fewest reads.

    Args:
        items: work items, those that take up earlier runs' indexes included.
        record_bytes: of all signature files, roughly.
        partitions: near partitions.
    """
    items, files = max(1, items), max(1.0, record_bytes / _FILE_BYTES)
    exact = exact_partitions(partitions)
    filling = items / files
    together = min(items, max(1, round(filling * max(1.0, sqrt((partitions + exact) / filling)))))
    parts = min(partitions, max(1, round(together / filling)))
    return Grouping(together, parts, min(exact, -(-parts * exact // partitions)), partitions)


def joined(packed: Iterable[bytes]) -> npt.NDArray[np.void]:
    """Return packed references as one REFERENCE[n], in whatever order they came: by file and place."""
    found = np.concatenate([np.empty(0, REFERENCE), *(np.frombuffer(part, REFERENCE) for part in packed)])
    return np.sort(found, order=["item", "start"])


def signature_messages(
    item: int, ranges: Iterable[Sequence[int]], grouping: Grouping | None
) -> Iterator[tuple[int, bytes]]:
    """Yield what the shuffle carries of an item's signatures: (partition, or key of a file; packed REFERENCE).

    Args:
        item: its number.
        ranges: (partition, start, end), as `SignatureWriter.ranges` has them.
        grouping: None where the partitions read the item's file themselves.
    """
    found: dict[int, list[tuple[int, int, int]]] = {}
    last = -1
    for partition, start, end in ranges:
        known = found.setdefault(partition if grouping is None else grouping.key(item, partition), [])
        # The partitions of a part lie behind each other, until the writer begins again with the lowest.
        if known and known[-1][2] == start and partition > last:
            known[-1] = (item, known[-1][1], end)
        else:
            known.append((item, start, end))
        last = partition
    for key, references in found.items():
        for piece in pieces(np.array(references, REFERENCE)):
            yield key, piece.tobytes()


class Records(Protocol):
    """Where a partition finds its records."""

    def count(self, messages: Iterable[bytes]) -> int:
        """Return how many records some messages stand for."""

    def opened(self, messages: Iterable[bytes], again: bool) -> AbstractContextManager[Parts]:
        """Open them for one reading or, `again`, for several."""


class Packed:
    """Records that are in the messages themselves."""

    def count(self, messages: Iterable[bytes]) -> int:
        """Return how many there are."""
        return sum(map(len, messages)) // RECORD.itemsize

    @contextmanager
    def opened(self, messages: Iterable[bytes], again: bool) -> Iterator[Parts]:
        """Give them as often as they are wanted."""
        yield lambda: (np.frombuffer(message, RECORD) for message in messages)


class InFiles:
    """Records that messages refer to.

    Args:
        work: where the files are.
        regrouped: the references are into the files of groups, not into those of items.
    """

    def __init__(self, work: WorkFolder, regrouped: bool) -> None:
        self._work, self._regrouped = work, regrouped

    def count(self, messages: Iterable[bytes]) -> int:
        """Return how many records they point at."""
        references = joined(messages)
        return int((references["end"] - references["start"]).sum())

    @contextmanager
    def opened(self, messages: Iterable[bytes], again: bool) -> Iterator[Parts]:
        """Give them; those of a store are fetched once, and kept in a temporary file if they are read again."""
        references = joined(messages)
        if not self._regrouped:
            yield lambda: fetch(references, self._work)
        elif not again:
            yield lambda: read_records(references, self._work.regrouped)
        else:
            with TemporaryFile() as file:
                for part in read_records(references, self._work.regrouped):
                    file.write(part.tobytes())

                def parts() -> Iterator[npt.NDArray[np.void]]:
                    file.seek(0)
                    while block := file.read(_SPOOLED):
                        yield np.frombuffer(block, RECORD)

                yield parts
