"""Shingle sets and their similarity, as plain Python sets have them."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.dedup.check import by_item, true_edges
from babelmill.transforms.dedup.edges import EDGE
from babelmill.transforms.dedup.shingles import jaccard, shingle_sets

TEXTS = st.lists(st.lists(st.sampled_from("abcd"), max_size=25).map(" , ".join), min_size=1, max_size=5)


def ngrams(text: str) -> set[tuple[str, ...]]:
    words = [word for word in text.split() if word != ","]
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}


def plain_jaccard(one: str, other: str) -> float:
    union = ngrams(one) | ngrams(other)
    return len(ngrams(one) & ngrams(other)) / len(union) if union else 0


@given(TEXTS, TEXTS)
def test_like_plain_sets(texts: list[str], others: list[str]) -> None:
    sets, other_sets = (shingle_sets(pa.array(column, pa.string()), 3) for column in (texts, others))
    assert [len(found) for found in sets.to_pylist()] == [len(ngrams(text)) for text in texts]
    assert all(found == sorted(set(found)) for found in sets.to_pylist())
    pairs = np.array([(i, j) for i in range(len(texts)) for j in range(len(others))])
    expected = [plain_jaccard(texts[i], others[j]) for i, j in pairs]
    assert np.allclose(jaccard(sets, other_sets, pairs), expected, atol=1e-6)


def test_no_texts() -> None:
    sets = shingle_sets(pa.array([], pa.string()), 5)
    assert len(sets) == 0
    assert len(jaccard(sets, sets, np.empty((0, 2), np.int64))) == 0


def test_an_edge_that_does_not_hold_is_dropped_and_one_that_does_gets_its_true_similarity() -> None:
    texts = ["a b c d e f", "a b c d e g", "x y z"]
    sets = shingle_sets(pa.array(texts), 3)
    ranks = np.array([10, 20, 30], np.uint64)
    edges = np.array([(20, 10, 0.5, 1), (30, 10, 0.9, 1)], EDGE)
    found = true_edges(edges, (ranks, sets), (ranks, sets), 0.5)
    assert found.tolist() == [(20, 10, np.float32(0.6), 1)]


def test_edges_by_item() -> None:
    edges = np.array([(5 << 24 | 1, 2 << 24, 0.9, 1), (5 << 24 | 3, 1 << 24, 0.9, 1), (7 << 24, 2 << 24, 0.9, 1)], EDGE)
    assert [(item, len(part)) for item, part in by_item(edges, "doc")] == [(5, 2), (7, 1)]
    assert [(item, len(part)) for item, part in by_item(edges, "better")] == [(1, 1), (2, 2)]
