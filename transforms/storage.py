"""Files, wherever Beam's filesystems reach: local paths, gs://, s3://, hdfs:// (each with its extra of apache-beam).

A file that is written appears whole or not at all: locally through a temporary name, `fsync` and a rename; an object
store shows an object only once its writer is closed. Every failure is a WorldError with the path and the cause.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems

from transforms.errors import WorldError

__all__ = [
    "FoundFile", "TEMPORARY", "creating", "exists", "find", "is_local", "join", "open_file", "read_bytes",
    "read_range", "remove", "write_bytes",
]  # fmt: skip

TEMPORARY = ".tmp-"
"""What a local file is called before its rename: its name, this, and the writer's process id."""

_ERRORS = (OSError, BeamIOError, ValueError)
"""Beam answers an unknown scheme with ValueError."""


class FoundFile(NamedTuple):
    """A file that a glob matched: `path`, `size` in bytes, `changed` in seconds since 1970 (0 where unknown)."""

    path: str
    size: int
    changed: float


def is_local(path: str) -> bool:
    """Say whether a path lies on this machine."""
    return "://" not in path


def join(base: str, *names: str) -> str:
    """Join a folder and names: with `/` for object stores, as the system does locally."""
    return os.path.join(base, *names) if is_local(base) else "/".join((base.rstrip("/"), *names))


@contextlib.contextmanager
def _named(doing: str, path: str, errors: tuple[type[Exception], ...] = _ERRORS) -> Iterator[None]:
    try:
        yield
    except errors as error:
        raise WorldError(f"cannot {doing} {path}: {error}") from error


def find(pattern: str) -> list[FoundFile]:
    """Return the files that a glob (`*`, `?`, `[…]`, `**`) or a plain path names, sorted by path."""
    with _named("list", pattern):
        [match] = FileSystems.match([pattern])
    files = [FoundFile(f.path, f.size_in_bytes, f.last_updated_in_seconds or 0.0) for f in match.metadata_list]
    return sorted(file for file in files if not (is_local(file.path) and os.path.isdir(file.path)))


def exists(path: str) -> bool:
    """Say whether a file is there."""
    if is_local(path):
        return os.path.exists(path)
    with _named("look at", path):
        return bool(FileSystems.exists(path))


def open_file(path: str) -> IO[bytes]:
    """Open a file's own bytes for reading, seekable; nothing is decompressed."""
    with _named("read", path):
        if is_local(path):
            return open(path, "rb")
        return cast(IO[bytes], FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED))


def read_bytes(path: str) -> bytes:
    """Return a whole file."""
    with _named("read", path), open_file(path) as file:
        return file.read()


def read_range(path: str, start: int, size: int) -> bytes:
    """Return `size` bytes of a file from `start` on.

    Raises:
        WorldError: if the file ends before.
    """
    with _named("read", path), open_file(path) as file:
        file.seek(start)
        found = file.read(size)
    if len(found) != size:
        raise WorldError(f"cannot read {path}: {size} bytes wanted at {start}, {len(found)} found")
    return found


@contextlib.contextmanager
def creating(path: str) -> Iterator[IO[bytes]]:
    """Open a file for writing; it takes its name when the block ends well, and leaves nothing when it does not."""
    if not is_local(path):
        with (
            _named("write", path, (OSError, BeamIOError)),
            cast(IO[bytes], FileSystems.create(path, "application/octet-stream")) as file,
        ):
            yield file
        return
    temporary = f"{path}{TEMPORARY}{os.getpid()}"
    try:
        with _named("write", path, (OSError,)):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            with open(temporary, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def write_bytes(path: str, content: bytes | memoryview) -> None:
    """Write a whole file."""
    with creating(path) as file:
        # A copy into the page cache in pieces: some filesystems refuse a single write of 2 GB.
        for piece in range(0, len(content), 1 << 26):
            file.write(content[piece : piece + (1 << 26)])


def remove(paths: Iterable[str]) -> None:
    """Remove files; one that is already gone is no error."""
    for path in paths:
        if is_local(path):
            with _named("remove", path), contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        elif exists(path):
            with _named("remove", path):
                FileSystems.delete([path])
