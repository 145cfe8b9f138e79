"""JSONL: one JSON object a line, plain (by byte range) or compressed (whole)."""

import json
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

import orjson

from transforms.read.decompress import BrokenFile, compression_of, decompressed
from transforms.read.records import HEAD_BYTES, Record, Reject, admit
from transforms.read.sources import Piece, Source
from transforms.storage import open_file

__all__ = ["Line", "lines", "read_jsonl"]

_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """A line: its `offset` in the decompressed file, its `size`, and its bytes (only the head of an oversized one)."""

    offset: int
    size: int
    raw: bytes


def _seek_line(file: IO[bytes], start: int) -> int:
    """Move to the first line that begins at or behind `start`; return its offset."""
    if start == 0:
        return 0
    file.seek(start - 1)
    at = start - 1
    while chunk := file.read(1 << 16):
        newline = chunk.find(b"\n")
        if newline >= 0:
            file.seek(at + newline + 1)
            return at + newline + 1
        at += len(chunk)
    return at


def lines(file: IO[bytes], compression: str | None, start: int, end: int | None, limit: int) -> Iterator[Line]:
    """Yield the lines that begin in [start, end), blank ones too; `end` None means the end of the file.

    A line of more than `limit` bytes is never held in memory: only the first HEAD_BYTES of what is yielded are right.

    Raises:
        BrokenFile: where compressed data breaks; its message's line so far is lost, and is part of that one break.
    """
    at = _seek_line(file, start) if compression is None else 0
    pending, dropped = b"", 0  # the line that the last chunk began; how much of an oversized one is gone
    for chunk in decompressed(file, compression):
        position = 0
        while True:
            if end is not None and at >= end:
                return
            newline = chunk.find(b"\n", position)
            if newline < 0:
                break
            raw = pending + chunk[position:newline] if pending else chunk[position:newline]
            yield Line(at, len(raw) + dropped, raw)
            at += len(raw) + dropped + 1
            pending, dropped, position = b"", 0, newline + 1
        pending += chunk[position:]
        if len(pending) > limit:
            dropped += len(pending) - HEAD_BYTES
            pending = pending[:HEAD_BYTES]
    if (pending or dropped) and (end is None or at < end):
        yield Line(at, len(pending) + dropped, pending)


def _parse(line: Line, source: Source) -> Record | Reject:
    """Turn a line into a record, or say what is wrong with it."""
    reason, problem = "read/not_json", ""
    raw = line.raw.removeprefix(_BOM) if line.offset == 0 else line.raw
    try:
        found: Any = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        found, problem = None, str(error)
        try:
            # orjson refuses lone surrogates and NaN alike; the tolerant parser tells which it was.
            found = json.loads(raw.decode())
            reason = "read/lone_surrogate" if "surrogate" in problem else reason
        except UnicodeDecodeError as utf8:
            reason, problem = "read/not_utf8", str(utf8)
        except (ValueError, RecursionError):
            pass
        return Reject(line.offset, reason, problem, raw[:HEAD_BYTES], line.size)
    if not isinstance(found, dict):
        return Reject(line.offset, "read/not_object", f"a {type(found).__name__}", raw[:HEAD_BYTES], line.size)
    text, id, url, day = (found.get(name) for name in (source.text, source.id, source.url, source.date))
    return admit(line.offset, text, id, url, day, raw)


def read_jsonl(piece: Piece, source: Source, limit: int) -> Iterator[Record | Reject]:
    """Yield one record or reject for every line of a piece that is not blank.

    An empty file and a break in the compressed data are one reject each.
    """
    at, empty = 0, piece.start == 0
    with open_file(piece.path) as file:
        try:
            for line in lines(file, compression_of(piece.path), piece.start, piece.end, limit):
                at, empty = line.offset + line.size + 1, False
                if line.size > limit:
                    error = f"{line.size} bytes, limits.record_bytes is {limit}"
                    yield Reject(line.offset, "read/record_too_large", error, line.raw[:HEAD_BYTES], line.size)
                elif not line.raw.isspace() and line.raw:
                    yield _parse(line, source)
        except BrokenFile as error:
            file.seek(0)
            yield Reject(at, f"read/{error.reason}", str(error), file.read(HEAD_BYTES), 0)
            return
    if empty:
        yield Reject(0, "read/empty_file", "the file has no content", b"", 0)
