"""Parquet: row groups as records.

A row group is read in slices of about 128 MiB of text, whatever it has in all and however large its pages are:
pyarrow and pandas put 1,024 values on a page before they look at its size, and a million rows into a row group. The
page headers tell how many rows a slice has (transforms/read/bounds.py). A page is decompressed as a whole, so one of
them and a slice is what reading takes; a page that claims far more than its bytes in the file can hold is refused.
"""

import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from babelmill.transforms.files.parquet import open_parquet
from babelmill.transforms.files.storage import FoundFile, check_reads, open_file
from babelmill.transforms.read.columns import column_names, find_column, take_column
from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.fields import joined_text, listed
from babelmill.transforms.read.footer import chunks_of, read_footer
from babelmill.transforms.read.format import Format, Head
from babelmill.transforms.read.items import Piece
from babelmill.transforms.read.limits import RATIO_FROM, Limits
from babelmill.transforms.read.parquet_source import ParquetSource
from babelmill.transforms.read.position import ask_by
from babelmill.transforms.read.records import HEAD_BYTES, Record, Reject, admit
from babelmill.transforms.read.sources import Source
from babelmill.transforms.read.values import Foreign, date_values, decoded_size, plain_values, values

__all__ = ["PARQUET"]

_MOST_NAMES = 1_000

_DAMAGE = (BrokenFile, pa.ArrowException, OSError, EOFError, ValueError, OverflowError)
"""What a broken file makes pyarrow raise. A disk or network that breaks is a WorldError, and is not among these."""


def _record(row: int, texts: Sequence[Any], id: Any, url: Any, day: Any, limits: Limits) -> Record | Reject:
    text = texts[0] if len(texts) == 1 and not isinstance(texts[0], list) else joined_text(list(map(_as_read, texts)))
    raw = text.encode(errors="replace") if isinstance(text, str) else text if isinstance(text, bytes) else b""
    if len(raw) > limits.record_bytes:
        error = f"{len(raw)} bytes, limits.record_bytes is {limits.record_bytes}"
        return Reject(row, "read/record_too_large", error, raw[:HEAD_BYTES], len(raw))
    if isinstance(text, Foreign):
        return Reject(row, "read/text_not_string", f"the text is a value of type {listed([text.type])}", b"", 0)
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            return Reject(row, "read/not_utf8", str(error), raw[:HEAD_BYTES], len(raw))
    return admit(row, text, id, url, day, raw, limits)


def _as_read(value: Any) -> Any:
    """Return a part of a text that came as bytes as text; what is no UTF-8 in it is half a surrogate, and refused."""
    if isinstance(value, list):
        return list(map(_as_read, value))
    return value.decode(errors="surrogateescape") if isinstance(value, bytes) else value


def _fields(parquet: ParquetSource, group: int) -> Iterator[tuple[list[Any], Any, Any, Any]]:
    """Yield the texts, id, url and date of every row of a row group; None where there is no such column.

    Raises:
        BrokenFile: if the text is far more than what lies in the file: a dictionary's values repeated.
    """
    limits = parquet.limits
    taken, given = sum(chunk.size for chunk in parquet.groups[group]), 0
    texts, (id,), (url,), (day,) = parquet.roles
    for batch in parquet.slices(group):
        given += sum(map(decoded_size, batch.columns))
        if given > RATIO_FROM and given > taken * limits.decompressed_ratio:
            error = f"{given} bytes of {taken}, limits.decompressed_ratio is"
            raise BrokenFile("ratio_too_high", f"{error} {limits.decompressed_ratio}")
        absent = [None] * batch.num_rows
        parts = [values(take_column(batch, place)) if place else absent for place in texts]
        others = [plain_values(take_column(batch, place)) if place else absent for place in (id, url)]
        days = date_values(take_column(batch, day)) if day else absent
        for *own, id_value, url_value, date in zip(*parts, *others, days, strict=True):
            yield own, id_value, url_value, date


def _rows(parquet: ParquetSource, piece: Piece) -> Iterator[Record | Reject]:
    """Yield the rows of a piece.

    A row group that breaks is one reject, and the next one is read all the same: what is read of a file then does not
    depend on how it was cut up.
    """
    footer = parquet.footer
    row = first = start = sum(footer.row_group(group).num_rows for group in range(piece.start))
    groups = range(piece.start, footer.num_row_groups if piece.end is None else piece.end)
    wanted = sum(footer.row_group(group).num_rows for group in groups)
    ask_by(lambda: (row - start) / wanted)
    for group in groups:
        row, rows = first, footer.row_group(group).num_rows
        try:
            for texts, id, url, day in _fields(parquet, group):
                yield _record(row, texts, id, url, day, parquet.limits)
                row += 1
            if row - first != rows:
                raise BrokenFile("corrupt", f"{row - first} rows, {rows} by the footer")
        except _DAMAGE as error:
            check_reads(parquet.file)
            reason = error.reason if isinstance(error, BrokenFile) else "corrupt"
            left = first + rows - row
            unread = sum(chunk.size for chunk in parquet.groups[group]) * max(1, left) // max(1, rows)
            yield Reject(
                row,
                f"read/{reason}",
                f"row group {group}: {_line(error)}",
                _head(parquet.file),
                unread,
                _credible(left, unread),
                True,
            )
        first += rows


def _head(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(HEAD_BYTES)


def _line(error: Exception) -> str:
    return (str(error) or repr(error)).splitlines()[0]


@dataclass(frozen=True)
class Parquet(Format):
    """Parquet files, of any writer."""

    name = "parquet"
    suffixes = (".parquet", ".pq")
    unit = "row"
    is_packed = True

    def read(self, piece: Piece, source: Source, limits: Limits) -> Iterator[Record | Reject]:
        """Yield one record or reject for every row of a piece's row groups.

        A file that is not Parquet, has no rows or lacks the text column is one reject; so is a row group that breaks,
        and what was read of it before is kept.
        """
        with open_file(piece.path) as file:
            try:
                parquet = ParquetSource(file, source, limits)
            except _DAMAGE as error:
                check_reads(file)
                if piece.start == 0:
                    reason = error.reason if isinstance(error, BrokenFile) else "corrupt"
                    rows = _credible(_rows_in(file, limits), piece.size)
                    unread = 0 if reason == "empty_file" else piece.size
                    yield Reject(0, f"read/{reason}", _line(error), _head(file), unread, rows, True)
                return
            yield from _rows(parquet, piece)

    def read_head(self, file: IO[bytes], path: str, source: Source, limits: Limits) -> Head:
        """Look at the schema."""
        footer = read_footer(file, limits.footer_bytes)
        chunks_of(footer)
        # The footer alone, as a file without any data, so that nothing else is read.
        whole = b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"
        schema = open_parquet(io.BytesIO(whole)).schema_arrow
        found = frozenset(
            role for role, names in source.fields.items() if all(find_column(schema, name) for name in names)
        )
        return Head(path, tuple(islice(column_names(schema), _MOST_NAMES)), found, None)

    def problem(self, path: str, source: Source, limits: Limits) -> str:
        """Look at the footer: is it there, has it the columns, does it say that the file is within the limits."""
        with open_file(path) as file:
            try:
                ParquetSource(file, source, limits)
            except _DAMAGE as error:
                check_reads(file)
                return _line(error)
        return ""

    def largest_part(self, path: str, source: Source, limits: Limits) -> int:
        """Return the bytes of the largest page of the first row group."""
        with open_file(path) as file:
            try:
                return max((column.page_bytes for column in ParquetSource(file, source, limits).columns(0)), default=0)
            except _DAMAGE:
                check_reads(file)
                return 0

    def starts(self, file: FoundFile, source: Source, item_bytes: int) -> list[int]:
        """Cut a file between row groups; one that cannot be read stays whole."""
        ends, size = [], 0
        groups = _row_groups(file.path)
        for group, (_, group_bytes) in enumerate(groups):
            size += group_bytes
            if size >= item_bytes:
                ends.append(group + 1)
                size = 0
        return [end for end in ends if end < len(groups)]

    def seek(self, path: str, source: Source, offset: int) -> int:
        """Return the row group that a row is in; 0 for a file that cannot be read, whose reader will say so."""
        groups = _row_groups(path)
        ends = itertools.accumulate(rows for rows, _ in groups)
        return next((group for group, end in enumerate(ends) if offset < end), 0)


def _row_groups(path: str) -> list[tuple[int, int]]:
    """Return rows and bytes of each row group, by the footer; none of a file that cannot be read."""
    try:
        with open_file(path) as file:
            chunks_of(read_footer(file, Limits().footer_bytes))
            footer = pq.read_metadata(file)
            groups = map(footer.row_group, range(footer.num_row_groups))
            return [(group.num_rows, group.total_byte_size) for group in groups]
    except (OSError, ValueError, pa.ArrowException):
        return []


def _credible(rows: int, size: int) -> int:
    """Return how many rows count as lost: a footer may claim any number, but no more than a byte has each."""
    return max(1, min(rows, size))


def _rows_in(file: IO[bytes], limits: Limits) -> int:
    """Return how many rows a file has by its footer, 0 where that cannot be read."""
    try:
        chunks_of(read_footer(file, limits.footer_bytes))
        return int(open_parquet(file).metadata.num_rows)
    except _DAMAGE:
        check_reads(file)
        return 0


PARQUET = Parquet()
