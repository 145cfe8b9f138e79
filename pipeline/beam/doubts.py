"""Doubts: where the sketches leave it open, the documents' own shingles decide, as in transforms/dedup/check.py.

    doubtful edges ─ AskForShingles ─┬─► (part, ASKED) ─ NameAsked ─► WANTED: a side input
                                     │          documents ─ SendShingles ─► (part, shingles) ─┐
                                     └─► (part, EDGE) ────────────────────────────────────────┴─ Compare ─► edges

There are no staged files to read the documents from again: the PCollection itself is gone through a second time, and
only the shingles of documents that are in doubt cross a shuffle.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput

from babelmill.pipeline.beam.elements import Reads, read_rows
from babelmill.pipeline.beam.numbering import numbered
from babelmill.pipeline.beam.outcome import Element
from babelmill.pipeline.beam.signing import InWindows
from babelmill.transforms.dedup.check import by_item, true_edges
from babelmill.transforms.dedup.edges import EDGE
from babelmill.transforms.dedup.homes import EDGES, home_of, post
from babelmill.transforms.dedup.rank import items_of
from babelmill.transforms.dedup.shingles import Sets, shingle_sets
from babelmill.transforms.dedup.sign import Near
from babelmill.transforms.kernels.buffers import unpacked
from babelmill.transforms.kernels.hashing import digests
from babelmill.transforms.work import pieces

__all__ = ["AskForShingles", "Compare", "NameAsked", "SendShingles"]

ASKED = np.dtype([("doc", "<u8"), ("part", "<u4")])
"""The shingles of `doc` are wanted in `part`."""
WANTED = np.dtype([("high", "<u8"), ("low", "<u8"), ("doc", "<u8"), ("part", "<u4")])
"""The same, with the digest of the document's id: 28 bytes."""
_SHINGLES = pa.schema([("doc", pa.uint64()), *((name, pa.list_(pa.uint32())) for name in Sets._fields)])


class AskForShingles(beam.DoFn):  # type: ignore[misc]
    """(part of the better documents, packed EDGE) → (part of the others, packed EDGE).

    Tagged `asked`: (part, packed ASKED).
    """

    def process(self, element: tuple[int, bytes]) -> Iterator[object]:
        """Ask for both documents of each edge, where the worse one is."""
        edges = np.frombuffer(element[1], EDGE)
        for part, mine in by_item(edges, "doc"):
            yield part, mine.tobytes()
            for end in ("doc", "better"):
                asked = np.empty(len(mine), ASKED)
                asked["doc"], asked["part"] = mine[end], part
                asked = np.unique(asked)
                at = items_of(asked["doc"])
                for of in np.unique(at).tolist():
                    yield TaggedOutput("asked", (of, asked[at == of].tobytes()))


class NameAsked(beam.DoFn):  # type: ignore[misc]
    """(part, {numbered, asked}) → packed WANTED."""

    def process(self, element: tuple[int, dict[str, Iterable[bytes]]]) -> Iterator[bytes]:
        """Look up the digests of the ids of a part's documents that were asked for."""
        _, found = element
        asked = np.concatenate([np.empty(0, ASKED), *(np.frombuffer(part, ASKED) for part in found["asked"])])
        if not len(asked):
            return
        asked, table = np.unique(asked), numbered(found["numbered"])
        names = unpacked(table["name"])[np.searchsorted(table["doc"].to_numpy(), asked["doc"])]
        wanted = np.empty(len(asked), WANTED)
        wanted["high"], wanted["low"], wanted["doc"], wanted["part"] = (
            names[:, 0],
            names[:, 1],
            asked["doc"],
            asked["part"],
        )
        for piece in pieces(wanted):
            yield piece.tobytes()


class SendShingles(InWindows):
    """Element, with all WANTED beside it → (part, a packed batch of documents and their shingles).

    Args:
        reads: what is read of a document.
        near: what a shingle is.
    """

    def __init__(self, reads: Reads, near: Near) -> None:
        super().__init__(reads)
        self._near = near

    def start_bundle(self) -> None:
        """Hold nothing, and know of nothing that is wanted."""
        super().start_bundle()
        self._wanted: dict[Any, npt.NDArray[np.void]] = {}

    def process(
        self, element: Element, wanted: Sequence[bytes], window: Any = beam.DoFn.WindowParam
    ) -> Iterator[object]:
        """Hold an element back."""
        if window not in self._wanted:
            self._wanted[window] = np.sort(np.frombuffer(b"".join(wanted), WANTED), order=["high", "low"])
        return self.hold(element, window) if len(self._wanted[window]) else iter(())

    def work(self, rows: Sequence[Any], window: Any) -> Iterator[tuple[str, object]]:
        """Send the shingles of those documents among some that are wanted."""
        wanted, found = self._wanted[window], read_rows(rows, self._reads)
        names = digests(pa.array(found.keys, pa.string()))
        start = np.searchsorted(wanted["high"], names[:, 0])
        end = np.searchsorted(wanted["high"], names[:, 0], side="right")
        chosen = np.flatnonzero(start < end)
        if not len(chosen):
            return
        sets = shingle_sets(pa.array([found.texts[row] for row in chosen], pa.string()), self._near)
        sent: dict[int, tuple[list[int], list[int]]] = {}
        for at, row in enumerate(chosen.tolist()):
            for want in wanted[start[row] : end[row]]:
                if want["low"] == names[row, 1]:
                    docs, places = sent.setdefault(int(want["part"]), ([], []))
                    docs.append(int(want["doc"]))
                    places.append(at)
        for part, (docs, places) in sent.items():
            mine = sets.take(np.array(places, np.int64))
            columns = [column.cast(pa.list_(pa.uint32())) for column in mine]
            batch = pa.RecordBatch.from_arrays([pa.array(docs, pa.uint64()), *columns], schema=_SHINGLES)
            yield "", (part, batch.serialize().to_pybytes())


class Compare(beam.DoFn):  # type: ignore[misc]
    """(part, {edges, shingles}) → (home, EDGES): what holds, with the true similarity.

    Args:
        near: least similarity.
        homes: of the documents.
    """

    def __init__(self, near: Near, homes: int) -> None:
        self._near, self._homes = near, homes

    def process(self, element: tuple[int, dict[str, Iterable[bytes]]]) -> Iterator[tuple[int, bytes]]:
        """Compare the documents of a part's doubtful edges."""
        _, found = element
        # The same two documents meet in several bands.
        edges = np.unique(np.concatenate([np.empty(0, EDGE), *(np.frombuffer(part, EDGE) for part in found["edges"])]))
        if not len(edges):
            return
        parts = [pa.ipc.read_record_batch(pa.py_buffer(part), _SHINGLES) for part in found["shingles"]]
        docs, first = np.unique(np.concatenate([part["doc"].to_numpy() for part in parts]), return_index=True)
        sets = docs, Sets(*(pa.concat_arrays([part[name] for part in parts]) for name in Sets._fields)).take(first)
        holding = true_edges(edges, sets, sets, self._near.verify)
        yield from post(EDGES, holding, home_of(holding["doc"], self._homes))
