"""Verify names whatever of the shards differs from the manifest; each test damages a copy of one small finished run."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.transforms.files.storage import file_digest
from tests.pipeline.sound import change_manifest, flip, name, problems, shards


@pytest.fixture
def run(sound: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(sound, tmp_path / "run"))


def test_a_sound_run_has_no_problems(run: Path) -> None:
    assert len(shards(run)) > 2
    assert problems(run) == []


@pytest.mark.parametrize("spelling", ["run", "run/", "./run", "../{here}/run"])
def test_however_the_folder_is_spelt(run: Path, monkeypatch: pytest.MonkeyPatch, spelling: str) -> None:
    monkeypatch.chdir(run.parent)
    assert list(verify(open_output(spelling.format(here=run.parent.name)))) == []


def test_progress_sees_every_shard(run: Path) -> None:
    seen: list[str] = []
    list(verify(open_output(str(run)), seen.append))
    assert seen == [name(run, shard) for shard in shards(run)]


@pytest.mark.parametrize("part", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.9999])
def test_a_flipped_bit_in_a_shard(run: Path, part: float) -> None:
    shard = shards(run)[0]
    flip(shard, int(part * shard.stat().st_size))
    found = problems(run)
    assert found
    assert all(problem.startswith(name(run, shard) + ": ") for problem in found)
    assert any("SHA-256" in problem for problem in found)


@pytest.mark.parametrize("part", [0.0, 0.5, 0.99])
def test_a_truncated_shard(run: Path, part: float) -> None:
    shard = shards(run)[0]
    os.truncate(shard, int(part * shard.stat().st_size))
    found = problems(run)
    assert all(problem.startswith(name(run, shard) + ": ") for problem in found)
    assert any("in the manifest" in problem for problem in found)
    assert any("cannot be read" in problem for problem in found)


def test_a_missing_shard(run: Path) -> None:
    shard = shards(run)[0]
    shard.unlink()
    assert problems(run) == [f"{name(run, shard)}: missing"]


@pytest.mark.parametrize("place", ["data/lang=sv/part-00099.parquet", "data/lang=xx/part-00000.parquet", "data/x"])
def test_a_foreign_file(run: Path, place: str) -> None:
    (run / place).parent.mkdir(exist_ok=True)
    shutil.copy(shards(run)[0], run / place)
    assert problems(run) == [f"{place}: not in the manifest"]


def test_a_renamed_shard(run: Path) -> None:
    shard = shards(run)[0]
    shard.rename(shard.with_name("part-00099.parquet"))
    assert problems(run) == [
        f"{name(run, shard)}: missing",
        f"{name(run, shard.with_name('part-00099.parquet'))}: not in the manifest",
    ]


def test_a_foreign_file_in_a_folder_with_brackets(run: Path) -> None:
    other = run.rename(run.with_name("run[1]"))
    shutil.copy(shards(other)[0], other / "data" / "lang=sv" / "part-00099.parquet")
    assert problems(other) == ["data/lang=sv/part-00099.parquet: not in the manifest"]


def test_two_shards_that_changed_places(run: Path) -> None:
    first, second = shards(run)[:2]
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    found = problems(run)
    assert {problem.split(":")[0] for problem in found} == {name(run, first), name(run, second)}


@pytest.mark.parametrize("count", ["rows", "tokens", "text_bytes", "file_bytes"])
def test_a_wrong_count_of_a_shard(run: Path, count: str) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["shards"][0][count] += 1

    change_manifest(run, change)
    found = problems(run)
    assert any(problem.startswith(name(run, shards(run)[0])) for problem in found)
    assert count == "file_bytes" or any("in the ledger" in problem for problem in found)


@pytest.mark.parametrize("count", ["documents", "tokens", "text_bytes"])
def test_a_wrong_total(run: Path, count: str) -> None:
    change_manifest(run, lambda manifest: manifest["totals"].update({count: 0}))
    [found] = problems(run)
    assert found.startswith(f"{count}: ")
    assert "0 in the manifest's totals" in found


@pytest.mark.parametrize("count", ["shards", "documents_read", "characters"])
def test_a_wrong_total_of_the_others(run: Path, count: str) -> None:
    change_manifest(run, lambda manifest: manifest["totals"].update({count: 0}))
    assert problems(run)


def test_a_wrong_count_of_an_input(run: Path) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["inputs"][0]["records"] += 1

    change_manifest(run, change)
    assert any("source docs" in problem and "records" in problem for problem in problems(run))


def replace_shard(run: Path, change: Callable[[pa.Table], pa.Table]) -> Path:
    """Write the first shard anew, with the manifest's size and SHA-256 to it."""
    shard = shards(run)[0]
    pq.write_table(change(pq.ParquetFile(shard).read()), shard, write_page_checksum=True)

    def tell(manifest: dict[str, Any]) -> None:
        [listed] = [listed for listed in manifest["shards"] if listed["path"] == name(run, shard)]
        listed |= {"file_bytes": shard.stat().st_size, "sha256": file_digest(str(shard))}

    change_manifest(run, tell)
    return shard


@pytest.mark.parametrize("other", ["xx", None])
def test_a_document_of_another_language_than_its_folder(run: Path, other: str | None) -> None:
    def change(table: pa.Table) -> pa.Table:
        at = table.schema.get_field_index("language")
        langs = [*table["language"].to_pylist()[:-1], other]
        return table.set_column(at, "language", pa.array(langs, pa.string()))

    shard = replace_shard(run, change)
    lang = shard.parent.name.removeprefix("lang=")
    assert problems(run) == [f"{name(run, shard)}: documents whose language is not {lang}"]


def test_a_shard_of_a_version_without_the_column_is_sound(run: Path) -> None:
    replace_shard(run, lambda table: table.drop_columns(["language"]))
    assert problems(run) == []


def test_another_runs_shards(run: Path) -> None:
    change_manifest(run, lambda manifest: manifest.update(config_digest="0" * 64))
    found = problems(run)
    assert len(found) == len(shards(run))
    assert all("belongs to another run" in problem for problem in found)
