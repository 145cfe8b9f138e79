"""Greedy-kept survivors against the definition in plain Python."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.dedup.edges import EDGE, EXACT, NEAR
from babelmill.transforms.dedup.survivors import greedy

PAIRS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda p: p[0] != p[1]), max_size=80)


def edges(pairs: list[tuple[int, int]], similarity: float = 0.8, kind: int = NEAR) -> np.ndarray:
    rows = [(max(pair), min(pair), similarity, kind) for pair in pairs]
    return np.array(rows, EDGE) if rows else np.empty(0, EDGE)


def by_definition(pairs: list[tuple[int, int]]) -> set[int]:
    gone: set[int] = set()
    for doc in range(31):
        better = {min(pair) for pair in pairs if max(pair) == doc}
        if better - gone:
            gone.add(doc)
    return gone


@given(PAIRS, st.randoms())
def test_like_the_definition(pairs: list[tuple[int, int]], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = pairs * 2
    random.shuffle(shuffled)
    removed = greedy(edges(shuffled))
    gone = by_definition(pairs)
    assert removed["doc"].tolist() == sorted(gone)
    assert not gone & set(removed["better"].tolist())
    assert {(d, b) for d, b in zip(removed["doc"], removed["better"], strict=True)} <= {(max(p), min(p)) for p in pairs}


def test_a_chain_keeps_every_second() -> None:
    assert greedy(edges([(i, i + 1) for i in range(9)]))["doc"].tolist() == [1, 3, 5, 7, 9]


def test_the_best_reason_is_given() -> None:
    rows = np.concatenate([edges([(3, 0)], 0.8), edges([(3, 1)], 0.95), edges([(3, 2)], 1.0, EXACT)])
    [removed] = greedy(rows).tolist()
    assert removed[:2] == (3, 2)
    assert removed[3] == EXACT
    [removed] = greedy(rows[:2]).tolist()
    assert removed[:2] == (3, 1)


def test_ranks_use_all_64_bits() -> None:
    rows = np.array([(2**64 - 1, 2**63 + 5, 0.9, NEAR)], EDGE)
    assert greedy(rows)["doc"].tolist() == [2**64 - 1]


def test_no_edges() -> None:
    assert not len(greedy(np.empty(0, EDGE)))
