"""Object stores through Beam's filesystems. Only `storage` calls this, and only for a path with a scheme."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems

__all__ = ["cause", "create", "delete", "exists", "find", "open_file"]

if os.environ.get("STORAGE_EMULATOR_HOST"):
    # An emulator asks for no credentials, and without any Beam looks for them for half a minute in each process.
    with contextlib.suppress(ImportError):
        from apache_beam.internal.gcp.auth import _Credentials

        _Credentials._credentials_init = True


def find(pattern: str) -> Iterator[tuple[str, int, float]]:
    """Yield path, size in bytes and time of change (0 where unknown) of what a glob matches."""
    [match] = FileSystems.match([pattern])
    for found in match.metadata_list:
        yield found.path, found.size_in_bytes, found.last_updated_in_seconds or 0.0


def exists(path: str) -> bool:
    """Say whether an object is there."""
    return bool(FileSystems.exists(path))


def open_file(path: str) -> Any:
    """Open an object's own bytes for reading."""
    return FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)


def create(path: str) -> Any:
    """Open an object for writing; it is there when it is closed."""
    return FileSystems.create(path, "application/octet-stream", CompressionTypes.UNCOMPRESSED)


def delete(path: str) -> None:
    """Delete an object."""
    FileSystems.delete([path])


def cause(error: BaseException) -> str:
    """Return what lies below Beam's wrappers, which repeat each other."""
    while isinstance(error, BeamIOError) and error.exception_details:
        inner = next(iter(error.exception_details.values()))
        if not isinstance(inner, BaseException):
            break
        error = inner
    return str(error) or repr(error)
