"""The pages of a Parquet file, and whether each is what its own checksum says.

pyarrow verifies checksums silently, and only of what it decodes; here every page is read, and a broken one is named.

    row group ─ column chunk ─ [header | compressed bytes] [header | compressed bytes] …
"""

import zlib
from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

from babelmill.transforms.read.footer import Chunk
from babelmill.transforms.read.page_header import page_headers

__all__ = ["Page", "read_pages"]

_BLOCK_BYTES = 1 << 20


class Page(NamedTuple):
    """A page: its row group, its column's path, its bytes without header, and its checksum's word.

    `sound` is None where the page has no checksum, and False too where its header cannot be read: what comes behind
    it in the column cannot be found then.
    """

    group: int
    column: str
    size: int
    sound: bool | None


def _crc(file: IO[bytes], size: int) -> int | None:
    """Return the CRC-32 of the next bytes; None where the file ends before."""
    crc = 0
    while size:
        block = file.read(min(size, _BLOCK_BYTES))
        if not block:
            return None
        crc = zlib.crc32(block, crc)
        size -= len(block)
    return crc


def read_pages(file: IO[bytes], groups: Sequence[Sequence[Chunk]]) -> Iterator[Page]:
    """Yield every page of a file, dictionary pages too, in the order of row groups and columns."""
    for group, chunks in enumerate(groups):
        for chunk in chunks:
            at, end = chunk.start, chunk.start + chunk.size
            try:
                for start, header in page_headers(file, chunk):
                    at = start + header.length + header.size
                    file.seek(start + header.length)
                    found = _crc(file, header.size) if at <= end else None
                    sound = False if found is None else None if header.checksum is None else found == header.checksum
                    yield Page(group, chunk.path, header.size, sound)
            except ValueError:
                yield Page(group, chunk.path, end - at, False)
