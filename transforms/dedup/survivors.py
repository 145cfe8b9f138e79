"""Survivors: greedy, not transitive. A document goes only for one that stays.

Documents are visited best first; one is removed only if it has a verified edge to a document that is *kept*. Every
removed document was itself compared with the one kept in its place, so a chain A ~ B ~ C of small steps never deletes
a C that is nothing like A.

What is kept is the lexicographically first maximal independent set of the edges, and it need not be found in
sequence: a document is removed as soon as one better neighbour is kept, and kept as soon as all are removed. Where
ranks have nothing to do with edges, all are decided after O(log n) rounds (Blelloch, Fineman and Shun, SPAA 2012,
arXiv 1202.3205; Fischer and Noever, SODA 2018, arXiv 1707.05124). `decide` is one such round with what one home knows;
at a home that knows everything it is the whole sequence.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.dedup.edges import firsts
from babelmill.transforms.kernels.compile import kernel

__all__ = ["IS_GONE", "IS_KEPT", "UNKNOWN", "Decided", "decide", "greedy", "is_in", "new_edges", "unique_edges"]

UNKNOWN, IS_KEPT, IS_GONE = 0, 1, 2
"""What is known of a document."""


class Decided(NamedTuple):
    """What one home could decide of its documents."""

    removed: npt.NDArray[np.void]
    """EDGE of each document whose removal and best reason are certain, sorted by rank."""
    waiting: npt.NDArray[np.void]
    """EDGE that may still matter, in order: of undecided documents, and of removed ones whose reason is open."""
    better: npt.NDArray[np.int8]
    """What is known of the better document of each edge of `waiting`."""
    docs: npt.NDArray[np.uint64]
    """Every document that had an edge to a better one, sorted."""
    state: npt.NDArray[np.int8]
    """What is known of each of `docs` now."""


def unique_edges(edges: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return each edge once, sorted by document, then by how good a reason it is: exact, most similar, best rank."""
    order = np.lexsort((edges["better"], -edges["similarity"], edges["kind"], edges["doc"]))
    # One document and one better one give the same similarity in every band, but an exact and a near edge are two.
    new = np.zeros(len(edges), np.bool_)
    for name in ("doc", "better", "kind"):
        new |= firsts(edges[name][order])
    return edges[order[new]]


def is_in(values: npt.NDArray[np.uint64], known: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Say of each value whether it stands in `known`, which is sorted."""
    at = np.searchsorted(known, values)
    found = at < len(known)
    found[found] = known[at[found]] == values[found]
    return found


@kernel
def _known(
    doc: npt.NDArray[np.uint64],
    better: npt.NDArray[np.uint64],
    kind: npt.NDArray[np.uint32],
    first: npt.NDArray[np.int64],
    docs: npt.NDArray[np.uint64],
    betters: npt.NDArray[np.uint64],
    kinds: npt.NDArray[np.uint32],
) -> npt.NDArray[np.bool_]:
    """Say of each edge whether it stands among others, sorted by document; `first` is where its document begins."""
    known = np.zeros(len(doc), np.bool_)
    for i in range(len(doc)):
        j = first[i]
        while j < len(docs) and docs[j] == doc[i] and not known[i]:
            known[i] = betters[j] == better[i] and kinds[j] == kind[i]
            j += 1
    return known


def new_edges(edges: npt.NDArray[np.void], known: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return those of some edges that do not stand among others, which are as `unique_edges` sorts them."""
    first = np.searchsorted(known["doc"], edges["doc"])
    again = _known(edges["doc"], edges["better"], edges["kind"], first, known["doc"], known["better"], known["kind"])
    return edges[~again]


@kernel
def _decide(
    doc: npt.NDArray[np.int64],
    better: npt.NDArray[np.int64],
    given: npt.NDArray[np.int8],
    state: npt.NDArray[np.int8],
    waits: npt.NDArray[np.bool_],
    reasons: npt.NDArray[np.int64],
) -> int:
    """Decide each document in order of rank, edges sorted by how good a reason they are; return how many are certain.

    `better` is where the better document stands in `state`, or -1: then it has no edge here, and `given` holds what is
    known of it. Afterwards `given` holds that of all, `waits` the edges that may still matter, `reasons` the edges that
    certainly removed a document.
    """
    i, count = 0, 0
    while i < len(doc):
        j, reason, unknown = i, -1, 0
        while j < len(doc) and doc[j] == doc[i]:
            if better[j] >= 0:
                given[j] = state[better[j]]
            # Behind an edge to a kept document the others are worse reasons, whatever becomes of them.
            if reason < 0 and given[j] != IS_GONE:
                waits[j] = True
                if given[j] == IS_KEPT:
                    reason = j
                else:
                    unknown += 1
            j += 1
        if reason >= 0:
            state[doc[i]] = IS_GONE
        elif unknown == 0:
            state[doc[i]] = IS_KEPT
        if reason >= 0 and unknown == 0:
            waits[reason] = False
            reasons[count] = reason
            count += 1
        i = j
    return count


def decide(
    edges: npt.NDArray[np.void],
    elsewhere: npt.NDArray[np.bool_],
    kept: npt.NDArray[np.uint64],
    gone: npt.NDArray[np.uint64],
) -> Decided:
    """Decide what can be decided of the worse documents of some edges; all edges of each are among them.

    Args:
        edges: EDGE[n], as `unique_edges` sorts them; `better` < `doc` in each.
        elsewhere: whether an edge's better document is at home elsewhere. One that is at home here and has no edge to a
            better one is kept.
        kept: documents known to be kept, sorted.
        gone: documents known to be removed, sorted.
    """
    first = firsts(edges["doc"])
    docs, doc = edges["doc"][first], np.cumsum(first) - 1
    better = np.searchsorted(docs, edges["better"])
    better[~is_in(edges["better"], docs)] = -1
    given = np.where(elsewhere, UNKNOWN, IS_KEPT).astype(np.int8)
    given[is_in(edges["better"], gone)] = IS_GONE
    given[is_in(edges["better"], kept)] = IS_KEPT
    state, waits = np.zeros(len(docs), np.int8), np.zeros(len(edges), np.bool_)
    reasons = np.empty(len(docs), np.int64)
    count = _decide(doc, better, given, state, waits, reasons)
    return Decided(edges[reasons[:count]], edges[waits], given[waits], docs, state)


def greedy(edges: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return the removed documents: EDGE[removed], sorted by rank; `better` is the document kept in its place.

    Args:
        edges: EDGE[n], in any order, an edge any number of times; `better` < `doc` in each.
    """
    edges, nothing = unique_edges(edges), np.empty(0, np.uint64)
    return decide(edges, np.zeros(len(edges), np.bool_), nothing, nothing).removed
