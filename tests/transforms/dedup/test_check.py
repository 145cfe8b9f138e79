"""Check: shingle sets travel as they are, in three bytes a hash."""

import numpy as np
import pyarrow as pa

from babelmill.transforms.dedup.check import _pack, _unpack
from babelmill.transforms.dedup.edges import EDGE
from babelmill.transforms.dedup.shingles import Sets


def sets_of(sizes: list[int], seed: int) -> Sets:
    chance = np.random.default_rng(seed)
    lists = [np.unique(chance.integers(0, 1 << 32, size, np.uint32, endpoint=False)) for size in sizes]
    figures = [found[:2] for found in lists]
    return Sets(*(pa.array(map(list, column), pa.list_(pa.uint32())) for column in (lists, figures)))


def test_sets_come_back_with_their_documents_and_edges() -> None:
    docs, edges = np.array([3, 9, 1 << 60], np.uint64), np.zeros(5, EDGE)
    edges["doc"], edges["better"] = [20, 21, 22, 23, 24], docs[[0, 1, 2, 0, 1]]
    # A slice of larger columns, as rows are taken of an item's.
    sets = Sets(*(column.slice(1, 3) for column in sets_of([7, 500, 0, 60], 1)))
    found_edges, found_docs, found = _unpack(_pack(edges, docs, sets))
    assert found_edges.tobytes() == edges.tobytes()
    assert found_docs.tolist() == docs.tolist()
    assert [column.to_pylist() for column in found] == [column.to_pylist() for column in sets]


def test_a_hash_takes_three_bytes() -> None:
    docs, edges = np.array([3], np.uint64), np.zeros(1, EDGE)
    packed = _pack(edges, docs, Sets(sets_of([1000], 2).words, sets_of([0], 2).figures))
    assert len(packed) < 3.1 * 1000 + 100
