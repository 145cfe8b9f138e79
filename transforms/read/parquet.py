"""Parquet: row groups as records."""

from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.documents import BATCH_DOCS
from transforms.read.records import HEAD_BYTES, Record, Reject, admit
from transforms.read.sources import Piece, Source
from transforms.storage import open_file

__all__ = ["read_parquet"]


def _values(column: pa.Array) -> list[Any]:
    """Return a column's values; where a string is no UTF-8, all are given as bytes."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            column = column.cast(pa.large_binary())
    values: list[Any] = column.to_pylist()
    return values


def _record(row: int, text: Any, id: Any, url: Any) -> Record | Reject:
    raw = text.encode(errors="replace") if isinstance(text, str) else text if isinstance(text, bytes) else b""
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            return Reject(row, "read/not_utf8", str(error), raw[:HEAD_BYTES], len(raw))
    return admit(row, text, id.decode(errors="replace") if isinstance(id, bytes) else id, url, raw)


def _rows(file: IO[bytes], piece: Piece, source: Source, limit: int) -> Iterator[Record | Reject]:
    # Page checksums are verified where the file has them: otherwise a flipped bit reads back silently.
    parquet = pq.ParquetFile(file, page_checksum_verification=True)
    footer = parquet.metadata
    names = parquet.schema_arrow.names
    if source.text not in names:
        yield Reject(-1, "read/no_text_column", f"no column {source.text!r} among {', '.join(names)}", b"", 0)
        return
    end = footer.num_row_groups if piece.end is None else piece.end
    row = sum(footer.row_group(group).num_rows for group in range(piece.start))
    groups = range(piece.start, end)
    if footer.num_rows == 0:
        yield Reject(-1, "read/empty_file", "the file has no rows", b"", 0)
    columns = [name for name in dict.fromkeys((source.text, source.id, source.url)) if name in names]
    for batch in parquet.iter_batches(BATCH_DOCS, row_groups=list(groups), columns=columns):
        fields = [
            _values(batch[name]) if name in columns else [None] * batch.num_rows
            for name in (source.text, source.id, source.url)
        ]
        for text, id, url in zip(*fields, strict=True):
            if isinstance(text, str | bytes) and len(text) > limit:
                head = text[:HEAD_BYTES].encode(errors="replace") if isinstance(text, str) else text[:HEAD_BYTES]
                error = f"more than limits.record_bytes, {limit}"
                yield Reject(row, "read/record_too_large", error, head[:HEAD_BYTES], len(text))
            else:
                yield _record(row, text, id, url)
            row += 1


def read_parquet(piece: Piece, source: Source, limit: int) -> Iterator[Record | Reject]:
    """Yield one record or reject for every row of a piece's row groups.

    A file that is no Parquet, breaks midway, has no rows or lacks the text column is one reject with offset -1; what
    was read before a break is kept.
    """
    with open_file(piece.path) as file:
        try:
            yield from _rows(file, piece, source, limit)
        except (pa.ArrowException, OSError, EOFError) as error:
            yield Reject(-1, "read/corrupt", str(error).splitlines()[0], b"", 0)
