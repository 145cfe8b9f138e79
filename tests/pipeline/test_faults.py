"""Whatever the store or the disk does, a run ends in the right bytes, or in a clear error and nothing published.

The oracle is a run without faults: the same files, byte for byte, and `verify`, which holds the ledger to its laws.
"""

import builtins
import errno
import functools
import inspect
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest

from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.job.plan import Plan
from babelmill.pipeline.runners.local import execute, prepare
from babelmill.transforms.errors import BabelmillError, WorldError
from babelmill.transforms.files.storage import exists, find_below, read_bytes, write_bytes
from babelmill.transforms.work import WorkFolder
from tests.faulty_filesystem import SCHEME, Fault, FaultyFileSystem, faults
from tests.pipeline.runs import at_root, files_of, plan_sample

BUCKET = f"{SCHEME}bucket"
LANGS = ("fr", "sv")
SETTINGS = ["languages=[fr, sv]", "work.item_bytes=65536", "shards.target_bytes=65536"]


def plan_of(folder: str, output: str) -> Plan:
    files = "[" + ", ".join(f"'{folder}/{lang}.jsonl.gz'" for lang in LANGS) + "]"
    return plan_sample(output, [f"input=[{{source: docs, files: {files}}}]", *SETTINGS])


def run(plan: Plan) -> None:
    with at_root():
        prepare(plan)
        execute(plan)


def content(output: str) -> dict[str, bytes]:
    """Return what a run in the store is judged by."""
    work = WorkFolder(output).base
    paths = [file.path for file in find_below(output, "**") if not file.path.startswith(work)]
    return {path.removeprefix(output): read_bytes(path) for path in paths}


@pytest.fixture
def store(corpus: Path) -> str:
    FaultyFileSystem.objects.clear()
    for lang in LANGS:
        write_bytes(f"{BUCKET}/in/{lang}.jsonl.gz", (corpus / f"{lang}.jsonl.gz").read_bytes())
    return f"{BUCKET}/out"


@pytest.fixture
def right(store: str) -> dict[str, bytes]:
    whole = plan_of(f"{BUCKET}/in", f"{BUCKET}/whole")
    run(whole)
    assert len(whole.items) == 2
    return content(f"{BUCKET}/whole")


def test_failures_of_a_store_publish_nothing_and_the_next_run_goes_on(store: str, right: dict[str, bytes]) -> None:
    for doing, path, how in (
        ("write", "work/items/0000001.parquet", "error"),
        ("write", "work/settled/0000000.parquet", "lost"),
        ("write", "data/lang=sv/part-00000.parquet", "error"),
        ("write", "index/lang=fr/part-00000.parquet", "lost"),
        ("write", "out/manifest.json", "error"),
        ("read", "work/items/0000001.sig", "error"),
        ("read", "work/items/0000000.parquet", "midway"),
        ("read", "work/settled/0000001.parquet", "midway"),
        ("read", "data/lang=fr/part-00000.parquet", "midway"),
    ):
        FaultyFileSystem.objects = {
            name: what for name, what in FaultyFileSystem.objects.items() if not name.startswith(store)
        }
        with faults(Fault(doing, path, how)) as fault, pytest.raises(BabelmillError) as failed:
            run(plan_of(f"{BUCKET}/in", store))
        assert fault.happened, (doing, path, how)
        assert isinstance(failed.value, WorldError), (doing, path, how)
        assert path in str(failed.value)
        assert f"cannot {doing} {BUCKET}" in str(failed.value)
        assert not exists(f"{store}/manifest.json"), (doing, path, how)
        run(plan_of(f"{BUCKET}/in", store))
        assert content(store) == right, (doing, path, how)
    assert not list(verify(open_output(store)))


def test_a_lost_answer_about_the_manifest_is_either_a_run_or_none(store: str, right: dict[str, bytes]) -> None:
    with faults(Fault("write", "out/manifest.json", "lost")), pytest.raises(WorldError, match=r"manifest\.json"):
        run(plan_of(f"{BUCKET}/in", store))
    assert content(store) == right
    run(plan_of(f"{BUCKET}/in", store))
    assert content(store) == right


@pytest.mark.parametrize(("doing", "how"), [("read", "short"), ("read", "slow"), ("write", "twice")])
def test_what_is_no_failure_changes_no_byte(store: str, right: dict[str, bytes], doing: str, how: str) -> None:
    with faults(Fault(doing, "", how)) as fault:
        run(plan_of(f"{BUCKET}/in", store))
    assert fault.happened > 20
    assert content(store) == right


def test_an_input_that_breaks_midway_is_named(store: str, right: dict[str, bytes]) -> None:
    plan = plan_of(f"{BUCKET}/in", store)
    with faults(Fault("read", "in/sv.jsonl.gz", "midway")), pytest.raises(WorldError, match=r"in/sv\.jsonl\.gz"):
        run(plan)
    assert not exists(f"{store}/manifest.json")
    run(plan)
    assert content(store) == right


def test_a_manifest_that_cannot_be_taken_back_stops_the_run(store: str, right: dict[str, bytes]) -> None:
    run(plan_of(f"{BUCKET}/in", store))
    before = dict(FaultyFileSystem.objects)
    with faults(Fault("delete", "manifest.json", "error")), pytest.raises(BabelmillError, match=r"manifest\.json"):
        run(plan_of(f"{BUCKET}/in", store))
    assert before == FaultyFileSystem.objects


@pytest.fixture
def on_disk(corpus: Path, tmp_path: Path) -> dict[str, str]:
    run(plan_of(str(corpus), str(tmp_path / "whole")))
    return files_of(tmp_path / "whole")


def full(allowed: int) -> Callable[..., Any]:
    """Return an `open` of a disk on which so many bytes fit."""
    left = [allowed]

    class Full:
        def __init__(self, file: Any) -> None:
            self._file = file

        def write(self, content: Any) -> int:
            left[0] -= len(content)
            if left[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return int(self._file.write(content))

        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: Any) -> None:
            self._file.close()

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

    def opened(path: Any, mode: str = "r", *rest: Any) -> Any:
        file = builtins.open(path, mode, *rest)
        return Full(file) if "w" in mode else file

    return opened


def test_a_full_disk(corpus: Path, on_disk: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(str(corpus), str(tmp_path / "out"))
    total = sum(path.stat().st_size for path in (tmp_path / "whole").rglob("*") if path.is_file())
    for share in (0.05, 0.5, 0.95):
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        with monkeypatch.context() as patch:
            patch.setattr("babelmill.transforms.files.storage.open", full(int(share * total)), raising=False)
            with pytest.raises(BabelmillError, match=r"cannot write .*No space left on device"):
                run(plan)
        assert not (tmp_path / "out" / "manifest.json").exists()
        assert not list((tmp_path / "out").rglob("*.tmp-*"))
    run(plan)
    assert files_of(tmp_path / "out") == on_disk


def test_a_rename_that_fails(
    corpus: Path, on_disk: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(str(corpus), str(tmp_path / "out"))
    replace = os.replace
    for name in ("0000001.sig", "0000000.json", "part-00000.parquet", "removals.parquet", "manifest.json"):

        def failing(source: str, target: str, name: str = name) -> None:
            if target.endswith(name):
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            replace(source, target)

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", failing)
            with pytest.raises(WorldError, match=rf"cannot write .*{name}: .*Input/output error"):
                run(plan)
        assert not (tmp_path / "out" / "manifest.json").exists()
        assert not list((tmp_path / "out").rglob("*.tmp-*"))
    run(plan)
    assert files_of(tmp_path / "out") == on_disk


def retried(process: Callable[..., Any]) -> Callable[..., Any]:
    """Return a DoFn's `process` as three attempts: one fails early, one after all was emitted, one is right."""

    @functools.wraps(process)
    def attempts(self: beam.DoFn, element: Any) -> Iterator[Any]:
        early = process(self, element)
        if inspect.isgenerator(early):
            next(early, None)
            early.close()
        for _ in process(self, element) or ():
            pass
        yield from process(self, element) or ()

    return attempts


def test_bundles_that_are_retried_change_no_byte(
    corpus: Path, on_disk: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = {
        work
        for module in list(sys.modules.values())
        if (getattr(module, "__name__", "") or "").startswith("babelmill.")
        for work in vars(module).values()
        if inspect.isclass(work) and issubclass(work, beam.DoFn) and work.__module__ == module.__name__
    }
    assert {"Screen", "Settle", "WriteShards", "Commit"} <= {work.__name__ for work in ours}
    for work in ours:
        monkeypatch.setattr(work, "process", retried(work.process))
    run(plan_of(str(corpus), str(tmp_path / "out")))
    assert files_of(tmp_path / "out") == on_disk
    assert not list(verify(open_output(str(tmp_path / "out"))))
