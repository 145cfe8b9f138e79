"""Deduplicate: signatures in, removed documents out. Ids, hashes and sketches only."""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import orjson

from transforms.costs import Costs
from transforms.dedup.edges import EDGE, Edges, find_edges
from transforms.dedup.rank import items_of
from transforms.dedup.removals import GONE, KEPT_FOR
from transforms.dedup.sign import Near
from transforms.dedup.signature_file import RECORD, fetch, is_exact
from transforms.dedup.survivors import greedy
from transforms.work import WorkFolder

__all__ = ["Deduplicate", "FindEdges", "Survivors"]


class FindEdges(beam.DoFn):  # type: ignore[misc]
    """(partition, packed references or records) → (0, packed EDGE).

    Tagged `notes`: (0, JSON) with the costs, and with the number of unresolved members, where there are any.
    """

    def __init__(self, work: WorkFolder, near: Near | None, partitions: int, by_reference: bool) -> None:
        self._work, self._near, self._partitions, self._by_reference = work, near or Near(), partitions, by_reference

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[object]:
        """Find the edges of one partition."""
        costs = Costs()
        with costs.timed("dedup"):
            found = self._edges(*element, costs)
        costs.add("shuffled/edges", found.edges.nbytes)
        yield beam.pvalue.TaggedOutput("notes", (0, orjson.dumps({"costs": costs.sums})))
        if len(found.edges):
            yield 0, found.edges.tobytes()
        if found.unresolved:
            yield beam.pvalue.TaggedOutput(
                "notes", (0, orjson.dumps({"note": "unresolved", "count": found.unresolved}))
            )

    def _edges(self, partition: int, packed: Iterable[bytes], costs: Costs) -> Edges:
        messages = list(packed)
        costs.add("shuffled/signatures", sum(map(len, messages)))
        parts = fetch(messages, self._work) if self._by_reference else (np.frombuffer(one, RECORD) for one in messages)
        records = np.concatenate([np.empty(0, RECORD), *parts])
        return find_edges(records, is_exact(partition, self._partitions), self._near.verify, self._near.leaders)


class Survivors(beam.DoFn):  # type: ignore[misc]
    """(0, packed EDGE from every partition) → (item, message): what goes, and what stays in its place.

    A removed document is told to its own item (GONE) and to the item of the one kept for it (KEPT_FOR).
    """

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[tuple[int, bytes]]:
        """Choose the survivors of the whole run."""
        _, packed = element
        removed = greedy(np.concatenate([np.frombuffer(part, EDGE) for part in packed]))
        for tag, column in ((GONE, "doc"), (KEPT_FOR, "better")):
            items = items_of(removed[column])
            order = np.argsort(items, kind="stable")
            found, starts = np.unique(items[order], return_index=True)
            for item, part in zip(found.tolist(), np.split(removed[order], starts[1:]), strict=True):
                yield item, tag + part.tobytes()


class Deduplicate(beam.PTransform):  # type: ignore[misc]
    """Global exact and near deduplication.

    Input: (partition, packed REFERENCE or RECORD). Output: `verdicts`, (item, message), and `notes`, (0, JSON).
    """

    def __init__(self, work: WorkFolder, near: Near | None, partitions: int, by_reference: bool) -> None:
        super().__init__()
        self._find = FindEdges(work, near, partitions, by_reference)

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
        verdicts = (
            found.edges
            | "Gather edges" >> beam.GroupByKey()
            | "Choose survivors" >> beam.ParDo(Survivors()).with_output_types(tuple[int, bytes])
        )
        return {"verdicts": verdicts, "notes": found.notes}
