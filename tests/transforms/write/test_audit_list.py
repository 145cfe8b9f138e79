"""The list of the audit's parts: read as it was written, with the sizes alone that older ones have, or not at all."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from babelmill.transforms.write.audit_list import AuditPart, dump_audit_list, read_audit_list

PARTS = (AuditPart("audit/part-0000003.parquet", 70, "a" * 64, 5), AuditPart("audit/part-0000010.parquet", 7))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "audit").mkdir()
    return tmp_path / "audit" / "_parts.json"


def test_it_is_read_as_it_was_written(path: Path) -> None:
    assert read_audit_list(str(path.parents[1])) is None
    path.write_bytes(dump_audit_list(PARTS))
    assert read_audit_list(str(path.parents[1])) == PARTS
    said = orjson.loads(path.read_bytes())
    assert list(said) == ["format", "parts"]
    assert list(said["parts"][0]) == ["path", "file_bytes", "sha256", "rows"]


def test_older_lists_have_path_and_size_alone(path: Path) -> None:
    path.write_bytes(orjson.dumps({"format": 1, "parts": [{"path": PARTS[1].path, "file_bytes": 7}]}))
    assert read_audit_list(str(path.parents[1])) == PARTS[1:]


@pytest.mark.parametrize(
    "change",
    [{"path": "../x.parquet"}, {"path": "audit/part-1.parquet"}, {"path": f"{PARTS[0].path}\n"}, {"path": None},
     {"file_bytes": "7"}, {"file_bytes": -1}, {"sha256": "x"}, {"rows": 1.5}],
)  # fmt: skip
def test_a_damaged_one_is_none(path: Path, change: dict[str, Any]) -> None:
    sound = {"path": PARTS[0].path, "file_bytes": 7}
    path.write_bytes(orjson.dumps({"format": 1, "parts": [sound | change]}))
    assert read_audit_list(str(path.parents[1])) is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format":2,"parts":[]}', b'{"format":1}', b"\xff"])
def test_what_is_no_list_is_none(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert read_audit_list(str(path.parents[1])) is None
