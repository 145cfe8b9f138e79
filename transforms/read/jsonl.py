"""JSON: one object a line, plain (by byte range) or compressed (whole); or any other layout of objects, as one stream.

Which of the two a file has is told by its beginning alone, so that what is read of it does not depend on how it is cut:

lines    the first line is an object, or the beginning of a long one, or no JSON. A later line that is none by itself
         may have several objects, byte order marks and record separators among them; anything else costs that line.
values   an array, a first object of several lines, or a second one on its line (transforms/read/json_values.py).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from babelmill.transforms.files.storage import FoundFile, open_file
from babelmill.transforms.read.decompress import BrokenFile, compression_at, decompressed
from babelmill.transforms.read.format import Format, Head
from babelmill.transforms.read.items import Piece
from babelmill.transforms.read.json_record import BOM, parse_object
from babelmill.transforms.read.json_values import BROKEN, OBJECT, OTHER, Span, split_values
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.records import HEAD_BYTES, Record, Reject
from babelmill.transforms.read.sources import Source
from babelmill.transforms.read.stream import Line, Parsed, first_parsed, read_stream, too_large

__all__ = ["JSONL", "has_lines", "lines"]

_BLANK = re.compile(rb"(?:[ \t\r\v\f]*+\n)++")
_BETWEEN = re.compile(rb"(?:[ \t\r\n\x1e]|\xef\xbb\xbf)*+")
_LAYOUT_BYTES = 1 << 16
"""Of a file's beginning, by which its layout is told."""
_SEEK_BYTES = 1 << 16


def has_lines(beginning: bytes) -> bool:
    """Say whether a file has its objects on lines of their own.

    Args:
        beginning: the first 64 KiB of its content, or all of it.
    """
    first = _BETWEEN.match(beginning)
    start = first.end() if first else 0
    if beginning[start : start + 1] != b"{":
        return beginning[start : start + 1] != b"["
    [span, *_] = split_values([beginning[start:]], len(beginning), HEAD_BYTES)
    if span.kind == OBJECT:
        behind = beginning[start + span.size :].lstrip(b" \t\r,")
        return b"\n" not in span.raw and behind[:1] in (b"", b"\n")
    # What a line end or the end of the file breaks is a bad line; what is still open is an object of many lines.
    is_open = span.size == len(beginning) - start and len(beginning) >= _LAYOUT_BYTES
    return not is_open or b"\n" not in span.raw


def _beginning(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the first 64 KiB of some chunks, and all of them."""
    held: list[bytes] = []
    size = 0
    broken: BrokenFile | None = None
    try:
        while size < _LAYOUT_BYTES and (chunk := next(chunks, b"")):
            held.append(chunk)
            size += len(chunk)
    except BrokenFile as error:
        broken = error

    def again() -> Iterator[bytes]:
        yield from held
        if broken:
            raise broken
        yield from chunks

    return b"".join(held)[:_LAYOUT_BYTES], again()


def _seek_line(file: IO[bytes], start: int, end: int | None) -> int:
    """Move to the first line that begins at or behind `start`; return its offset.

    It may lie far behind: the search ends at `end`, for the line is another piece's then.
    """
    if start == 0:
        return 0
    file.seek(start - 1)
    at = start - 1
    while (end is None or at < end) and (chunk := file.read(1 << 18)):
        newline = chunk.find(b"\n")
        if newline >= 0:
            file.seek(at + newline + 1)
            return at + newline + 1
        at += len(chunk)
    return at


def lines(chunks: Iterator[bytes], at: int, end: int | None, limits: Limits) -> Iterator[Line]:
    """Yield the lines that begin before `end`; None means the end of the file.

    Blank lines that follow each other may come as one: 64 MiB of them, one by one, would take a minute.
    A line of more than `limits.record_bytes` is never held in memory: only the first HEAD_BYTES of what is yielded are
    right.

    Args:
        chunks: of the content, from the beginning of a line on.
        at: the offset of that line.
        end: where the piece ends.
        limits: of reading.

    Raises:
        BrokenFile: where compressed data breaks; its message's line so far is lost, and is part of that one break.
    """
    pending: list[bytes] = []  # the line that the chunks before began; joined once, for adding up would be quadratic
    held = dropped = 0  # its bytes in `pending`; how much of an oversized one is gone
    for chunk in chunks:
        position = 0
        while True:
            if end is not None and at >= end:
                return
            blank = None if pending else _BLANK.match(chunk, position)
            if blank:
                yield Line(at, blank.end() - position - 1, b"")
                at, position = at + blank.end() - position, blank.end()
                continue
            newline = chunk.find(b"\n", position)
            if newline < 0:
                break
            raw = chunk[position:newline]
            if pending:
                raw = b"".join((*pending, raw))
            yield Line(at, len(raw) + dropped, raw)
            at += len(raw) + dropped + 1
            pending, held, dropped, position = [], 0, 0, newline + 1
        if position < len(chunk):
            pending.append(chunk[position:])
            held += len(chunk) - position
        if dropped or held > limits.record_bytes:
            dropped += held - HEAD_BYTES
            pending, held = [b"".join(part[:HEAD_BYTES] for part in pending)[:HEAD_BYTES]], HEAD_BYTES
    if pending and (end is None or at < end):
        yield Line(at, held + dropped, b"".join(pending))


def _parse_line(line: Line, limits: Limits) -> Iterator[Parsed | Reject]:
    """Yield what a line has: one object, several, or what is wrong with it."""
    if line.size > limits.record_bytes:
        yield too_large(*line, limits)
        return
    raw = line.raw.removeprefix(BOM)
    found = parse_object(raw, limits)
    if not isinstance(found, tuple):
        yield Parsed(line.offset, line.size, found, line.raw)
        return
    if found[0] in ("read/not_json", "read/not_object"):
        spans = (span._replace(offset=line.offset + span.offset) for span in split_values([line.raw], len(line.raw), 0))
        several = [one for span in spans for one in _parse_span(span, limits)]
        if any(isinstance(one, Parsed) for one in several):
            yield from several
            return
    if raw.strip(b" \t\r\v\f\x1e" + BOM):
        yield Reject(line.offset, *found, line.raw[:HEAD_BYTES], line.size)


def _parse_span(span: Span, limits: Limits) -> Iterator[Parsed | Reject]:
    """Yield what a span of a stream of values is."""
    if span.size > limits.record_bytes:
        yield too_large(span.offset, span.size, span.raw, limits)
        return
    if span.kind == BROKEN and not span.size:
        yield Reject(span.offset, "read/truncated", "the file ends inside an array", b"", 0)
        return
    found = parse_object(span.raw, limits)
    if not isinstance(found, tuple):
        yield Parsed(span.offset, span.size, found, span.raw)
        return
    reason, error = found
    if span.kind == BROKEN and reason == "read/not_json":
        error = f"an object without an end, or with a line end inside a string; {error}"
    elif span.kind == OTHER and reason == "read/not_json":
        error = f"neither an object nor what may be between two; {error}"
    yield Reject(span.offset, reason, error, span.raw[:HEAD_BYTES], span.size)


def _parse(
    file: IO[bytes], compression: str | None, start: int, end: int | None, limits: Limits
) -> Iterator[Parsed | Reject]:
    """Yield what the objects of a piece are, in order."""
    at = _seek_line(file, start, end) if compression is None else 0
    chunks = decompressed(file, compression, limits)
    as_lines = True
    if start == 0:
        beginning, chunks = _beginning(chunks)
        as_lines = has_lines(beginning)
    if as_lines:
        for line in lines(chunks, at, end, limits):
            if line.raw and not line.raw.isspace():
                yield from _parse_line(line, limits)
    else:
        for span in split_values(chunks, limits.record_bytes, HEAD_BYTES):
            yield from _parse_span(span, limits)


@dataclass(frozen=True)
class JsonLines(Format):
    """JSON, whatever is between its objects."""

    name = "jsonl"
    suffixes = (".jsonl", ".ndjson", ".json", ".jsonlines", ".jl", ".jsons", ".json-seq")

    def read(self, piece: Piece, source: Source, limits: Limits) -> Iterator[Record | Reject]:
        """Yield one record or reject for every object, and for every line that has none and is not blank."""
        return read_stream(piece, source, limits, lambda file, how: _parse(file, how, piece.start, piece.end, limits))

    def read_head(self, file: IO[bytes], path: str, source: Source, limits: Limits) -> Head:
        """Look at the first objects of a file."""
        return Head(
            path, *first_parsed(file, path, source, limits, lambda head, how: _parse(head, how, 0, None, limits))
        )

    def starts(self, file: FoundFile, source: Source, item_bytes: int) -> list[int]:
        """Cut a plain file of lines by bytes: a line belongs to the piece in which it begins."""
        with open_file(file.path) as content:
            try:
                if compression_at(content, file.path, source.compression):
                    return []
            except BrokenFile:
                return []
            return list(range(item_bytes, file.size, item_bytes)) if has_lines(content.read(_LAYOUT_BYTES)) else []

    def seek(self, path: str, source: Source, offset: int) -> int:
        """Return where the line of a plain file begins that has an offset, or a little before that."""
        with open_file(path) as content:
            try:
                if compression_at(content, path, source.compression) or not has_lines(content.read(_LAYOUT_BYTES)):
                    return 0
            except BrokenFile:
                return 0
            while offset > 0:
                start = max(0, offset - _SEEK_BYTES)
                content.seek(start)
                newline = content.read(offset - start).rfind(b"\n")
                if newline >= 0:
                    return start + newline + 1
                offset = start
        return 0


JSONL = JsonLines()
