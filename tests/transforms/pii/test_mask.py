"""Masking: its laws on any text, whole documents, and what the sample keeps."""

import gzip
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from babelmill.transforms.documents import READ, documents
from babelmill.transforms.ledger import Counts, Tally
from babelmill.transforms.pii.kinds import KINDS, PLACEHOLDERS
from babelmill.transforms.pii.mask import Mask, Masking
from tests.transforms.pii.cases import FALSE, TRUE

PIECES = [
    *(case.replace("⟦", "").replace("⟧", "") for table in (TRUE, FALSE) for cases in table.values() for case in cases),
    *PLACEHOLDERS.values(),
    *" .,:;-+()/@<>=_\n\u00a0０１２３٣۴中文Привет#$",
    *"0123456789",
    "Tel. ", "+49 ", "01 ", "23 ", "4111 ", "ISBN ", "no. ", "::", "//", ".com", "54.12.", "version ", "x",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
hostile = st.text("0123456789+-.,:/()@ <>aAXé中٣\n", max_size=60)


@settings(max_examples=1_500)
@given(st.lists(texts | hostile, max_size=4))
@example(["4111-1111-1111-1111 01 23 45 67 89 54.12.3.100"])
@example(["ivan@почта.рф.用户@例子.中国 用户@例子.中国_a@b.museum", "13812345678 +39 06 6982 3456678+44"])
@example(["@(0171 1234567)198.20.0.250", "Tel. 88886666 8.8.8.8", "4111-1111-1111-1111 - 213.244.11.247"])
@example(["54.12.3.100,13812345678 01 02 03 04 05 06 07"])
def test_masking_twice_changes_nothing(written: list[str]) -> None:
    once, counts = Mask()(pa.array(written, pa.string()))
    again, none = Mask()(once)
    assert again is once
    assert not none.any()
    once.validate(full=True)
    for before, after, found in zip(written, once.to_pylist(), counts, strict=True):
        added = [after.count(name) - before.count(name) for name in PLACEHOLDERS.values()]
        assert added == found.tolist()


@settings(max_examples=500)
@given(texts | hostile)
def test_outside_the_finds_nothing_changes(written: str) -> None:
    column = pa.array([written])
    spans = Mask().find(column)
    raw = written.encode()
    kept, last = [], 0
    for row, _, begin, stop in spans.tolist():
        assert row == 0
        assert last <= begin < stop <= len(raw)
        raw[begin:stop].decode()
        kept.append(raw[last:begin].decode())
        last = stop
    expected = (
        "".join(text + PLACEHOLDERS[KINDS[kind]] for text, kind in zip(kept, spans[:, 1].tolist(), strict=True))
        + raw[last:].decode()
    )
    assert Mask()(column)[0].to_pylist() == [expected]


@settings(max_examples=100)
@given(st.lists(texts, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_order_and_slices_do_not_matter(written: list[str], random: object) -> None:
    column = pa.array(written)
    whole, counts = Mask()(column)
    for i in range(len(written)):
        part, part_counts = Mask()(column.slice(i, 1))
        assert part.to_pylist() == [whole[i].as_py()]
        assert part_counts.tolist() == [counts[i].tolist()]
    turned, _ = Mask()(pa.array(written[::-1]))
    assert turned.to_pylist() == whole.to_pylist()[::-1]


def test_a_column_without_personal_data_is_not_copied() -> None:
    column = pa.array(["Nothing here.", "", "Version 1.2.3 of 2024-01-15"])
    masked, counts = Mask()(column)
    assert masked is column
    assert counts.dtype == np.int32
    assert counts.shape == (3, len(KINDS))
    assert not counts.any()


def test_nulls_and_empty_columns() -> None:
    assert Mask()(pa.array([None, "a@b.org", None]))[0].to_pylist() == [None, "<EMAIL>", None]
    assert Mask()(pa.array([], pa.string()))[1].shape == (0, len(KINDS))
    with pytest.raises(TypeError, match="large_string"):
        Mask()(pa.array(["a@b.org"], pa.large_string()))


def test_kinds_are_columns_in_their_order() -> None:
    mask = Mask(("phone", "email"))
    text, counts = mask(pa.array(["a@b.org 4111 1111 1111 1111 +49 30 123456 c@d.org"]))
    assert text.to_pylist() == ["<EMAIL> 4111 1111 1111 1111 <PHONE> <EMAIL>"]
    assert counts.tolist() == [[1, 2]]
    assert [field.name for field in mask.adds] == ["masked_phone", "masked_email"]
    with pytest.raises(ValidationError):
        Mask(("address",))  # type: ignore[arg-type]


def test_batches() -> None:
    batch = documents(["Ask ü@b.org and c@d.org", "no", "+49 30 123456, a@b.org"], source="docs")
    tally = Tally()
    masked = Masking(Mask(), tally)(batch)
    assert masked.schema == pa.schema([*READ, *Mask().adds])
    assert masked["text"].to_pylist() == ["Ask <EMAIL> and <EMAIL>", "no", "<PHONE>, <EMAIL>"]
    assert masked["n_chars"].to_pylist() == [len(text) for text in masked["text"].to_pylist()]
    assert masked["n_bytes"].to_pylist() == [len(text.encode()) for text in masked["text"].to_pylist()]
    assert masked["masked_email"].to_pylist() == [2, 0, 1]
    assert masked["masked_phone"].to_pylist() == [0, 0, 1]
    assert masked["id"].to_pylist() == batch["id"].to_pylist()
    rows = {key.outcome: counts for key, counts in tally}
    assert rows == {"email": Counts(2, 8 + 7 + 7, 7 + 7 + 7, 3), "phone": Counts(1, 13, 13, 1)}
    assert {(key.stage, key.source, key.lang) for key, _ in tally} == {("masked", "docs", "")}


def test_a_batch_without_personal_data_keeps_its_text() -> None:
    batch, tally = documents(["nothing", "here"], source="docs"), Tally()
    masked = Masking(Mask(("ip",)), tally)(batch)
    assert masked.schema.names == [*READ.names, "masked_ip"]
    assert masked["text"].buffers()[2].address == batch["text"].buffers()[2].address
    assert not tally.rows()


def sample_texts(corpus: Path) -> list[str]:
    return [json.loads(line)["text"] for path in sorted(corpus.glob("*.jsonl.gz")) for line in gzip.open(path, "rt")]


KEPT = {
    "ISBN": r"(?i)ISBN[- :]*[\d-]{10,17}",
    "date": r"\b(?:\d{4}-\d\d-\d\d|\d\d?[./]\d\d?[./](?:19|20)\d\d)\b",
    "time": r"\b\d\d:\d\d:\d\d\b",
    "version": r"(?i)\bv(?:ersion)? ?\d+(?:\.\d+)+",
    "price": r"(?:[$€£] ?\d[\d.,]*|\d[\d.,]* ?[$€£])",
    "thousands": r"(?<![\d.])\d{1,3}(?:[., ]\d{3})+\b(?!\.\d)",
    "section": r"(?m)^\d+(?:\.\d+){2,4}\.? ",
}


@pytest.mark.parametrize("name", KEPT)
def test_the_sample_keeps_its_numbers(corpus: Path, name: str) -> None:
    """What stands in the sample as a date, a version, a price … stands there still."""
    found = 0
    for text in sample_texts(corpus):
        numbers = re.findall(KEPT[name], text)
        found += len(numbers)
        if numbers:
            after = Mask()(pa.array([text]))[0][0].as_py()
            assert Counter(numbers) == Counter(re.findall(KEPT[name], after))
    assert found or name == "ISBN"


def test_what_the_sample_has(corpus: Path) -> None:
    """Every find in the sample was looked at: addresses of authors and lists, hosts of examples."""
    _, counts = Mask()(pa.array(sample_texts(corpus)))
    totals = dict(zip(KINDS, counts.sum(axis=0).tolist(), strict=True))
    assert totals["email"] > 50
    assert totals["phone"] == totals["id"] == totals["iban"] == totals["card"] == 0


HOSTILE = (
    "@", "0", "1.", "a@", ":", "+", "0-0-", "a.b@", "+49", "(0", "1 ", "00:", "DE89", "4111 ", "é@", "٣", "2001:", "-1",
    "a@b.", "//:@",
)  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_text(unit: str) -> None:
    text = unit * 20_000
    once, _ = Mask()(pa.array([text, "a@b.org"]))
    assert once[1].as_py() == "<EMAIL>"
    assert Mask()(once)[0] is once
