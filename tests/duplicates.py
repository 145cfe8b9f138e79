"""Near-deduplication of a list of texts in memory, by the parts that the graph is made of."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.dedup.check import true_edges
from babelmill.transforms.dedup.edges import EDGE, find_edges
from babelmill.transforms.dedup.minhash import signatures
from babelmill.transforms.dedup.shingles import shingle_sets
from babelmill.transforms.dedup.sign import Near
from babelmill.transforms.dedup.signature_file import RECORD
from babelmill.transforms.dedup.survivors import greedy


def records_of(texts: list[str], near: Near, seed: int = 0) -> npt.NDArray[np.void]:
    """Return the band records of texts, whose ranks are their places in the list."""
    found = signatures(pa.array(texts, pa.string()), near.ngram, near.bands, near.rows, seed, figures=near.figures)
    docs = np.repeat(np.flatnonzero(found.shingles), near.bands)
    records = np.zeros(len(docs), RECORD)
    records["doc"], records["sketch"] = docs, found.sketch[docs]
    records["band"] = found.bands[found.shingles > 0].ravel()
    return records


def near_removals(texts: list[str], near: Near) -> npt.NDArray[np.void]:
    """Return EDGE of the removed texts: doubtful edges are decided by the texts."""
    pieces = list(find_edges(records_of(texts, near), False, near.verify, near.leaders, near.doubt))
    edges = np.concatenate([np.empty(0, EDGE), *(piece.edges for piece in pieces)])
    doubtful = np.concatenate([np.empty(0, np.bool_), *(piece.doubtful for piece in pieces)])
    sets = np.arange(len(texts), dtype=np.uint64), shingle_sets(pa.array(texts, pa.string()), near)
    sure = edges[~doubtful & (edges["similarity"] >= near.verify)]
    return greedy(np.concatenate([sure, true_edges(edges[doubtful], sets, sets, near.verify)]))
