"""The launcher's servers for its local workers: unix sockets in a folder that only this user may enter.

Beam's own listen on every address of the machine without asking anybody for anything, and one of them hands out files:
whoever reaches a port reads what the user may read. Workers on this machine need neither ports nor files.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import grpc
from apache_beam.portability.api import beam_fn_api_pb2_grpc, beam_provision_api_pb2_grpc
from apache_beam.runners.portability.fn_api_runner import worker_handlers
from apache_beam.runners.portability.fn_api_runner.worker_handlers import (
    DATA_BUFFER_TIME_LIMIT_MS,
    BasicLoggingService,
    BasicProvisionService,
    BeamFnControlServicer,
    GrpcServer,
    GrpcStateServicer,
)
from apache_beam.runners.worker.data_plane import BeamFnDataServicer
from apache_beam.utils.thread_pool_executor import shared_unbounded_instance

from babelmill.transforms.errors import WorldError

__all__ = ["PrivateServer", "private_servers"]

_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 20_000),
)
"""As Beam's own servers have them: messages of any size, and pings of workers that are busy."""
_MOST_BYTES = 107 - len("/babelmill-12345678/control")
"""Of the folder for temporary files: a unix socket's path has 108 bytes, the last of them 0 (`man 7 unix`)."""
_SHORT = ("/tmp", "/dev/shm", "/var/tmp")
"""Where sockets go if the folder for temporary files has too long a path for them."""


class PrivateServer(GrpcServer):  # type: ignore[misc]
    """Beam's servers for control, data, state and logging, each on a unix socket; no service hands out files.

    What Beam calls a port is the socket's address here.

    Raises:
        WorldError: if no socket can be made in the folder for temporary files.
    """

    def __init__(self, state: Any, provision_info: Any, worker_manager: Any) -> None:
        self.state, self.provision_info = state, provision_info
        self._folder = _private_folder()
        try:
            self._serve(worker_manager)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def _serve(self, worker_manager: Any) -> None:
        self.control_server, self.control_port = self._server("control")
        self.data_server, self.data_port = self._server("data")
        self.state_server, self.state_port = self._server("state")
        self.logging_server, self.logging_port = self._server("logging")
        self.control_address = self.control_port
        self.control_handler = BeamFnControlServicer(worker_manager)
        self.data_plane_handler = BeamFnDataServicer(DATA_BUFFER_TIME_LIMIT_MS)
        fn_api = beam_fn_api_pb2_grpc
        fn_api.add_BeamFnControlServicer_to_server(self.control_handler, self.control_server)
        fn_api.add_BeamFnDataServicer_to_server(self.data_plane_handler, self.data_server)
        fn_api.add_BeamFnStateServicer_to_server(GrpcStateServicer(self.state), self.state_server)
        fn_api.add_BeamFnLoggingServicer_to_server(BasicLoggingService(), self.logging_server)
        if self.provision_info and self.provision_info.provision_info:
            provision = BasicProvisionService(self.provision_info.provision_info, worker_manager)
            beam_provision_api_pb2_grpc.add_ProvisionServiceServicer_to_server(provision, self.control_server)
        for server in (self.logging_server, self.state_server, self.data_server, self.control_server):
            server.start()

    def _server(self, name: str) -> tuple[Any, str]:
        path = os.path.join(self._folder, name)
        server = grpc.server(shared_unbounded_instance(), options=_OPTIONS)
        try:
            server.add_insecure_port(f"unix:{path}")
        except RuntimeError as error:
            raise WorldError(f"cannot listen at {path}: {error}") from error
        return server, f"unix:{path}"

    def close(self) -> None:
        """Stop the servers, and remove their sockets."""
        super().close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _private_folder() -> str:
    """Make a folder of mode 0700 whose path is short enough for sockets in it."""
    for place in (tempfile.gettempdir(), os.environ.get("XDG_RUNTIME_DIR", ""), *_SHORT):
        if place and len(os.fsencode(os.path.abspath(place))) <= _MOST_BYTES:
            with contextlib.suppress(OSError):
                return tempfile.mkdtemp(prefix="babelmill-", dir=place)
    raise WorldError(
        f"cannot listen below {tempfile.gettempdir()}: set TMPDIR to a shorter path that can be written to"
    )


@contextlib.contextmanager
def private_servers() -> Iterator[None]:
    """Have Beam's local runner serve its workers by PrivateServer in the block: it has no setting for that."""
    before = worker_handlers.GrpcServer
    worker_handlers.GrpcServer = PrivateServer
    try:
        yield
    finally:
        worker_handlers.GrpcServer = before
