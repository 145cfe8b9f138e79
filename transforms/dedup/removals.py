"""Removals: carry the verdicts back to the items, name who stayed, and write down who goes.

verdicts (item of the kept, KEPT_FOR) ─ NameKept ─┬─► (item of the removed, GONE: its edge, and the id of the kept)
                                                  └─► (item of the kept, STAY: how many each is kept for)
(item, STAGED | GONE | STAY) ─ Settle ─► settled/item.parquet, item.removals, ledger
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.costs import Costs
from babelmill.transforms.dedup.edges import EDGE, EXACT
from babelmill.transforms.dedup.homes import post, unpack
from babelmill.transforms.dedup.rank import items_of
from babelmill.transforms.files.parquet import read_row_parts, read_rows, read_table, write_table
from babelmill.transforms.files.row_groups import Most, RowGroups, cuts, row_bytes, row_groups
from babelmill.transforms.files.storage import remove
from babelmill.transforms.heartbeat import ended
from babelmill.transforms.input_order import numbered
from babelmill.transforms.kernels.buffers import string_buffers
from babelmill.transforms.ledger import KEPT, Tally
from babelmill.transforms.messages import costs_message
from babelmill.transforms.statistics.statistics import Statistics, by_lang
from babelmill.transforms.work import MESSAGE_BYTES, ROW_BYTES, SETTLED, WorkFolder, weights

__all__ = ["GONE", "KEPT_FOR", "REMOVALS", "STAGED", "STAY", "SUPERSEDED", "NameKept", "Settle", "gone_in"]

STAGED, KEPT_FOR, GONE, STAY = b"S", b"K", b"G", b"T"
"""First byte of a message to an item. It carries: that the item is staged, and its fingerprint (32 bytes); packed EDGE
of documents removed in favour of its own; what `gone_in` reads of its removed documents: in a large run each message
has one, and is to have few other bytes; packed _COUNT of its own documents for which others go."""
_COUNT = np.dtype([("doc", "<u8"), ("count", "<u4")])
_REMOVED = np.dtype([("doc", "<u8"), ("similarity", "<f4"), ("kind", "u1")])
"""What an item is told of a removed document, beside the id of the one that was kept. 13 bytes."""

REMOVALS = pa.schema(
    [(name, pa.string()) for name in ("id", "source", "lang", "stage", "reason", "kept_id")]
    + [("similarity", pa.float32())]
)
"""The columns of removals.parquet. `similarity` is the verified estimate, null for exact duplicates."""
SUPERSEDED = pa.schema([pa.field("run", pa.string()), *REMOVALS])
"""The columns of superseded.parquet: `run` is the folder of the earlier run that has the document, as `dedup.against`
names it, `kept_id` a document of this run. `source` is null where the earlier run's index does not know it."""
_NAMED = pa.schema([("item", pa.int64()), ("edge", pa.int64()), ("kept_id", pa.string())])
"""A removed document's item, where its edge stands, and the id of the document that was kept."""
_NAMED_BYTES = 8 << 20
"""What is sorted by item at a time."""
_REMOVED_ROWS = 1 << 16
"""Removed documents whose rows are put together at a time."""
_REASONS = ("duplicate/exact", "duplicate/near")


def _rows_of(docs: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Return where each wanted document stands among `docs`."""
    order = np.argsort(docs)
    return order[np.searchsorted(docs, wanted, sorter=order)]


class NameKept(beam.DoFn):  # type: ignore[misc]
    """(item, its KEPT_FOR) → (item of the removed document, GONE) and (item, STAY).

    Tagged `costs`: a message to Commit.
    """

    def __init__(self, work: WorkFolder, items: int) -> None:
        """`items`: number of this run's work items; items behind them are earlier runs'."""
        self._work, self._items = work, items

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[object]:
        """Read the ids of one item's kept documents."""
        item, messages = element
        costs = Costs({"shuffled/verdicts": sum(map(len, messages))})
        edges = np.concatenate([unpack(message[1:], EDGE) for message in messages])
        if item >= self._items:
            # A component of duplicates may hang together by new documents and have an old one as its best
            # (`transitive`): the other old ones do not go for it, for each was kept by its own run.
            edges = edges[items_of(edges["doc"]) < self._items]
        groups = RowGroups(_NAMED, Most(bytes=_NAMED_BYTES))
        found = chain(chain.from_iterable(map(groups.add, self._named(item, edges))), groups.rest())
        for message in chain.from_iterable(_gone_messages(named, edges) for named in found):
            costs.add("shuffled/names", len(message[1]))
            yield message
        docs, counts = np.unique(edges["better"], return_counts=True)
        stay = np.empty(len(docs), _COUNT)
        stay["doc"], stay["count"] = docs, counts
        yield from post(STAY, stay, item)
        yield beam.pvalue.TaggedOutput("costs", costs_message(costs.sums))

    def _named(self, item: int, edges: npt.NDArray[np.void]) -> Iterator[pa.Table]:
        """Yield rows of `_NAMED` for edges to one item's kept documents, about a message's worth at a time.

        One document may be kept for a million others, and its id then stands there as often.
        """
        staged = numbered(read_table(self._work.staged(item), ["doc"]), item)
        rows = _rows_of(staged["doc"].to_numpy(), edges["better"])
        order = np.argsort(rows, kind="stable")
        items, rows = items_of(edges["doc"][order]), rows[order]
        wanted, done = np.unique(rows), 0
        for part in read_row_parts(self._work.staged(item), wanted, ["id"]):
            known, done = wanted[done : done + len(part)], done + len(part)
            first = int(np.searchsorted(rows, known[0])) if len(known) else 0
            last = int(np.searchsorted(rows, known[-1], side="right")) if len(known) else 0
            ids, at = part["id"].combine_chunks(), np.searchsorted(known, rows[first:last])
            for start, end in cuts(row_bytes(part)[at] + EDGE.itemsize, MESSAGE_BYTES):
                here = slice(first + start, first + end)
                yield pa.table([items[here], order[here], ids.take(pa.array(at[start:end]))], schema=_NAMED)


def _gone_messages(named: pa.Table, edges: npt.NDArray[np.void]) -> Iterator[tuple[int, bytes]]:
    """Yield (item of the removed documents, GONE) of some rows of `_NAMED`, each of a message's size."""
    named = named.sort_by("item")
    items = named["item"].to_numpy()
    for start, end in zip(*_runs(items), strict=True):
        part = named.slice(start, end - start).select(["edge", "kept_id"])
        for piece in row_groups(part.schema, [part], Most(bytes=MESSAGE_BYTES)):
            data, offsets = string_buffers(piece["kept_id"].combine_chunks())
            gone = edges[piece["edge"].to_numpy()][["doc", "similarity", "kind"]].astype(_REMOVED)
            content = b"".join(one.tobytes() for one in (gone, np.diff(offsets), data[offsets[0] : offsets[-1]]))
            yield int(items[start]), GONE + len(piece).to_bytes(4, "little") + content


def gone_in(message: bytes) -> tuple[npt.NDArray[np.void], pa.StringArray]:
    """Return what a message GONE has behind its tag: _REMOVED[n], and the ids of those that were kept."""
    count = int.from_bytes(message[:4], "little")
    gone = np.frombuffer(message, _REMOVED, count, 4)
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(np.frombuffer(message, "<i4", count, 4 + gone.nbytes), out=offsets[1:])
    ids = pa.py_buffer(message[4 + gone.nbytes + 4 * count :])
    return gone, pa.StringArray.from_buffers(count, pa.py_buffer(offsets), ids)


def _runs(items: npt.NDArray[np.integer[Any]]) -> tuple[list[int], list[int]]:
    """Return where runs of equal numbers begin, and where they end."""
    edges = [0, *(np.flatnonzero(np.diff(items)) + 1).tolist(), len(items)]
    return edges[:-1], edges[1:]


class _Settled(NamedTuple):
    """What an item kept, added up. `weight`: language → its sum; `alone`: kept documents without a duplicate."""

    tally: Tally
    statistics: Statistics
    weight: dict[str, int]
    alone: int


class Settle(beam.DoFn):  # type: ignore[misc]
    """(item, messages) → (0, JSON): the item, its fingerprint, and the weight of what it keeps, by language.

    Tagged `ledger`: its rows; `statistics`: (language, JSON) of its parts; `costs`: a message to Commit. Writes what
    was kept and what was removed into the work folder.
    """

    def __init__(self, work: WorkFolder, items: int) -> None:
        """`items`: number of this run's work items; items behind them are earlier runs'."""
        self._work, self._items = work, items

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[object]:
        """Settle one item; a file of an earlier run's index has nothing but documents that new ones replace."""
        item, messages = element
        self._work.check_current()
        costs = Costs()
        by_tag: dict[bytes, list[bytes]] = {}
        for message in messages:
            by_tag.setdefault(message[:1], []).append(message[1:])
            if not message.startswith(GONE):
                costs.add("shuffled/verdicts", len(message))
        told = [gone_in(part) for part in by_tag.get(GONE, ())]
        gone = np.concatenate([np.empty(0, _REMOVED), *(part for part, _ in told)])
        ids = pa.chunked_array([ids for _, ids in told], pa.string())
        if STAGED not in by_tag:
            self._supersede(item, gone, ids)
            return
        stay = np.concatenate([np.empty(0, _COUNT), *(unpack(part, _COUNT) for part in by_tag.get(STAY, ()))])
        with costs.timed("settle"):
            settled = self._settle(item, gone, stay, ids)
        for row in settled.tally.rows():
            yield beam.pvalue.TaggedOutput("ledger", row)
        for part in by_lang(settled.statistics.plain()):
            yield beam.pvalue.TaggedOutput("statistics", part)
        costs.add("docs/alone", settled.alone)
        yield beam.pvalue.TaggedOutput("costs", costs_message(costs.sums))
        kept = settled.tally.total(stage="dedup", outcome=KEPT)
        ended("settled", item, docs=kept.docs, bytes=kept.bytes, costs=costs.sums)
        [fingerprint] = by_tag[STAGED]
        yield 0, orjson.dumps({"item": item, "fingerprint": fingerprint.hex(), "weight": settled.weight})

    def _settle(
        self, item: int, gone: npt.NDArray[np.void], stay: npt.NDArray[np.void], ids: pa.ChunkedArray
    ) -> _Settled:
        """Write what an item keeps and loses, and add it up."""
        columns = ["doc", "order", "place", "lang", "source", "n_bytes", "n_chars", ROW_BYTES]
        table = numbered(read_table(self._work.staged(item), columns), item).combine_chunks()
        docs = table["doc"].to_numpy()
        verdict = np.full(len(docs), -1, np.int64)
        verdict[_rows_of(docs, gone["doc"])] = gone["kind"] != EXACT
        sizes = np.ones(len(docs), np.int32)
        sizes[_rows_of(docs, stay["doc"])] += stay["count"].astype(np.int32)

        tally = Tally()
        outcome = pa.array(_REASONS).take(pa.array(verdict, mask=verdict < 0))
        for batch in table.append_column("outcome", outcome).to_batches():
            tally.book("dedup", batch, batch["outcome"])
        if len(gone):
            self._write_removals(item, table, gone, ids)
        else:
            remove([self._work.removals(item)])
        kept = np.flatnonzero(verdict < 0)
        alone = int((sizes[kept] == 1).sum())
        settled = pa.table(
            {
                "row": pa.array(kept, pa.uint32()),
                **{name: table[name].take(pa.array(kept)) for name in ("lang", "order", "place")},
                "weight": pa.array(weights(table)[kept]),
                "cluster_size": pa.array(sizes[kept], pa.int32()),
            },
            SETTLED,
        )
        write_table(self._work.settled(item), settled, kind="table", name="settled")
        sums = settled.group_by("lang", use_threads=False).aggregate([("weight", "sum")]).to_pylist()
        weight = {row["lang"]: row["weight_sum"] for row in sums}
        return _Settled(tally, _statistics(table, verdict, sizes), weight, alone)

    def _supersede(self, item: int, gone: npt.NDArray[np.void], ids: pa.ChunkedArray) -> None:
        """Write down which documents of an earlier run go for new ones."""
        if not len(gone):
            remove([self._work.removals(item)])
            return
        columns = ["doc", "run", "source", "lang"]
        table = numbered(read_table(self._work.staged(item), columns), item).combine_chunks()
        self._write_removals(item, table.append_column("place", table["doc"]), gone, ids, SUPERSEDED)

    def _write_removals(
        self,
        item: int,
        table: pa.Table,
        gone: npt.NDArray[np.void],
        stayed: pa.ChunkedArray,
        schema: pa.Schema = REMOVALS,
    ) -> None:
        """Write the rows of a schema for an item's removed documents, in input order."""
        rows = _rows_of(table["doc"].to_numpy(), gone["doc"])
        order = np.asarray(pc.sort_indices(table["place"].take(pa.array(rows))))
        gone, rows, wanted = gone[order], rows[order], np.unique(rows)
        stayed = stayed.cast(pa.large_string()).combine_chunks().take(pa.array(order))
        ids = _long_strings(read_rows(self._work.staged(item), wanted, ["id"]))
        of_ids = np.searchsorted(wanted, rows)
        parts = [schema.empty_table()]
        for start in range(0, len(gone), _REMOVED_ROWS):
            here = slice(start, start + _REMOVED_ROWS)
            exact = gone["kind"][here] == EXACT
            columns = {
                "id": ids["id"].take(pa.array(of_ids[here])),
                "stage": pa.array(["dedup"] * len(exact)),
                "reason": pa.array(_REASONS).take(pa.array((~exact).astype(np.int64))),
                "kept_id": stayed[here],
                "similarity": pa.array(gone["similarity"][here], mask=exact),
            }
            columns |= {name: table[name].take(pa.array(rows[here])) for name in schema.names if name not in columns}
            parts.append(pa.table({name: columns[name] for name in schema.names}).cast(schema))
        write_table(self._work.removals(item), pa.concat_tables(parts), kind="table", name="removals")


def _long_strings(table: pa.Table) -> pa.Table:
    """Return a table in one piece: all ids of an item together may have more than the 2 GiB of a string array."""
    fields = [field.with_type(pa.large_string()) if field.type == pa.string() else field for field in table.schema]
    return table.cast(pa.schema(fields)).combine_chunks()


def _statistics(table: pa.Table, verdict: npt.NDArray[np.int64], sizes: npt.NDArray[np.int32]) -> Statistics:
    """Return samples of what was kept and of what was removed, the largest clusters, and the sizes of all."""
    found = Statistics()
    for number, outcome in enumerate((KEPT, *_REASONS), -1):
        rows = np.flatnonzero(verdict == number)
        found.settle(table, rows, outcome, sizes[rows])
    return found
