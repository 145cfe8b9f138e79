"""Edges: verified, found in any order, bounded in a hot band."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.dedup import edges
from babelmill.transforms.dedup.edges import EXACT, NEAR, Edges, _ones
from babelmill.transforms.dedup.minhash import FIGURES, SKETCH_WORDS
from babelmill.transforms.dedup.rank import old_rank, rank
from babelmill.transforms.dedup.signature_file import RECORD


def records(rows: list[tuple[int, int, int]]) -> np.ndarray:
    """Make records of (band, doc, pattern): sketches of one pattern are equal, of two patterns 64 bits apart."""
    found = np.zeros(len(rows), RECORD)
    for row, (band, doc, pattern) in zip(found, rows, strict=True):
        row["band"], row["doc"] = band, doc
        row["sketch"][pattern % 4] = 2**64 - 1
    return found


def whole(*args: object, **options: object) -> Edges:
    """Find edges, and join the pieces."""
    pieces = list(edges.find_edges(*args, **options))  # type: ignore[arg-type]
    parts = [np.empty(0, edges.EDGE), *(piece.edges for piece in pieces)]
    doubtful = np.concatenate([np.empty(0, np.bool_), *(piece.doubtful for piece in pieces)])
    assert len(doubtful) == sum(map(len, parts))
    return Edges(np.concatenate(parts), sum(piece.unresolved for piece in pieces), doubtful)


ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, 3)), max_size=60, unique_by=lambda r: r[:2]
)


@given(st.integers(0, 2**64 - 1))
def test_counting_ones(value: int) -> None:
    assert _ones(np.uint64(value)) == value.bit_count()


@given(ROWS, st.randoms())
def test_edges_are_what_the_definition_says(rows: list[tuple[int, int, int]], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = rows[:]
    random.shuffle(shuffled)
    found = whole(records(shuffled), exact=False, verify=0.75, leaders=64)
    expected = set()
    for band in range(4):
        first: dict[int, int] = {}
        for doc, pattern in sorted((doc, pattern) for b, doc, pattern in rows if b == band):
            if pattern in first:
                expected.add((band, doc, first[pattern]))
            first.setdefault(pattern, doc)
    assert sorted(zip(found.edges["doc"].tolist(), found.edges["better"].tolist(), strict=True)) == sorted(
        (doc, better) for _, doc, better in expected
    )
    assert (found.edges["doc"] > found.edges["better"]).all()
    assert (found.edges["similarity"] == 1).all()
    assert (found.edges["kind"] == NEAR).all()


@given(ROWS, st.sets(st.integers(0, 40)), st.booleans())
def test_old_documents_meet_new_ones_alone(rows: list[tuple[int, int, int]], old: set[int], wins: bool) -> None:
    def doc(number: int) -> int:
        place = np.array([number | (7 if number in old else 0) << 24])
        ranked = old_rank(place, wins) if number in old else rank(np.zeros(1, np.uint64), place)
        return int(ranked[0])

    docs = {doc(number): number for number in range(41)}
    found = whole(
        records([(band, doc(number), pattern) for band, number, pattern in rows]),
        exact=False, verify=0.75, leaders=64, items=7,
    )  # fmt: skip
    edges = {(docs[d], docs[better]) for d, better in found.edges[["doc", "better"]].tolist()}
    assert not any(one in old and other in old for one, other in edges)
    for band in range(4):
        for pattern in range(4):
            members = {number for b, number, p in rows if (b, p) == (band, pattern)}
            new, before = members - old, members & old
            first = min(new, default=-1)
            expected = {(number, first) for number in new - {first}}
            if before and new:
                # Of old ones of one sketch the first stands for all, where it wins; each of them goes where it loses.
                led = min(before)
                expected = {(number, led) for number in new} if wins else expected | {(n, first) for n in before}
            assert {edge for edge in edges if set(edge) <= members} >= expected


def test_what_is_not_similar_enough_is_no_edge() -> None:
    rows = records([(1, 0, 0), (1, 1, 1)])  # 128 of 256 bits differ: estimate 0
    assert not len(whole(rows, exact=False, verify=0.01, leaders=8).edges)


def test_the_threshold_counts() -> None:
    rows = records([(1, 0, 0), (1, 1, 0)])
    rows["sketch"][1][3] = 0b1111111  # 7 of 256 bits: estimate 1 - 14/256
    assert len(whole(rows, exact=False, verify=0.94, leaders=8).edges) == 1
    assert not len(whole(rows, exact=False, verify=0.95, leaders=8).edges)


def figures(one: int, other: int) -> np.ndarray:
    """Return two records of the same words, with these bits of figures."""
    rows = records([(1, 0, 0), (1, 1, 0)])
    rows["sketch"][:, FIGURES] = one, other
    return rows


def test_figures_of_both_documents_count() -> None:
    same = 2**64 - 1
    far, near = (whole(figures(same, same ^ bits), exact=False, verify=0.75, leaders=8) for bits in (0b1111111111, 0b1))
    assert not len(far.edges)  # 10 of 64 bits: estimate 1 - 20/64
    assert near.edges["similarity"].tolist() == [np.float32(1 - 2 / 64)]
    # A document of few figures says nothing of the other's.
    assert whole(figures(0, same), exact=False, verify=0.75, leaders=8).edges["similarity"].tolist() == [1]


@pytest.mark.parametrize(("bits", "open_"), [(0, False), (1, False), (3, True), (8, True)])
def test_figures_are_doubted_in_twice_the_range(bits: int, open_: bool) -> None:
    rows = figures(2**64 - 1, 2**64 - 1 - (2**bits - 1))
    found = whole(rows, exact=False, verify=0.75, leaders=8, doubt=0.1)
    assert found.doubtful.tolist() == [open_]


def test_documents_that_differ_in_figures_lead_both() -> None:
    rows = records([(1, doc, 0) for doc in range(4)])
    rows["sketch"][:, FIGURES] = 2**64 - 1, 2**32 - 1, 2**64 - 1, 2**32 - 1
    found = whole(rows, exact=False, verify=0.75, leaders=8)
    assert found.edges[["doc", "better"]].tolist() == [(2, 0), (3, 1)]


def test_exact_compares_the_whole_digest() -> None:
    rows = records([(7, 0, 0), (7, 1, 0), (7, 2, 1)])
    found = whole(rows, exact=True, verify=0.1, leaders=8)
    assert found.edges[["doc", "better", "kind"]].tolist() == [(1, 0, EXACT)]


def test_a_hot_band_is_bounded_and_says_so() -> None:
    found = np.zeros(1000, RECORD)
    found["doc"] = np.arange(1000)
    found["sketch"] = np.random.default_rng(1).integers(0, 2**64, (1000, SKETCH_WORDS), np.uint64)
    given = whole(found, exact=False, verify=0.9, leaders=10)
    assert given.unresolved == 990
    assert not len(given.edges)


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_to_compare(n: int) -> None:
    assert not len(whole(np.zeros(n, RECORD), exact=False, verify=0.5, leaders=4).edges)


def test_more_edges_than_records() -> None:
    # Nine members like each of two leaders: sketches between the two.
    rows = records([(1, doc, 0) for doc in range(11)])
    rows["sketch"][:] = 0
    rows["sketch"][1, :1] = 2**32 - 1  # 32 bits from leader 0
    rows["sketch"][2:, :1] = 2**16 - 1  # 16 bits from both
    assert len(whole(rows, exact=False, verify=0.85, leaders=4).edges) == 18


@given(ROWS, st.integers(1, 5))
def test_pieces_do_not_matter(rows: list[tuple[int, int, int]], piece: int) -> None:
    found = whole(records(rows), exact=False, verify=0.75, leaders=3)
    with mock.patch.object(edges, "_PIECE", piece):
        small = whole(records(rows), exact=False, verify=0.75, leaders=3)
    assert np.array_equal(small.edges, found.edges)
    assert small.unresolved == found.unresolved
