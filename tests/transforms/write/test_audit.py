"""The audit: written as documents are dropped, and its digest is of what is dropped, in whatever order and files."""

import hashlib
import struct
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.documents import LANG, documents
from babelmill.transforms.files.row_groups import Most
from babelmill.transforms.ledger import KEPT, Counts, Key, Tally
from babelmill.transforms.write import audit
from babelmill.transforms.write.audit import AuditWriter, RowsDigest, broken_audit
from babelmill.transforms.write.listed import AuditSum

SCHEMA = pa.schema(
    [("id", pa.string()), ("url", pa.string()), ("date", pa.date32()), ("text", pa.string()), ("place", pa.int64())]
    + [("lang", LANG), ("score", pa.float32()), ("reason", pa.string())]
)
ROW: dict[str, Any] = {
    "id": "a", "url": None, "date": date(2024, 5, 1), "text": "té", "place": 7, "lang": "en", "score": 0.5,
    "reason": "language/not_wanted",
}  # fmt: skip

some_rows = st.lists(
    st.builds(
        lambda id, url, lang, score: ROW | {"id": id, "url": url, "lang": lang, "score": score},
        st.text("ab", max_size=3), st.none() | st.text("ab", max_size=2), st.sampled_from(["en", "zh", None]),
        st.none() | st.floats(0, 1, width=32),
    ),
    max_size=8,
)  # fmt: skip


def table(rows: list[dict[str, Any]]) -> pa.Table:
    plain = pa.schema([field.with_type(pa.string()) if field.name == "lang" else field for field in SCHEMA])
    return pa.Table.from_pylist(rows, plain).cast(SCHEMA)


def digest(*tables: pa.Table) -> AuditSum:
    found = RowsDigest()
    for one in tables:
        found.add(one)
    return found.sum


@given(some_rows, st.randoms(), st.integers(0, 8))
def test_the_digest_is_of_the_rows_as_a_set(rows: list[dict[str, Any]], chance: Any, cut: int) -> None:
    whole = digest(table(rows))
    shuffled = [row | {"place": place} for place, row in enumerate(rows)]
    chance.shuffle(shuffled)
    assert digest(table(shuffled[:cut]), table(shuffled[cut:])) == whole
    assert digest(table(shuffled[:cut])).plus(digest(table(shuffled[cut:]))) == whole
    assert (whole.rows, whole.text_bytes) == (len(rows), 3 * len(rows))
    if rows:
        assert digest(table(rows + rows[:1])) != whole
        assert digest(table(rows[1:])) != whole


@pytest.mark.parametrize(
    "change",
    [{"id": "b"}, {"id": None}, {"url": ""}, {"url": "u"}, {"date": None}, {"date": date(2024, 5, 2)}, {"text": "te"},
     {"lang": "zh"}, {"lang": None}, {"score": 0.25}, {"score": None}, {"reason": "language/undetermined"},
     {"id": "", "url": "a"}, {"id": "at", "text": "é"}],
    ids=str,
)  # fmt: skip
def test_every_change_of_a_value_changes_the_digest(change: dict[str, Any]) -> None:
    assert digest(table([ROW | change])).digest != digest(table([ROW])).digest


def test_a_swap_between_two_rows_changes_the_digest() -> None:
    one, other = ROW | {"id": "1", "reason": "x"}, ROW | {"id": "2", "reason": "y"}
    assert digest(table([one, other])) != digest(table([one | {"reason": "y"}, other | {"reason": "x"}]))


def test_the_digest_is_the_same_in_any_encoding_of_strings(tmp_path: Path) -> None:
    rows = table([ROW, ROW | {"lang": "zh"}, ROW | {"lang": None}])
    plain = pa.schema([field.with_type(pa.string()) if field.name == "lang" else field for field in SCHEMA])
    pq.write_table(rows, tmp_path / "a.parquet")
    assert digest(rows.cast(plain)) == digest(rows) == digest(pq.read_table(tmp_path / "a.parquet"))


def test_how_a_row_is_serialised() -> None:
    """By hand: runs that are there must stay sound, so this may not change."""
    names = b"id\0url\0date\0text\0lang\0score\0reason"
    day = (date(2024, 5, 1) - date(1970, 1, 1)).days
    cells = struct.pack("<qqBiqqBfq", 1, -1, 1, day, 3, 2, 1, 0.5, 19)
    strings = "atéenlanguage/not_wanted".encode()
    assert digest(table([ROW])).digest == hashlib.sha256(names + cells + strings).hexdigest()
    assert digest(table([])).digest == "0" * 64


def dropped(first: int, count: int, chars: int) -> pa.RecordBatch:
    names = list(map(str, range(first, first + count)))
    return documents(["x" * chars] * count, source="s", ids=names)


def test_what_is_held_is_bounded_whatever_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_ROW_GROUP", Most(bytes=200_000))
    path, schema = tmp_path / "part.parquet", documents([], source="s").schema
    with AuditWriter(str(path), schema) as writer:
        held = []
        for number in range(40):
            writer.add(dropped(number * 20, 20, 5_000))
            held.append(writer.held_bytes)
    assert max(held) <= 200_000 < 40 * 20 * 5_000 // 10
    found = pq.read_table(path)
    assert found["id"].to_pylist() == list(map(str, range(800)))
    assert writer.part is not None
    assert (writer.part.rows, writer.part.text_bytes) == (800, 4_000_000)
    assert writer.part.file_bytes == path.stat().st_size
    assert writer.part.digest == digest(found).digest
    assert pq.read_metadata(path).num_row_groups >= 20


def test_an_early_stages_documents_have_nulls(tmp_path: Path) -> None:
    path, early = str(tmp_path / "part.parquet"), dropped(0, 2, 3)
    schema = pa.schema([*early.schema, ("n_words", pa.int32()), ("lang", LANG)])
    with AuditWriter(path, schema) as writer:
        writer.add(early)
    found = pq.read_table(path)
    assert found.schema.names == schema.names
    assert found["n_words"].to_pylist() == found["lang"].to_pylist() == [None, None]


def test_without_a_row_there_is_no_file_and_no_older_one(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    path.write_bytes(b"of an earlier attempt")
    with AuditWriter(str(path), SCHEMA) as writer:
        pass
    assert writer.part is None
    assert not list(tmp_path.iterdir())


def test_an_error_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_ROW_GROUP", Most(rows=1))

    def stopped() -> None:
        with AuditWriter(str(tmp_path / "part.parquet"), documents([], source="s").schema) as writer:
            writer.add(dropped(0, 5, 3))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        stopped()
    assert not list(tmp_path.iterdir())


def test_the_law_of_the_audit() -> None:
    tally = Tally()
    for stage, outcome, counts in (
        ("read", "read/not_json", Counts(9, 9)), ("language", KEPT, Counts(5, 50)),
        ("language", "language/not_wanted", Counts(2, 20)), ("quality", "quality/too_few_words", Counts(1, 7)),
        ("dedup", "duplicate/exact", Counts(3, 30)),
    ):  # fmt: skip
        tally.add(Key(stage, "docs", "en", outcome), counts)
    assert broken_audit(AuditSum(3, 27), tally) == []
    assert broken_audit(AuditSum(2, 27), tally) == ["2 documents in the audit, 3 in the ledger"]
    assert len(broken_audit(AuditSum(), tally)) == 2
