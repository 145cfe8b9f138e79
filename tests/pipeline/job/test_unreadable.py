"""What will not be read is told before the run, with the limit to raise; large pages are told, too."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from babelmill.pipeline.job import unreadable
from babelmill.pipeline.job.unreadable import unreadable_files
from babelmill.transforms.read.formats import Formats
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.sources import Source, list_files


def told(folder: Path, limits: Limits | None = None, source: Source | None = None) -> list[str]:
    found = list_files([source or Source("docs", f"{folder}/*")])
    return list(unreadable_files(found, limits or Limits(), Formats()))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a" * 2_000_000]}), tmp_path / "good.parquet", compression="none")
    pq.write_table(pa.table({"content": ["a"]}), tmp_path / "other.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "good.parquet").read_bytes()[:-100])
    (tmp_path / "lines.jsonl").write_bytes(b"no JSON at all\n")
    (tmp_path / "empty.parquet").write_bytes(b"")
    [line] = told(tmp_path)
    assert line.startswith("input.0: 2 of 4 files will not be read, ")
    assert f"{tmp_path}/cut.parquet (2 MB): no footer" in line
    assert f"{tmp_path}/other.parquet" in line
    assert "no column 'text' among content" in line
    [line] = told(tmp_path, Limits(decompressed_bytes=1 << 20))
    assert "limits.decompressed_bytes is 1048576" in line
    assert told(tmp_path, source=Source("docs", f"{tmp_path}/good.parquet")) == []


def test_files_are_looked_at_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        (tmp_path / f"{number}.parquet").write_bytes(b"PAR1 no Parquet")
    monkeypatch.setattr(unreadable, "_MOST_LOCAL", 5)
    [line] = told(tmp_path)
    assert line.startswith("input.0: 5 of 5 files that were looked at of 10 will not be read")
    assert line.endswith("; and 2 more")


def test_a_large_page_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(
        pa.table({"text": [f"{n}" * 3_000 for n in range(500)]}), tmp_path / "books.parquet", use_dictionary=False
    )
    assert told(tmp_path) == []
    monkeypatch.setattr(unreadable, "_LARGE_PART", 1 << 20)
    [line] = told(tmp_path)
    assert "books.parquet has a page of " in line
    assert "limits.page_bytes" in line
