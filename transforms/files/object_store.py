"""Object stores through Beam's filesystems. Only `storage` calls this, and only for a path with a scheme."""

import contextlib
import importlib
import os
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems

__all__ = ["cause", "create", "delete", "exists", "find", "open_file", "read_range", "swap"]

_EMULATOR = "STORAGE_EMULATOR_HOST"

for _module in ("aws.s3filesystem", "azure.blobstoragefilesystem", "gcp.gcsfilesystem"):
    # Where Beam was loaded without its extras they are unknown to it yet; it knows a filesystem once it is imported.
    with contextlib.suppress(ImportError):
        importlib.import_module(f"apache_beam.io.{_module}")

if os.environ.get(_EMULATOR):
    # An emulator asks for no credentials, and without any Beam looks for them for half a minute in each process.
    with contextlib.suppress(ImportError):
        from apache_beam.internal.gcp.auth import _Credentials

        _Credentials._credentials_init = True


def find(pattern: str) -> Iterator[tuple[str, int, float, str]]:
    """Yield path, size in bytes, time of change (0 where unknown) and checksum of what a glob matches.

    The checksum is asked for only where there is no time, for it takes a request an object; empty otherwise.
    """
    [match] = FileSystems.match([pattern])
    for found in match.metadata_list:
        changed = found.last_updated_in_seconds or 0.0
        yield found.path, found.size_in_bytes, changed, "" if changed else _checksum(found.path)


def _checksum(path: str) -> str:
    """Return an object's checksum or ETag; empty where its filesystem has none."""
    try:
        return str(FileSystems.checksum(path))
    except (NotImplementedError, BeamIOError, TypeError):
        return ""


def exists(path: str) -> bool:
    """Say whether an object is there."""
    return bool(FileSystems.exists(path))


def open_file(path: str) -> Any:
    """Open an object's own bytes for reading."""
    return FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)


def read_range(path: str, start: int, size: int) -> bytes | None:
    """Return a part of an object on gs://; None elsewhere, where it is to be opened and read.

    Beam's reader takes 16 MB at the least from the store, and asks for the object's metadata first.
    """
    filesystem = FileSystems.get_filesystem(path)
    if filesystem.scheme() != "gs" or not size:
        return None
    return bytes(_blob(path).download_as_bytes(start=start, end=start + size - 1))


def create(path: str) -> Any:
    """Open an object for writing; it is there when it is closed."""
    return FileSystems.create(path, "application/octet-stream", CompressionTypes.UNCOMPRESSED)


def delete(path: str) -> None:
    """Delete an object."""
    FileSystems.delete([path])


def swap(path: str, content: bytes, expected: bytes | None) -> bool:
    """Write an object if its content is what is expected, None for no object; say whether it was written.

    On gs:// the store itself decides, by the object's generation. Beam's interface has no condition on a write, so
    elsewhere the object is looked at before and after: two writers within the same moment may both be told yes.
    """
    filesystem = FileSystems.get_filesystem(path)
    if filesystem.scheme() == "gs":
        return _swap_generation(path, content, expected)
    if _content(path) != expected:
        return False
    with create(path) as target:
        target.write(content)
    return _content(path) == content


def _content(path: str) -> bytes | None:
    if not exists(path):
        return None
    with open_file(path) as file:
        return bytes(file.read())


@lru_cache(maxsize=1)
def _google_client(process: int, emulator: str | None) -> Any:
    """Return a client of Google's storage for this process: making one takes longer than a request."""
    return FileSystems.get_filesystem("gs://")._gcsIO().client


def _blob(path: str) -> Any:
    bucket, name = path.removeprefix("gs://").split("/", 1)
    return _google_client(os.getpid(), os.environ.get(_EMULATOR)).bucket(bucket).blob(name)


def _swap_generation(path: str, content: bytes, expected: bytes | None) -> bool:
    from google.api_core.exceptions import NotFound, PreconditionFailed

    blob = _blob(path)
    # Generation 0 stands for an object that is not there.
    found, generation = None, 0
    with contextlib.suppress(NotFound):
        blob.reload()
        generation = blob.generation
        found = blob.download_as_bytes(if_generation_match=generation)
    if found != expected:
        return False
    try:
        blob.upload_from_string(content, "application/octet-stream", if_generation_match=generation)
    except PreconditionFailed:
        # Ours all the same, if the client tried twice because the first answer was lost.
        return _content(path) == content
    return True


def cause(error: BaseException) -> str:
    """Return what lies below Beam's wrappers, which repeat each other."""
    while isinstance(error, BeamIOError) and error.exception_details:
        inner = next(iter(error.exception_details.values()))
        if not isinstance(inner, BaseException):
            break
        error = inner
    return str(error) or repr(error)
