"""Local worker processes for Beam's own runner: started without a shell, and watched until they end.

Beam's own environment for subprocesses waits for ever for a worker that dies before it has called back or between two
bundles, and tells of one that dies in a bundle as a channel that closed.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from apache_beam.portability.api import endpoints_pb2
from apache_beam.runners.portability.fn_api_runner.worker_handlers import GrpcWorkerHandler, WorkerHandler
from apache_beam.transforms.environments import Environment, python_sdk_capabilities
from google.protobuf import json_format, text_format

from babelmill.pipeline.runners.lean import has_extras
from babelmill.transforms import heartbeat
from babelmill.transforms.errors import WorldError

__all__ = ["CONNECT_S", "Processes", "WorkerDied", "quiet_channels"]

_URN = "babelmill:env:processes:v1"
_NOTICE_S = 2.0
_STOP_S = 30.0
_LOOK_EVERY_S = 0.1
CONNECT_S = 300.0
"""How long a worker may take from its start until it has connected: 2 to 4 s of imports, on a busy machine a minute."""
_READERS = ("read_grpc_client_inputs", "beam_control_read")


class WorkerDied(WorldError):
    """A local worker process ended before the run did. Finished work stays.

    Args:
        process: its number.
        code: its exit code; the negative number of the signal that ended it.
    """

    def __init__(self, process: int, code: int) -> None:
        super().__init__(f"a worker process ended {_told(code)}")
        self.process = process


class Processes:
    """The worker processes of one run of the local runner."""

    def __init__(self) -> None:
        self.deaths: list[WorldError] = []
        """The workers that ended before they were asked to: a WorkerDied each, or why they were given up."""
        self._notice_s = 0.0

    def environment(self) -> Environment:
        """Return the environment whose workers are these processes."""
        self._notice_s = _NOTICE_S
        register = WorkerHandler.register_environment(_URN, bytes)
        register(lambda _, *rest: _Process(self, *rest))
        return _Environment(python_sdk_capabilities(), ())

    def death(self) -> WorldError | None:
        """Return the error to raise for the first process that died; None where none did.

        A closed channel may be heard of a moment before the end of the process that held it.
        """
        end = time.monotonic() + self._notice_s
        while not self.deaths and time.monotonic() < end:
            time.sleep(0.01)
        return self.deaths[0] if self.deaths else None


@contextlib.contextmanager
def quiet_channels() -> Iterator[None]:
    """Keep the threads that read what workers send from printing that a dead one sends no more."""
    before = threading.excepthook

    def hook(told: threading.ExceptHookArgs) -> None:
        if not told.thread or told.thread.name not in _READERS:
            before(told)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = before


def _unconnected(address: str) -> WorldError:
    return WorldError(
        f"a worker process did not connect to its launcher at {address} within {CONNECT_S:g} s and was ended; "
        "is the machine overloaded, or does something keep processes from reaching each other on it?"
    )


def _told(code: int) -> str:
    if code >= 0:
        return f"with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    why = " (out of memory? fewer --workers need less)" if -code == signal.SIGKILL else ""
    return f"by {name}{why}"


class _Environment(Environment):  # type: ignore[misc]
    """What Beam has to know of it: its name alone."""

    def to_runner_api_parameter(self, context: object) -> tuple[str, bytes]:
        return _URN, b""

    @staticmethod
    def from_runner_api_parameter(
        payload: bytes, capabilities: Sequence[str], artifacts: Sequence[Any], resource_hints: Any, context: object
    ) -> "_Environment":
        return _Environment(capabilities, artifacts, resource_hints)


Environment.register_urn(_URN, None, _Environment.from_runner_api_parameter)


class _Process(GrpcWorkerHandler):  # type: ignore[misc]
    """One worker process, and the thread that waits for its end."""

    def __init__(self, processes: Processes, *rest: Any) -> None:
        super().__init__(*rest)
        self._processes = processes
        self._closing = False

    def port_from_worker(self, port: str) -> str:
        """Return where a worker finds one of the launcher's servers: a socket's address is the same for both."""
        return port

    def start_worker(self) -> None:
        def address(url: str) -> str:
            return str(text_format.MessageToString(endpoints_pb2.ApiServiceDescriptor(url=url)))

        environment = {
            **os.environ,
            "CONTROL_API_SERVICE_DESCRIPTOR": address(self.control_address),
            "LOGGING_API_SERVICE_DESCRIPTOR": address(self.logging_api_service_descriptor().url),
            "PIPELINE_OPTIONS": json_format.MessageToJson(self.provision_info.provision_info.pipeline_options),
            "WORKER_ID": self.worker_id,
        }
        pipe = heartbeat.handle()
        if pipe is not None:
            environment[heartbeat.HANDLE] = str(pipe)
        # -P: the folder that the user stands in is no place to import from.
        command = [sys.executable, "-P", "-m", "babelmill.pipeline.runners.worker", str(os.getpid())]
        command += [] if has_extras() else ["--lean"]
        self._process = subprocess.Popen(command, env=environment, pass_fds=() if pipe is None else (pipe,))
        self._watch = threading.Thread(target=self._wait, name=f"watch-{self.worker_id}", daemon=True)
        self._watch.start()

    def _wait(self) -> None:
        connected = self._connects()
        code = self._process.wait()
        if self._closing:
            return
        error = WorkerDied(self._process.pid, code) if connected else _unconnected(self.control_address)
        self._processes.deaths.append(error)
        self._close_data()
        # Again and again: what is asked of a dead worker later would never be answered.
        while not self._closing:
            with contextlib.suppress(RuntimeError):  # that somebody asks for more just now
                self.control_conn.abort(error)
            time.sleep(0.1)

    def _connects(self) -> bool:
        """Wait until the worker has connected; one that lives and does not is killed. Beam would wait for ever."""
        end = time.monotonic() + CONNECT_S
        while self._process.poll() is None and not self._closing:
            if self.control_conn._input is not None:
                return True
            if time.monotonic() > end:
                self._process.kill()
                return False
            time.sleep(_LOOK_EVERY_S)
        return True

    def close(self) -> None:
        self._closing = True
        if self._processes.deaths or sys.exc_info()[0] is not None:
            # The run has failed, or somebody pressed Ctrl-C: what the worker is at is done again.
            self._process.kill()
        # One that does not end when it is told to would be waited for without end.
        late = threading.Timer(_STOP_S, self._process.kill)
        late.daemon = True
        late.start()
        self.control_conn.close()
        self._close_data()
        self.stop_worker()
        late.cancel()

    def _close_data(self) -> None:
        with contextlib.suppress(Exception):  # that the channel is closed already, as a dead worker left it
            self.data_conn.close()

    def stop_worker(self) -> None:
        self._process.wait()
        self._watch.join()
