"""Samples: a few documents of every language and outcome, and the largest clusters.

Of each group those with the smallest seeded hash are taken, so a sample of samples is a sample of the whole: whatever
the order, however the work was cut, the same documents come out.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.input_order import ROW_BITS

__all__ = ["CLUSTER", "EXCERPT_CHARS", "EACH", "LARGEST", "SAMPLES", "Sample", "Samples", "first", "of_item"]

EACH = 3
"""Documents a language and outcome."""
LARGEST = 12
"""Clusters that are shown."""
EXCERPT_CHARS = 240
"""Code points that a sample shows."""
_ID_CHARS = 1024
CLUSTER = "cluster"
"""The outcome under which the survivors of the largest clusters stand."""

SAMPLES = pa.schema(
    [("lang", pa.string()), ("reason", pa.string()), ("source", pa.string()), ("id", pa.string())]
    + [("n_chars", pa.int32()), ("cluster_size", pa.int32()), ("excerpt", pa.string())]
)
"""The columns of samples.parquet. `reason` is an outcome of the ledger, or `cluster` for the largest ones' survivors;
`excerpt` how the document (or the unreadable record) begins."""


class Sample(NamedTuple):
    """A document: what orders it, where it lies, and what is shown of it.

    `order`: its seeded hash. `place`: input order (transforms/input_order.py). `row`: in the item's staged file; its
    `id` and `excerpt` are then still to be read there. -1 where they are not.
    """

    order: int
    place: int
    row: int
    source: str
    id: str
    n_chars: int
    cluster_size: int
    excerpt: str

    def read(self, id: str, text: str) -> "Sample":
        """Return the sample with what its staged file says."""
        return self._replace(row=-1, id=id[:_ID_CHARS], excerpt=text[:EXCERPT_CHARS])


def first(groups: Sequence[npt.NDArray[Any]], by: Sequence[npt.NDArray[Any]], most: int) -> npt.NDArray[np.int64]:
    """Return the rows that come first in their group, at most `most` of each.

    Args:
        groups: integer codes; the rows of one group agree in all of them.
        by: what orders the rows of a group, the most important first.
        most: rows a group.
    """
    rows = np.lexsort((*reversed(by), *groups))
    new = np.zeros(len(rows), bool)
    for group in groups:
        new[1:] |= group[rows[1:]] != group[rows[:-1]]
    start = np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0))
    chosen: npt.NDArray[np.int64] = rows[np.arange(len(rows)) - start < most]
    return chosen


def of_item(rows: Iterable[Sequence[Any]], item: int) -> list[list[Any]]:
    """Return what `Samples.rows` gave of a work item, with the item's number in the places."""
    found = []
    for lang, reason, *fields in rows:
        sample = Sample(*fields)
        found.append([lang, reason, *sample._replace(place=sample.place | item << ROW_BITS)])
    return found


class Samples:
    """The samples of some documents: (language, reason) → the first few. Merges in any order."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], list[Sample]] = {}

    def __iter__(self) -> Iterator[tuple[tuple[str, str], list[Sample]]]:
        return iter(sorted(self._held.items()))

    def add(self, lang: str, reason: str, samples: Iterable[Sample]) -> None:
        """Take documents of one language and reason; only the first few of all that were ever given stay."""
        key = (lang, reason)
        if reason == CLUSTER:
            every = [*self._held.get(key, ()), *(sample for sample in samples if sample.cluster_size > 1)]
            found = heapq.nsmallest(LARGEST, every, key=lambda sample: (-sample.cluster_size, sample))
        else:
            found = heapq.nsmallest(EACH, [*self._held.get(key, ()), *samples])
        if found:
            self._held[key] = found

    def merge(self, other: "Samples") -> None:
        """Take another's samples too."""
        for (lang, reason), samples in other._held.items():
            self.add(lang, reason, samples)

    def rows(self) -> list[list[Any]]:
        """Return a plain row a document: language, reason and the fields of Sample."""
        return [[*key, *sample] for key, samples in self for sample in samples]

    def take(self, rows: Iterable[Sequence[Any]]) -> None:
        """Take what `rows` gave."""
        groups: dict[tuple[str, str], list[Sample]] = {}
        for lang, reason, *fields in rows:
            groups.setdefault((lang, reason), []).append(Sample(*fields))
        for (lang, reason), samples in groups.items():
            self.add(lang, reason, samples)

    def largest(self) -> list[tuple[str, Sample]]:
        """Return language and survivor of the largest clusters of all languages, the largest first."""
        every = [(lang, sample) for (lang, reason), held in self if reason == CLUSTER for sample in held]
        return heapq.nsmallest(LARGEST, every, key=lambda pair: (-pair[1].cluster_size, pair[1]))
