"""The position in a piece: it grows from nothing to all, in every format, whole or cut."""

import gzip
import io
import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from babelmill.transforms.files.storage import look
from babelmill.transforms.ledger import Tally
from babelmill.transforms.read import reader
from babelmill.transforms.read.items import Item, Piece
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.position import ask_by, share_read
from babelmill.transforms.read.reader import Reading
from babelmill.transforms.read.sources import Source

SOURCE = Source("docs", "x")
RECORDS = [{"id": str(n), "text": random.Random(n).randbytes(1000 + n % 3000).hex()} for n in range(4000)]
"""20 MB: a plain file is read 4 MiB at a time."""


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "BATCH_DOCS", 50)


def written(folder: Path, name: str) -> str:
    path = folder / name
    lines = "".join(json.dumps(record) + "\n" for record in RECORDS).encode()
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(RECORDS), path, row_group_size=1000)
    else:
        path.write_bytes(gzip.compress(lines, 1) if name.endswith(".gz") else lines)
    return str(path)


def piece(path: str, format: str, start: int = 0, end: int | None = None) -> Piece:
    found = look(path)
    assert found
    return Piece(path, format, found.size, found.changed, start, end, found.state)


def positions(*pieces: Piece) -> list[float]:
    """Return pieces read and the share of the next one, added up, at each batch and at the end."""
    reading = Reading(Item(0, 0, "docs", pieces), SOURCE, Limits())
    found = [sum(reading.position) for _ in reading.batches(Tally())]
    return [*found, sum(reading.position)]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.parquet"])
def test_it_grows_from_nothing_to_all(tmp_path: Path, name: str) -> None:
    format = "parquet" if name.endswith("parquet") else "jsonl"
    found = positions(piece(written(tmp_path, name), format))
    assert found == sorted(found)
    assert all(0 <= share <= 1 for share in found)
    assert len(set(found)) > 3  # it is told within the piece
    assert found[-1] == 1


@pytest.mark.parametrize(
    ("name", "format", "start", "end"), [("a.jsonl", "jsonl", 2_000_000, 18_000_000), ("a.parquet", "parquet", 1, 3)]
)
def test_a_part_is_all_of_its_piece(tmp_path: Path, name: str, format: str, start: int, end: int) -> None:
    found = positions(piece(written(tmp_path, name), format, start, end))
    assert found == sorted(found)
    assert 0 < found[0] < 0.6
    assert found[-1] == 1


def test_pieces_are_counted(tmp_path: Path) -> None:
    paths = [written(tmp_path, name) for name in ("a.jsonl", "b.jsonl.gz")]
    found = positions(*(piece(path, "jsonl") for path in paths))
    assert found == sorted(found)
    assert any(1 < place < 2 for place in found)
    assert found[-1] == 2


def test_rows_are_counted_as_they_are(tmp_path: Path) -> None:
    found = positions(piece(written(tmp_path, "a.parquet"), "parquet"))
    assert found[:-1] == pytest.approx([50 * n / 4000 for n in range(1, 81)], abs=1e-3)


def test_what_cannot_be_asked_is_nothing() -> None:
    closed = io.BytesIO()
    closed.close()
    for share in (lambda: closed.tell() / 1, lambda: 1 / 0):
        ask_by(share)
        assert share_read() == 0
    ask_by(lambda: 7.0)
    assert share_read() == 1
    ask_by(lambda: 0.0)
