"""The limits of fields: whatever is kept of a record and is too long costs its own reason, and little memory."""

import gzip
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from babelmill.transforms.documents import BATCH_BYTES
from babelmill.transforms.read.limits import Limits
from tests.transforms.read.test_reader import item, read

LONG: dict[str, dict[str, str]] = {
    "id": {"text": "t", "id": "i" * 2_049},
    "url": {"text": "t", "url": "u" * 8_193},
    "both": {"text": "t", "id": "é" * 2_049, "url": "é" * 8_193},
    "date": {"text": "t", "date": "2024-05-01" + "x" * 9_999},
    "fits": {"text": "t", "id": "é" * 2_048, "url": "é" * 8_192},
    "text": {"text": "é" * 5_000_001, "id": "i" * 2_049},
}


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_every_field_that_is_kept_and_too_long_costs_its_own_reason(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"long.{suffix}"
    rows = [{"id": None, "url": None, "date": None, **row} for row in LONG.values()]
    if suffix == "jsonl":
        path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    _, [batch], tally, quarantine = read(item(path), Limits())
    offsets = np.cumsum([0, *(len(orjson.dumps(row)) + 1 for row in rows)])[:-1] if suffix == "jsonl" else range(6)
    at = dict(zip(offsets, LONG, strict=True))
    found = {at[row["offset"]]: (row["reason"], row["error"]) for row in quarantine.to_pylist()}
    assert found == {
        "id": ("read/id_too_long", "2049 characters, limits.id_chars is 2048"),
        "both": ("read/id_too_long", "2049 characters, limits.id_chars is 2048"),
        "url": ("read/url_too_long", "8193 characters, limits.url_chars is 8192"),
        "text": ("read/document_too_long", "5000001 characters, limits.document_chars is 5000000"),
    }
    assert batch["id"].to_pylist()[1] == "é" * 2_048
    assert [str(day) for day in batch["date"].to_pylist()] == ["2024-05-01", "None"]
    assert tally.total(stage="read").docs == len(LONG)


def test_urls_of_megabytes_take_no_more_than_a_batch(tmp_path: Path) -> None:
    """145 lines with URLs of 14 MB filled 7.7 GB before any was looked at: here each has a megabyte."""
    path = tmp_path / "urls.jsonl.gz"
    with gzip.open(path, "wb", 1) as file:
        for number in range(60):
            file.write(b'{"text": "short", "id": "%d", "url": "%s"}\n' % (number, b"u" * 1_000_000))
    assert read(item(path), Limits()).quarantine["reason"].to_pylist() == ["read/url_too_long"] * 60
    batches = read(item(path), Limits(url_chars=1 << 20)).batches
    assert sum(batch.num_rows for batch in batches) == 60
    assert max(batch.nbytes for batch in batches) < BATCH_BYTES + 2_000_000
