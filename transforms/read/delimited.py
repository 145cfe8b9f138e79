"""CSV and TSV: fields between delimiters, in quotes where they hold one or a line end (RFC 4180).

Python's csv parses, strictly: a quote that is neither at a field's edge nor doubled is an error, and costs its record.
One that is never closed costs its line: what follows is read again from the next line on.
"""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Literal

from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.fields import quoted
from babelmill.transforms.read.format import StreamFormat
from babelmill.transforms.read.json_record import BOM
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.records import HEAD_BYTES, Reject
from babelmill.transforms.read.sources import Source
from babelmill.transforms.read.stream import Line, Parsed, bounded_lines, too_large

__all__ = ["CSV", "TSV", "Delimited"]

csv.field_size_limit((1 << 31) - 1)


class _Unclosed(ValueError):
    """A quoted field has no end within what a record may have."""


class _Feed:
    """The lines of a file for the csv module, a record at a time; they can be given back.

    Args:
        found: the lines.
        most: bytes of a record.
    """

    def __init__(self, found: Iterator[Line], most: int) -> None:
        self._found, self._most = found, most
        self._back: deque[Line] = deque()
        self.taken: list[Line] = []
        """Of the record that is being parsed."""

    def next_record(self) -> Line | None:
        """Forget the record before; return the first line of the next one without taking it, None at the end."""
        self.taken = []
        if not self._back:
            self._back.extend([line] if (line := next(self._found, None)) else ())
        return self._back[0] if self._back else None

    def take(self) -> Line | None:
        """Take one line."""
        line = self._back.popleft() if self._back else next(self._found, None)
        if line:
            self.taken.append(line)
        return line

    def give_back(self) -> None:
        """Keep of the record its first line, and give all others back."""
        self._back.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self.take()
        if line is None:
            raise StopIteration
        if len(line.raw) < line.size or self.size > self._most:
            raise _Unclosed
        return line.raw.removeprefix(BOM if line.offset == 0 else b"").decode(errors="surrogateescape")

    @property
    def size(self) -> int:
        """Bytes of the record so far."""
        return self.taken[-1].offset + self.taken[-1].size - self.taken[0].offset

    @property
    def raw(self) -> bytes:
        """The record's bytes."""
        return b"".join(line.raw for line in self.taken)


@dataclass(frozen=True)
class Delimited(StreamFormat):
    """Fields between delimiters.

    Args:
        name: in the configuration.
        suffixes: of file names.
        delimiter: unless the source has another.
    """

    name: str
    suffixes: tuple[str, ...]
    delimiter: str

    def records(self, file: IO[bytes], source: Source, limits: Limits) -> Iterator[Parsed | Reject]:
        """Yield a record for each row after the header; a row of another number of fields is refused.

        Raises:
            BrokenFile: if two columns have the name of a field that is read.
        """
        names: list[str] | None = None
        if source.header is not True:
            names = list(source.header) if source.header else []
        for offset, size, row, raw in self._rows(file, source, limits):
            if isinstance(row, Reject):
                yield row
            elif names is None:
                names = row
                _check_names(names, source)
            elif names and len(row) != len(names):
                error = f"{len(row)} fields, {len(names)} columns"
                yield Reject(offset, "read/csv_fields", error, raw[:HEAD_BYTES], size)
            else:
                yield Parsed(offset, size, dict(zip(names or map(str, range(len(row))), row, strict=True)), raw)

    def _rows(self, file: IO[bytes], source: Source, limits: Limits) -> Iterator[tuple[int, int, Any, bytes]]:
        """Yield offset, size, fields and bytes of each record, or a reject in the place of the fields."""
        feed = _Feed(bounded_lines(file, limits), limits.record_bytes)
        delimiter = self.delimiter if source.delimiter == "auto" else source.delimiter
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if source.quotes else csv.QUOTE_NONE
        while first := feed.next_record():
            reader = csv.reader(feed, delimiter=delimiter, quoting=quoting, strict=True)
            try:
                row = next(reader, [])
            except (csv.Error, _Unclosed) as error:
                if first.size > limits.record_bytes:
                    yield first.offset, first.size, too_large(*first, limits), b""
                    continue
                unclosed = isinstance(error, _Unclosed) or "unexpected end of data" in str(error)
                if unclosed:
                    feed.give_back()
                told = "a quoted field that is not closed" if unclosed else str(error)
                bad = Reject(first.offset, "read/not_csv", told, feed.raw[:HEAD_BYTES], feed.size)
                yield bad.offset, bad.size, bad, b""
                continue
            if row:
                yield first.offset, feed.size, row, feed.raw


def _check_names(names: list[str], source: Source) -> None:
    for wanted in source.fields.values():
        for name in wanted:
            if names.count(name) > 1:
                raise BrokenFile("doubled_column", f"{names.count(name)} columns are called {quoted(name)}")


CSV = Delimited("csv", (".csv",), ",")
TSV = Delimited("tsv", (".tsv", ".tab"), "\t")
