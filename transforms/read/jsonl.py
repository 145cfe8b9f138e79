"""JSONL: one JSON object a line, plain (by byte range) or compressed (whole)."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, NamedTuple, TypeAlias

import orjson

from babelmill.transforms.files.storage import open_file
from babelmill.transforms.read.decompress import BrokenFile, compression_of, decompressed
from babelmill.transforms.read.fields import getter, without_text
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.records import HEAD_BYTES, Record, Reject, admit
from babelmill.transforms.read.sources import Piece, Source

__all__ = ["BOM", "Line", "lines", "parse_object", "read_jsonl"]

BOM = b"\xef\xbb\xbf"
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_DIGIT = re.compile(rb"[0-9]")
_BLANK = re.compile(rb"(?:[ \t\r\v\f]*+\n)++")
_NESTED = (dict, list)
_MOST_NESTED = 1_000_000
"""Objects and arrays in one record: each costs 100 bytes and the collector's time, and millions of them seconds."""
_MOSTLY_BAD = 1_000
"""A compressed file of more bad lines than this, and more bad than good ones, is given up: it is no text."""


_Getters: TypeAlias = tuple[Callable[[Mapping[str, Any]], Any], ...]


class Line(NamedTuple):
    """A line: its `offset` in the decompressed file, its `size`, and its bytes (only the head of an oversized one)."""

    offset: int
    size: int
    raw: bytes


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


def lines(file: IO[bytes], compression: str | None, start: int, end: int | None, limits: Limits) -> Iterator[Line]:
    """Yield the lines that begin in [start, end); `end` None means the end of the file.

    Blank lines that follow each other may come as one: 64 MiB of them, one by one, would take a minute.
    A line of more than `limits.record_bytes` is never held in memory: only the first HEAD_BYTES of what is yielded are
    right.

    Raises:
        BrokenFile: where compressed data breaks; its message's line so far is lost, and is part of that one break.
    """
    at = _seek_line(file, start, end) if compression is None else 0
    pending: list[bytes] = []  # the line that the chunks before began; joined once, for adding up would be quadratic
    held = dropped = 0  # its bytes in `pending`; how much of an oversized one is gone
    for chunk in decompressed(file, compression, limits):
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


def _too_long_number(raw: bytes, most: int) -> bool:
    """Say whether a number outside of strings has more than `most` digits in a row.

    Such a run crosses a multiple of `most`, so few bytes are looked at in a record that has none.
    """
    for found in _DIGIT.finditer(raw[most::most]):
        at = (found.start() + 1) * most
        if re.search(rb"[0-9]{%d}" % (most + 1), raw[at - most : at + most + 1]):
            return bool(re.search(rb"[0-9]{%d}" % (most + 1), _STRING.sub(b'""', raw)))
    return False


def _brackets(raw: bytes) -> int:
    return raw.count(b"{") + raw.count(b"[")


def _too_deep(value: Any, most: int) -> bool:
    """Say whether objects and arrays stand more than `most` deep in each other."""
    level = [value]
    for _ in range(most):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if type(inner) in _NESTED
        ]
        if not level:
            return False
    return True


def parse_object(raw: bytes, limits: Limits) -> dict[str, Any] | tuple[str, str]:
    """Return the JSON object that a line is; of any other line its reason as in the ledger, and the error in words."""
    nested = _brackets(raw)
    if nested > _MOST_NESTED and _brackets(_STRING.sub(b"", raw)) > _MOST_NESTED:
        return "read/json_too_complex", f"more than {_MOST_NESTED} objects and arrays"
    if _too_long_number(raw, limits.json_digits):
        return "read/json_number_too_long", f"more than limits.json_digits, {limits.json_digits}"
    try:
        found: Any = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _problem(raw, str(error))
    if nested > limits.json_depth and type(found) in _NESTED and _too_deep(found, limits.json_depth):
        return "read/json_too_deep", f"more than limits.json_depth, {limits.json_depth}"
    return found if isinstance(found, dict) else ("read/not_object", f"a {type(found).__name__}")


def _parse(line: Line, source: Source, getters: _Getters, limits: Limits) -> Record | Reject:
    """Turn a line into a record, or say what is wrong with it."""
    raw = line.raw.removeprefix(BOM) if line.offset == 0 else line.raw
    found = parse_object(raw, limits)
    if isinstance(found, tuple):
        return Reject(line.offset, *found, raw[:HEAD_BYTES], line.size)
    text, id, url, day = (field_of(found) for field_of in getters)
    if text is None:
        return Reject(line.offset, "read/no_text", without_text(source.text, found), raw[:HEAD_BYTES], line.size)
    return admit(line.offset, text, id, url, day, raw, limits)


def _problem(raw: bytes, problem: str) -> tuple[str, str]:
    """Return the reason and the error of what orjson refused."""
    if "depth limit" in problem:
        return "read/json_too_deep", problem
    try:
        # orjson refuses lone surrogates and NaN alike; the tolerant parser tells which it was.
        json.loads(raw.decode())
    except UnicodeDecodeError as error:
        return "read/not_utf8", str(error)
    except (ValueError, RecursionError):
        return "read/not_json", problem
    return "read/lone_surrogate" if "surrogate" in problem else "read/not_json", problem


def read_jsonl(piece: Piece, source: Source, limits: Limits) -> Iterator[Record | Reject]:
    """Yield one record or reject for every line of a piece that is not blank.

    An empty file, a break in the compressed data and the rest of a compressed file that is mostly bad are one reject
    each.
    """
    at, empty, good, bad = 0, piece.start == 0, 0, 0
    compression = compression_of(piece.path)
    getters = tuple(map(getter, source.fields.values()))
    with open_file(piece.path) as file:
        try:
            for line in lines(file, compression, piece.start, piece.end, limits):
                at, empty = line.offset + line.size + 1, False
                if line.size > limits.record_bytes:
                    error = f"{line.size} bytes, limits.record_bytes is {limits.record_bytes}"
                    found: Record | Reject = Reject(
                        line.offset, "read/record_too_large", error, line.raw[:HEAD_BYTES], line.size
                    )
                elif line.raw.isspace() or not line.raw:
                    continue
                else:
                    found = _parse(line, source, getters, limits)
                yield found
                good, bad = good + isinstance(found, Record), bad + isinstance(found, Reject)
                # A plain file is cut into pieces, and what is read of it may not depend on where.
                if compression and bad > max(_MOSTLY_BAD, good):
                    raise BrokenFile("mostly_bad", f"{bad} bad lines and {good} good ones; the rest is not read")
        except BrokenFile as error:
            file.seek(0)
            yield Reject(at, f"read/{error.reason}", str(error), file.read(HEAD_BYTES), 0)
            return
    if empty:
        yield Reject(0, "read/empty_file", "the file has no content", b"", 0)
