"""The header of a Parquet page, read by itself: pyarrow does not show it, and trusts the sizes in it.

    [header | compressed bytes] [header | compressed bytes] …
     └─ Thrift's compact protocol: 1 type  2 raw size  3 size  4 CRC-32 (optional)  5… more

Source: parquet-format, src/main/thrift/parquet.thrift (PageHeader), and Thrift's compact protocol specification.
"""

from collections.abc import Iterator
from typing import NamedTuple

import pyarrow.parquet as pq

__all__ = ["PageHeader", "first_page", "page_header"]

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
"""Types of the compact protocol; 4 to 6 are integers as zigzag varints."""
_DEEPEST = 16


class PageHeader(NamedTuple):
    """A header: its own bytes, those of the page decompressed and as it is, and the page's CRC-32 if it has one."""

    length: int
    raw_size: int
    size: int
    checksum: int | None


def first_page(chunk: pq.ColumnChunkMetaData) -> int:
    """Return where a column chunk's first page begins, its dictionary's if it has one."""
    data = int(chunk.data_page_offset)
    dictionary = int(chunk.dictionary_page_offset) if chunk.has_dictionary_page else 0
    return dictionary if 0 < dictionary < data else data


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


def page_header(content: bytes) -> PageHeader:
    """Read the header that some bytes begin with.

    Raises:
        ValueError: if they do not begin with one.
        IndexError: if it is longer than the bytes.
    """
    cursor = _Cursor(content)
    raw_size = size = -1
    checksum = None
    for number, kind in cursor.fields():
        if number == 2:
            raw_size = cursor.zigzag()
        elif number == 3:
            size = cursor.zigzag()
        elif number == 4:
            checksum = cursor.zigzag() & 0xFFFFFFFF
        else:
            cursor.skip(kind)
    if size < 0 or raw_size < 0:
        raise ValueError("no page header")
    if cursor.at > len(content):
        raise IndexError("the header is longer")
    return PageHeader(cursor.at, raw_size, size, checksum)
