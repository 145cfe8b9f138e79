"""Rounds against one worker, and both against the definition: any graph, any number of homes, any order of arrival."""

import random
from collections import defaultdict
from collections.abc import Iterable

import apache_beam as beam
import numpy as np
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from apache_beam.testing.util import assert_that
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from babelmill.transforms.dedup.choose import Choose
from babelmill.transforms.dedup.clusters import transitive
from babelmill.transforms.dedup.edges import EDGE, EXACT, NEAR
from babelmill.transforms.dedup.homes import EDGES, Inbox, home_of, post, unpack
from babelmill.transforms.dedup.rank import items_of
from babelmill.transforms.dedup.removals import KEPT_FOR
from babelmill.transforms.dedup.rounds import Place, decide_here, link_here, rest_of
from babelmill.transforms.dedup.survivors import greedy, unique_edges

Pairs = list[tuple[int, int]]

MOST = 60
RANDOM = st.lists(st.tuples(st.integers(0, MOST), st.integers(0, MOST)).filter(lambda p: p[0] != p[1]), max_size=120)


def path(order: list[int]) -> Pairs:
    return list(zip(order, order[1:], strict=False))


def cliques(sizes: list[int]) -> Pairs:
    """Cliques, each chained to the next by one edge."""
    found, start = [], 0
    for size in sizes:
        found += [(start + i, start + j) for i in range(size) for j in range(i)]
        found += [(start - 1, start)] if start else []
        start += size
    return found


SHAPES = {
    "nothing": [],
    "one edge": [(1, 0)],
    "path, best first": path(list(range(300))),
    "path, shuffled": path(random.Random(1).sample(range(300), 300)),
    "path, zigzag": path([n // 2 if n % 2 else 299 - n // 2 for n in range(300)]),
    "star about the best": [(0, n) for n in range(1, 300)],
    "star about the worst": [(299, n) for n in range(299)],
    "star about one between": [(150, n) for n in range(300) if n != 150],
    "cliques in a chain": cliques([7] * 20),
    "cliques of many sizes": cliques(list(range(1, 15))),
    "a tree": [(n, (n - 1) // 2) for n in range(1, 300)],
    "bipartite": [(n, m) for n in range(20) for m in range(200, 220)],
}


def edges_of(pairs: Pairs, seed: int = 0) -> np.ndarray:
    """Give each pair a similarity and a kind, the same for the same pair, and ranks that use all 64 bits."""
    rows = []
    for pair in pairs:
        chance = random.Random(hash((min(pair), max(pair), seed)))
        exact = chance.random() < 0.2
        similarity = 1.0 if exact else chance.randrange(75, 100) / 100
        low, high = (n << 51 | n << 24 for n in sorted(pair))  # of priority, item and row
        rows.append((high, low, similarity, EXACT if exact else NEAR))
    return np.array(rows, EDGE) if rows else np.empty(0, EDGE)


def by_definition(edges: np.ndarray) -> set[int]:
    """Return the documents that go, visiting them best first."""
    better = defaultdict(set)
    for doc, other in edges[["doc", "better"]].tolist():
        better[doc].add(other)
    gone: set[int] = set()
    for doc in sorted(better):
        if better[doc] - gone:
            gone.add(doc)
    return gone


def naive_clusters(edges: np.ndarray) -> dict[int, int]:
    """Return document → the best of its cluster, by a union-find without any cleverness."""
    best = {int(doc): int(doc) for doc in np.concatenate((edges["doc"], edges["better"]))}
    for doc, other in edges[["doc", "better"]].tolist():
        one, two = sorted((best[doc], best[other]))
        best = {name: one if top == two else top for name, top in best.items()}
    return best


def messages_of(edges: np.ndarray, homes: int, order: random.Random) -> list[tuple[int, bytes]]:
    """Cut edges into messages, some of them sent twice, in any order."""
    parts = np.array_split(edges, 3)
    found = [message for part in [*parts, parts[0]] for message in post(EDGES, part, home_of(part["doc"], homes))]
    order.shuffle(found)
    return found


def check_chosen(edges: np.ndarray, expected: np.ndarray, way: str, homes: int, rounds: int, seed: int = 0) -> None:
    """Run the real transform on a real runner, and compare what it tells the items with what is expected."""

    def check(messages: list[tuple[int, bytes]]) -> None:
        told = np.concatenate([np.empty(0, EDGE), *(unpack(text[1:], EDGE) for _, text in messages)])
        assert np.array_equal(np.sort(told, order="doc"), expected)
        for item, text in messages:
            assert text[:1] == KEPT_FOR
            assert set(items_of(unpack(text[1:], EDGE)["better"]).tolist()) == {item}

    with beam.Pipeline(runner=FnApiRunner(), options=PipelineOptions([])) as pipeline:
        messages = messages_of(edges, homes, random.Random(seed))
        sent = pipeline | beam.Create(messages).with_output_types(tuple[int, bytes])
        assert_that(sent | Choose(way, homes, rounds), check)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", SHAPES)
def test_greedy_goes_by_the_definition(shape: str) -> None:
    edges = edges_of(SHAPES[shape])
    assert greedy(edges)["doc"].tolist() == sorted(by_definition(edges))


def alone(edges: np.ndarray, way: str) -> np.ndarray:
    return greedy(edges) if way == "greedy" else transitive(unique_edges(edges))


@pytest.mark.parametrize("way", ["greedy", "transitive"])
@pytest.mark.parametrize(("homes", "rounds"), [(1, 2), (2, 2), (5, 4), (64, 6)])
def test_rounds_equal_one_worker(homes: int, rounds: int, way: str) -> None:
    edges = edges_of(side_by_side(SHAPES.values()))
    check_chosen(edges, alone(edges, way), way, homes, rounds)


def side_by_side(graphs: Iterable[Pairs]) -> Pairs:
    """Return several graphs as one, for a run of Beam costs more than a graph."""
    return [(one + 500 * n, other + 500 * n) for n, graph in enumerate(graphs) for one, other in graph]


@settings(max_examples=15)
@given(st.lists(RANDOM, max_size=6), st.integers(2, 9), st.integers(2, 6), st.integers(0, 9))
@pytest.mark.parametrize("way", ["greedy", "transitive"])
def test_any_graph_any_homes_any_rounds(way: str, graphs: list[Pairs], homes: int, rounds: int, seed: int) -> None:
    edges = edges_of(side_by_side(graphs), seed)
    check_chosen(edges, alone(edges, way), way, homes, rounds, seed)


@given(RANDOM)
def test_clusters_equal_a_naive_union_find_and_scipy(pairs: Pairs) -> None:
    check_clusters(edges_of(pairs))


@pytest.mark.parametrize("shape", SHAPES)
def test_clusters_of_all_shapes(shape: str) -> None:
    check_clusters(edges_of(SHAPES[shape]))


def check_clusters(edges: np.ndarray) -> None:
    removed = transitive(unique_edges(edges))
    found = dict(removed[["doc", "better"]].tolist())
    best = naive_clusters(edges)
    assert found == {doc: top for doc, top in best.items() if doc != top}
    names, numbers = np.unique(np.concatenate((edges["doc"], edges["better"])), return_inverse=True)
    ends = numbers.reshape(2, -1)
    _, labels = connected_components(coo_array((np.ones(len(edges)), ends), shape=(len(names),) * 2), directed=False)
    tops = {label: names[labels == label].min() for label in set(labels.tolist())}
    assert best == {int(name): int(tops[label]) for name, label in zip(names, labels.tolist(), strict=True)}
    for row in removed:
        own = edges[(edges["doc"] == row["doc"]) | (edges["better"] == row["doc"])]
        to_best = own[(own["better"] == row["better"]) & (own["kind"] == EXACT)]
        assert row["similarity"] == own["similarity"].max()
        assert row["kind"] == (EXACT if len(to_best) else NEAR)


def left_after(edges: np.ndarray, homes: int, rounds: int, way: str) -> int:
    """Return how many edges or links one worker would get after some rounds, in order of the homes."""
    boxes: dict[int, list[bytes]] = defaultdict(list)
    for home, message in messages_of(edges, homes, random.Random(0)):
        boxes[home].append(message)
    left = 0
    for number in range(rounds):
        sent: dict[int, list[bytes]] = defaultdict(list)
        left = 0
        for home, messages in boxes.items():
            inbox, place = Inbox(messages), Place(home, homes, number == 0)
            if way == "greedy":
                _, mail = decide_here(inbox, place)
            else:
                stars, mail = link_here(inbox, place)
                left += len(rest_of(stars, inbox, place))
            for to, message in mail:
                sent[to].append(message)
        boxes = sent
    return left + sum(len(Inbox(messages).edges) for messages in boxes.values())


@pytest.mark.parametrize("way", ["greedy", "transitive"])
def test_rounds_leave_nothing_to_one_worker(way: str) -> None:
    chance = random.Random(7)
    edges = edges_of([(chance.randrange(2000), 2000 + chance.randrange(2000)) for _ in range(3000)])
    edges = np.concatenate((edges, edges_of([tuple(chance.sample(range(4000), 2)) for _ in range(2000)])))  # type: ignore[misc]
    left = [left_after(edges, 8, rounds, way) for rounds in (3, 16)]
    assert left[0] > left[1] == 0
