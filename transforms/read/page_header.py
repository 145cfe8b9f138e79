"""The headers of Parquet pages, read by themselves: pyarrow does not show it, and trusts the sizes in it.

    [header | compressed bytes] [header | compressed bytes] …
     └─ Thrift's compact protocol: 1 type  2 raw size  3 size  4 CRC-32 (optional)
        5 data page, 8 data page of version 2: 1 values, 2 or 4 encoding

Source: parquet-format, src/main/thrift/parquet.thrift (PageHeader).
"""

from collections.abc import Iterator
from typing import IO, NamedTuple

from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.footer import Chunk
from babelmill.transforms.read.thrift import STRUCT, Cursor

__all__ = ["DELTA_BYTE_ARRAY", "DICTIONARY_PAGE", "PageHeader", "page_header", "page_headers"]

DICTIONARY_PAGE = 2
"""Type of a page that holds a column chunk's dictionary."""
DELTA_BYTE_ARRAY = 7
"""Encoding in which a value may repeat all of the one before it for two bytes."""
_OF_DATA = {5: 2, 8: 4}
"""Field of a data page's own header (of version 1, of version 2) → the field of its encoding there."""

_HEADER_BYTES = (1 << 12, 1 << 24)
"""A page header has some 30 bytes, more where it tells the least and greatest value; pyarrow's limit is 16 MiB."""
_MOST_PAGES = 1 << 20
"""Pages of a column chunk; writers make them of about 1 MiB."""


class PageHeader(NamedTuple):
    """A header: its own bytes, those of the page decompressed and as it is, and the page's CRC-32 if it has one.

    `kind` is the page's type; `values` and `encoding` are those of a data page, nulls counted.
    """

    length: int
    raw_size: int
    size: int
    checksum: int | None
    kind: int = 0
    values: int = 0
    encoding: int = 0


def page_header(content: bytes) -> PageHeader:
    """Read the header that some bytes begin with.

    Raises:
        ValueError: if they do not begin with one.
        IndexError: if it is longer than the bytes.
    """
    cursor = Cursor(content, len(content))
    raw_size = size = -1
    checksum = None
    page = values = encoding = 0
    for number, kind in cursor.fields():
        if number == 1:
            page = cursor.zigzag()
        elif number == 2:
            raw_size = cursor.zigzag()
        elif number == 3:
            size = cursor.zigzag()
        elif number == 4:
            checksum = cursor.zigzag() & 0xFFFFFFFF
        elif number in _OF_DATA and kind == STRUCT:
            values, encoding = _data(cursor, _OF_DATA[number])
        else:
            cursor.skip(kind)
    if size < 0 or raw_size < 0:
        raise ValueError("no page header")
    if cursor.at > len(content):
        raise IndexError("the header is longer")
    return PageHeader(cursor.at, raw_size, size, checksum, page, values, encoding)


def _data(cursor: Cursor, place: int) -> tuple[int, int]:
    """Return how many values a data page has, and their encoding, a field at `place`."""
    values = encoding = 0
    for number, kind in cursor.fields():
        if number == 1:
            values = cursor.zigzag()
        elif number == place:
            encoding = cursor.zigzag()
        else:
            cursor.skip(kind)
    return values, encoding


def page_headers(file: IO[bytes], chunk: Chunk) -> Iterator[tuple[int, PageHeader]]:
    """Yield place and header of a column chunk's pages, its dictionary's too; the file may be moved in between.

    Raises:
        ValueError: where there is none; a BrokenFile among them.
    """
    at, end = chunk.start, chunk.start + chunk.size
    if at < 0:
        raise BrokenFile("corrupt", f"a column chunk at {at}")
    for _ in range(_MOST_PAGES):
        if at >= end:
            return
        for most in _HEADER_BYTES:
            file.seek(at)
            try:
                header = page_header(file.read(most))
                break
            except IndexError:
                continue
        else:
            raise BrokenFile("corrupt", f"no page header at {at}")
        yield at, header
        at += header.length + header.size
    raise BrokenFile("corrupt", f"a column chunk of more than {_MOST_PAGES} pages")
