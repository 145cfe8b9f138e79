"""Object stores through Beam's filesystems. Only `storage` calls this, and only for a path with a scheme."""

from collections.abc import Iterator
from typing import Any

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

__all__ = ["create", "delete", "exists", "find", "open_file"]


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
