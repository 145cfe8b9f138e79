"""Samples: the same documents, in whatever order and pieces they came."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.statistics.samples import CLUSTER, EACH, LARGEST, Sample, Samples, first


def sample(order: int, place: int, size: int) -> Sample:
    return Sample(order, place, -1, "docs", f"id{place}", 10, size, "text")


row = st.tuples(
    st.sampled_from(["zh", "en"]), st.sampled_from(["kept", "quality/x", CLUSTER]),
    st.builds(sample, st.integers(0, 20), st.integers(0, 1000), st.integers(1, 5)),
)  # fmt: skip
rows = st.lists(row, max_size=60, unique_by=lambda found: found[2].place)


def gathered(found: list[Any]) -> Samples:
    held = Samples()
    for lang, reason, one in found:
        held.add(lang, reason, [one])
    return held


@given(rows, st.data())
def test_any_split_and_order_merge_to_the_same(found: list[Any], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(found))
    cut = data.draw(st.integers(0, len(found)))
    merged = gathered(shuffled[cut:])
    merged.merge(gathered(shuffled[:cut]))
    assert merged.rows() == gathered(found).rows()
    taken = Samples()
    taken.take(gathered(shuffled[:cut]).rows())
    taken.take(gathered(shuffled[cut:]).rows())
    assert taken.rows() == merged.rows()


@given(rows)
def test_the_smallest_hashes_are_taken_and_the_largest_clusters(found: list[Any]) -> None:
    held = dict(gathered(found))
    for key in {(lang, reason) for lang, reason, _ in found}:
        mine = sorted(one for lang, reason, one in found if (lang, reason) == key)
        if key[1] == CLUSTER:
            mine = sorted((one for one in mine if one.cluster_size > 1), key=lambda one: -one.cluster_size)[:LARGEST]
        assert held.get(key, []) == (mine if key[1] == CLUSTER else mine[:EACH])
    every = [one for _, reason, one in found if reason == CLUSTER and one.cluster_size > 1]
    assert [one for _, one in gathered(found).largest()] == sorted(every, key=lambda one: (-one.cluster_size, one))[
        :LARGEST
    ]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 5)), max_size=40), st.integers(1, 4))
def test_first_of_each_group(found: list[tuple[int, int, int]], most: int) -> None:
    groups = [np.array([row[n] for row in found], np.int64) for n in (0, 1)]
    order = np.array([row[2] for row in found], np.uint64)
    chosen = first(groups, (order, np.arange(len(found))), most).tolist()
    plain = []
    for group in {row[:2] for row in found}:
        mine = sorted((row[2], place) for place, row in enumerate(found) if row[:2] == group)
        plain += [place for _, place in mine[:most]]
    assert sorted(chosen) == sorted(plain)


def test_an_excerpt_is_cut() -> None:
    read = Sample(1, 2, 3, "docs", "", 10**6, 1, "").read("i" * 10**6, "x" * 10**6)
    assert (read.row, len(read.id), len(read.excerpt)) == (-1, 1024, 240)
