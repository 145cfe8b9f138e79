"""Histograms: plain counts, whatever the documents were split into."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.documents import LANG
from babelmill.transforms.statistics.bins import edges
from babelmill.transforms.statistics.histograms import DROPPED, KEPT, STATISTICS, Histograms

document = st.tuples(
    st.sampled_from([KEPT, DROPPED]), st.sampled_from(["zh", "en", "und"]), st.floats(0, 1, width=32),
    st.integers(0, 2**31 - 1),
)  # fmt: skip
documents = st.lists(document, max_size=40)


def counted(rows: list[Any], coded: bool = False) -> Histograms:
    found = Histograms()
    for outcome in (KEPT, DROPPED):
        mine = [row[1:] for row in rows if row[0] == outcome]
        lang = pa.array([row[0] for row in mine], pa.string())
        ratio, words = (np.array([row[n] for row in mine]) for n in (1, 2))
        found.add(outcome, lang.dictionary_encode().cast(LANG) if coded else lang, {"ratio": ratio, "n_words": words})
    return found


@given(documents, st.booleans())
def test_every_row_is_the_plain_count(rows: list[Any], coded: bool) -> None:
    table = counted(rows, coded).table()
    assert table.schema == STATISTICS
    for row in table.to_pylist():
        place = 2 if row["signal"] == "ratio" else 3
        mine = [r[place] for r in rows if r[:2] == (row["outcome"], row["lang"])]
        low, high = row["low"], row["high"]
        assert row["docs"] == sum(value == 0 if high == 0 else 0 < value and low <= value < high for value in mine) > 0
    sums = Counter(dict.fromkeys(("ratio", "n_words"), 0))
    for row in table.to_pylist():
        sums[row["signal"]] += row["docs"]
    assert set(sums.values()) == {len(rows)}


@given(documents, st.data())
def test_any_split_and_order_merge_to_the_same(rows: list[Any], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    whole = counted(rows).rows()
    for first, second in ((shuffled[:cut], shuffled[cut:]), (shuffled[cut:], shuffled[:cut])):
        merged = counted(first)
        merged.merge(counted(second))
        assert merged.rows() == whole
        taken = Histograms()
        taken.take(counted(second).rows())
        taken.take(counted(first).rows())
        assert taken.rows() == whole


@given(documents)
def test_table_round_trip(rows: list[Any]) -> None:
    found = counted(rows)
    assert Histograms.from_table(found.table()).rows() == found.rows()


def test_every_bin_survives_the_table() -> None:
    found = Histograms()
    every = np.array([0.0, *edges()[1:, 0] * (1 + 2**-30) + 2**-40])
    found.add(KEPT, pa.array(["en"] * len(every)), {"x": every})
    assert Histograms.from_table(found.table()).rows() == found.rows()
    assert len(found.table()) == len(edges())


def test_nothing_adds_nothing() -> None:
    found = Histograms()
    found.add(KEPT, pa.array([], pa.string()), {"n_words": np.array([])})
    found.add(KEPT, pa.array(["en"]), {})
    assert found.rows() == []
