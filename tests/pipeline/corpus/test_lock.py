"""One writer at a time: whoever comes second is refused, and whoever died is no obstacle."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from apache_beam.io.filesystems import FileSystems
from google.api_core.exceptions import NotFound, PreconditionFailed
from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from babelmill.pipeline.corpus.lock import Owner, hold, is_lock, owner_of
from babelmill.transforms.errors import ConfigError, WorldError
from babelmill.transforms.files.storage import exists, publish, read_bytes, swap, write_bytes
from babelmill.transforms.work import WorkFolder
from tests.memory_filesystem import MemoryFileSystem
from tests.pipeline.runs import ROOT, at_root

STORE = "mem://bucket/out"
HOLDER = """
import sys, time
from babelmill.pipeline.corpus.lock import hold
with hold(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=["local", "mem"])
def output(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    MemoryFileSystem.objects.clear()
    return str(tmp_path / "out") if request.param == "local" else STORE


@pytest.fixture
def store() -> str:
    MemoryFileSystem.objects.clear()
    return STORE


def test_the_second_is_refused_and_told_who_and_since_when(output: str) -> None:
    with hold(output):
        owner = Owner.load(read_bytes(WorkFolder(output).lock))
        with pytest.raises(ConfigError) as refused, hold(output):
            pass
        assert f"process {os.getpid()} on {socket.gethostname()} since {owner.since}" in str(refused.value)
        assert str(refused.value).startswith(f"output: {output} is being written by ")
    assert not exists(WorkFolder(output).lock)
    with hold(output):
        pass


def test_a_failure_inside_stays_what_it_is_and_frees_the_lock(output: str) -> None:
    with pytest.raises(WorldError, match="^disk$"), hold(output):
        raise WorldError("disk")
    with hold(output):
        pass


def test_the_command_refuses_in_one_line(tmp_path: Path) -> None:
    with hold(str(tmp_path)), at_root():
        result = CliRunner().invoke(app, ["run", "configs/sample.yaml", "--set", f"output={tmp_path}"])
    assert result.exit_code == 2
    # What cannot be read of the sample is said before.
    *_, line = result.stderr.splitlines()
    assert f"process {os.getpid()} on {socket.gethostname()} since 2" in line
    assert [path.name for path in tmp_path.rglob("*")] == ["work"]


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "out")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_killed_process_leaves_a_file_but_no_lock(holder: "subprocess.Popen[str]", tmp_path: Path) -> None:
    output = str(tmp_path / "out")
    with pytest.raises(ConfigError, match=f"process {holder.pid} on "), hold(output, take_over=True):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert exists(WorkFolder(output).lock)
    with hold(output):
        assert Owner.load(read_bytes(WorkFolder(output).lock)).process == os.getpid()


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b'{"host": 1}'])
def test_a_lock_that_cannot_be_read_counts_by_its_place(tmp_path: Path, store: str, content: bytes) -> None:
    write_bytes(WorkFolder(str(tmp_path)).lock, content)
    with hold(str(tmp_path)):
        pass
    write_bytes(WorkFolder(store).lock, content)
    with pytest.raises(ConfigError, match="an unknown host since an unknown time; .*--take-over"), hold(store):
        pass


def test_a_lock_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("content")
    (tmp_path / "out" / "work").mkdir(parents=True)
    (tmp_path / "out" / "work" / "lock").symlink_to(tmp_path / "victim")
    with pytest.raises(ConfigError, match="cannot lock"), hold(str(tmp_path / "out")):
        pass
    assert (tmp_path / "victim").read_text() == "content"


def left(store: str, **changes: object) -> bytes:
    content = replace(Owner.here(), **changes).dump()  # type: ignore[arg-type]
    write_bytes(WorkFolder(store).lock, content)
    return content


def test_in_a_store_a_dead_process_of_this_machine_is_known(store: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    left(store, process=process.pid)
    with hold(store):
        pass
    # The number lives, but it is another process now.
    left(store, born="another boot/1")
    with hold(store):
        pass


def test_in_a_store_another_machines_is_refused_until_it_is_taken_over(store: str) -> None:
    content = left(store, host="elsewhere", since="then")
    with pytest.raises(ConfigError, match=r"process \d+ on elsewhere since then; .*--take-over"), hold(store):
        pass
    assert read_bytes(WorkFolder(store).lock) == content
    with hold(store, take_over=True):
        assert Owner.load(read_bytes(WorkFolder(store).lock)).host == socket.gethostname()
        # Somebody took it from us in turn: it is not ours to remove.
        content = left(store, host="elsewhere")
    assert read_bytes(WorkFolder(store).lock) == content


def test_a_job_keeps_the_lock_until_it_is_over(store: str) -> None:
    with hold(store) as held:
        held.leave_to("project/region/job-1")
    with pytest.raises(ConfigError, match="Dataflow job project/region/job-1 since "), hold(store):
        pass
    asked: list[str] = []
    with hold(store, ended=lambda job: not asked.append(job)):
        pass
    assert asked == ["project/region/job-1"]
    with hold(store) as held:
        held.leave_to("project/region/job-1")
    publish(f"{store}/manifest.json", b"what the job made")
    with hold(store):
        pass
    with hold(store) as held:
        left(store, host="elsewhere")
        with pytest.raises(WorldError, match="taken over"):
            held.leave_to("project/region/job-2")


def test_another_runs_manifest_is_not_overwritten(store: str) -> None:
    path = f"{store}/manifest.json"
    publish(path, b"ours")
    publish(path, b"ours")
    with pytest.raises(WorldError, match="another run has put one there"):
        publish(path, b"theirs")
    assert read_bytes(path) == b"ours"


class Blob:
    """An object of gs:// that obeys generations, which the emulator does not know."""

    content: bytes | None = None
    generation = 0
    meanwhile: bytes | None = None

    def reload(self) -> None:
        if self.content is None:
            raise NotFound("none")

    def download_as_bytes(self, if_generation_match: int) -> bytes:
        assert if_generation_match == self.generation
        assert self.content is not None
        return self.content

    def upload_from_string(self, content: bytes, _: str, if_generation_match: int) -> None:
        if self.meanwhile is not None:
            self.content, self.generation, self.meanwhile = self.meanwhile, self.generation + 1, None
        if if_generation_match != self.generation:
            raise PreconditionFailed("412")
        self.content, self.generation = content, self.generation + 1


def test_on_gs_the_generation_decides() -> None:
    blob = Blob()
    filesystem = mock.Mock()
    filesystem.scheme.return_value = "gs"
    filesystem._gcsIO().client.bucket().blob.return_value = blob
    with (
        mock.patch.object(FileSystems, "get_filesystem", return_value=filesystem),
        mock.patch("babelmill.transforms.files.object_store._content", side_effect=lambda path: blob.content),
    ):
        assert swap("gs://b/x", b"1", None)
        assert not swap("gs://b/x", b"2", None)
        assert not swap("gs://b/x", b"2", b"0")
        assert swap("gs://b/x", b"2", b"1")
        blob.meanwhile = b"theirs"
        assert not swap("gs://b/x", b"3", b"2")
        assert blob.content == b"theirs"
        # The answer to a first try was lost: it is ours.
        blob.meanwhile = b"4"
        assert swap("gs://b/x", b"4", b"theirs")
    filesystem._gcsIO().client.bucket.assert_called_with("b")
    filesystem._gcsIO().client.bucket().blob.assert_called_with("x")


def test_a_jobs_lock_outlives_its_launcher_on_this_machine_too(tmp_path: Path) -> None:
    output, job = str(tmp_path / "out"), "beam://engine:8099/job-1"
    with hold(output) as held:
        held.leave_to(job)
    assert Owner.load(read_bytes(WorkFolder(output).lock)).job == job
    content = read_bytes(WorkFolder(output).lock)
    for again in range(2):
        with pytest.raises(ConfigError, match=f"being written by job {job} since .*--take-over"), hold(output):
            pass
        assert read_bytes(WorkFolder(output).lock) == content, again
    with hold(output, ended=lambda name: name == job):
        pass
    assert not exists(WorkFolder(output).lock)
    with hold(output) as held:
        held.leave_to(job)
    with hold(output, take_over=True) as held:
        held.leave_to(job)
    # It has committed: a launcher takes the manifest back before it leaves the lock to a job.
    write_bytes(f"{output}/manifest.json", b"{}")
    with hold(output) as held:
        held.leave_to(job)
        held.take_back()
    assert not exists(WorkFolder(output).lock)


@pytest.mark.parametrize("content", [b"", Owner.here().dump()])
def test_a_lock_is_known_by_its_content(content: bytes) -> None:
    assert is_lock(content)
    assert not is_lock(b"mine")
    assert not is_lock(b'{"host": 1}')


def test_who_writes_is_asked_without_taking_the_lock(output: str) -> None:
    assert owner_of(output) is None
    with hold(output):
        owner = owner_of(output)
        assert owner is not None
        assert (owner.host, owner.process) == (socket.gethostname(), os.getpid())
    assert owner_of(output) is None


def test_a_killed_process_writes_nothing_any_more(holder: "subprocess.Popen[str]", tmp_path: Path) -> None:
    output = str(tmp_path / "out")
    assert str(owner_of(output)).startswith(f"process {holder.pid} on ")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert exists(WorkFolder(output).lock)
    assert owner_of(output) is None


def test_what_a_file_says_counts_where_its_lock_is_held(holder: "subprocess.Popen[str]", tmp_path: Path) -> None:
    output, path = str(tmp_path / "out"), Path(WorkFolder(str(tmp_path / "out")).lock)
    elsewhere = replace(Owner.here(), host="elsewhere")
    for content in (elsewhere.dump(), b"", b"{"):
        with path.open("r+b") as file:
            file.truncate()
            file.write(content)
        assert owner_of(output) == Owner.load(content)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert owner_of(output) is None
    path.write_bytes(elsewhere.dump())
    assert owner_of(output) is None
    path.unlink()
    path.symlink_to(tmp_path / "out")
    assert owner_of(output) is None


def test_in_a_store_the_object_says_who_writes(store: str) -> None:
    left(store, host="elsewhere", since="then")
    assert str(owner_of(store)).endswith("on elsewhere since then")
    left(store, born="another boot/1")
    assert owner_of(store) is None
    left(store, job="project/region/job-1")
    assert str(owner_of(store)).startswith("Dataflow job project/region/job-1 since ")
