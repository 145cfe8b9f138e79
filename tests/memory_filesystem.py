"""An object store in memory, as a Beam filesystem: `mem://bucket/name`."""

import hashlib
import io
from collections.abc import Iterator
from typing import Any

from apache_beam.io.filesystem import BeamIOError, FileMetadata, FileSystem


class MemoryFileSystem(FileSystem):
    """The part of an object store that storage uses: an object is there once its writer is closed."""

    objects: dict[str, bytes] = {}

    @classmethod
    def scheme(cls) -> str:
        return "mem"

    def create(self, path: str, *_: Any) -> io.BytesIO:
        class Writer(io.BytesIO):
            def close(self) -> None:
                if not self.closed:
                    MemoryFileSystem.objects[path] = self.getvalue()
                super().close()

        return Writer()

    def open(self, path: str, *_: Any, **__: Any) -> io.BytesIO:
        if path not in self.objects:
            raise BeamIOError("no such object", {path: None})
        return io.BytesIO(self.objects[path])

    def _list(self, folder: str) -> Iterator[FileMetadata]:
        return (FileMetadata(path, len(found)) for path, found in self.objects.items() if path.startswith(folder))

    def exists(self, path: str) -> bool:
        return path in self.objects

    def metadata(self, path: str) -> FileMetadata:
        return FileMetadata(path, len(self.objects[path]))

    def delete(self, paths: list[str]) -> None:
        for path in paths:
            del self.objects[path]

    def join(self, base: str, *names: str) -> str:
        return "/".join((base, *names))

    def split(self, path: str) -> tuple[str, str]:
        folder, _, name = path.rpartition("/")
        return folder, name

    def has_dirs(self) -> bool:
        return False

    def checksum(self, path: str) -> str:
        return hashlib.md5(self.objects[path]).hexdigest()

    mkdirs = copy = rename = size = last_updated = None  # type: ignore[assignment]
