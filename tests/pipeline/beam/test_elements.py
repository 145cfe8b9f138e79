"""Elements: what can be read is read alike, and what cannot be has its reason."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.beam.elements import Reads, as_key, from_key, read_rows, rows_of, size_of, slices
from babelmill.transforms.documents import BATCH_BYTES, BATCH_DOCS, LANG

FIELDS = {"language": pa.field("lang", LANG), "score": pa.field("score", pa.float32())}
READS = Reads("text", FIELDS, adds=("new",), id="id")
GOOD = {"id": "a", "text": "Good text.", "language": "en", "score": 0.5, "other": object()}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": None}, "text/missing"),
        ({"text": 7}, "text/wrong_type"),
        ({"text": b"bytes"}, "text/wrong_type"),
        ({"text": " \n"}, "text/empty"),
        ({"text": "a\0b"}, "text/nul"),
        ({"text": "a\ud800"}, "text/lone_surrogate"),
        ({"text": "a" * 5_000_001}, "text/too_long"),
        ({"id": None}, "id/missing"),
        ({"id": 1.5}, "id/wrong_type"),
        ({"id": True}, "id/wrong_type"),
        ({"id": 1 << 70}, "id/wrong_type"),
        ({"id": "\ud800"}, "id/wrong_type"),
        ({"language": None}, "language/missing"),
        ({"language": 7}, "language/wrong_type"),
        ({"score": "high"}, "score/wrong_type"),
        ({"new": None}, "new/taken"),
    ],
)
def test_what_cannot_be_read_has_a_reason(change: dict[str, Any], reason: str) -> None:
    found = read_rows([GOOD, GOOD | change, GOOD], READS)
    assert (found.rows, found.bad) == ([0, 2], [(1, reason)])
    assert found.columns["lang"].to_pylist() == ["en", "en"]
    assert read_rows([GOOD | change], READS).bad == [(0, reason)]


@pytest.mark.parametrize("element", [None, 7, "text", ["text"], ("id", "text")])
def test_what_is_not_a_document(element: object) -> None:
    assert read_rows([element], READS).bad == [(0, "element/not_a_document")]


def test_the_text_is_seen_as_reading_would_have_it() -> None:
    found = read_rows([GOOD | {"text": "e\u0301\r\nb"}], READS)
    assert found.texts == ["é\nb"]


def test_fields_that_may_be_missing() -> None:
    reads = Reads("text", {"date": pa.field("date", pa.date32())}, optional=("date",))
    rows = [{"text": "a", "date": "2023-05-08T12:00:00Z"}, {"text": "b", "date": date(2020, 1, 2)}, {"text": "c"}]
    found = read_rows([*rows, {"text": "d", "date": "yesterday"}], reads)
    assert found.columns["date"].to_pylist() == [date(2023, 5, 8), date(2020, 1, 2), None]
    assert found.bad == [(3, "date/wrong_type")]
    assert found.keys == ["", "", ""]


@given(st.one_of(st.text(), st.integers(-(1 << 63), (1 << 64) - 1)))
def test_a_key_is_its_id(value: str | int) -> None:
    assert from_key(str(as_key(value))) == value


def test_rows_of_a_batch_have_what_is_looked_at() -> None:
    batch = pa.RecordBatch.from_pylist([{"id": "a", "text": "b", "unknown": 1, "new": 2}])
    assert rows_of(batch, READS) == [{"id": "a", "text": "b", "new": 2}]


_ROWS = st.lists(
    st.one_of(st.just({}), st.integers(0, BATCH_BYTES // 2).map(lambda size: {"text": "a" * size})), max_size=20
)


@given(_ROWS)
def test_slices_are_the_whole_and_bounded(rows: list[dict[str, str]]) -> None:
    cut = list(slices(rows, "text"))
    assert [row for piece in cut for row in rows[piece]] == rows
    for piece in cut:
        part = rows[piece]
        assert 0 < len(part) <= BATCH_DOCS
        assert len(part) == 1 or sum(size_of(row, "text") for row in part) <= BATCH_BYTES


def test_slices_of_many_small_ones() -> None:
    cut = list(slices([{"text": "a"}] * 2500, "text"))
    assert [piece.stop - piece.start for piece in cut] == [1000, 1000, 500]


@given(st.text(max_size=50))
def test_a_size_is_at_least_the_bytes(text: str) -> None:
    assert size_of({"text": text}, "text") >= len(text.encode(errors="surrogatepass"))
