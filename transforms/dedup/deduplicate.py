"""Deduplicate: signatures in, removed documents out. Ids, hashes and sketches only."""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt

from babelmill.transforms.costs import Costs
from babelmill.transforms.dedup.check import CheckEdges, FetchShingles, by_item
from babelmill.transforms.dedup.choose import Choose
from babelmill.transforms.dedup.clusters import ClusterWay
from babelmill.transforms.dedup.edges import find_edges
from babelmill.transforms.dedup.homes import EDGES, home_of, post
from babelmill.transforms.dedup.rank import items_of
from babelmill.transforms.dedup.sign import Near
from babelmill.transforms.dedup.signature_file import RECORD, count, fetch, is_exact
from babelmill.transforms.messages import costs_message, note_message
from babelmill.transforms.text.fold import FOLD, Fold
from babelmill.transforms.work import WorkFolder

__all__ = ["Deduplicate", "FindEdges", "homes_for"]

_AT_ONCE = 3 << 19
"""Records that a partition is worked through at a time: 68 bytes each, 107 MB. A partition as it is planned, 1.2
million records (pipeline/job/plan.py), is read once; a fuller one once to count its cells, and once for each pass."""
_CELLS = 256
"""Parts that a fuller partition is cut into, by band. Records of one band stay together."""
_ALONE, _SHARED = 8, 4
"""Band partitions whose edges one worker takes alone, and whose edges a home takes where there are several. A partition
is planned for 1.2 million records, and a record is like one leader as a rule, if like any: so a worker alone meets at
most 11 million edges, of which it keeps those that differ, at 70 bytes each while it sorts. Homes are smaller: a worker
has several, and the last one's memory may not have come back yet."""


def homes_for(partitions: int) -> int:
    """Return how many homes the documents of so many band partitions have: 1 means one worker, in memory."""
    return 1 if partitions <= _ALONE else -(-partitions // _SHARED)


class FindEdges(beam.DoFn):  # type: ignore[misc]
    """(partition, packed references or records) → (home, EDGES).

    Tagged `doubtful`: (item of the better documents, packed EDGE) that the documents themselves are to decide;
    `notes`: messages to Commit with the costs, and with the number of unresolved members, where there are any.
    """

    def __init__(
        self, work: WorkFolder, near: Near | None, partitions: int, by_reference: bool, homes: int, items: int
    ) -> None:
        self._work, self._near, self._partitions, self._by_reference = work, near or Near(), partitions, by_reference
        self._homes, self._items = homes, items

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[object]:
        """Find the edges of one partition, some of its bands at a time."""
        costs = Costs()
        partition, packed = element
        for output in costs.each("dedup", self._edges(partition, packed)):
            if not isinstance(output, beam.pvalue.TaggedOutput):
                costs.add("shuffled/edges", len(output[1]))
            elif output.tag == "doubtful":
                costs.add("shuffled/doubtful", len(output.value[1]))
            yield output
        costs.add("shuffled/signatures", sum(map(len, packed)))
        yield beam.pvalue.TaggedOutput("notes", costs_message(costs.sums))

    def _edges(self, partition: int, packed: Iterable[bytes]) -> Iterator[Any]:
        exact = is_exact(partition, self._partitions)
        unresolved = 0
        for chosen in self._passes(packed):
            # No name for the records here: they would outlive their pass.
            near = self._near
            for found in find_edges(
                self._records(packed, chosen), exact, near.verify, near.leaders, near.doubt, self._items
            ):
                order = np.argsort(found.edges["doc"])
                edges = found.edges[order]
                doubtful = found.doubtful[order] & self._of_this_run(edges)
                sure = edges[~doubtful & (edges["similarity"] >= near.verify)]
                yield from post(EDGES, sure, home_of(sure["doc"], self._homes))
                for item, part in by_item(edges[doubtful], "better"):
                    yield beam.pvalue.TaggedOutput("doubtful", (item, part.tobytes()))
                unresolved += found.unresolved
        if unresolved:
            yield beam.pvalue.TaggedOutput("notes", note_message("unresolved", unresolved))

    def _of_this_run(self, edges: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
        """Say of which edges both documents have text. Of an earlier run there is none: the estimate decides."""
        found: npt.NDArray[np.bool_] = (items_of(edges["doc"]) < self._items) & (
            items_of(edges["better"]) < self._items
        )
        return found

    def _parts(self, packed: Iterable[bytes]) -> Iterator[npt.NDArray[np.void]]:
        """Yield a partition's records as they lie in files or messages."""
        if self._by_reference:
            return fetch(packed, self._work)
        return (np.frombuffer(part, RECORD) for part in packed)

    def _passes(self, packed: Iterable[bytes]) -> Iterator[npt.NDArray[np.bool_]]:
        """Yield which cells of bands go together: bool[cells]. One cell may be more than is done at once, alone."""
        sizes = np.full(1, count(packed, self._by_reference))
        if sizes[0] > _AT_ONCE:
            cells = (
                np.bincount(home_of(part["band"], _CELLS).astype(int), None, _CELLS) for part in self._parts(packed)
            )
            sizes = sum(cells, np.zeros(_CELLS, int))
        start = 0
        while start < len(sizes):
            fits = int(np.searchsorted(np.cumsum(sizes[start:]), _AT_ONCE, side="right"))
            end = start + max(1, fits)
            yield (np.arange(len(sizes)) >= start) & (np.arange(len(sizes)) < end)
            start = end

    def _records(self, packed: Iterable[bytes], chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.void]:
        """Return the records of the bands in the chosen cells."""
        cells = len(chosen)
        buffer = bytearray()
        for part in self._parts(packed):
            buffer.extend((part if cells == 1 else part[chosen[home_of(part["band"], cells)]]).tobytes())
        return np.frombuffer(buffer, RECORD)


class Deduplicate(beam.PTransform):  # type: ignore[misc]
    """Global exact and near deduplication.

    Input: (partition, packed REFERENCE or RECORD). Output: `verdicts`, (item, message); `notes`, messages to Commit.
    """

    def __init__(
        self,
        work: WorkFolder,
        near: Near | None,
        partitions: int,
        by_reference: bool,
        way: ClusterWay = "greedy",
        items: int = 1 << 20,
        fold: Fold = FOLD,
    ) -> None:
        """`items`: number of this run's work items; items behind them are earlier runs'."""
        super().__init__()
        homes = homes_for(partitions)
        self._find = FindEdges(work, near, partitions, by_reference, homes, items)
        self._choose = Choose(way, homes)
        near = near or Near()
        self._fetch = FetchShingles(work, near, fold)
        self._check = CheckEdges(work, near, fold, homes)

    def expand(self, signatures: beam.PCollection) -> Any:
        """Join the stages; return a dictionary, which Beam has no annotation for."""
        found = (
            signatures
            | "Meet in bands" >> beam.GroupByKey()
            | "Find edges"
            >> beam.ParDo(self._find)
            .with_output_types(tuple[int, bytes], notes=tuple[int, bytes], doubtful=tuple[int, bytes])
            .with_outputs("notes", "doubtful", main="edges")
        )
        checked = (
            found.doubtful
            | "Meet in the better's items" >> beam.GroupByKey()
            | "Fetch shingles" >> beam.ParDo(self._fetch).with_output_types(tuple[int, bytes])
            | "Meet in the others' items" >> beam.GroupByKey()
            | "Check" >> beam.ParDo(self._check).with_output_types(tuple[int, bytes])
        )
        edges = (found.edges, checked) | "All edges" >> beam.Flatten()
        return {"verdicts": edges | "Choose" >> self._choose, "notes": found.notes}
