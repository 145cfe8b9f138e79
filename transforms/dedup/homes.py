"""Homes: a document's home is the partition that decides about it. Homes know each other by messages only.

    FindEdges ── EDGES ──► home of the worse document ── ASKS ──► home of the better one ── KEPT | GONE | RENAMES ──► …

A message is a byte that says what it carries, and an array packed behind it: never an element a document. What one home
tells another of a document it tells once, so a document that millions wait for is told as often as there are homes.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import zstandard

from babelmill.transforms.dedup.clusters import LINK
from babelmill.transforms.dedup.edges import EDGE, firsts
from babelmill.transforms.dedup.survivors import new_edges, unique_edges
from babelmill.transforms.kernels.hashing import mixed

__all__ = [
    "ASK", "ASKS", "DOC", "EDGES", "GONE", "KEPT", "LINKS", "RENAMES",
    "Inbox", "each_once", "home_of", "pack", "post", "unpack",
]  # fmt: skip

DOC = np.dtype([("doc", "<u8")])
"""A document, alone."""
ASK = np.dtype([("doc", "<u8"), ("home", "<u4")])
"""`home` wants to know what becomes of `doc`."""

EDGES, KEPT, GONE, LINKS, RENAMES, ASKS = b"E", b"K", b"G", b"L", b"N", b"A"
"""First byte of a message. It carries EDGE; DOC that are kept; DOC that are removed; LINK of documents at home here;
LINK of a document elsewhere to the one that now stands for it; ASK."""
_CARRIES = {EDGES: EDGE, KEPT: DOC, GONE: DOC, LINKS: LINK, RENAMES: LINK, ASKS: ASK}
_FEW = 16
"""Rows from which on zstd takes fewer bytes."""
_PIECE = 1 << 16
"""Rows of a message at the most: packing takes three times their memory."""
_MERGE = 1 << 16
"""New edges that are collected, at the least, before they are sorted in among the known ones."""


def each_once(pairs: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return each of some LINK or ASK once, sorted."""
    one, other = pairs.dtype.names or ()
    pairs = pairs[np.lexsort((pairs[other], pairs[one]))]
    return pairs[firsts(pairs[one]) | firsts(pairs[other])]


def home_of(docs: npt.NDArray[np.uint64], homes: int) -> npt.NDArray[np.uint64]:
    """Return each document's home, below `homes`: by hash, for ranks are dense in some places and absent in others."""
    found = mixed(docs, homes)
    found %= np.uint64(homes)
    return found


def pack(array: npt.NDArray[np.void]) -> bytes:
    """Return a structured array as compressed bytes; its first field is `doc`, of 64 bits.

    Each document is written as the distance from the one before, a better one as the distance from the document, and
    all first bytes stand first, then all second ones: in order of rank the high bytes cost next to nothing. An edge of
    24 bytes takes about 9, one of a hot band 1. Of few rows the bytes that are not zero in all are written as they are:
    zstd's frame would be half the message.
    """
    planes = np.ascontiguousarray(_distances(array).view(np.uint8).reshape(len(array), array.dtype.itemsize).T)
    if len(array) < _FEW:
        used = planes.any(axis=1)
        return bytes([len(array)]) + np.packbits(used).tobytes() + planes[used].tobytes()
    return bytes([_FEW]) + zstandard.compress(planes.tobytes(), 1)


def unpack(packed: bytes, dtype: np.dtype[np.void]) -> npt.NDArray[np.void]:
    """Return what `pack` took."""
    if packed[0] < _FEW:
        used = np.unpackbits(np.frombuffer(packed, np.uint8, -(-dtype.itemsize // 8), 1), count=dtype.itemsize)
        planes = np.zeros((dtype.itemsize, packed[0]), np.uint8)
        planes[used > 0] = np.frombuffer(packed, np.uint8, -1, 1 + -(-dtype.itemsize // 8)).reshape(-1, packed[0])
    else:
        planes = np.frombuffer(zstandard.decompress(packed[1:]), np.uint8).reshape(dtype.itemsize, -1)
    array = planes.T.copy().reshape(-1).view(dtype)
    array["doc"] = np.cumsum(array["doc"], dtype=np.uint64)
    if "better" in (dtype.names or ()):
        array["better"] = array["doc"] - array["better"]
    return array


def _distances(array: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    steps = array.copy()
    steps["doc"][1:] -= array["doc"][:-1]
    if "better" in (array.dtype.names or ()):
        steps["better"] = array["doc"] - array["better"]
    return steps


def post(tag: bytes, array: npt.NDArray[np.void], to: npt.NDArray[np.integer] | int) -> Iterator[tuple[int, bytes]]:
    """Yield (home, message) for each home that rows of `array` go to, a piece of its rows at a time."""
    if not len(array):
        return
    homes = np.broadcast_to(to, len(array))
    order = np.argsort(homes, kind="stable")
    found, starts = np.unique(homes[order], return_index=True)
    for home, rows in zip(found.tolist(), np.split(order, starts[1:]), strict=True):
        for start in range(0, len(rows), _PIECE):
            yield home, tag + pack(array[rows[start : start + _PIECE]])


class Inbox:
    """What the messages to one home say, whatever order they came in.

    Repeated edges are dropped as they arrive: a pair of documents that meet in fourteen bands is found fourteen times,
    and memory is to go by what is different.
    """

    def __init__(self, messages: Iterable[bytes]) -> None:
        self._parts: dict[bytes, list[npt.NDArray[np.void]]] = {tag: [] for tag in _CARRIES}
        self._known, self._new = np.empty(0, EDGE), 0
        for message in messages:
            tag = bytes(message[:1])
            part = unpack(message[1:], _CARRIES[tag])
            if tag == EDGES:
                part = new_edges(part, self._known)
                self._new += len(part)
            self._parts[tag].append(part)
            if self._new > max(len(self._known), _MERGE):
                self._merge()
        self._merge()

    def _merge(self) -> None:
        """Sort the new edges in among the known ones; at any time there are two copies of them at the most."""
        if self._new:
            self._known = unique_edges(self._taken())

    def _taken(self) -> npt.NDArray[np.void]:
        """Return all edges as one array, the only one that holds them."""
        parts = [self._known, *self._parts[EDGES]]
        self._known, self._parts[EDGES], self._new = np.empty(0, EDGE), [], 0
        return np.concatenate(parts)

    def _all(self, tag: bytes) -> npt.NDArray[np.void]:
        parts = self._parts[tag]
        return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, _CARRIES[tag]), *parts])

    @property
    def edges(self) -> npt.NDArray[np.void]:
        """EDGE[n], each once, as `unique_edges` sorts them."""
        return self._known

    @property
    def kept(self) -> npt.NDArray[np.uint64]:
        """Documents known to be kept, sorted."""
        return np.sort(self._all(KEPT)["doc"])

    @property
    def gone(self) -> npt.NDArray[np.uint64]:
        """Documents known to be removed, sorted."""
        return np.sort(self._all(GONE)["doc"])

    @property
    def links(self) -> npt.NDArray[np.void]:
        """LINK[n], in any order, a link any number of times."""
        return self._all(LINKS)

    @property
    def renames(self) -> npt.NDArray[np.void]:
        """LINK[n], one a document, sorted."""
        return each_once(self._all(RENAMES))

    @property
    def asks(self) -> npt.NDArray[np.void]:
        """ASK[n], each once, sorted."""
        return each_once(self._all(ASKS))
