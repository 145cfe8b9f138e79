"""The header of a Parquet page, read by itself: pyarrow does not show it, and trusts the sizes in it.

    [header | compressed bytes] [header | compressed bytes] …
     └─ Thrift's compact protocol: 1 type  2 raw size  3 size  4 CRC-32 (optional)  5… more

Source: parquet-format, src/main/thrift/parquet.thrift (PageHeader).
"""

from typing import NamedTuple

from transforms.read.thrift import Cursor

__all__ = ["PageHeader", "page_header"]


class PageHeader(NamedTuple):
    """A header: its own bytes, those of the page decompressed and as it is, and the page's CRC-32 if it has one."""

    length: int
    raw_size: int
    size: int
    checksum: int | None


def page_header(content: bytes) -> PageHeader:
    """Read the header that some bytes begin with.

    Raises:
        ValueError: if they do not begin with one.
        IndexError: if it is longer than the bytes.
    """
    cursor = Cursor(content, len(content))
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
