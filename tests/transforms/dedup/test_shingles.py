"""Shingle sets and their similarity, as plain Python sets have them."""

from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.dedup.check import by_item, true_edges
from babelmill.transforms.dedup.edges import EDGE
from babelmill.transforms.dedup.shingles import jaccard, shingle_sets, similarity
from babelmill.transforms.dedup.sign import Near
from tests import plain

THREE = Near(ngram=3)
TEXTS = st.lists(st.lists(st.sampled_from("abcd"), max_size=25).map(" , ".join), min_size=1, max_size=5)


def ngrams(text: str) -> set[tuple[str, ...]]:
    words = [word for word in text.split() if word != ","]
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}


def plain_jaccard(one: str, other: str) -> float:
    union = ngrams(one) | ngrams(other)
    return len(ngrams(one) & ngrams(other)) / len(union) if union else 0


@given(TEXTS, TEXTS)
def test_like_plain_sets(texts: list[str], others: list[str]) -> None:
    sets, other_sets = (shingle_sets(pa.array(column, pa.string()), THREE).words for column in (texts, others))
    assert [len(found) for found in sets.to_pylist()] == [len(ngrams(text)) for text in texts]
    assert all(found == sorted(set(found)) for found in sets.to_pylist())
    pairs = np.array([(i, j) for i in range(len(texts)) for j in range(len(others))])
    expected = [plain_jaccard(texts[i], others[j]) for i, j in pairs]
    assert np.allclose(jaccard(sets, other_sets, pairs), expected, atol=1e-6)


def test_no_texts() -> None:
    sets = shingle_sets(pa.array([], pa.string()), Near())
    assert len(sets.words) == len(sets.figures) == 0
    assert len(jaccard(sets.words, sets.words, np.empty((0, 2), np.int64))) == 0


def grams(text: str, ngram: int) -> Counter[tuple[str, ...]]:
    found = [value for value in plain.figures(text) if value]
    ngram = min(ngram, len(found))
    return Counter(tuple(found[i : i + ngram]) for i in range(len(found) - ngram + 1) if ngram)


def share(text: str) -> float:
    """Return the share of figures among the words that count."""
    found = plain.figures(text)
    counting = [bool(value) for word, value in zip(plain.words(text), found, strict=True) if value or word[0].isalnum()]
    return sum(counting) / max(1, len(counting))


FORMULAE = st.lists(st.sampled_from(["1", "2", "+", "a", "-"]), max_size=30).map(" ".join)


@given(FORMULAE, FORMULAE, st.sampled_from([0.01, 0.5, 1.0]))
def test_figures_like_plain_bags(one: str, other: str, least: float) -> None:
    sets = shingle_sets(pa.array([one, other]), Near(ngram=3, figures=least))
    bags = [grams(text, 3) if share(text) >= least else Counter() for text in (one, other)]
    assert [len(found) for found in sets.figures.to_pylist()] == [bag.total() for bag in bags]
    assert all(found == sorted(set(found)) for found in sets.figures.to_pylist())
    union = (bags[0] | bags[1]).total()
    expected = (bags[0] & bags[1]).total() / union if union else 0
    pair = np.array([[0, 1]])
    assert np.allclose(jaccard(sets.figures, sets.figures, pair), expected, atol=1e-6)
    words = float(jaccard(sets.words, sets.words, pair)[0])
    known = similarity(sets, sets, pair)[0]
    assert np.isclose(known, min(words, expected) if all(bags) else words, atol=1e-6)


def test_an_edge_that_does_not_hold_is_dropped_and_one_that_does_gets_its_true_similarity() -> None:
    texts = ["a b c d e f", "a b c d e g", "x y z"]
    sets = shingle_sets(pa.array(texts), THREE)
    ranks = np.array([10, 20, 30], np.uint64)
    edges = np.array([(20, 10, 0.5, 1), (30, 10, 0.9, 1)], EDGE)
    found = true_edges(edges, (ranks, sets), (ranks, sets), 0.5)
    assert found.tolist() == [(20, 10, np.float32(0.6), 1)]


def test_edges_by_item() -> None:
    edges = np.array([(5 << 24 | 1, 2 << 24, 0.9, 1), (5 << 24 | 3, 1 << 24, 0.9, 1), (7 << 24, 2 << 24, 0.9, 1)], EDGE)
    assert [(item, len(part)) for item, part in by_item(edges, "doc")] == [(5, 2), (7, 1)]
    assert [(item, len(part)) for item, part in by_item(edges, "better")] == [(1, 1), (2, 2)]
