"""Too much is lost by records or by bytes; the message names the worst reason and the worst files."""

from pathlib import Path

import pyarrow as pa

from babelmill.transforms.files.parquet import write_table
from babelmill.transforms.ledger import Counts, Key, Tally
from babelmill.transforms.read.records import QUARANTINE
from babelmill.transforms.write.listed import InputFile
from babelmill.transforms.write.rejected import most_lost, too_much_lost

FILES = (InputFile("a", "docs", 1_000, 90, 0), InputFile("b", "docs", 1_000, 8, 900), InputFile("c", "docs", 10, 2, 10))


def lost(
    path: Path, kept: int, bad: dict[str, tuple[str, int]], limit: float, files: tuple[InputFile, ...] = FILES
) -> str:
    """Run the check over a quarantine of reason → (path, records)."""
    tally = Tally()
    tally.add(Key("read", "docs", "", "kept"), Counts(kept))
    rows = []
    for reason, (file, records) in bad.items():
        tally.add(Key("read", "docs", "", reason), Counts(records))
        rows.append(
            {"path": file, "offset": 0, "reason": reason, "error": "", "head": b"", "records": records, "size": 1}
        )
    write_table(str(path), pa.Table.from_pylist(rows, QUARANTINE), kind="table")
    return too_much_lost(tally, files, limit, str(path))


def test_by_records(tmp_path: Path) -> None:
    found = lost(tmp_path / "q.parquet", 90, {"read/x": ("b", 8), "read/y": ("c", 2)}, 0.05)
    assert found.startswith(
        "10 of 100 records were unreadable, more than max_rejected_ratio 0.05 allows; most: 8 x read/x in b;"
    )
    assert "910 of 2,010 bytes of input were not read, most: 900 of b (read/x); 10 of c (read/y)" in found


def test_by_bytes_where_a_lost_file_is_one_record(tmp_path: Path) -> None:
    found = lost(tmp_path / "q.parquet", 99, {"read/corrupt": ("b", 1)}, 0.05)
    assert found.startswith("too many bytes of input were not read, more than max_rejected_ratio 0.05 allows")
    assert "900 of b (read/corrupt)" in found


def test_what_is_allowed(tmp_path: Path) -> None:
    assert lost(tmp_path / "q.parquet", 99, {"read/x": ("b", 1)}, 0.5) == ""
    assert lost(tmp_path / "q.parquet", 99, {"read/x": ("a", 1)}, 0.01, FILES[:1]) == ""
    assert lost(tmp_path / "q.parquet", 0, {}, 0.0, ()) == ""


def test_the_worst_first() -> None:
    assert [row.path for row in most_lost(FILES)] == ["b", "c"]
    assert [row.path for row in most_lost(FILES, 1)] == ["b"]
