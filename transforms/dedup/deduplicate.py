"""Deduplicate: signatures in, removed documents out. Ids, hashes and sketches only."""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import orjson

from transforms.dedup.choose import Choose, ClusterWay
from transforms.dedup.edges import find_edges
from transforms.dedup.homes import EDGES, home_of, post
from transforms.dedup.sign import Near
from transforms.dedup.signature_file import RECORD, count, fetch, is_exact
from transforms.work import WorkFolder

__all__ = ["Deduplicate", "FindEdges", "homes_for"]

_AT_ONCE = 1 << 20
"""Records that a partition is worked through at a time, roughly: 90 bytes each, 94 MB."""
_HOME_PARTITIONS = 8
"""Band partitions for each home. A partition is planned for 1.4 million records (pipeline/plan.py), and a record is
like one leader as a rule, if like any: a home has at most about 11 million edges before repeated ones are dropped."""


def homes_for(partitions: int) -> int:
    """Return how many homes the documents of so many band partitions have: 1 means one worker, in memory."""
    return -(-partitions // _HOME_PARTITIONS)


class FindEdges(beam.DoFn):  # type: ignore[misc]
    """(partition, packed references or records) → (home, EDGES).

    Tagged `notes`: (0, JSON) with the number of unresolved members, where there are any.
    """

    def __init__(self, work: WorkFolder, near: Near | None, partitions: int, by_reference: bool, homes: int) -> None:
        self._work, self._near, self._partitions, self._by_reference = work, near or Near(), partitions, by_reference
        self._homes = homes

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[object]:
        """Find the edges of one partition, some of its bands at a time."""
        partition, packed = element
        exact = is_exact(partition, self._partitions)
        passes = -(-count(packed, self._by_reference) // _AT_ONCE)
        unresolved = 0
        for number in range(passes):
            found = find_edges(self._records(packed, number, passes), exact, self._near.verify, self._near.leaders)
            edges = found.edges[np.argsort(found.edges["doc"])]
            yield from post(EDGES, edges, home_of(edges["doc"], self._homes))
            unresolved += found.unresolved
        if unresolved:
            yield beam.pvalue.TaggedOutput("notes", (0, orjson.dumps({"note": "unresolved", "count": unresolved})))

    def _records(self, packed: Iterable[bytes], number: int, passes: int) -> npt.NDArray[np.void]:
        """Return the records of the bands that one of several passes is for."""
        parts = fetch(packed, self._work) if self._by_reference else (np.frombuffer(part, RECORD) for part in packed)
        buffer = bytearray()
        for part in parts:
            if passes > 1:
                part = part[home_of(part["band"], passes) == number]
            buffer.extend(part.tobytes())
        return np.frombuffer(buffer, RECORD)


class Deduplicate(beam.PTransform):  # type: ignore[misc]
    """Global exact and near deduplication.

    Input: (partition, packed REFERENCE or RECORD). Output: `verdicts`, (item, message), and `notes`, (0, JSON).
    """

    def __init__(
        self, work: WorkFolder, near: Near | None, partitions: int, by_reference: bool, way: ClusterWay = "greedy"
    ) -> None:
        super().__init__()
        homes = homes_for(partitions)
        self._find = FindEdges(work, near, partitions, by_reference, homes)
        self._choose = Choose(way, homes)

    def expand(self, signatures: beam.PCollection) -> Any:
        """Join the stages; return a dictionary, which Beam has no annotation for."""
        found = (
            signatures
            | "Meet in bands" >> beam.GroupByKey()
            | "Find edges"
            >> beam.ParDo(self._find)
            .with_output_types(tuple[int, bytes], notes=tuple[int, bytes])
            .with_outputs("notes", main="edges")
        )
        return {"verdicts": found.edges | "Choose" >> self._choose, "notes": found.notes}
