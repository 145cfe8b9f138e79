"""Strata: every document in its bucket, sums that merge, and that are what the ledger says."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.ledger import KEPT, Counts, Key, Tally
from babelmill.transforms.write.strata import CLUSTER_BOUNDS, LENGTH_BOUNDS, STRATA, Strata, broken_strata

documents = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 1 << 22), st.integers(1, 1 << 20), st.integers(0, 9)),
    max_size=30,
)
Document = tuple[str, int, int, int]


def batch(found: list[Document]) -> pa.RecordBatch:
    sources, tokens, sizes, chars = ([row[n] for row in found] for n in range(4))
    return pa.record_batch(
        {
            "source": pa.array(sources, pa.string()),
            "n_tokens": pa.array(tokens, pa.int32()),
            "cluster_size": pa.array(sizes, pa.int32()),
            "n_bytes": pa.array([3 * n for n in chars], pa.int32()),
            "n_chars": pa.array(chars, pa.int32()),
        }
    )


def booked(found: list[Document], lang: str = "zh") -> Strata:
    strata = Strata()
    strata.book(batch(found), lang)
    return strata


@given(documents)
def test_every_document_is_in_its_bucket(found: list[Document]) -> None:
    wanted: dict[Any, Counts] = {}
    for source, tokens, size, chars in found:
        length = max(bound for bound in LENGTH_BOUNDS if bound <= tokens)
        cluster = max(bound for bound in CLUSTER_BOUNDS if bound <= size)
        key = ("zh", source, length, cluster)
        wanted[key] = wanted.get(key, Counts()).plus(Counts(1, 3 * chars, chars, tokens))
    assert booked(found).sums() == dict(sorted(wanted.items()))


@given(documents, st.integers(0, 30), st.data())
def test_any_split_merges_to_the_same(found: list[Document], cut: int, data: st.DataObject) -> None:
    whole = booked(found)
    parts = [*booked(found[:cut]).rows(), *booked(found[cut:]).rows()]
    assert Strata(data.draw(st.permutations(parts))).rows() == whole.rows()
    assert Strata.from_table(whole.table()).rows() == whole.rows()
    assert whole.table().schema == STRATA


def test_the_buckets_reach_a_million_tokens() -> None:
    assert LENGTH_BOUNDS[-1] == 1 << 20
    assert {128 << 10, 512 << 10} < set(LENGTH_BOUNDS)


@given(documents)
def test_they_are_what_write_booked(found: list[Document]) -> None:
    strata, tally = booked(found), Tally()
    tally.book("write", batch(found).append_column("lang", pa.array(["zh"] * len(found), pa.string())))
    assert broken_strata(strata, tally) == []


@pytest.mark.parametrize("wrong", [Counts(1, 0, 0, 0), Counts(0, 0, 0, 1), Counts(1, 1, 1, 1)])
def test_a_difference_is_told(wrong: Counts) -> None:
    tally = Tally([(Key("write", "a", "zh", KEPT), Counts(1, 3, 1, 7).plus(wrong))])
    [problem] = broken_strata(booked([("a", 7, 1, 1)]), tally)
    assert problem.startswith("zh/a: write booked ")
    assert broken_strata(Strata(), tally)
    assert broken_strata(booked([("b", 7, 1, 1)]), Tally())
