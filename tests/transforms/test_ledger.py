"""The ledger: a sum that merges, and laws that find what is lost."""

from collections import defaultdict
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from apache_beam.testing.util import assert_that, equal_to
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.combine import SumCounts
from babelmill.transforms.documents import LANG
from babelmill.transforms.errors import LawError
from babelmill.transforms.ledger import KEPT, LEDGER, STAGES, Counts, Key, Row, Tally, broken_laws, check_laws

keys = st.builds(
    Key,
    stage=st.sampled_from(STAGES[:3]),
    source=st.sampled_from(["a", "b"]),
    lang=st.sampled_from(["", "en"]),
    outcome=st.sampled_from([KEPT, "read/nul"]),
)
sizes = st.integers(0, 1 << 40)
ledger_rows = st.lists(st.tuples(keys, st.builds(Counts, st.integers(1, 1 << 40), sizes, sizes, sizes)))


@given(ledger_rows, st.data())
def test_any_split_and_order_merge_to_the_same(rows: list[Any], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    left, right = Tally(shuffled[:cut]), Tally(shuffled[cut:])
    whole = Tally(rows)
    for merged in (Tally([*left.rows(), *right.rows()]), Tally([*right.rows(), *left.rows()])):
        assert merged == whole
        assert merged.rows() == whole.rows()


@given(ledger_rows)
def test_rows_are_the_plain_sums(rows: list[Any]) -> None:
    sums: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for key, counts in rows:
        sums[tuple(key)] = [a + b for a, b in zip(sums[tuple(key)], counts, strict=True)]
    assert Tally(rows).rows() == sorted((key, tuple(counts)) for key, counts in sums.items())


@given(ledger_rows)
def test_table_round_trip(rows: list[Any]) -> None:
    tally = Tally(rows)
    table = tally.table()
    assert table.schema == LEDGER
    assert table.num_rows == len(tally.rows())
    assert Tally.from_table(table) == tally


@given(ledger_rows, st.lists(st.sampled_from(Key._fields), min_size=1, unique=True))
def test_a_table_can_be_read_by_some_parts(rows: list[Any], parts: list[str]) -> None:
    tally = Tally(rows)
    found = Tally.from_table(tally.table(), *parts)
    assert found.by(*parts) == tally.by(*parts)
    assert all(getattr(key, name) == "" for key, _ in found for name in Key._fields if name not in parts)


@given(ledger_rows)
def test_totals_and_parts(rows: list[Any]) -> None:
    tally = Tally(rows)
    assert tally.total() == Counts(*(sum(counts[n] for _, counts in rows) for n in range(4)))
    for (stage, lang), counts in tally.by("stage", "lang").items():
        assert tally.total(stage=stage, lang=lang) == counts
    assert sum(counts.docs for counts in tally.by("source").values()) == tally.total().docs


def test_no_documents_leave_no_row() -> None:
    tally = Tally()
    tally.add(Key("read", "a", "", KEPT), Counts())
    assert tally == Tally()
    assert tally.table().num_rows == 0


documents = st.tuples(
    st.sampled_from(["a", "b"]),
    st.sampled_from(["en", "zh", None]),
    st.integers(0, (1 << 31) - 1),
    st.integers(0, (1 << 31) - 1),
    st.integers(0, (1 << 31) - 1),
    st.sampled_from([None, "quality/x", "quality/y"]),
)


@given(st.lists(documents), st.booleans(), st.booleans(), st.booleans())
def test_book_counts_every_document(rows: list[Any], langs: bool, tokens: bool, outcomes: bool) -> None:
    columns = list(zip(*rows, strict=True)) or [()] * 6
    batch = {"source": pa.array(columns[0], pa.string())}
    if langs:
        batch["lang"] = pa.array(columns[1], pa.string()).dictionary_encode().cast(LANG)
    batch |= {"n_bytes": pa.array(columns[2], pa.int32()), "n_chars": pa.array(columns[3], pa.int32())}
    if tokens:
        batch["n_tokens"] = pa.array(columns[4], pa.int32())
    tally = Tally()
    tally.book("quality", pa.record_batch(batch), pa.array(columns[5], pa.string()) if outcomes else None)
    expected = Tally()
    for source, lang, size, chars, count, outcome in rows:
        key = Key("quality", source, (langs and lang) or "", (outcomes and outcome) or KEPT)
        expected.add(key, Counts(1, size, chars, count if tokens else 0))
    assert tally == expected


def right_ledger() -> dict[tuple[str, str, str, str], tuple[int, int, int, int]]:
    """Six documents through every stage, one dropped on the way by each of three."""
    return {
        ("read", "a", "", "read/nul"): (1, 5, 0, 0),
        ("read", "a", "", KEPT): (6, 60, 50, 0),
        ("language", "a", "und", "language/unwanted"): (1, 10, 5, 0),
        ("language", "a", "en", KEPT): (3, 30, 30, 0),
        ("language", "a", "zh", KEPT): (2, 20, 15, 0),
        ("quality", "a", "en", "quality/x"): (1, 10, 10, 0),
        ("quality", "a", "en", KEPT): (2, 20, 20, 0),
        ("quality", "a", "zh", KEPT): (2, 20, 15, 0),
        ("dedup", "a", "zh", "dedup/exact"): (1, 10, 7, 0),
        ("dedup", "a", "zh", KEPT): (1, 10, 8, 0),
        ("dedup", "a", "en", KEPT): (2, 20, 20, 0),
        ("tokens", "a", "zh", KEPT): (1, 10, 8, 4),
        ("tokens", "a", "en", KEPT): (2, 20, 20, 6),
        ("write", "a", "zh", KEPT): (1, 10, 8, 4),
        ("write", "a", "en", KEPT): (2, 20, 20, 6),
    }


def test_a_right_ledger_breaks_no_law() -> None:
    assert broken_laws(Tally(right_ledger().items()), {"a": 7}) == []
    assert broken_laws(Tally(right_ledger().items()), {"a": 7, "empty": 0}) == []
    assert broken_laws(Tally(), {}) == []
    check_laws(Tally(right_ledger().items()), {"a": 7})


CHANGES = [
    (key, number, change)
    for key in right_ledger()
    for number in range(4)
    for change in (1, -1)
    # Tokens are not known before, and nobody else counts the bytes of a bad record.
    if (number < 3 or key[0] in ("tokens", "write")) and (number == 0 or key[3] != "read/nul")
]


@pytest.mark.parametrize(("key", "number", "change"), CHANGES)
def test_every_change_is_found(key: tuple[str, str, str, str], number: int, change: int) -> None:
    rows = right_ledger()
    rows[key] = tuple(count + change * (n == number) for n, count in enumerate(rows[key]))  # type: ignore[assignment]
    broken = broken_laws(Tally(rows.items()), {"a": 7})
    assert any(word in sentence for sentence in broken for word in (key[0], "tokens"))


@pytest.mark.parametrize("key", right_ledger(), ids="/".join)
def test_every_lost_row_is_found(key: tuple[str, str, str, str]) -> None:
    rows = right_ledger()
    del rows[key]
    assert broken_laws(Tally(rows.items()), {"a": 7})


@pytest.mark.parametrize("records", [{}, {"a": 6}, {"a": 8}, {"a": 7, "b": 1}])
def test_wrong_number_of_records_is_found(records: dict[str, int]) -> None:
    [broken] = broken_laws(Tally(right_ledger().items()), records)
    assert broken.startswith("source ")


def test_documents_that_change_language_are_found() -> None:
    rows = right_ledger()
    rows["quality", "a", "en", KEPT], rows["quality", "a", "zh", KEPT] = (3, 30, 27, 0), (1, 10, 8, 0)
    broken = broken_laws(Tally(rows.items()), {"a": 7})
    assert {sentence.split(":")[0] for sentence in broken} == {"a/en", "a/zh"}


def test_check_laws_says_all_that_is_broken() -> None:
    rows = right_ledger()
    rows["write", "a", "en", KEPT] = (2, 20, 20, 5)
    with pytest.raises(LawError, match=r"(?s)8 records.*tokens kept .*6.*write got .*5"):
        check_laws(Tally(rows.items()), {"a": 8})


@given(ledger_rows.map(lambda rows: [counts for _, counts in rows]), st.integers(1, 4))
def test_sum_counts_in_any_bundles(counts: list[Counts], bundles: int) -> None:
    combine = SumCounts()
    accumulators = []
    for bundle in range(bundles):
        accumulator: tuple[int, ...] = combine.create_accumulator()
        for element in counts[bundle::bundles]:
            accumulator = combine.add_input(accumulator, tuple(element))
        accumulators.append(accumulator)
    found = combine.extract_output(combine.merge_accumulators(accumulators))
    assert found == tuple(Counts(*(sum(column) for column in zip(*counts, strict=True))))


def test_sum_counts_is_the_tally_in_beam() -> None:
    bundles = [right_ledger().items()] * 3
    rows: list[Row] = [row for bundle in bundles for row in bundle]
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        sums = pipeline | beam.Create(rows) | beam.CombinePerKey(SumCounts())
        assert_that(sums, equal_to(Tally(rows).rows()))
