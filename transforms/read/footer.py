"""The footer of a Parquet file, read by itself as far as the pages of its columns are to be found.

pyarrow reads it too, but ends the whole process over a column chunk whose size statistics or encryption it does not
like, as soon as it is asked for that chunk (25.0; a C++ exception that nobody catches).

Source: parquet-format, src/main/thrift/parquet.thrift (FileMetaData, RowGroup, ColumnChunk, ColumnMetaData).
"""

import os
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import IO, NamedTuple

import pyarrow.parquet as pq

from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.thrift import BINARY, LIST, STRUCT, Cursor, TooLarge

__all__ = ["Chunk", "chunks_of", "pyarrow_takes", "read_footer"]

_TAIL = 8
"""At the end: the footer's length in four bytes, and `PAR1`."""
_TAIL_READ = 1 << 16
"""Bytes that are read at once: most footers are within, so that in a store they cost one request."""
_MOST_STRUCTURE = 1 << 21
"""Bytes of a footer that are no strings: a column chunk has some 100, and a thousand of pyarrow's memory."""


class Chunk(NamedTuple):
    """A column of a row group.

    Args:
        name: of the column in the table.
        path: of the column in the schema: the same, unless it is nested, `ids.list.element`.
        start: where its first page begins, in bytes from the file's beginning.
        size: bytes of all its pages and their headers.
        levels: how many repetition and definition levels its size statistics count; 0 for none.
        encrypted: whether its metadata are.
    """

    name: str
    path: str
    start: int
    size: int
    levels: tuple[int, int]
    encrypted: bool

    def is_of(self, names: Collection[str]) -> bool:
        """Say whether pyarrow reads it for one of some columns: it, or all below it; of two with the same path both."""
        return any(name in (self.name, self.path) or self.path.startswith(f"{name}.") for name in names)


def read_footer(file: IO[bytes], most: int) -> bytes:
    """Return a file's footer.

    Args:
        file: a whole file.
        most: bytes that it may have.

    Raises:
        BrokenFile: if the file has none, or it has more.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL_READ))
    tail = file.read(_TAIL_READ)
    length = int.from_bytes(tail[-_TAIL:-4], "little")
    if len(tail) < _TAIL or not tail.endswith(b"PAR1") or length > size - _TAIL:
        raise BrokenFile("corrupt", "no footer: the file is cut off, encrypted, or no Parquet at all")
    if length > most:
        raise BrokenFile("footer_too_large", f"a footer of {length} bytes, limits.footer_bytes is {most}")
    if length <= len(tail) - _TAIL:
        return tail[len(tail) - _TAIL - length : -_TAIL]
    file.seek(size - _TAIL - length)
    return file.read(length)


@lru_cache(maxsize=2)
def chunks_of(footer: bytes) -> tuple[tuple[Chunk, ...], ...]:
    """Return the column chunks of every row group. Kept for the pieces of a file, which are read one after the other.

    Raises:
        BrokenFile: if it is no footer, or one of too many row groups or columns.
    """
    cursor = Cursor(footer, _MOST_STRUCTURE)
    groups: tuple[tuple[Chunk, ...], ...] = ()
    try:
        for number, kind in cursor.fields():
            if (number, kind) == (4, LIST):
                groups = tuple(_group(cursor) for _ in cursor.elements(STRUCT))
            else:
                cursor.skip(kind)
    except TooLarge as error:
        raise BrokenFile("footer_too_large", f"a footer of {error}") from error
    except (ValueError, IndexError) as error:
        raise BrokenFile("corrupt", f"no footer: {error}") from error
    return groups


def _group(cursor: Cursor) -> tuple[Chunk, ...]:
    chunks: list[Chunk] = []
    for number, kind in cursor.fields():
        if (number, kind) == (1, LIST):
            chunks = [_chunk(cursor) for _ in cursor.elements(STRUCT)]
        else:
            cursor.skip(kind)
    return tuple(chunks)


def _chunk(cursor: Cursor) -> Chunk:
    found, encrypted = Chunk("", "", 0, -1, (0, 0), False), False
    for number, kind in cursor.fields():
        if (number, kind) == (3, STRUCT):
            found = _metadata(cursor)
        else:
            encrypted |= number in (8, 9)
            cursor.skip(kind)
    return found._replace(encrypted=encrypted)


def _metadata(cursor: Cursor) -> Chunk:
    path, size, data, dictionary, levels = [""], -1, 0, 0, (0, 0)
    for number, kind in cursor.fields():
        if (number, kind) == (3, LIST):
            path = [cursor.binary().decode(errors="replace") for _ in cursor.elements(BINARY)] or [""]
        elif number == 7:
            size = cursor.zigzag()
        elif number == 9:
            data = cursor.zigzag()
        elif number == 11:
            dictionary = cursor.zigzag()
        elif (number, kind) == (16, STRUCT):
            levels = _levels(cursor)
        else:
            cursor.skip(kind)
    start = dictionary if 0 < dictionary < data else data
    return Chunk(path[0], ".".join(path), start, size, levels, False)


def _levels(cursor: Cursor) -> tuple[int, int]:
    counted = {2: 0, 3: 0}
    for number, kind in cursor.fields():
        if number in counted and kind == LIST:
            counted[number] = cursor.skip_elements()
        else:
            cursor.skip(kind)
    return counted[2], counted[3]


def pyarrow_takes(schema: pq.ParquetSchema, chunks: tuple[Chunk, ...]) -> Iterator[bool]:
    """Say of each chunk of a row group whether pyarrow can be asked for it."""
    for number, chunk in enumerate(chunks):
        column = schema.column(number)
        most = (column.max_repetition_level, column.max_definition_level)
        right = all(count in (0, level + 1) for count, level in zip(chunk.levels, most, strict=True))
        yield right and not chunk.encrypted
