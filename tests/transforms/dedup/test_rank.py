"""Ranks: a priority, an item, a row, in that order."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from babelmill.transforms.dedup.rank import Keep, KeepKey, items_of, old_rank, places_of, rank


@given(st.integers(0, 2**19 - 1), st.integers(0, 2**20 - 1), st.integers(0, 2**24 - 1))
def test_packing(priority: int, item: int, row: int) -> None:
    place = np.array([item << 24 | row])
    found = rank(np.array([priority], np.uint64), place)
    assert places_of(found).tolist() == place.tolist()
    assert items_of(found).tolist() == [item]
    assert int(found[0]) == 1 << 63 | priority << 44 | item << 24 | row
    winner, loser = (old_rank(place, wins) for wins in (True, False))
    assert winner[0] < found[0]
    assert loser[0] >= found[0]
    assert places_of(winner).tolist() == places_of(loser).tolist() == place.tolist()


def batch(**columns: list[object]) -> pa.RecordBatch:
    types = {"source": pa.string(), "quality": pa.float32(), "n_chars": pa.int32(), "date": pa.date32()}
    return pa.record_batch({name: pa.array(values, types[name]) for name, values in columns.items()})


def test_each_key_prefers_the_better() -> None:
    sources = Keep(("source_rank",), ("best", "worse"))
    assert sources.priority(batch(source=["worse", "best"])).tolist() == [1, 0]
    one, other = Keep(("quality",), ()).priority(batch(quality=[0.9, 0.1])).tolist()
    assert one < other
    one, other = Keep(("length",), ()).priority(batch(n_chars=[5000, 4000])).tolist()
    assert one < other


def test_the_newest_is_the_best_and_one_without_a_date_the_oldest() -> None:
    days = [date(2024, 5, 1), date(2019, 1, 1), date(1971, 1, 1), None, date(1900, 1, 1), date(9999, 1, 1)]
    found = Keep(("newest",), ()).priority(batch(date=days))
    assert np.argsort(found, kind="stable").tolist() == [5, 0, 1, 2, 3, 4]
    assert found[3] == found[4] == 4095
    both = Keep(("newest", "length"), ()).priority(batch(date=days[:2], n_chars=[10, 1 << 30]))
    assert both[0] < both[1] < 1 << 19


def test_the_first_key_counts_most() -> None:
    rows = batch(source=["a", "b"], n_chars=[100, 1_000_000], quality=[0.0, 1.0])
    first_source = Keep(("source_rank", "length", "quality"), ("a", "b")).priority(rows).tolist()
    first_length = Keep(("length", "quality", "source_rank"), ("a", "b")).priority(rows).tolist()
    assert first_source[0] < first_source[1]
    assert first_length[0] > first_length[1]
    assert max(first_source + first_length) < 2**20


def test_wrong_keys() -> None:
    with pytest.raises(ValidationError, match="twice"):
        Keep(("length", "length"), ())
    with pytest.raises(ValidationError, match="one other key"):
        Keep(("newest", "quality", "length"), ())
    with pytest.raises(ValidationError, match="at most 32768 sources, there are 32769"):
        Keep(("source_rank", "quality", "length"), tuple(map(str, range(32_769))))


@pytest.mark.parametrize("count", [1, 64, 65, 200, 5_000, 32_768])
@pytest.mark.parametrize(
    "by", [("source_rank", "quality", "length"), ("length", "source_rank"), ("newest", "source_rank")]
)
def test_any_number_of_sources_is_ranked(by: tuple[KeepKey, ...], count: int) -> None:
    sources = tuple(map(str, range(count)))
    keep = Keep(by, sources)
    days, source = [date(2024, 5, 1), date(1990, 5, 1)], [sources[0], sources[-1]]
    found = keep.priority(batch(source=source, quality=[0.9, 0.1], n_chars=[9_000, 100], date=days)).tolist()
    assert found[0] < found[1] < 1 << 19
    same = {"quality": [0.5, 0.5], "n_chars": [100, 100], "date": [days[0]] * 2}
    found = keep.priority(batch(source=source, **same)).tolist()
    assert (found[0] < found[1]) is (count > 1)
