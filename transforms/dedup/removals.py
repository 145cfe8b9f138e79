"""Removals: carry the verdicts back to the items, name who stayed, and write down who goes.

verdicts (item, GONE | KEPT_FOR) ─┬─ NameKept: KEPT_FOR ─► (item of the removed, NAMES)
                                  └──────────────┬───────────┘
staged (item, STAGED) ───────────────────────────┴─ Settle ─► settled/item.parquet, item.removals, ledger
"""

from collections.abc import Iterable, Iterator

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from transforms.costs import Costs
from transforms.dedup.edges import EDGE, EXACT
from transforms.dedup.rank import items_of
from transforms.ledger import Tally
from transforms.storage import read_table, remove, write_table
from transforms.work import SETTLED, WorkFolder

__all__ = ["GONE", "KEPT_FOR", "NAMES", "REMOVALS", "STAGED", "NameKept", "Settle"]

STAGED, GONE, KEPT_FOR, NAMES = b"S", b"G", b"K", b"N"
"""First byte of a message to an item: it is staged, and its fingerprint (32 bytes); EDGE of its removed documents; EDGE
of documents removed in favour of its own; an Arrow stream of `doc`, `kept_id` for its removed documents."""

REMOVALS = pa.schema(
    [(name, pa.string()) for name in ("id", "source", "lang", "stage", "reason", "kept_id")]
    + [("similarity", pa.float32())]
)
"""The columns of removals.parquet. `similarity` is the verified estimate, null for exact duplicates."""
_REASONS = ("duplicate/exact", "duplicate/near")


def _rows_of(docs: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Return where each wanted document stands among `docs`."""
    order = np.argsort(docs)
    return order[np.searchsorted(docs, wanted, sorter=order)]


class NameKept(beam.DoFn):  # type: ignore[misc]
    """(item, KEPT_FOR) → (item of the removed document, NAMES): the id of the document that was kept."""

    def __init__(self, work: WorkFolder) -> None:
        self._work = work

    def process(self, element: tuple[int, bytes]) -> Iterator[tuple[int, bytes]]:
        """Read the ids of one item's kept documents."""
        item, message = element
        if not message.startswith(KEPT_FOR):
            return
        edges = np.frombuffer(message, EDGE, offset=1)
        table = read_table(self._work.staged(item), ["doc", "id"]).combine_chunks()
        names = table["id"].take(pa.array(_rows_of(table["doc"].to_numpy(), edges["better"])))
        found = pa.table({"item": items_of(edges["doc"]), "doc": edges["doc"], "kept_id": names}).sort_by("item")
        items = found["item"].to_numpy()
        starts = np.flatnonzero(np.diff(items, prepend=-1))
        for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(items)], strict=True):
            sink = pa.BufferOutputStream()
            part = found.slice(start, end - start).select(["doc", "kept_id"])
            with pa.ipc.new_stream(sink, part.schema) as stream:
                stream.write_table(part)
            yield int(items[start]), NAMES + sink.getvalue().to_pybytes()


class Settle(beam.DoFn):  # type: ignore[misc]
    """(item, messages) → (0, JSON): the item, its fingerprint, and how many bytes of each language it keeps.

    Tagged `ledger`: its rows; `costs`: (0, JSON). Writes what was kept and what was removed into the work folder.
    """

    def __init__(self, work: WorkFolder) -> None:
        self._work = work

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[object]:
        """Settle one item."""
        item, messages = element
        costs = Costs()
        by_tag: dict[bytes, list[bytes]] = {}
        for message in messages:
            by_tag.setdefault(message[:1], []).append(message[1:])
            costs.add("shuffled/verdicts", len(message))
        with costs.timed("settle"):
            tally, kept_bytes = self._settle(item, by_tag, costs)
        for row in tally.rows():
            yield beam.pvalue.TaggedOutput("ledger", row)
        yield beam.pvalue.TaggedOutput("costs", (0, orjson.dumps({"costs": costs.sums})))
        [fingerprint] = by_tag[STAGED]
        yield 0, orjson.dumps({"item": item, "fingerprint": fingerprint.hex(), "bytes": kept_bytes})

    def _settle(self, item: int, by_tag: dict[bytes, list[bytes]], costs: Costs) -> tuple[Tally, dict[str, int]]:
        """Write what an item keeps and loses; return its part of the ledger, and language → bytes kept."""
        gone = np.concatenate([np.empty(0, EDGE), *(np.frombuffer(part, EDGE) for part in by_tag.get(GONE, ()))])
        stay = np.concatenate([np.empty(0, EDGE), *(np.frombuffer(part, EDGE) for part in by_tag.get(KEPT_FOR, ()))])
        columns = ["doc", "order", "place", "lang", "source", "n_bytes", "n_chars"]
        table = read_table(self._work.staged(item), columns).combine_chunks()
        docs = table["doc"].to_numpy()
        verdict = np.full(len(docs), -1, np.int64)
        verdict[_rows_of(docs, gone["doc"])] = gone["kind"] != EXACT
        sizes = np.ones(len(docs), np.int32)
        np.add.at(sizes, _rows_of(docs, stay["better"]), 1)

        tally = Tally()
        outcome = pa.array(_REASONS).take(pa.array(verdict, mask=verdict < 0))
        for batch in table.append_column("outcome", outcome).to_batches():
            tally.book("dedup", batch, batch["outcome"])
        if len(gone):
            self._write_removals(item, table, gone, by_tag[NAMES])
        else:
            remove([self._work.removals(item)])
        kept = np.flatnonzero(verdict < 0)
        costs.add("docs/alone", int((sizes[kept] == 1).sum()))
        settled = pa.table(
            {
                "row": pa.array(kept, pa.uint32()),
                **{name: table[name].take(pa.array(kept)) for name in ("lang", "order", "place", "n_bytes")},
                "cluster_size": pa.array(sizes[kept], pa.int32()),
            },
            SETTLED,
        )
        write_table(self._work.settled(item), settled)
        sums = settled.group_by("lang").aggregate([("n_bytes", "sum")]).to_pylist()
        return tally, {row["lang"]: row["n_bytes_sum"] for row in sums}

    def _write_removals(self, item: int, table: pa.Table, gone: npt.NDArray[np.void], names: list[bytes]) -> None:
        """Write the rows of `REMOVALS` for an item's removed documents, in input order."""
        named = pa.concat_tables(pa.ipc.open_stream(part).read_all() for part in names).combine_chunks()
        kept_id = named["kept_id"].take(pa.array(_rows_of(named["doc"].to_numpy(), gone["doc"])))
        rows = pa.array(_rows_of(table["doc"].to_numpy(), gone["doc"]))
        ids = read_table(self._work.staged(item), ["id"]).combine_chunks()["id"]
        exact = gone["kind"] == EXACT
        part = pa.table(
            {
                "id": ids.take(rows),
                "source": table["source"].take(rows),
                "lang": table["lang"].take(rows),
                "stage": pa.array(["dedup"] * len(gone)),
                "reason": pa.array(_REASONS).take(pa.array((~exact).astype(np.int64))),
                "kept_id": kept_id,
                "similarity": pa.array(gone["similarity"], mask=exact),
            },
            REMOVALS,
        )
        order = pc.sort_indices(table["place"].take(rows))
        write_table(self._work.removals(item), part.take(order))
