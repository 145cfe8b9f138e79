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
import zstandard

from babelmill.transforms.costs import Costs
from babelmill.transforms.dedup.edges import EDGE
from babelmill.transforms.dedup.homes import EDGES, home_of, post
from babelmill.transforms.dedup.rank import items_of
from babelmill.transforms.dedup.shingles import Sets, shingle_sets, similarity
from babelmill.transforms.dedup.sign import Near
from babelmill.transforms.files.parquet import read_row_parts, read_table
from babelmill.transforms.input_order import numbered
from babelmill.transforms.messages import costs_message
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
    """(item of the better documents, packed EDGE) → (item of the others, their EDGE and the shingles asked for).

    Tagged `notes`: messages to Commit with the costs.
    """

    def __init__(self, work: WorkFolder, near: Near, fold: Fold) -> None:
        self._work, self._near, self._fold = work, near, fold

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[object]:
        """Read one item's shingles."""
        costs, (item, packed) = Costs(), element
        # The same two documents meet in several bands.
        edges = np.unique(np.concatenate([np.frombuffer(part, EDGE) for part in packed]))
        ranks, sets = _shingles(self._work, item, edges["better"], self._near, self._fold)
        each = edges.itemsize + (sets.words.nbytes + sets.figures.nbytes) // max(1, len(ranks))
        for other, part in ((other, piece) for other, all_ in by_item(edges, "doc") for piece in pieces(all_, each)):
            rows = np.flatnonzero(np.isin(ranks, part["better"]))
            message = _pack(part, ranks[rows], sets.take(rows))
            costs.add("shuffled/shingles", len(message))
            yield other, message
        yield beam.pvalue.TaggedOutput("notes", costs_message(costs.sums))


class CheckEdges(beam.DoFn):  # type: ignore[misc]
    """(item, EDGE and shingles) → (home, EDGES): what holds, with the true similarity.

    Tagged `notes`: messages to Commit with the costs.
    """

    def __init__(self, work: WorkFolder, near: Near, fold: Fold, homes: int) -> None:
        self._work, self._near, self._fold, self._homes = work, near, fold, homes

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[object]:
        """Compare one item's documents with those that came."""
        costs, (item, packed) = Costs(), element
        messages = [_unpack(message) for message in packed]
        docs = np.concatenate([edges["doc"] for edges, *_ in messages])
        own = _shingles(self._work, item, docs, self._near, self._fold)
        for edges, ranks, sets in messages:
            holding = true_edges(edges, own, (ranks, sets), self._near.verify)
            for message in post(EDGES, holding, home_of(holding["doc"], self._homes)):
                costs.add("shuffled/edges", len(message[1]))
                yield message
        yield beam.pvalue.TaggedOutput("notes", costs_message(costs.sums))


def _pack(edges: npt.NDArray[np.void], docs: npt.NDArray[np.uint64], sets: Sets) -> bytes:
    """Return edges and the shingle sets of some documents as bytes.

    Sorted hashes are written as the distances between them, all first bytes first: three bytes each rather than four,
    which an Arrow stream of one document would double.
    """
    lengths = [column.value_lengths().to_numpy().astype("<u4") for column in sets]
    distances = [np.diff(np.asarray(column.flatten()), prepend=np.uint32(0)) for column in sets]
    planes = [flat.astype("<u4").view(np.uint8).reshape(-1, 4).T for flat in distances]
    body = b"".join(part.tobytes() for part in (edges, docs, *lengths, *planes))
    return np.array([len(edges), len(docs)], "<u4").tobytes() + zstandard.compress(body, 1)


def _unpack(message: bytes) -> tuple[npt.NDArray[np.void], npt.NDArray[np.uint64], Sets]:
    """Return what `_pack` took."""
    n_edges, n_docs = np.frombuffer(message, "<u4", 2).tolist()
    body, at = zstandard.decompress(message[8:]), n_edges * EDGE.itemsize
    edges, docs = np.frombuffer(body, EDGE, n_edges), np.frombuffer(body, "<u8", n_docs, at)
    lengths = np.frombuffer(body, "<u4", 2 * n_docs, at + 8 * n_docs).reshape(2, n_docs)
    at, columns = at + 16 * n_docs, []
    for counts in lengths:
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        planes = np.frombuffer(body, np.uint8, 4 * offsets[-1], at).reshape(4, -1)
        flat = np.cumsum(planes.T.copy().view("<u4").ravel(), dtype=np.uint32)
        columns.append(pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat)))
        at += 4 * int(offsets[-1])
    return edges, docs, Sets(*columns)
