"""A stream of records: from a file, compressed or not, through the source's fields to records and rejects.

The formats parse; what is common to them is here: which compression, what a break costs, when a file is given up.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import IO, Any, NamedTuple, TypeAlias

from babelmill.transforms.files.storage import open_file
from babelmill.transforms.read.decompress import BrokenFile, compression_at, decompressed
from babelmill.transforms.read.fields import MISSING, Fields, names_of, without_text
from babelmill.transforms.read.items import Piece
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.position import ask_by
from babelmill.transforms.read.records import HEAD_BYTES, Record, Reject, admit
from babelmill.transforms.read.sources import Source

__all__ = ["Line", "Parse", "Parsed", "bounded_lines", "decompressed_file", "first_parsed", "read_stream", "too_large"]

_MOSTLY_BAD = 1_000
"""A compressed file of more bad records than this, and more bad than good ones, is given up: it is no text."""
_HEAD_OF_FILE = 1 << 20
_MOST_RECORDS = 100
_MOST_BAD = 1_000
"""A mebibyte of lines that are no records would take a second."""
_MOST_NAMES = 1_000


class Parsed(NamedTuple):
    """A record as its format has it.

    Args:
        offset: its first byte in the decompressed file.
        size: its bytes there.
        fields: name → value; `Mapping` and list are nested.
        raw: its first bytes, for the quarantine.
    """

    offset: int
    size: int
    fields: Mapping[str, Any]
    raw: bytes


class Line(NamedTuple):
    """A line: its `offset` in the decompressed file, its `size`, and its bytes (only the head of an oversized one)."""

    offset: int
    size: int
    raw: bytes


Parse: TypeAlias = Callable[[IO[bytes], str | None], Iterator[Parsed | Reject]]
"""From a file and its compression to its records: those of one piece."""


class _Decompressed(io.RawIOBase):
    """What a file decompresses to, as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, memoryview(b"")

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer from the chunks."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def decompressed_file(file: IO[bytes], compression: str | None, limits: Limits) -> IO[bytes]:
    """Return a file's content as a file that is read from its beginning to its end.

    Its reads raise BrokenFile where the compressed data breaks, or is more than the limits allow.
    """
    return io.BufferedReader(_Decompressed(decompressed(file, compression, limits)), 1 << 18)


def bounded_lines(file: IO[bytes], limits: Limits) -> Iterator[Line]:
    """Yield the lines of a file from where it stands, each with its line end; of too long ones the head."""
    at = 0
    while raw := file.readline(limits.record_bytes + 1):
        size = len(raw)
        if size > limits.record_bytes and not raw.endswith(b"\n"):
            raw = raw[:HEAD_BYTES]
            while more := file.readline(1 << 20):
                size += len(more)
                if more.endswith(b"\n"):
                    break
        yield Line(at, size, raw)
        at += size


def too_large(offset: int, size: int, raw: bytes, limits: Limits) -> Reject:
    """Return what becomes of a record of more than `limits.record_bytes`, of which there is only the head."""
    error = f"{size} bytes, limits.record_bytes is {limits.record_bytes}"
    return Reject(offset, "read/record_too_large", error, raw[:HEAD_BYTES], size)


def _unwrapped(found: Iterator[Parsed | Reject], fields: Fields) -> Iterator[Parsed | Reject]:
    """Yield records, those in a list of one that has no text itself instead of it: `{"version": 1, "data": [{…}, …]}`.

    The offset of each is another one within the record around it.
    """
    for one in found:
        if isinstance(one, Reject) or fields.has_text(one.fields) or not (inner := _inner(one.fields, fields)):
            yield one
            continue
        size = one.size // len(inner)
        for number, record in enumerate(inner):
            rest = one.size - size * (len(inner) - 1)
            yield Parsed(one.offset + number, size if number + 1 < len(inner) else rest, record, one.raw)


def _inner(record: Mapping[str, Any], fields: Fields) -> list[Mapping[str, Any]]:
    """Return the records that one without a text has in a list: the first list whose first member has a text."""
    lists = (value for value in record.values() if isinstance(value, list) and value)
    found = (value for value in lists if all(isinstance(inner, dict) for inner in value) and fields.has_text(value[0]))
    return next(found, [])


def _to_record(found: Parsed, fields: Fields, limits: Limits) -> Record | Reject:
    text, id, url, day = fields.of(found.fields)
    if text is None:
        error = without_text(fields.text, found.fields)
        return Reject(found.offset, "read/no_text", error, found.raw[:HEAD_BYTES], found.size)
    return admit(found.offset, text, id, url, day, found.raw, limits, found.size)


def read_stream(piece: Piece, source: Source, limits: Limits, parse: Parse) -> Iterator[Record | Reject]:
    """Yield one record or reject for every record of a piece.

    An empty file, a break in the file and the rest of a compressed file that is mostly bad are one reject each, which
    says how many bytes of the file were not read.

    Args:
        piece: of a file.
        source: whose fields are looked for.
        limits: of reading.
        parse: yields the piece's records in order.
    """
    fields = Fields(source)
    with open_file(piece.path) as file:
        # Of a compressed file that is how much of it was taken in, in bytes as they lie on the disk.
        extent = (piece.size if piece.end is None else piece.end) - piece.start
        ask_by(lambda: (file.tell() - piece.start) / extent)
        end, empty, good, bad = 0, piece.start == 0, 0, 0
        compression = None
        try:
            compression = compression_at(file, piece.path, source.compression)
            for found in _unwrapped(parse(file, compression), fields):
                empty, end = False, max(end, found.offset + found.size)
                made = found if isinstance(found, Reject) else _to_record(found, fields, limits)
                yield made
                good, bad = good + isinstance(made, Record), bad + isinstance(made, Reject)
                # A plain file is cut into pieces, and what is read of it may not depend on where.
                if compression and bad > max(_MOSTLY_BAD, good):
                    raise BrokenFile("mostly_bad", f"{bad} bad records and {good} good ones; the rest is not read")
        except BrokenFile as error:
            taken = file.tell() if error.taken is None else error.taken
            if compression is None:
                taken = end
            file.seek(0)
            head = file.read(HEAD_BYTES)
            yield Reject(end, f"read/{error.reason}", str(error), head, max(0, piece.size - taken), is_rest=True)
            return
        if empty and not next(_content(file, compression, limits), b""):
            yield Reject(0, "read/empty_file", "the file has no content", b"", 0)


def _content(file: IO[bytes], compression: str | None, limits: Limits) -> Iterator[bytes]:
    file.seek(0)
    return decompressed(file, compression, limits)


def first_parsed(
    file: IO[bytes], path: str, source: Source, limits: Limits, parse: Parse
) -> tuple[tuple[str, ...], frozenset[str], int]:
    """Return the names of fields, which of `text`, `id`, `url`, `date` are there, and of how many records.

    The first 100 of the first mebibyte are looked at, of the file and of what it decompresses to.

    Raises:
        BrokenFile: if there is none, or the file breaks before.
    """
    fields = Fields(source)
    names: dict[str, None] = {}
    found: set[str] = set()
    records = bad = 0
    for one in _unwrapped(parse(io.BytesIO(_beginning(file, path, source, limits)), None), fields):
        if isinstance(one, Reject):
            bad += 1
            if bad == _MOST_BAD:
                break
            continue
        found.update(role for role, value in fields.roles(one.fields, MISSING) if value is not MISSING)
        names.update(dict.fromkeys(islice(names_of(one.fields), _MOST_NAMES)))
        records += 1
        if records == _MOST_RECORDS:
            break
    if not records:
        raise BrokenFile("no_record", f"no good record in the first {_HEAD_OF_FILE >> 20} MiB")
    return tuple(islice(names, _MOST_NAMES)), frozenset(found), records


def _beginning(file: IO[bytes], path: str, source: Source, limits: Limits) -> bytes:
    """Return the first mebibyte of a file's content, less where it breaks. A record may be cut off at its end."""
    head = io.BytesIO(file.read(_HEAD_OF_FILE))
    content = bytearray()
    try:
        for chunk in decompressed(head, compression_at(head, path, source.compression), limits):
            content += chunk[: _HEAD_OF_FILE - len(content)]
            if len(content) == _HEAD_OF_FILE:
                break
    except BrokenFile:
        # Compressed bytes may end here only because no more were read: what there was is enough.
        if not content:
            raise
    return bytes(content)
