"""Decompression that notices a break: .gz, .bz2, .xz and .zst as a stream of bounded chunks.

Members and frames that follow each other in one file are read through; zero padding behind the last one is allowed.
"""

import bz2
import contextlib
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

import zstandard

__all__ = ["SUFFIXES", "BrokenFile", "compression_of", "decompressed"]

SUFFIXES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}
"""File name ending to compression."""

_INPUT_BYTES = 1 << 16
_ZSTD_INPUT_BYTES = 1 << 12
"""zstd cannot be told how much to give out at once, so it is fed little: a block of 4 bytes may stand for 128 kB."""
_ERRORS = (zlib.error, OSError, EOFError, lzma.LZMAError, zstandard.ZstdError)


class BrokenFile(ValueError):
    """A file that cannot be read on: `reason` is `truncated`, `corrupt`, or what a format's reader adds."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


_DECODERS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ),
    "zstd": lambda: zstandard.ZstdDecompressor(max_window_size=1 << 31).decompressobj(),
}


def compression_of(path: str) -> str | None:
    """Return the compression that a file's name says, None for a plain file."""
    return next((name for suffix, name in SUFFIXES.items() if path.endswith(suffix)), None)


def _until_broken(decoder: Any, data: bytes) -> Iterator[bytes]:
    """Yield what a decoder still makes of its input before it breaks."""
    if decoder is not None:
        with contextlib.suppress(*_ERRORS):
            for i in range(len(data)):
                yield decoder.decompress(data[i : i + 1])


def decompressed(file: IO[bytes], compression: str | None) -> Iterator[bytes]:
    """Yield a file's content in chunks.

    Raises:
        BrokenFile: where the compressed data breaks. What was decoded before has been yielded: for gzip all of it,
            for the others up to the last block or input.
    """
    if compression is None:
        while chunk := file.read(1 << 22):
            yield chunk
        return
    size = _ZSTD_INPUT_BYTES if compression == "zstd" else _INPUT_BYTES
    decoder, started = None, False
    while data := file.read(size):
        while data:
            if decoder is None:
                if started and not (data := data.lstrip(b"\0")):
                    break
                decoder, started = _DECODERS[compression](), True
            # zlib alone can go back: what it decoded of an input that turns out to be corrupt would be lost.
            before = decoder.copy() if compression == "gzip" else None
            try:
                content = decoder.decompress(data)
            except _ERRORS as error:
                yield from _until_broken(before, data)
                raise BrokenFile("corrupt", f"{compression}: {error}") from None
            data = b""
            if decoder.eof:
                data, decoder = decoder.unused_data, None
            if content:
                yield content
    if decoder is not None:
        raise BrokenFile("truncated", f"{compression}: the file ends inside the compressed data")
