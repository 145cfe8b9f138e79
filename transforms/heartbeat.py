"""Heartbeats: how far a worker is, told to the launcher of the same machine while the work goes on.

    if is_due():
        beat("item", 12, piece=0, share=0.4)   # a few times a second
    ended("item", 12, reused=False)            # whenever something is finished

They go through a pipe, a line of JSON each, which is written at once or not at all (`man 7 pipe`). Nothing but what a
user sees of a run depends on them: where no launcher listens, as on other machines, they are not even made.
"""

import os
import select
import threading
import time
from pathlib import Path
from typing import Any

import orjson

__all__ = ["HANDLE", "beat", "connect", "ended", "handle", "is_due"]

HANDLE = "BABELMILL_HEARTBEAT"
"""Environment variable in which a launcher tells a worker process the number of the pipe's open file."""
_EVERY_S = 0.5
_WAIT_MS = 1_000
"""How long the end of something waits for a full pipe to be read. A launcher that reads nothing any more is ending."""


class _Channel:
    """The pipe to the launcher, and when this process wrote to it last."""

    handle: int | None = None
    last = memory_told = float("-inf")
    lock = threading.Lock()
    """Held while a line is written: a number that was closed may be another file's the next moment."""


def connect(handle: int | None) -> None:
    """Let this process tell what it does; None: nobody listens any more, and the pipe may be closed.

    Args:
        handle: of the pipe's end that is written to, which does not block.
    """
    with _Channel.lock:
        _Channel.handle, _Channel.last, _Channel.memory_told = handle, float("-inf"), float("-inf")


def handle() -> int | None:
    """Return the pipe's open file; None where nobody listens."""
    return _Channel.handle


def is_due() -> bool:
    """Say whether somebody listens, and has heard nothing of this process for half a second."""
    return _Channel.handle is not None and time.monotonic() - _Channel.last >= _EVERY_S


def beat(of: str, key: int | str, **told: Any) -> None:
    """Tell how far something is; lost where the pipe is full.

    Args:
        of: what kind of thing.
        key: which one.
        told: numbers, flags, and mappings of numbers by name.
    """
    _write(0, of, key, told)


def ended(of: str, key: int | str, **told: Any) -> None:
    """Tell that something is finished; a full pipe is waited for. Now and then also what memory it took."""
    memory = {}
    if _Channel.handle is not None and time.monotonic() - _Channel.memory_told >= _EVERY_S:
        memory = {"process": os.getpid(), "peak": _peak_bytes()}
        _Channel.memory_told = time.monotonic()
    _write(_WAIT_MS, of, key, {**told, **memory, "ended": True})


def _peak_bytes() -> int:
    """Return the most memory that this program has taken; 0 where the system does not say (`man 5 proc_pid_status`).

    What `getrusage` says begins with the size of the process that started this one.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:")), 0)


def _write(wait_ms: int, of: str, key: int | str, told: dict[str, Any]) -> None:
    if _Channel.handle is None:
        return
    line = orjson.dumps({"of": of, "key": key, **told}, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n"
    with _Channel.lock:
        _Channel.last = time.monotonic()
        try:
            if _Channel.handle is not None and not _written(_Channel.handle, line) and wait_ms:
                waiting = select.poll()
                waiting.register(_Channel.handle, select.POLLOUT)
                waiting.poll(wait_ms)
                _written(_Channel.handle, line)
        except OSError:
            # The launcher listens no more, or closed its end.
            _Channel.handle = None


def _written(handle: int, line: bytes) -> bool:
    """Write a line to the pipe; say whether there was room."""
    try:
        os.write(handle, line)
    except BlockingIOError:
        return False
    return True
