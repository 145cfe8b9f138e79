"""Survivors: greedy, not transitive. A document goes only for one that stays.

Documents are visited best first; one is removed only if it has a verified edge to a document that is *kept*. Every
removed document was itself compared with the one kept in its place, so a chain A ~ B ~ C of small steps never deletes
a C that is nothing like A.
"""

import numpy as np
import numpy.typing as npt

from transforms.text.compiled import kernel

__all__ = ["greedy", "unique_edges"]


def unique_edges(edges: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return each edge once, sorted by document, then by how good a reason it is: exact, most similar, best rank."""
    order = np.lexsort((edges["better"], -edges["similarity"], edges["kind"], edges["doc"]))
    edges = edges[order]
    again = np.zeros(len(edges), bool)
    again[1:] = edges[1:] == edges[:-1]
    return edges[~again]


@kernel
def _decide(
    doc: npt.NDArray[np.int64], better: npt.NDArray[np.int64], gone: npt.NDArray[np.bool_], out: npt.NDArray[np.int64]
) -> int:
    """Mark in `gone` the documents that go, write the edge that decided each to `out`; return how many."""
    i, count = 0, 0
    while i < len(doc):
        j, reason = i, -1
        while j < len(doc) and doc[j] == doc[i]:
            if reason < 0 and not gone[better[j]]:
                reason = j
            j += 1
        if reason >= 0:
            gone[doc[i]] = True
            out[count] = reason
            count += 1
        i = j
    return count


def greedy(edges: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return the removed documents: EDGE[removed], sorted by rank; `better` is the document kept in its place.

    Args:
        edges: EDGE[n], in any order, an edge any number of times; `better` < `doc` in each.
    """
    edges = unique_edges(edges)
    nodes = np.unique(np.concatenate((edges["doc"], edges["better"])))
    doc, better = np.searchsorted(nodes, edges["doc"]), np.searchsorted(nodes, edges["better"])
    deciding = np.empty(len(edges), np.int64)
    count = _decide(doc, better, np.zeros(len(nodes), np.bool_), deciding)
    removed: npt.NDArray[np.void] = edges[deciding[:count]]
    return removed
