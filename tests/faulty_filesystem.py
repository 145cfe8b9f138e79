"""An object store in memory that fails when it is told to, as a Beam filesystem: `faulty://bucket/name`.

with faults(Fault("write", "part-00000.parquet", "error")):
    execute(plan)
"""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.memory_filesystem import MemoryFileSystem

SCHEME = "faulty://"


@dataclass
class Fault:
    """What goes wrong with objects whose path contains `path`.

    `how`, while writing: `error` before anything is there; `lost` after the object is there; `twice` writes it again.
    While reading: `error` at the first byte; `midway` behind half of the object; `short` gives fewer bytes than asked
    for; `slow` waits. While deleting: `error`.
    """

    doing: str
    path: str
    how: str
    left: int = 1_000_000
    """How often it still happens."""
    happened: int = 0

    def happens(self, doing: str, path: str) -> bool:
        """Say whether it is now, and count."""
        if doing != self.doing or self.path not in path or not self.left:
            return False
        self.left, self.happened = self.left - 1, self.happened + 1
        return True


class _Reader(io.BytesIO):
    def __init__(self, content: bytes, how: str) -> None:
        super().__init__(content)
        self._how, self._size = how, len(content)

    def read(self, size: int | None = -1) -> bytes:
        if self._how == "slow":
            time.sleep(0.002)
        if self._how == "error" or (self._how == "midway" and self.tell() + self._asked(size) > self._size // 2):
            raise ConnectionResetError("the connection broke")
        return super().read(max(1, size // 3) if self._how == "short" and size and size > 0 else size)

    def _asked(self, size: int | None) -> int:
        return self._size if size is None or size < 0 else size


class FaultyFileSystem(MemoryFileSystem):
    """A store with at most one fault at a time."""

    objects: dict[str, bytes] = {}
    fault: Fault | None = None

    @classmethod
    def scheme(cls) -> str:
        return "faulty"

    @classmethod
    def _how(cls, doing: str, path: str) -> str:
        return cls.fault.how if cls.fault and cls.fault.happens(doing, path) else ""

    def create(self, path: str, *_: Any) -> io.BytesIO:
        how = self._how("write", path)

        class Writer(io.BytesIO):
            def close(self) -> None:
                if not self.closed:
                    if how == "error":
                        super().close()
                        raise OSError(28, "No space left on device")
                    for _ in range(2 if how == "twice" else 1):
                        FaultyFileSystem.objects[path] = self.getvalue()
                    super().close()
                    if how == "lost":
                        raise TimeoutError("the answer was lost")

        return Writer()

    def open(self, path: str, *_: Any, **__: Any) -> io.BytesIO:
        content = super().open(path).getvalue()
        return _Reader(content, self._how("read", path))

    def delete(self, paths: list[str]) -> None:
        for path in paths:
            if self._how("delete", path):
                raise OSError(5, "Input/output error")
        super().delete(paths)


@contextmanager
def faults(fault: Fault) -> Iterator[Fault]:
    """Have a fault happen for the time of the block."""
    FaultyFileSystem.fault = fault
    try:
        yield fault
    finally:
        FaultyFileSystem.fault = None
