"""Traffic: what crosses the shuffle at an input's size, and the requests that regrouped signatures take.

Rows are what a measured run had, as often as the size says. Bytes of a row are not: in a run of a few items thousands
of rows share a message, and ranks are near each other; at billions of documents a message may have one row. So messages
are counted here, and a packed edge has the bits that its ranks have there.
"""

from collections.abc import Mapping
from math import ceil, log2, sqrt
from typing import NamedTuple

from babelmill.transforms.dedup.deduplicate import EDGES_AT_ONCE, homes_for
from babelmill.transforms.dedup.exchange import group
from babelmill.transforms.dedup.signature_file import RECORD, REFERENCE, RUN_DOCS, exact_partitions
from babelmill.transforms.work import MESSAGE_BYTES

__all__ = ["HEADER_BYTES", "Size", "Traffic", "traffic"]

HEADER_BYTES = 32
"""Of a shuffled message: its key, its lengths, the service's own."""
_FRAME_BYTES = 14
"""Of packed shingles: zstd's frame."""
_PRIORITY_BITS = 10
"""What is not the same in the priorities of two documents, of 19: length and quality."""
_STAGED_BYTES = 33
_ROUNDS_SHARE = 0.35
"""What the homes of documents send each other in all rounds, of the edges that they are sent: `Choose` on the edges of
71 MB of web pages and 64 homes."""


class Size(NamedTuple):
    """What a run of some size has: `docs` signed, `removed` of them, `removed_scale` times as many as the measured run;
    `signatures` bytes of their records."""

    docs: float
    removed: float
    removed_scale: float
    items: int
    partitions: int
    signatures: float


class Traffic(NamedTuple):
    """`content`: what → bytes; `messages`: what → their number, whose headers are not among the bytes. `reads` and
    `writes`: requests of regrouped signatures, `regrouped` their bytes in the store until the run's end."""

    content: Mapping[str, float]
    messages: Mapping[str, float]
    reads: float = 0.0
    writes: float = 0.0
    regrouped: float = 0.0

    @property
    def shuffled(self) -> dict[str, float]:
        """What → bytes, with the headers."""
        return {name: size + HEADER_BYTES * self.messages[name] for name, size in self.content.items()}


def traffic(size: Size, costs: Mapping[str, float], by_reference: bool) -> Traffic:
    """Return what deduplication shuffles.

    Args:
        size: of the run.
        costs: of the measured run.
        by_reference: the exchange; where not, signatures are regrouped.
    """
    partitions, homes = size.partitions + exact_partitions(size.partitions), homes_for(size.partitions)
    apart = float(size.items) * size.items
    edges = costs.get("rows/edges", 0.0) * size.removed_scale
    posts = partitions * max(1, ceil(edges / partitions / EDGES_AT_ONCE))
    doubtful = costs.get("shuffled/doubtful", 0.0) * size.removed_scale
    shingles = costs.get("shuffled/shingles", 0.0) * size.removed_scale
    names = costs.get("shuffled/names", 0.0) * size.removed_scale
    messages = {
        "edges": min(edges, posts * float(homes)),
        "doubtful edges": min(doubtful / 24, partitions * float(size.items)),
        "shingles": min(doubtful / 24, apart) + shingles / MESSAGE_BYTES,
        "verdicts": min(size.removed, homes * float(size.items)),
        "names": min(size.removed, apart) + names / MESSAGE_BYTES,
    }
    verdicts = size.removed * _edge_bytes(size.removed, messages["verdicts"], size.docs)
    # How many go for each of an item's documents: those that are a reason, as distances, and a count.
    stay = size.removed * 3
    content = {
        "edges": edges * _edge_bytes(edges, messages["edges"], size.docs),
        "doubtful edges": doubtful,
        "shingles": shingles + _FRAME_BYTES * messages["shingles"],
        "verdicts": verdicts + stay + size.items * _STAGED_BYTES,
        "names": names,
    }
    if homes > 1:
        content["survivors"] = _ROUNDS_SHARE * content["edges"]
        messages["survivors"] = _ROUNDS_SHARE * messages["edges"]
    messages["verdicts"] += 2 * size.items
    records = size.signatures / RECORD.itemsize
    runs = max(1, ceil(size.docs / size.items / RUN_DOCS))
    if by_reference:
        references = min(records, float(size.items) * runs * partitions)
        content["signatures"] = REFERENCE.itemsize * references
        messages["signatures"] = references / runs
        return Traffic(content, messages)
    grouping = group(size.items, size.signatures, size.partitions)
    parts, groups = grouping.near + grouping.exact, len(grouping.firsts(size.items))
    first, second = float(size.items) * parts, float(groups) * partitions
    content["signatures"] = REFERENCE.itemsize * (runs * first + second)
    messages["signatures"] = first + second
    return Traffic(content, messages, runs * first + second, float(groups) * parts, size.signatures)


def _edge_bytes(edges: float, messages: float, docs: float) -> float:
    """Return the bytes of a packed edge (transforms/dedup/homes.py) where so many share so many messages.

    Its ranks have as many bits as it takes to tell the documents apart, and their priorities; those in order of rank
    log2(n) less, as distances do. Similarity and kind are a byte. What packing adds was measured on the edges of 71 MB
    of web pages with items and rows of 31 billion documents in their ranks: with 1, 2, 8, 32, 64 and 512 of them in a
    message 19.4, 17.1, 15.7, 14.2, 13.2 and 10.8 bytes.
    """
    each = max(1.0, edges / max(1.0, messages))
    bits = min(63.0, log2(max(2.0, docs)) + _PRIORITY_BITS)
    few = 2 * bits / 8 + 3.8 + 4 / each
    return min(few, (max(0.0, bits - log2(each) + 1.5) + bits) / 8 + 1 + 13 / sqrt(each))
