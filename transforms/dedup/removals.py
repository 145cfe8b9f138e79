"""Removals: carry the verdicts back to the items, name who stayed, and write down who goes.

verdicts (item, GONE | KEPT_FOR) ─┬─ NameKept: KEPT_FOR ─► (item of the removed, NAMES)
                                  └──────────────┬───────────┘
staged (item, STAGED) ───────────────────────────┴─ Settle ─► settled/item.parquet, item.removals, ledger
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from transforms.costs import Costs
from transforms.dedup.edges import EDGE, EXACT
from transforms.dedup.homes import unpack
from transforms.dedup.rank import items_of
from transforms.ledger import KEPT, Tally
from transforms.parquet import read_table, write_table
from transforms.statistics.statistics import Statistics, by_lang
from transforms.storage import remove
from transforms.work import SETTLED, WorkFolder, pieces

__all__ = ["GONE", "KEPT_FOR", "NAMES", "REMOVALS", "STAGED", "SUPERSEDED", "NameKept", "Settle"]

STAGED, GONE, KEPT_FOR, NAMES = b"S", b"G", b"K", b"N"
"""First byte of a message to an item: it is staged, and its fingerprint (32 bytes); packed EDGE of its removed
documents; packed EDGE of documents removed in favour of its own; an Arrow stream of `doc`, `kept_id` for its removed
documents."""

REMOVALS = pa.schema(
    [(name, pa.string()) for name in ("id", "source", "lang", "stage", "reason", "kept_id")]
    + [("similarity", pa.float32())]
)
"""The columns of removals.parquet. `similarity` is the verified estimate, null for exact duplicates."""
SUPERSEDED = pa.schema([pa.field("run", pa.string()), *REMOVALS])
"""The columns of superseded.parquet: `run` is the folder of the earlier run that has the document, as `dedup.against`
names it, `kept_id` a document of this run. `source` is null where the earlier run's index does not know it."""
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
        edges = unpack(message[1:], EDGE)
        table = read_table(self._work.staged(item), ["doc", "id"]).combine_chunks()
        names = table["id"].take(pa.array(_rows_of(table["doc"].to_numpy(), edges["better"])))
        found = pa.table({"item": items_of(edges["doc"]), "doc": edges["doc"], "kept_id": names}).sort_by("item")
        items = found["item"].to_numpy()
        # An id may be as long as it likes: its mean length decides how many go into a message.
        each = 16 + found["kept_id"].nbytes // max(1, len(found))
        for of_item in np.split(np.arange(len(items)), np.flatnonzero(np.diff(items)) + 1):
            for rows in pieces(of_item, each):
                sink = pa.BufferOutputStream()
                part = found.slice(rows[0], len(rows)).select(["doc", "kept_id"])
                with pa.ipc.new_stream(sink, part.schema) as stream:
                    stream.write_table(part)
                yield int(items[rows[0]]), NAMES + sink.getvalue().to_pybytes()


class _Settled(NamedTuple):
    """What an item kept, added up. `kept_bytes`: language → bytes; `alone`: kept documents without a duplicate."""

    tally: Tally
    statistics: Statistics
    kept_bytes: dict[str, int]
    alone: int


class Settle(beam.DoFn):  # type: ignore[misc]
    """(item, messages) → (0, JSON): the item, its fingerprint, and how many bytes of each language it keeps.

    Tagged `ledger`: its rows; `statistics`: (language, JSON) of its parts; `costs`: (0, JSON). Writes what was kept and
    what was removed into the work folder.
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
            costs.add("shuffled/verdicts", len(message))
        gone, stay = (
            np.concatenate([np.empty(0, EDGE), *(unpack(part, EDGE) for part in by_tag.get(tag, ()))])
            for tag in (GONE, KEPT_FOR)
        )
        if STAGED not in by_tag:
            self._supersede(item, gone, by_tag.get(NAMES, []))
            return
        with costs.timed("settle"):
            settled = self._settle(item, gone, stay, by_tag.get(NAMES, []))
        for row in settled.tally.rows():
            yield beam.pvalue.TaggedOutput("ledger", row)
        for part in by_lang(settled.statistics.plain()):
            yield beam.pvalue.TaggedOutput("statistics", part)
        costs.add("docs/alone", settled.alone)
        yield beam.pvalue.TaggedOutput("costs", (0, orjson.dumps({"costs": costs.sums})))
        [fingerprint] = by_tag[STAGED]
        yield 0, orjson.dumps({"item": item, "fingerprint": fingerprint.hex(), "bytes": settled.kept_bytes})

    def _settle(
        self, item: int, gone: npt.NDArray[np.void], stay: npt.NDArray[np.void], names: list[bytes]
    ) -> _Settled:
        """Write what an item keeps and loses, and add it up."""
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
            self._write_removals(item, table, gone, names)
        else:
            remove([self._work.removals(item)])
        kept = np.flatnonzero(verdict < 0)
        alone = int((sizes[kept] == 1).sum())
        settled = pa.table(
            {
                "row": pa.array(kept, pa.uint32()),
                **{name: table[name].take(pa.array(kept)) for name in ("lang", "order", "place", "n_bytes")},
                "cluster_size": pa.array(sizes[kept], pa.int32()),
            },
            SETTLED,
        )
        write_table(self._work.settled(item), settled, kind="table", name="settled")
        sums = settled.group_by("lang", use_threads=False).aggregate([("n_bytes", "sum")]).to_pylist()
        kept_bytes = {row["lang"]: row["n_bytes_sum"] for row in sums}
        return _Settled(tally, _statistics(table, verdict, sizes), kept_bytes, alone)

    def _supersede(self, item: int, gone: npt.NDArray[np.void], names: list[bytes]) -> None:
        """Write down which documents of an earlier run go for new ones.

        A component of duplicates may hang together by new documents and have an old one as its best (`transitive`): the
        other old ones do not go for it, for each was kept by its own run.
        """
        gone = gone[items_of(gone["better"]) < self._items]
        if not len(gone):
            remove([self._work.removals(item)])
            return
        table = read_table(self._work.staged(item)).combine_chunks()
        self._write_removals(item, table.append_column("place", table["doc"]), gone, names, SUPERSEDED)

    def _write_removals(
        self,
        item: int,
        table: pa.Table,
        gone: npt.NDArray[np.void],
        names: list[bytes],
        schema: pa.Schema = REMOVALS,
    ) -> None:
        """Write the rows of a schema for an item's removed documents, in input order."""
        named = pa.concat_tables(pa.ipc.open_stream(part).read_all() for part in names).combine_chunks()
        kept_id = named["kept_id"].take(pa.array(_rows_of(named["doc"].to_numpy(), gone["doc"])))
        rows = pa.array(_rows_of(table["doc"].to_numpy(), gone["doc"]))
        ids = read_table(self._work.staged(item), ["id"]).combine_chunks()["id"]
        exact = gone["kind"] == EXACT
        columns = {
            "id": ids.take(rows),
            "stage": pa.array(["dedup"] * len(gone)),
            "reason": pa.array(_REASONS).take(pa.array((~exact).astype(np.int64))),
            "kept_id": kept_id,
            "similarity": pa.array(gone["similarity"], mask=exact),
        }
        columns |= {name: table[name].take(rows) for name in schema.names if name not in columns}
        part = pa.table(columns, schema)
        order = pc.sort_indices(table["place"].take(rows))
        write_table(self._work.removals(item), part.take(order), kind="table", name="removals")


def _statistics(table: pa.Table, verdict: npt.NDArray[np.int64], sizes: npt.NDArray[np.int32]) -> Statistics:
    """Return samples of what was kept and of what was removed, the largest clusters, and the sizes of all."""
    found = Statistics()
    for number, outcome in enumerate((KEPT, *_REASONS), -1):
        rows = np.flatnonzero(verdict == number)
        found.settle(table, rows, outcome, sizes[rows])
    return found
