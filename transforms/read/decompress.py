"""Decompression that notices a break, or a bomb: gzip (bgzf too), bzip2, xz and zstd as a stream of bounded chunks.

What a file is compressed with is told by its first bytes, under any name; a name alone is only believed while planning,
where no file is opened for it.

Members and frames that follow each other in one file are read through; zero padding behind the last one is allowed.
"""

import bz2
import codecs
import contextlib
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

import zstandard

from babelmill.transforms.read.limits import RATIO_FROM, Limits

__all__ = [
    "BrokenFile", "compression_at", "compression_named", "compression_of", "decompressed",
    "without_suffix",
]  # fmt: skip

_SUFFIXES = {
    ".gz": "gzip", ".gzip": "gzip", ".bgz": "gzip", ".bgzf": "gzip", ".bz2": "bzip2", ".bz": "bzip2", ".bzip2": "bzip2",
    ".xz": "xz", ".zst": "zstd", ".zstd": "zstd",
}  # fmt: skip
"""File name ending, in small letters, to compression."""
_MAGIC = re.compile(
    rb"(?P<gzip>\x1f\x8b\x08)|(?P<bzip2>BZh[1-9](?:1AY&SY|\x17rE8P\x90))|(?P<xz>\xfd7zXZ\x00)"
    rb"|(?P<zstd>\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18)",
    re.DOTALL,
)
"""First bytes: RFC 1952 2.3.1; bzip2's first block or end of stream; the .xz format 2.1.1.1; RFC 8878 3.1."""
_OTHERS = {
    b"PK\x03\x04": "a zip archive", b"7z\xbc\xaf\x27\x1c": "a 7z archive", b"Rar!": "a rar archive",
    b"\x04\x22\x4d\x18": "compressed by lz4", b"\xff\x06\x00\x00sNaPpY": "compressed by snappy",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file", b"ORC": "an ORC file", b"SQLite format 3": "an SQLite database", b"%PDF-": "a PDF",
}  # fmt: skip
"""First bytes of what is not read as a stream of records."""
_HEAD_BYTES = 64

_INPUT_BYTES = 1 << 16
_ZSTD_INPUT_BYTES = 1 << 11
"""zstd cannot be told how much to give out at once, so it is fed little: a block of 4 bytes may stand for 128 kB."""
_OUTPUT_BYTES = 1 << 22
"""The others can: 64 kB of bzip2 may stand for a gigabyte."""
_ERRORS = (zlib.error, OSError, EOFError, lzma.LZMAError, zstandard.ZstdError)
_WINDOW = ("Frame requires too much memory", "Memory usage limit exceeded")
"""How zstd and xz say that a file asks for more memory than they were given."""


class BrokenFile(ValueError):
    """A file that cannot be read on: `reason` is `truncated`, `corrupt`, or what a format's reader adds.

    `taken`: how many bytes of the compressed file were decoded before; None for a file that is not compressed.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.taken: int | None = None


_DECODERS: dict[str, Callable[[int], Any]] = {
    "gzip": lambda window: zlib.decompressobj(wbits=31),
    "bzip2": lambda window: bz2.BZ2Decompressor(),
    "xz": lambda window: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=window + (1 << 20)),
    "zstd": lambda window: zstandard.ZstdDecompressor(max_window_size=window).decompressobj(),
}
"""By compression; called with the window that may be used. xz needs some more than its window."""


def compression_named(path: str) -> str | None:
    """Return the compression that a file's name says, None for a plain file.

    >>> compression_named("a.jsonl.ZST"), compression_named("a.bgz"), compression_named("a.jsonl")
    ('zstd', 'gzip', None)
    """
    return next((name for suffix, name in _SUFFIXES.items() if path.lower().endswith(suffix)), None)


def without_suffix(path: str) -> str:
    """Return a path in small letters, without the endings that name a compression.

    >>> without_suffix("A.JSONL.zst.gz")
    'a.jsonl'
    """
    path = path.lower()
    while suffix := next((suffix for suffix in _SUFFIXES if path.endswith(suffix)), None):
        path = path.removesuffix(suffix)
    return path


def compression_of(head: bytes, path: str) -> str | None:
    """Return the compression of a file that begins with some bytes, None for a plain one.

    Args:
        head: the first 64 bytes.
        path: what its name says counts for a file that is none of these and no text: its head is damaged.

    Raises:
        BrokenFile: for an archive, another format, or a compression that is not read.
    """
    if found := _MAGIC.match(head):
        return found.lastgroup
    for magic, kind in _OTHERS.items():
        if head.startswith(magic):
            raise BrokenFile("other_format", f"by its first bytes the file is {kind}")
    return None if _is_text(head) else compression_named(path)


def compression_at(file: IO[bytes], path: str, forced: str = "auto") -> str | None:
    """Return the compression of a file that stands at its beginning, and goes back there.

    Args:
        file: the file.
        path: its name.
        forced: the compression, or `none`; `auto` looks at the file.

    Raises:
        BrokenFile: as `compression_of`.
    """
    if forced != "auto":
        return None if forced == "none" else forced
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    return compression_of(head, path)


def _is_text(head: bytes) -> bool:
    """Say whether some bytes can begin a text in UTF-8: no control characters but those of text and RFC 7464."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return not re.search(rb"[\x00-\x08\x0e-\x1d\x7f]", head)


def _until_broken(decoder: Any, data: bytes, error: BrokenFile) -> Iterator[bytes]:
    """Yield what a decoder still makes of its input before it breaks; count what it took of it."""
    error.taken = 0
    if decoder is not None:
        with contextlib.suppress(*_ERRORS):
            for i in range(len(data)):
                yield decoder.decompress(data[i : i + 1])
                error.taken += 1


def _member(decoder: Any, compression: str, data: bytes) -> Iterator[bytes]:
    """Yield what a decoder makes of an input, in bounded chunks; all of it is used up, or the member has ended.

    Raises:
        BrokenFile: where the data breaks.
    """
    while True:
        # zlib alone can go back: what it decoded of an input that turns out to be corrupt would be lost.
        before = decoder.copy() if compression == "gzip" else None
        try:
            content = decoder.decompress(data) if compression == "zstd" else decoder.decompress(data, _OUTPUT_BYTES)
        except _ERRORS as error:
            too_large = any(sign in str(error) for sign in _WINDOW)
            broken = BrokenFile("window_too_large" if too_large else "corrupt", f"{compression}: {error}")
            yield from _until_broken(before, data, broken)
            raise broken from None
        if content:
            yield content
        data = decoder.unconsumed_tail if compression == "gzip" else b""
        full = len(content) == _OUTPUT_BYTES and compression != "zstd"
        if decoder.eof or not (data or full):
            return


def decompressed(file: IO[bytes], compression: str | None, limits: Limits) -> Iterator[bytes]:
    """Yield a file's content in chunks.

    Raises:
        BrokenFile: where the compressed data breaks, or is more than the limits allow. What was decoded before has been
            yielded: for gzip all of it, for the others up to the last block or input.
    """
    if compression is None:
        while chunk := file.read(1 << 22):
            yield chunk
        return
    size = _ZSTD_INPUT_BYTES if compression == "zstd" else _INPUT_BYTES
    decoder, started, taken, given = None, False, 0, 0
    while data := file.read(size):
        taken += len(data)
        while data:
            if decoder is None:
                if started and not (data := data.lstrip(b"\0")):
                    break
                decoder, started = _DECODERS[compression](limits.window_bytes), True
            try:
                for content in _member(decoder, compression, data):
                    given += len(content)
                    _check(compression, taken, given, limits)
                    yield content
            except BrokenFile as error:
                error.taken = taken if error.taken is None else taken - len(data) + error.taken
                raise
            data = b""
            if decoder.eof:
                data, decoder = decoder.unused_data, None
    if decoder is not None:
        raise BrokenFile("truncated", f"{compression}: the file ends inside the compressed data")


def _check(compression: str, taken: int, given: int, limits: Limits) -> None:
    """Refuse a file that has given too much for what it is."""
    if given > limits.decompressed_bytes:
        error = f"{compression}: more than limits.decompressed_bytes, {limits.decompressed_bytes}"
        raise BrokenFile("decompressed_too_large", error)
    if given > RATIO_FROM and given > taken * limits.decompressed_ratio:
        error = f"{compression}: {given} bytes of {taken}, limits.decompressed_ratio is {limits.decompressed_ratio}"
        raise BrokenFile("ratio_too_high", error)
