"""Rounds: what one home does with its messages, to choose survivors past one machine.

The edges of a document lie at its home, as packed arrays. One home that has all edges decides everything at once; that
is the worker in memory. Several decide what they can, tell each other what came of it, and do so again; what is left
after the last round goes to one worker, so that the answer is always whole, and the same as of one home.

    greedy       A home asks once for the better documents that live elsewhere, and is told as soon as they are decided
                 there. Edges that no longer matter are dropped on the way. Of 94,000 edges with the clusters of real
                 text 17 are left after five rounds between 32 homes, none after six; only along a path through
                 many homes does a round decide but one document.
    transitive   A home keeps each of its documents linked to the best one that it knows of (small star), and is told
                 when that one has found a better one itself (large star): Kiveris, Lattanzi, Mirrokni, Rastogi and
                 Vassilvitskii, "Connected Components in MapReduce and Beyond", SoCC 2014. Union-find over all that
                 lies at one home takes the place of their stars of one node. The one worker gets only links to and
                 from documents that others are linked to: none once every cluster is a star.

A home of one worker or of many needs about 70 bytes an edge, when it sorts; packed, an edge takes about 10.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.dedup.clusters import contract
from babelmill.transforms.dedup.homes import (
    ASK,
    ASKS,
    DOC,
    EDGES,
    GONE,
    KEPT,
    LINKS,
    RENAMES,
    Inbox,
    each_once,
    home_of,
    post,
)
from babelmill.transforms.dedup.survivors import IS_GONE, IS_KEPT, UNKNOWN, decide, is_in

__all__ = ["Place", "decide_here", "link_here", "renamed", "rest_of"]

_Mail = Iterator[tuple[int, bytes]]


class Place(NamedTuple):
    """Where a round takes place: `home`, one of `homes`; `first`: nobody has asked for anything yet."""

    home: int
    homes: int
    first: bool

    def asks(self, docs: npt.NDArray[np.uint64], asking: npt.NDArray[np.uint64]) -> _Mail:
        """Ask for documents on behalf of homes, where they live elsewhere."""
        there = home_of(docs, self.homes)
        asks = np.empty(len(docs), ASK)
        asks["doc"], asks["home"] = docs, asking
        asks = each_once(asks[there != asking])
        return post(ASKS, asks, home_of(asks["doc"], self.homes))


def _as_docs(docs: npt.NDArray[np.uint64]) -> npt.NDArray[np.void]:
    return docs.view(DOC)


def decide_here(inbox: Inbox, place: Place) -> tuple[npt.NDArray[np.void], _Mail]:
    """Decide greedily what can be decided at a home.

    Returns:
        EDGE of the documents that are certainly removed, sorted by rank, and the messages (home, bytes) that follow.
    """
    edges, gone, asks = inbox.edges, inbox.gone, inbox.asks
    elsewhere = home_of(edges["better"], place.homes) != place.home
    decided = decide(edges, elsewhere, inbox.kept, gone)

    def mail() -> _Mail:
        here, waiting = place.home, decided.waiting
        yield from post(EDGES, waiting, here)
        # What was told once must be known in the next round too.
        still = _as_docs(np.unique(waiting["better"][decided.better == IS_KEPT]))
        yield from post(KEPT, still, here)
        if place.first:
            wanted = np.unique(waiting["better"][decided.better == UNKNOWN])
            yield from place.asks(wanted, np.full(len(wanted), here, np.uint64))
            # Others will ask in the next round; of whom nothing is known by then is kept.
            ours = _as_docs(decided.docs[decided.state == IS_GONE])
            yield from post(GONE, ours, here)
        state = np.full(len(asks), IS_KEPT)
        state[is_in(asks["doc"], gone)] = IS_GONE
        known = is_in(asks["doc"], decided.docs)
        state[known] = decided.state[np.searchsorted(decided.docs, asks["doc"][known])]
        for tag, told in ((KEPT, asks[state == IS_KEPT]), (GONE, asks[state == IS_GONE])):
            yield from post(tag, _as_docs(told["doc"].copy()), told["home"])
        open_still = asks[state == UNKNOWN]
        yield from post(ASKS, open_still, here)

    return decided.removed, mail()


def renamed(links: npt.NDArray[np.void], renames: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return links to documents that another one stands for now as links to that one."""
    known = is_in(links["better"], renames["doc"])
    links = links.copy()
    links["better"][known] = renames["better"][np.searchsorted(renames["doc"], links["better"][known])]
    return links


def link_here(inbox: Inbox, place: Place) -> tuple[npt.NDArray[np.void], _Mail]:
    """Link each document at a home to the best one that is known of its cluster.

    Returns:
        LINK as `contract` gives them, and the messages (home, bytes) that follow.
    """
    stars = contract(inbox.edges if place.first else renamed(inbox.links, inbox.renames))
    asks = inbox.asks
    asks = asks[is_in(asks["doc"], stars["doc"])]

    def mail() -> _Mail:
        homes = home_of(stars["doc"], place.homes)
        yield from post(LINKS, stars, homes)
        yield from place.asks(stars["better"], homes)
        # Who is linked to one of ours that has a better one is to be linked to that one; and so asks for it from now.
        renames = stars[np.searchsorted(stars["doc"], asks["doc"])]
        yield from post(RENAMES, renames, asks["home"])
        yield from place.asks(renames["better"].copy(), asks["home"].astype(np.uint64))

    return stars, mail()


def rest_of(stars: npt.NDArray[np.void], inbox: Inbox, place: Place) -> npt.NDArray[np.void]:
    """Return the LINK without which somebody's cluster is not known: of documents that others may be linked to.

    Every link of a document is sent to its home, and whoever is told of a link to one that lives elsewhere has it
    asked for at once. So a document at home here that nobody asks for is at the end of its only link.
    """
    foreign = home_of(stars["doc"], place.homes) != place.home
    rest: npt.NDArray[np.void] = stars[foreign | is_in(stars["doc"], inbox.asks["doc"])]
    return rest
