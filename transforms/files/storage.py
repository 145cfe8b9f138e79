"""Files, wherever Beam's filesystems reach: local paths, gs://, s3://, hdfs:// (each with its extra of apache-beam).

A file that is written appears whole or not at all: locally through a temporary name, a rename, and `fsync` of file and
folder; an object is written to a temporary file on this machine first. Every failure is a WorldError with the path and
the cause.
"""

import contextlib
import glob
import hashlib
import io
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import IO, NamedTuple, cast

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.durable import make_folder, sync_folder
from babelmill.transforms.files.globs import matches
from babelmill.transforms.files.regular import open_regular
from babelmill.transforms.files.temporaries import temporary_name

__all__ = [
    "FoundFile", "creating", "exists", "find",
    "find_below", "is_local", "join", "look", "open_file", "publish",
    "read_bytes", "read_range", "remove", "swap", "write_bytes",
]  # fmt: skip

_LOCAL_ERRORS = (OSError, ValueError)
"""Beam answers an unknown scheme with ValueError."""


class FoundFile(NamedTuple):
    """A file that a glob matched: `path`, `size` in bytes, `changed` in seconds since 1970 (0 where unknown).

    `state` tells another content of the same size and time. Of a local file it is when content or inode last changed
    (ctime, in nanoseconds), which nobody can set; of an object whose store gives no time, its checksum; else empty. A
    link to nowhere, a pipe or a device, which are listed only where they are asked for, have the size -1.
    """

    path: str
    size: int
    changed: float
    state: str = ""


def is_local(path: str) -> bool:
    """Say whether a path lies on this machine."""
    return "://" not in path


def _remote() -> ModuleType:
    """Return what reaches object stores: imported when one is named, for Beam takes a second to load."""
    from babelmill.transforms.files import object_store as remote

    return remote


def join(base: str, *names: str) -> str:
    """Join a folder and names: with `/` for object stores, as the system does locally."""
    return os.path.join(base, *names) if is_local(base) else "/".join((base.rstrip("/"), *names))


@contextlib.contextmanager
def _named(doing: str, path: str, errors: tuple[type[Exception], ...] | None = None) -> Iterator[None]:
    """Give a failure its path. A store's client has exceptions of its own, so of a remote path any one is meant."""
    caught = errors or (_LOCAL_ERRORS if is_local(path) else (Exception,))
    try:
        yield
    except WorldError:
        raise
    except caught as error:
        raise WorldError(f"cannot {doing} {path}: {error if is_local(path) else _remote().cause(error)}") from error


def find(pattern: str, odd: bool = False) -> list[FoundFile]:
    """Return the files that a glob (`*`, `?`, `[…]`, `**`) or a plain path names, sorted by path.

    Args:
        pattern: the glob.
        odd: also what is neither a regular file nor a folder.
    """
    with _named("list", pattern):
        if is_local(pattern):
            paths = [pattern] if os.path.isfile(pattern) else set(matches(pattern))
            files = [_local(path, os.stat(path)) for path in paths if os.path.isfile(path)]
            if odd:
                others = (path for path in paths if not os.path.isfile(path) and not os.path.isdir(path))
                files += [FoundFile(path, -1, 0.0) for path in others]
            return sorted(files)
        return sorted(FoundFile(*found) for found in _remote().find(pattern))


def _local(path: str, found: os.stat_result) -> FoundFile:
    return FoundFile(path, found.st_size, found.st_mtime, str(found.st_ctime_ns))


def look(path: str) -> FoundFile | None:
    """Return what a regular file is now; None where there is none. The path is no pattern."""
    if is_local(path):
        with _named("look at", path), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            found = os.stat(path)
            return _local(path, found) if stat.S_ISREG(found.st_mode) else None
        return None
    return next(iter(find(glob.escape(path))), None)


def find_below(folder: str, pattern: str, odd: bool = False) -> list[FoundFile]:
    """Return the files below a folder that a glob names, as `find` does; the folder's own name is no pattern."""
    return find(join(glob.escape(folder), pattern), odd)


def exists(path: str) -> bool:
    """Say whether a file is there."""
    if is_local(path):
        return os.path.exists(path)
    with _named("look at", path):
        return bool(_remote().exists(path))


class _Reader(io.RawIOBase):
    """A file open for reading, whose failures name it: a read may break long after the file was opened."""

    def __init__(self, file: IO[bytes], path: str) -> None:
        self._file, self._path = file, path
        self.failure: WorldError | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Read all that was asked for: pyarrow takes a short read for the file's end."""
        with self._remembered():
            if size is None or size < 0:
                return self._file.read()
            content = self._file.read(size)
            while 0 < len(content) < size and (more := self._file.read(size - len(content))):
                content += more
            return content

    def seek(self, offset: int, whence: int = 0) -> int:
        with self._remembered():
            return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        super().close()

    @contextlib.contextmanager
    def _remembered(self) -> Iterator[None]:
        try:
            with _named("read", self._path):
                yield
        except WorldError as error:
            self.failure = error
            raise


def check_reads(file: IO[bytes]) -> None:
    """Raise the WorldError that a read of a file from `open_file` met, if one did.

    For libraries in between, such as pyarrow, which make it an error of the file's content.
    """
    failure = getattr(file, "failure", None)
    if failure is not None:
        raise failure


def open_file(path: str, odd: bool = False) -> IO[bytes]:
    """Open a file's own bytes for reading, seekable; nothing is decompressed. A read that fails is a WorldError.

    Args:
        path: the file.
        odd: also a local pipe or device, which a user may name for a configuration.
    """
    with _named("read", path):
        if is_local(path):
            file: IO[bytes] = open(path, "rb") if odd else open_regular(path)
        else:
            file = cast(IO[bytes], _remote().open_file(path))
    return cast(IO[bytes], _Reader(file, path))


def read_bytes(path: str, most: int | None = None, odd: bool = False) -> bytes:
    """Return a whole file.

    Args:
        path: the file.
        most: bytes that it may have; a larger one is a WorldError, and no more of it is read.
        odd: as for `open_file`.
    """
    with _named("read", path), open_file(path, odd) as file:
        content = file.read(-1 if most is None else most + 1)
    if most is not None and len(content) > most:
        raise WorldError(f"cannot read {path}: more than {most:,} bytes")
    return content


def read_range(path: str, start: int, size: int) -> bytes:
    """Return `size` bytes of a file from `start` on.

    Raises:
        WorldError: if the file ends before.
    """
    with _named("read", path):
        found = None if is_local(path) else _remote().read_range(path, start, size)
        if found is None:
            with open_file(path) as file:
                file.seek(start)
                found = file.read(size)
    if len(found) != size:
        raise WorldError(f"cannot read {path}: {size} bytes wanted at {start}, {len(found)} found")
    return found


@contextlib.contextmanager
def creating(path: str) -> Iterator[IO[bytes]]:
    """Open a file for writing; it takes its name when the block ends well, and leaves nothing when it does not."""
    if not is_local(path):
        # Closing an object's writer publishes it, also behind an error: so it is opened last.
        with tempfile.TemporaryFile() as local:
            yield cast(IO[bytes], local)
            local.seek(0)
            with _named("write", path):
                with _remote().create(path) as target:
                    shutil.copyfileobj(local, target, 1 << 22)
        return
    temporary = temporary_name(path)
    try:
        with _named("write", path, (OSError,)):
            make_folder(Path(path).parent)
            with open(temporary, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
            sync_folder(Path(path).parent)
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


def swap(path: str, content: bytes, expected: bytes | None) -> bool:
    """Write an object of a store if its content is what is expected, None for no object; say whether it was written."""
    with _named("write", path):
        return bool(_remote().swap(path, content, expected))


def publish(path: str, content: bytes) -> None:
    """Write a file that must not be there yet, unless it is the same.

    Raises:
        WorldError: if another one is there: somebody else has published.
    """
    if is_local(path):
        # One writer at a time is the lock's business there.
        write_bytes(path, content)
    elif not swap(path, content, None) and read_bytes(path) != content:
        raise WorldError(f"cannot write {path}: another run has put one there in the meantime")


def remove(paths: Iterable[str]) -> None:
    """Remove files; one that is already gone is no error."""
    for path in paths:
        if is_local(path):
            with _named("remove", path), contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        elif exists(path):
            with _named("remove", path):
                _remote().delete(path)


def file_digest(path: str) -> str:
    """Return a file's SHA-256 as hexadecimal digits."""
    digest = hashlib.sha256()
    with open_file(path) as file:
        while block := file.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()
