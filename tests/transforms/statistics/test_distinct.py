"""Different values: datasketch's registers bit for bit, whatever the values were split into."""

from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from datasketch import HyperLogLogPlusPlus
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.statistics.distinct import DISTINCT, Distinct

pairs = st.lists(st.tuples(st.none() | st.text(max_size=5), st.sampled_from(["zh", "en"])), max_size=40)


def counted(rows: list[Any]) -> Distinct:
    found = Distinct()
    found.add(pa.array([row[0] for row in rows], pa.string()), pa.array([row[1] for row in rows], pa.string()))
    return found


@given(pairs)
def test_registers_are_datasketchs(rows: list[Any]) -> None:
    for row in counted(rows).table().to_pylist():
        mine = [value for value, lang in rows if lang == row["lang"] and value is not None]
        theirs = HyperLogLogPlusPlus(
            p=12, hashfunc=lambda value: int.from_bytes(blake2b(value, digest_size=16).digest()[:8], "little")
        )
        for value in mine:
            theirs.update(value.encode())
        assert row["registers"] == theirs.reg.astype(np.int8).tobytes()
        assert row["docs"] == len(mine) > 0
        assert row["distinct"] == round(theirs.count()) == pytest.approx(len(set(mine)), abs=1)


@given(pairs, st.data())
def test_any_split_and_order_merge_to_the_same(rows: list[Any], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    merged, taken = counted(shuffled[cut:]), Distinct()
    merged.merge(counted(shuffled[:cut]))
    taken.take(counted(shuffled[:cut]).rows())
    taken.take(counted(shuffled[cut:]).rows())
    assert merged.rows() == taken.rows() == counted(rows).rows()
    assert merged.table().schema == DISTINCT


def test_many_are_counted_to_within_5_per_cent() -> None:
    found = Distinct()
    for start in range(0, 200_000, 20_000):
        values = pa.array([f"https://example.org/{n % 150_000}" for n in range(start, start + 20_000)])
        found.add(values, pa.array(["en"] * 20_000))
    [(lang, docs, distinct)] = list(found)
    assert (lang, docs) == ("en", 200_000)
    assert distinct == pytest.approx(150_000, rel=0.05)
