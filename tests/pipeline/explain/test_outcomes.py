"""Traces: an unreadable record is found by the id in its first bytes, under whatever name the source has for it."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from babelmill.pipeline.corpus.corpus import Output
from babelmill.pipeline.explain.outcomes import Search
from babelmill.transforms.dedup.removals import REMOVALS
from babelmill.transforms.ledger import LEDGER
from babelmill.transforms.read.records import QUARANTINE
from tests.pipeline.runs import small_manifest

HEADS = (b'{"meta": {"id": "x7", "url": "u"}}', b'{"meta.id": "x8"}', b'{"id": "x9", "other": "x7"}', b'{"key": "x7"}')


@pytest.mark.parametrize(
    ("field", "id", "rows"),
    [("meta.id", "x7", [0]), ("meta.id", "x8", [1]), ("meta.id", "x9", [2]), ("id", "x8", []), ("key", "x7", [3])],
)
def test_an_unreadable_record_by_its_id(tmp_path: Path, field: str, id: str, rows: list[int]) -> None:
    quarantined = [
        {"path": "a.jsonl", "offset": row, "reason": "read/no_text", "error": "none", "head": head}
        for row, head in enumerate(HEADS)
    ]
    pq.write_table(pa.Table.from_pylist(quarantined, QUARANTINE), tmp_path / "quarantine.parquet")
    pq.write_table(REMOVALS.empty_table(), tmp_path / "removals.parquet")
    config = {"input": [{"source": "a", "id": field}], "languages": ["en"], "budget": {}}
    search = Search(Output(str(tmp_path), small_manifest(config), LEDGER.empty_table(), True))
    assert [outcome.number for outcome in search.outcomes(id)] == rows
