"""A file that hashes what is written to it."""

import hashlib
from typing import IO, Any

import pyarrow as pa

__all__ = ["Hashed"]


class Hashed:
    """Wrap a file that is written from front to back, as Parquet files are.

    hashed = Hashed(file)
    with pq.ParquetWriter(hashed.sink(), schema) as writer: ...
    hashed.size, hashed.sha256()
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._digest, self.size = file, hashlib.sha256(), 0
        self.closed = False

    def sink(self) -> Any:
        """Return what pyarrow writes to; closing it leaves the file open."""
        return pa.PythonFile(self, mode="w")

    def write(self, content: bytes) -> int:
        """Hash and write."""
        self._digest.update(content)
        self.size += len(content)
        return self._file.write(content)

    def tell(self) -> int:
        """Return how much has been written."""
        return self.size

    def flush(self) -> None:
        """Flush the file."""
        self._file.flush()

    def close(self) -> None:
        """Mark the end; the file's owner closes it."""
        self.closed = True

    def sha256(self) -> str:
        """Return the digest of all that has been written."""
        return self._digest.hexdigest()
