"""A stub of Google's services: the jobs of the Dataflow API, a container registry, and a token endpoint."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Stub:
    """What the stub answers, and what it was sent."""

    port: int = 0
    jobs: list[dict[str, Any]] = field(default_factory=list)
    labels: dict[str, str] | None = None
    """Of the only image, `worker:1`; None where there is no image."""
    refusal: tuple[int, str] | None = None
    """HTTP status and message of every answer about jobs."""
    refuse_posts_only: bool = False
    states: list[str] = field(default_factory=lambda: ["JOB_STATE_RUNNING", "JOB_STATE_DONE"])
    """A job's, one at each question; the last one stays."""
    messages: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def image(self) -> str:
        return f"localhost:{self.port}/worker:1"

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        self.paths.append(f"{method} {path}")
        if path.startswith("/v2/"):
            return self._registry(path)
        if path.startswith("/token"):
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        if self.refusal and (method == "POST" or not self.refuse_posts_only):
            status, message = self.refusal
            return status, {"error": {"code": status, "message": message}}
        if method == "POST":
            job = json.loads(body)
            self.jobs.append(job)
            # The service answers with what it was sent, and an id.
            return 200, {"id": "job-1", "name": job["name"], "clientRequestId": job["clientRequestId"]}
        if path.endswith("/messages"):
            return 200, {"jobMessages": [{"id": "1", "messageText": text} for text in self.messages]}
        if re.search(r"/jobs/[^/]+$", path):
            state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
            return 200, {"id": "job-1", "currentState": state}
        return 200, {"jobs": []}

    def _registry(self, path: str) -> tuple[int, dict[str, Any]]:
        if self.labels is None:
            return 404, {}
        if path == "/v2/worker/manifests/1":
            manifests = [{"digest": "sha256:amd", "platform": {"architecture": "amd64"}}]
            return 200, {"manifests": manifests}
        if path == "/v2/worker/manifests/sha256:amd":
            return 200, {"config": {"digest": "sha256:config"}}
        if path == "/v2/worker/blobs/sha256:config":
            return 200, {"config": {"Labels": self.labels}}
        return 404, {}


@contextmanager
def google() -> Iterator[Stub]:
    """Run the stub on a port of its own."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = stub.answer(self.command, self.path.split("?")[0], body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _serve

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
