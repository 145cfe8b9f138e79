"""Clusters: the transitive way to choose. Of all documents that hang together by verified edges the best stays.

More goes than by `survivors`, and less rightly: a chain A ~ B ~ C of small steps deletes a C that is nothing like A. It
is what most published corpora did, and stays for those who want to compare with them.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

from babelmill.transforms.dedup.edges import EDGE, EXACT, NEAR, firsts
from babelmill.transforms.dedup.survivors import is_in
from babelmill.transforms.kernels.compile import kernel

__all__ = ["LINK", "ClusterWay", "contract", "reasons", "removed_of", "transitive"]

ClusterWay = Literal["greedy", "transitive"]
"""How survivors are chosen: document by document (`survivors`), or one of all that hang together (here)."""
LINK = np.dtype([("doc", "<u8"), ("better", "<u8")])
"""Two documents of one cluster, `better` the smaller rank."""


@kernel
def _root(parent: npt.NDArray[np.int64], node: int) -> int:
    """Return the smallest node above `node`, halving the way for whoever comes next."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@kernel
def _unite(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64], parent: npt.NDArray[np.int64]) -> None:
    """Make `parent` of every node the smallest node of its component.

    Union-find (Tarjan and van Leeuwen, J. ACM 1984): path halving, the smaller root wins.
    """
    for i in range(len(one)):
        a, b = _root(parent, one[i]), _root(parent, other[i])
        parent[max(a, b)] = min(a, b)
    for node in range(len(parent)):
        # A parent is smaller than its children, so it is right before they look at it.
        parent[node] = parent[parent[node]]


def contract(links: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return LINK[n]: every document of the links but the best of each component, in order, linked to that best one.

    Args:
        links: LINK or EDGE[n], in any order.
    """
    nodes = np.unique(np.concatenate((links["doc"], links["better"])))
    parent = np.arange(len(nodes))
    _unite(np.searchsorted(nodes, links["doc"]), np.searchsorted(nodes, links["better"]), parent)
    stars = np.empty(len(nodes), LINK)
    stars["doc"], stars["better"] = nodes, nodes[parent]
    linked: npt.NDArray[np.void] = stars[stars["doc"] != stars["better"]]
    return linked


def reasons(edges: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return EDGE[n]: of every document, as the worse one and as the better one, its best edge.

    Args:
        edges: EDGE[m], as `unique_edges` sorts them.
    """
    turned = edges[np.lexsort((-edges["similarity"], edges["better"]))]
    turned = turned[firsts(turned["better"])]
    mirrored = turned.copy()
    mirrored["doc"], mirrored["better"] = turned["better"], turned["doc"]
    return np.concatenate((edges[firsts(edges["doc"])], mirrored))


def removed_of(stars: npt.NDArray[np.void], why: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return the removed documents: EDGE[removed], sorted by rank; `better` is the best document of its cluster.

    `kind` is EXACT where the two are equal. `similarity` is that of the document's most similar verified edge, to
    whichever document of the cluster that is: with the one kept it may never have been compared.

    Args:
        stars: as `contract` gives them.
        why: EDGE[n] from `reasons`, of these documents and perhaps others, in any order.
    """
    at = np.searchsorted(stars["doc"], why["doc"])
    ours = is_in(why["doc"], stars["doc"])
    at, why = at[ours], why[ours]
    removed = np.zeros(len(stars), EDGE)
    removed["doc"], removed["better"], removed["kind"] = stars["doc"], stars["better"], NEAR
    np.maximum.at(removed["similarity"], at, why["similarity"])
    # Equal texts are all linked to the best of them, so one that equals the best of the cluster has that very edge.
    equal = (why["kind"] == EXACT) & (why["better"] == stars["better"][at])
    removed["kind"][at[equal]] = EXACT
    return removed


def transitive(edges: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return the removed documents as `removed_of` does.

    Args:
        edges: EDGE[n], as `unique_edges` sorts them; `better` < `doc` in each.
    """
    return removed_of(contract(edges), reasons(edges))
