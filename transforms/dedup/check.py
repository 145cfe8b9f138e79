"""Check: where the sketches leave doubt, the documents themselves decide.

    doubtful edges ─► item of the better one: its shingles ─► item of the other: the true similarity ─► edges that hold

A sketch of 256 bits is off by 0.03 to 0.05, one of figures, 64 bits, by twice as much. An estimate that lies further
than `doubt` (or twice that) from the threshold is trusted; nearer to it, the two documents' shingles are read from the
staged files and compared: what is removed is as similar as the configuration asks for. Only the shingles of one of the
two cross a shuffle, once for each item that asks for them.
"""

from collections.abc import Iterable, Iterator

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.dedup.edges import EDGE
from babelmill.transforms.dedup.homes import EDGES, home_of, post
from babelmill.transforms.dedup.rank import items_of
from babelmill.transforms.dedup.shingles import Sets, shingle_sets, similarity
from babelmill.transforms.dedup.sign import Near
from babelmill.transforms.files.parquet import read_row_parts, read_table
from babelmill.transforms.input_order import numbered
from babelmill.transforms.text.fold import Fold
from babelmill.transforms.work import WorkFolder, pieces

__all__ = ["CheckEdges", "FetchShingles", "by_item", "true_edges"]


def by_item(edges: npt.NDArray[np.void], end: str) -> Iterator[tuple[int, npt.NDArray[np.void]]]:
    """Yield the edges of each item at one end, `doc` or `better`."""
    if not len(edges):
        return
    items = items_of(edges[end])
    order = np.argsort(items, kind="stable")
    found, starts = np.unique(items[order], return_index=True)
    yield from zip(found.tolist(), np.split(edges[order], starts[1:]), strict=True)


def true_edges(
    edges: npt.NDArray[np.void],
    sets: tuple[npt.NDArray[np.uint64], Sets],
    others: tuple[npt.NDArray[np.uint64], Sets],
    verify: float,
) -> npt.NDArray[np.void]:
    """Return the edges whose documents are as similar as `verify` says, with their true similarity.

    Args:
        edges: EDGE[n].
        sets: the ranks of the documents at `doc`, sorted, and their shingle sets.
        others: the same of those at `better`.
        verify: least similarity.
    """
    pairs = np.stack(
        [np.searchsorted(ranks, edges[end]) for end, (ranks, _) in (("doc", sets), ("better", others))], axis=1
    )
    found = edges.copy()
    found["similarity"] = similarity(sets[1], others[1], pairs)
    return found[found["similarity"] >= verify]


def _shingles(
    work: WorkFolder, item: int, docs: npt.NDArray[np.uint64], near: Near, fold: Fold
) -> tuple[npt.NDArray[np.uint64], Sets]:
    """Return an item's documents, each once and sorted, and their shingle sets, from the staged file."""
    wanted = np.unique(docs)
    ranks = numbered(read_table(work.staged(item), ["doc"]), item)["doc"].to_numpy()
    rows = np.flatnonzero(np.isin(ranks, wanted))
    # A row group at a time: the texts of a large item together may have more than a string array holds.
    parts = [
        shingle_sets(part["text"].combine_chunks(), near, fold)
        for part in read_row_parts(work.staged(item), rows, ["text"])
    ]
    order = np.argsort(ranks[rows])
    return ranks[rows][order], Sets(*map(pa.concat_arrays, zip(*parts, strict=True))).take(order)


class FetchShingles(beam.DoFn):  # type: ignore[misc]
    """(item of the better documents, packed EDGE) → (item of the others, their EDGE and the shingles asked for)."""

    def __init__(self, work: WorkFolder, near: Near, fold: Fold) -> None:
        self._work, self._near, self._fold = work, near, fold

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[tuple[int, bytes]]:
        """Read one item's shingles."""
        item, packed = element
        # The same two documents meet in several bands.
        edges = np.unique(np.concatenate([np.frombuffer(part, EDGE) for part in packed]))
        ranks, sets = _shingles(self._work, item, edges["better"], self._near, self._fold)
        each = edges.itemsize + (sets.words.nbytes + sets.figures.nbytes) // max(1, len(ranks))
        for other, part in ((other, piece) for other, all_ in by_item(edges, "doc") for piece in pieces(all_, each)):
            rows = np.flatnonzero(np.isin(ranks, part["better"]))
            table = pa.table({"doc": pa.array(ranks[rows]), **sets.take(rows)._asdict()})
            yield other, _pack(part, table)


class CheckEdges(beam.DoFn):  # type: ignore[misc]
    """(item, EDGE and shingles) → (home, EDGES): what holds, with the true similarity."""

    def __init__(self, work: WorkFolder, near: Near, fold: Fold, homes: int) -> None:
        self._work, self._near, self._fold, self._homes = work, near, fold, homes

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[tuple[int, bytes]]:
        """Compare one item's documents with those that came."""
        item, packed = element
        messages = [_unpack(message) for message in packed]
        docs = np.concatenate([edges["doc"] for edges, _ in messages])
        own = _shingles(self._work, item, docs, self._near, self._fold)
        for edges, table in messages:
            others = table["doc"].to_numpy(), Sets(*(table[name].combine_chunks() for name in Sets._fields))
            holding = true_edges(edges, own, others, self._near.verify)
            yield from post(EDGES, holding, home_of(holding["doc"], self._homes))


def _pack(edges: npt.NDArray[np.void], table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    shingles: bytes = sink.getvalue().to_pybytes()
    return len(edges).to_bytes(8, "little") + edges.tobytes() + shingles


def _unpack(message: bytes) -> tuple[npt.NDArray[np.void], pa.Table]:
    end = 8 + int.from_bytes(message[:8], "little") * EDGE.itemsize
    return np.frombuffer(message[8:end], EDGE), pa.ipc.open_stream(message[end:]).read_all()
