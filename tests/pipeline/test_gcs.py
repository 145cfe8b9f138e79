"""Runs on gs://, through Google's own client against an emulator: the same bytes as on a disk, and the same resume."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.runners.local import execute, prepare
from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import find, find_below, read_bytes, write_bytes
from babelmill.transforms.work import WorkFolder
from tests.cloud import download, storage_emulator, upload
from tests.pipeline.runs import ROOT, files_of, plan_sample

INPUT = [
    "input=[{source: docs, files: ['gs://bucket/in/*.jsonl*', gs://bucket/in/da.parquet]},"
    " {source: broken, files: 'gs://bucket/in/bad/*'}]",
    "work.item_bytes=400000",
    "shards.target_bytes=100000",
]


@pytest.fixture(scope="module", autouse=True)
def bucket(corpus: Path) -> Iterator[str]:
    with storage_emulator() as address:
        upload([*corpus.glob("*.jsonl*"), corpus / "da.parquet"], "gs://bucket/in")
        upload(corpus.glob("bad/*"), "gs://bucket/in/bad")
        yield address


@pytest.fixture(scope="module")
def on_disk(bucket: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    output = tmp_path_factory.mktemp("run") / "out"
    plan = plan_sample(output, INPUT)
    prepare(plan)
    execute(plan)
    return files_of(output)


def test_a_bucket_is_as_good_as_a_disk(on_disk: dict[str, str], tmp_path: Path) -> None:
    plan = plan_sample("gs://bucket/out", INPUT)
    assert not plan.by_reference
    prepare(plan)
    execute(plan)
    assert not list(verify(open_output("gs://bucket/out")))
    assert files_of(download("gs://bucket/out", tmp_path)) == on_disk


def test_a_killed_run_goes_on_where_it_stopped(on_disk: dict[str, str], tmp_path: Path) -> None:
    output = "gs://bucket/killed"
    sidecars, staged = (f"{WorkFolder(output).base}/items/*.{suffix}" for suffix in ("json", "parquet"))
    command = [
        sys.executable,
        "-m",
        "babelmill.pipeline.cli",
        "run",
        "configs/sample.yaml",
        "--set",
        f"output={output}",
    ]
    command += [part for setting in INPUT for part in ("--set", setting)]
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        while run.poll() is None and len(find(sidecars)) < 2:
            time.sleep(0.02)
    finally:
        run.kill()
    assert run.wait() == -signal.SIGKILL
    with pytest.raises(WorldError):
        read_bytes(f"{output}/manifest.json")
    finished = {file.path.removesuffix(".json") for file in find(sidecars)}
    before = {file for file in find(staged) if file.path.removesuffix(".parquet") in finished}
    assert before
    plan = plan_sample(output, INPUT)
    assert len(finished) < len(plan.items)
    prepare(plan)
    execute(plan)
    assert before <= set(find(staged))  # the same times: nothing was written again
    assert files_of(download(output, tmp_path)) == on_disk
    assert not list(verify(open_output(output)))


@pytest.mark.parametrize("path", ["gs://bucket/none", "gs://nowhere/none"])
def test_what_is_not_there_is_named_in_one_line(path: str) -> None:
    with pytest.raises(WorldError, match=rf"^cannot read {path}: 404 [^\n]*$"):
        read_bytes(path)


def test_a_bucket_that_is_not_there_is_named_in_one_line() -> None:
    with pytest.raises(WorldError, match=r"^cannot list gs://nowhere/\*: 404 [^\n]*$"):
        find("gs://nowhere/*")
    with pytest.raises(WorldError, match=r"^cannot write gs://nowhere/x: [^\n]*404[^\n]*$"):
        write_bytes("gs://nowhere/x", b"1")
    assert not find_below("gs://bucket/none", "**")
