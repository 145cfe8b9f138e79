"""Deduplicate: references to signatures in, removed documents out. Ids, hashes and sketches only."""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt

from babelmill.transforms.costs import Costs
from babelmill.transforms.dedup.check import CheckEdges, FetchShingles, by_item
from babelmill.transforms.dedup.choose import Choose
from babelmill.transforms.dedup.clusters import ClusterWay
from babelmill.transforms.dedup.edges import EDGE, find_edges
from babelmill.transforms.dedup.exchange import Grouping, InFiles, Parts, Records
from babelmill.transforms.dedup.homes import EDGES, home_of, post
from babelmill.transforms.dedup.rank import items_of
from babelmill.transforms.dedup.regroup import Regroup
from babelmill.transforms.dedup.sign import Near
from babelmill.transforms.dedup.signature_file import RECORD, is_exact
from babelmill.transforms.heartbeat import ended
from babelmill.transforms.messages import costs_message, note_message
from babelmill.transforms.text.fold import FOLD, Fold
from babelmill.transforms.work import WorkFolder

__all__ = ["EDGES_AT_ONCE", "Deduplicate", "FindEdges", "homes_for"]

_Packed = tuple[int, bytes]
_AT_ONCE = 3 << 19
"""Records that a partition is worked through at a time: 68 bytes each, 107 MB. A partition as it is planned, 1.2
million records (pipeline/job/plan.py), is read once; a fuller one once to count its cells, and once for each pass."""
EDGES_AT_ONCE = 1 << 20
"""Edges that are collected before they are sent: 25 MB. Of few at a time each of thousands of homes gets one, and a
message costs more than an edge."""
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
    """(partition, packed REFERENCE or RECORD) → (home, EDGES).

    Tagged `doubtful`: (item of the better documents, packed EDGE) that the documents themselves are to decide;
    `notes`: messages to Commit with the costs, and with the number of unresolved members, where there are any.
    """

    def __init__(self, records: Records, near: Near | None, partitions: int, homes: int, items: int) -> None:
        self._records, self._near, self._partitions = records, near or Near(), partitions
        self._homes, self._items = homes, items

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[object]:
        """Find the edges of one partition, some of its bands at a time."""
        costs = Costs()
        partition, packed = element
        for output in costs.each("dedup", self._edges(partition, packed, costs)):
            if not isinstance(output, beam.pvalue.TaggedOutput):
                costs.add("shuffled/edges", len(output[1]))
            elif output.tag == "doubtful":
                costs.add("shuffled/doubtful", len(output.value[1]))
            yield output
        costs.add("shuffled/signatures", sum(map(len, packed)))
        ended("partition", partition, costs=costs.sums)
        yield beam.pvalue.TaggedOutput("notes", costs_message(costs.sums))

    def _edges(self, partition: int, packed: Iterable[bytes], costs: Costs) -> Iterator[Any]:
        exact, near = is_exact(partition, self._partitions), self._near
        unresolved, size, count = 0, 0, self._records.count(packed)
        held: list[npt.NDArray[np.void]] = []
        with self._records.opened(packed, count > _AT_ONCE) as parts:
            for chosen in _passes(parts, count):
                # No name for the records here: they would outlive their pass.
                for found in find_edges(
                    _chosen(parts, chosen), exact, near.verify, near.leaders, near.doubt, self._items
                ):
                    doubtful = found.doubtful & self._of_this_run(found.edges)
                    sure = found.edges[~doubtful & (found.edges["similarity"] >= near.verify)]
                    held, size = [*held, sure], size + len(sure)
                    costs.add("rows/edges", len(sure))
                    if size >= EDGES_AT_ONCE:
                        yield from self._post(held)
                        held, size = [], 0
                    for item, part in by_item(found.edges[doubtful], "better"):
                        yield beam.pvalue.TaggedOutput("doubtful", (item, part.tobytes()))
                    unresolved += found.unresolved
        yield from self._post(held)
        if unresolved:
            yield beam.pvalue.TaggedOutput("notes", note_message("unresolved", unresolved))

    def _post(self, held: list[npt.NDArray[np.void]]) -> Iterator[tuple[int, bytes]]:
        """Send edges to their homes, in order of rank."""
        edges = np.concatenate([np.empty(0, EDGE), *held])
        edges = edges[np.argsort(edges["doc"])]
        yield from post(EDGES, edges, home_of(edges["doc"], self._homes))

    def _of_this_run(self, edges: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
        """Say of which edges both documents have text. Of an earlier run there is none: the estimate decides."""
        found: npt.NDArray[np.bool_] = (items_of(edges["doc"]) < self._items) & (
            items_of(edges["better"]) < self._items
        )
        return found


def _passes(parts: Parts, count: int) -> Iterator[npt.NDArray[np.bool_]]:
    """Yield which cells of bands go together: bool[cells]. One cell may be more than is done at once, alone."""
    sizes = np.full(1, count)
    if count > _AT_ONCE:
        cells = (np.bincount(home_of(part["band"], _CELLS).astype(int), None, _CELLS) for part in parts())
        sizes = sum(cells, np.zeros(_CELLS, int))
    start = 0
    while start < len(sizes):
        fits = int(np.searchsorted(np.cumsum(sizes[start:]), _AT_ONCE, side="right"))
        end = start + max(1, fits)
        yield (np.arange(len(sizes)) >= start) & (np.arange(len(sizes)) < end)
        start = end


def _chosen(parts: Parts, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.void]:
    """Return the records of the bands in the chosen cells."""
    cells = len(chosen)
    buffer = bytearray()
    for part in parts():
        buffer.extend((part if cells == 1 else part[chosen[home_of(part["band"], cells)]]).tobytes())
    return np.frombuffer(buffer, RECORD)


class Deduplicate(beam.PTransform):  # type: ignore[misc]
    """Global exact and near deduplication.

    Input: `signature_messages`. Output: `verdicts`, (item, message); `notes`, messages to Commit.
    """

    def __init__(
        self,
        work: WorkFolder,
        near: Near | None,
        partitions: int,
        grouping: Grouping | None,
        way: ClusterWay = "greedy",
        items: int = 1 << 20,
        fold: Fold = FOLD,
    ) -> None:
        """`items`: number of this run's work items; those behind are earlier runs'. `grouping`: of the input."""
        super().__init__()
        homes = homes_for(partitions)
        self._regroup = grouping and Regroup(work, grouping)
        self._find = FindEdges(InFiles(work, regrouped=grouping is not None), near, partitions, homes, items)
        self._choose = Choose(way, homes)
        near = near or Near()
        self._fetch = FetchShingles(work, near, fold)
        self._check = CheckEdges(work, near, fold, homes)

    def expand(self, signatures: beam.PCollection) -> Any:
        """Join the stages; return a dictionary, which Beam has no annotation for."""
        notes = []
        if self._regroup:
            regrouped = (
                signatures | "Meet in groups" >> beam.GroupByKey() | "Regroup" >> _noted(self._regroup, "references")
            )
            signatures = regrouped.references
            notes.append(regrouped.notes)
        found = (
            signatures | "Meet in bands" >> beam.GroupByKey() | "Find edges" >> _noted(self._find, "edges", "doubtful")
        )
        fetched = (
            found.doubtful
            | "Meet in the better's items" >> beam.GroupByKey()
            | "Fetch shingles" >> _noted(self._fetch, "shingles")
        )
        checked = (
            fetched.shingles
            | "Meet in the others' items" >> beam.GroupByKey()
            | "Check" >> _noted(self._check, "edges")
        )
        edges = (found.edges, checked.edges) | "All edges" >> beam.Flatten()
        notes = (found.notes, fetched.notes, checked.notes, *notes) | "All notes" >> beam.Flatten()
        return {"verdicts": edges | "Choose" >> self._choose, "notes": notes}


def _noted(work: beam.DoFn, main: str, *tagged: str) -> Any:
    """Return a ParDo of packed outputs: `main`, `notes` and others."""
    typed = beam.ParDo(work).with_output_types(_Packed, **dict.fromkeys(("notes", *tagged), _Packed))
    return typed.with_outputs("notes", *tagged, main=main)
