"""Verify reads the audit: each test damages a copy of one small run that kept what its rules dropped."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from babelmill.pipeline.corpus.clean import rubbish_of
from babelmill.transforms.errors import DamageError
from babelmill.transforms.files.storage import file_digest
from tests.pipeline.sound import change_manifest, flip, problems

LIST = "audit/_parts.json"


@pytest.fixture
def run(lost: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(lost, tmp_path / "run"))


def part(run: Path) -> Path:
    """The part of the first work item, of several documents."""
    return run / "audit" / "part-0000000.parquet"


def name(path: Path) -> str:
    return f"audit/{path.name}"


def relist(run: Path, path: Path) -> None:
    """Let the list say what is there, as one who changes both does."""
    listed = orjson.loads((run / LIST).read_bytes())
    for entry in listed["parts"]:
        if entry["path"] == name(path):
            entry |= {"file_bytes": path.stat().st_size, "sha256": file_digest(str(path))}
            entry["rows"] = pq.read_metadata(path).num_rows
    (run / LIST).write_bytes(orjson.dumps(listed))


def test_a_sound_run(run: Path) -> None:
    assert pq.read_metadata(part(run)).num_rows > 2
    assert len(list((run / "audit").glob("*.parquet"))) > 1
    assert problems(run) == []


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 0.9999])
def test_a_flipped_bit(run: Path, share: float) -> None:
    flip(part(run), int(share * part(run).stat().st_size))
    found = problems(run)
    assert any("SHA-256 is" in problem for problem in found)
    assert all(problem.startswith(f"{name(part(run))}: ") for problem in found)


@pytest.mark.parametrize("size", [0, 100])
def test_a_cut_part(run: Path, size: int) -> None:
    path = part(run)
    os.truncate(path, size)
    found = problems(run)
    assert f"in {LIST}" in found[0]
    assert any("cannot be read" in problem for problem in found)
    assert all(problem.startswith(f"{name(path)}: ") for problem in found)


def test_a_missing_part(run: Path) -> None:
    path = part(run)
    path.unlink()
    assert problems(run) == [f"{name(path)}: missing"]
    with pytest.raises(DamageError, match="missing; nothing was removed"):
        rubbish_of(str(run))


def test_a_part_that_nobody_listed(run: Path) -> None:
    shutil.copy(part(run), run / "audit" / "part-0009999.parquet")
    assert problems(run) == [f"audit/part-0009999.parquet: not in {LIST}"]


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"format": 1, "parts": [7]}'])
def test_a_list_that_is_gone_or_damaged(run: Path, content: bytes | None) -> None:
    if content is None:
        (run / LIST).unlink()
    else:
        (run / LIST).write_bytes(content)
    assert problems(run) == [f"{LIST}: missing or damaged"]


def _other_reason(table: pa.Table) -> pa.Table:
    place = table.schema.get_field_index("reason")
    return table.set_column(place, "reason", pc.replace_substring(table["reason"], "few", "many"))


def _other_text(table: pa.Table) -> pa.Table:
    place = table.schema.get_field_index("text")
    return table.set_column(place, table.schema.field("text"), pc.utf8_reverse(table["text"]))


CHANGES: dict[str, Callable[[pa.Table], pa.Table]] = {
    "a row less": lambda table: table.slice(1),
    "a row twice": lambda table: pa.concat_tables([table.slice(0, 1), table]),
    "another text": _other_text,
    "another reason": _other_reason,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_manifest_vouches_for_the_documents(run: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Part and list agree with each other, and not with what the run dropped."""
    path = part(run)
    table = pq.read_table(path)
    changed = change(table)
    assert not changed.equals(table)
    pq.write_table(changed, path)
    relist(run, path)
    [problem] = problems(run)
    assert problem.startswith(f"{LIST}: its parts have ")


def test_rows_in_another_order_and_other_files_are_the_same_audit(run: Path) -> None:
    """How the input was cut into work items is nothing that the manifest knows."""
    path = part(run)
    table = pq.read_table(path)
    pq.write_table(table.take(pa.array(range(len(table) - 1, -1, -1))), path)
    relist(run, path)
    assert problems(run) == []


def test_fewer_than_the_ledger_says(run: Path) -> None:
    def one_less(manifest: dict[str, Any]) -> None:
        manifest["audit"]["rows"] -= 1

    change_manifest(run, one_less)
    found = problems(run)
    assert found[0].startswith("manifest.json: ")
    assert "documents in the audit" in found[0]
    assert found[1].startswith(f"{LIST}: its parts have ")


def test_runs_of_earlier_versions_are_read(run: Path) -> None:
    """They have no audit in the manifest, and the list has sizes alone."""
    change_manifest(run, lambda manifest: manifest.pop("audit"))
    listed = orjson.loads((run / LIST).read_bytes())
    listed["parts"] = [{key: entry[key] for key in ("path", "file_bytes")} for entry in listed["parts"]]
    (run / LIST).write_bytes(orjson.dumps(listed))
    assert problems(run) == []
    os.truncate(part(run), 100)
    assert len(problems(run)) == 1
    (run / LIST).unlink()
    assert problems(run) == []


def test_a_run_without_an_audit(sound: Path) -> None:
    assert orjson.loads((sound / "manifest.json").read_bytes())["audit"] is None
    assert problems(sound) == []
