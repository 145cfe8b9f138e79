"""A format: what its files are called, how one is cut into pieces, read, looked at and returned to.

All that is known of a format is one object, and `transforms/read/formats.py` lists them. Most formats are a stream of
records, maybe compressed: they derive from `StreamFormat` and write one method, as those from outside do
(`read.formats`).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, NamedTuple

from babelmill.transforms.files.storage import FoundFile
from babelmill.transforms.read.items import Piece
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.records import Record, Reject
from babelmill.transforms.read.sources import Source
from babelmill.transforms.read.stream import Parsed, decompressed_file, first_parsed, read_stream

__all__ = ["Format", "Head", "StreamFormat"]


class Head(NamedTuple):
    """What the head of a file has.

    Args:
        path: the file's.
        names: fields of any of the records, or columns; nested ones as paths, two levels deep. At most 1,000.
        found: which of `text`, `id`, `url`, `date` are there, null or not; `text` only with all of its fields.
        records: how many were looked at; None for the schema of a Parquet file.
    """

    path: str
    names: tuple[str, ...]
    found: frozenset[str]
    records: int | None


class Format(ABC):
    """Everything that the rest of the pipeline asks of a format."""

    name: str
    """In the configuration, `format:`."""
    suffixes: tuple[str, ...]
    """Endings of file names that tell it, in small letters, those of a compression taken off."""
    unit: str = "byte"
    """What a record's offset counts: bytes of the decompressed file, or rows."""
    is_packed: bool = False
    """Whether its files have a compression of their own, so that a byte of one is more than a byte of text."""

    @abstractmethod
    def read(self, piece: Piece, source: Source, limits: Limits) -> Iterator[Record | Reject]:
        """Yield one record or reject for every record of a piece, in the file's order.

        Raises:
            WorldError: if the file cannot be opened or read; nothing that is wrong with its content raises.
        """

    @abstractmethod
    def read_head(self, file: IO[bytes], path: str, source: Source, limits: Limits) -> Head:
        """Look at the first records of a file, or its schema.

        Raises:
            BrokenFile: if there is no good record at its head, or no footer at its end.
        """

    def problem(self, path: str, source: Source, limits: Limits) -> str:
        """Say why a file as a whole will not be read, where that is cheap to know; nothing where it is not.

        Raises:
            WorldError: if the file cannot be opened.
        """
        return ""

    def largest_part(self, path: str, source: Source, limits: Limits) -> int:
        """Return the bytes of the largest part of a file that is held as a whole to be read; 0 where it is small.

        Raises:
            WorldError: if the file cannot be read.
        """
        return 0

    def starts(self, file: FoundFile, source: Source, item_bytes: int) -> list[int]:
        """Return where pieces of a large file may begin, apart from its beginning: bytes or row groups, ascending."""
        return []

    def seek(self, path: str, source: Source, offset: int) -> int:
        """Return the start of a piece that has the record at an offset, as near before it as is cheap to say."""
        return 0


@dataclass(frozen=True)
class StreamFormat(Format):
    """A format whose file is a stream of records: `records` is all that is to be written.

        @dataclass(frozen=True)
        class Sections(StreamFormat):
            name = "sections"
            suffixes = (".sections",)

            def records(self, file, source, limits):
                offset = 0
                for section in file.read().split(b"\\n==\\n"):
                    yield Parsed(offset, len(section), {"text": section.decode()}, section)
                    offset += len(section) + 4

    Decompression, the fields' names, limits, the gate, quarantine, ledger and `why` are the pipeline's.
    """

    @abstractmethod
    def records(self, file: IO[bytes], source: Source, limits: Limits) -> Iterator[Parsed | Reject]:
        """Yield the records of a whole file, decompressed, from its beginning.

        Args:
            file: what it decompresses to: it can be read on and iterated over, and goes not back. A value of its fields
                is what JSON has, bytes and dates; text that is no UTF-8 may come as bytes.
            source: for options of its own.
            limits: no more than `limits.record_bytes` of one record need ever be held.

        Raises:
            BrokenFile: where the rest of the file cannot be read.
        """

    def read(self, piece: Piece, source: Source, limits: Limits) -> Iterator[Record | Reject]:
        """Yield one record or reject for every record of a file."""
        return read_stream(
            piece, source, limits, lambda file, how: self.records(decompressed_file(file, how, limits), source, limits)
        )

    def read_head(self, file: IO[bytes], path: str, source: Source, limits: Limits) -> Head:
        """Look at the first records of a file."""
        return Head(path, *first_parsed(file, path, source, limits, lambda head, _: self.records(head, source, limits)))
