"""The pages of a Parquet file, and whether each is what its own checksum says.

pyarrow verifies checksums silently, and only of what it decodes; here every page is read, and a broken one is named.

    row group ─ column chunk ─ [header | compressed bytes] [header | compressed bytes] …
                                └─ Thrift's compact protocol: 1 type  2 raw size  3 size  4 CRC-32 (optional)  5… more

Source: parquet-format, src/main/thrift/parquet.thrift (PageHeader), and Thrift's compact protocol specification.
"""

import zlib
from collections.abc import Iterator
from typing import IO, NamedTuple

import pyarrow.parquet as pq

__all__ = ["Page", "read_pages"]

_HEADER_BYTES = 1 << 16
"""A header is some 30 bytes, more only where it carries the least and greatest value of its page."""
_BLOCK_BYTES = 1 << 20
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
"""Types of the compact protocol; 4 to 6 are integers as zigzag varints."""
_DEEPEST = 16


class Page(NamedTuple):
    """A page: its row group, its column's path, its bytes without header, and its checksum's word.

    `sound` is None where the page has no checksum, and False too where its header cannot be read: what comes behind
    it in the column cannot be found then.
    """

    group: int
    column: str
    size: int
    sound: bool | None


class _Cursor:
    """A place in a Thrift message; reading behind its end is an IndexError."""

    def __init__(self, content: bytes) -> None:
        self._content, self.at = content, 0

    def byte(self) -> int:
        self.at += 1
        return self._content[self.at - 1]

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
            if shift > 63:
                raise ValueError("an integer of more than 64 bits")

    def zigzag(self) -> int:
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def fields(self) -> Iterator[tuple[int, int]]:
        """Yield number and type of a struct's fields; the caller reads or skips each value."""
        number = 0
        while head := self.byte():
            number = number + (head >> 4) if head >> 4 else self.zigzag()
            yield number, head & 15

    def skip(self, kind: int, depth: int = 0) -> None:
        """Pass over a value."""
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        if kind in (_TRUE, _FALSE):
            return
        if kind == _BYTE:
            self.byte()
        elif kind == _DOUBLE:
            self.at += 8
        elif kind == _BINARY:
            length = self.varint()
            self.at += length
        elif kind == _STRUCT:
            for _, inner in self.fields():
                self.skip(inner, depth + 1)
        elif kind in (_LIST, _SET, _MAP):
            raise ValueError("a page header has no list")
        else:
            self.varint()


def _header(content: bytes) -> tuple[int, int, int | None]:
    """Return a page header's length, its page's size, and the checksum if there is one."""
    cursor = _Cursor(content)
    size, checksum = -1, None
    for number, kind in cursor.fields():
        if number == 3:
            size = cursor.zigzag()
        elif number == 4:
            checksum = cursor.zigzag() & 0xFFFFFFFF
        else:
            cursor.skip(kind)
    if size < 0 or cursor.at > len(content):
        raise ValueError("no page header")
    return cursor.at, size, checksum


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


def read_pages(file: IO[bytes], footer: pq.FileMetaData) -> Iterator[Page]:
    """Yield every page of a file, dictionary pages too, in the order of row groups and columns."""
    for group in range(footer.num_row_groups):
        row_group = footer.row_group(group)
        for number in range(row_group.num_columns):
            chunk = row_group.column(number)
            at = chunk.data_page_offset
            if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < at:
                at = chunk.dictionary_page_offset
            end = at + chunk.total_compressed_size
            while at < end:
                file.seek(at)
                try:
                    length, size, checksum = _header(file.read(_HEADER_BYTES))
                except (ValueError, IndexError):
                    yield Page(group, chunk.path_in_schema, end - at, False)
                    break
                file.seek(at + length)
                found = _crc(file, size) if at + length + size <= end else None
                sound = False if found is None else None if checksum is None else found == checksum
                yield Page(group, chunk.path_in_schema, size, sound)
                at += length + size
