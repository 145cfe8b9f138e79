"""Decompression that notices a break, or a bomb: .gz, .bz2, .xz and .zst as a stream of bounded chunks.

Members and frames that follow each other in one file are read through; zero padding behind the last one is allowed.
"""

import bz2
import contextlib
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

import zstandard

from babelmill.transforms.read.limits import RATIO_FROM, Limits

__all__ = ["SUFFIXES", "BrokenFile", "compression_of", "decompressed"]

SUFFIXES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}
"""File name ending to compression."""

_INPUT_BYTES = 1 << 16
_ZSTD_INPUT_BYTES = 1 << 11
"""zstd cannot be told how much to give out at once, so it is fed little: a block of 4 bytes may stand for 128 kB."""
_OUTPUT_BYTES = 1 << 22
"""The others can: 64 kB of bzip2 may stand for a gigabyte."""
_ERRORS = (zlib.error, OSError, EOFError, lzma.LZMAError, zstandard.ZstdError)
_WINDOW = ("Frame requires too much memory", "Memory usage limit exceeded")
"""How zstd and xz say that a file asks for more memory than they were given."""


class BrokenFile(ValueError):
    """A file that cannot be read on: `reason` is `truncated`, `corrupt`, or what a format's reader adds."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


_DECODERS: dict[str, Callable[[int], Any]] = {
    "gzip": lambda window: zlib.decompressobj(wbits=31),
    "bzip2": lambda window: bz2.BZ2Decompressor(),
    "xz": lambda window: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=window + (1 << 20)),
    "zstd": lambda window: zstandard.ZstdDecompressor(max_window_size=window).decompressobj(),
}
"""By compression; called with the window that may be used. xz needs some more than its window."""


def compression_of(path: str) -> str | None:
    """Return the compression that a file's name says, None for a plain file."""
    return next((name for suffix, name in SUFFIXES.items() if path.endswith(suffix)), None)


def _until_broken(decoder: Any, data: bytes) -> Iterator[bytes]:
    """Yield what a decoder still makes of its input before it breaks."""
    if decoder is not None:
        with contextlib.suppress(*_ERRORS):
            for i in range(len(data)):
                yield decoder.decompress(data[i : i + 1])


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
            yield from _until_broken(before, data)
            too_large = any(sign in str(error) for sign in _WINDOW)
            raise BrokenFile("window_too_large" if too_large else "corrupt", f"{compression}: {error}") from None
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
            for content in _member(decoder, compression, data):
                given += len(content)
                _check(compression, taken, given, limits)
                yield content
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
