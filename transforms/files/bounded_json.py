"""JSON that may be a stranger's: neither its bytes nor what they become in memory exceed what is expected of them."""

from collections.abc import Iterator
from typing import Any

import orjson

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import open_file, read_bytes

__all__ = ["LINE_BYTES", "parse_json", "read_json", "read_lines"]

LINE_BYTES = 1 << 24
"""Of a line in a list of work items: an item may be of 100,000 small files."""

_VALUE_BYTES = 64
"""What an empty list or object, or the place and the object of a number, take in Python."""
_SMALL = 1 << 16
_RATIO = 8
"""Memory for a byte: a manifest's rows have 4; `[[],[],…` has 44."""


def parse_json(content: bytes, most_bytes: int) -> Any:
    """Return the value of some JSON.

    Args:
        content: the JSON.
        most_bytes: that are expected; each may become eight in memory.

    Raises:
        ValueError: if it is no JSON, or is larger, or is of more values.
    """
    values = sum(map(content.count, (b",", b":", b"[", b"{")))
    if len(content) > most_bytes or len(content) + _VALUE_BYTES * values > _RATIO * most_bytes + _SMALL:
        raise ValueError(f"{len(content):,} bytes of JSON with some {values:,} values are more than is read of it")
    return orjson.loads(content)


def read_json(path: str, most_bytes: int) -> Any:
    """Return the value of a file of JSON.

    Raises:
        ValueError: if it is no JSON, or is of too many values.
        WorldError: if it cannot be read, or has more than `most_bytes`.
    """
    return parse_json(read_bytes(path, most_bytes), most_bytes)


def read_lines(path: str) -> Iterator[bytes]:
    """Yield the lines of a file, one at a time.

    Raises:
        WorldError: if it cannot be read, or a line has more than LINE_BYTES.
    """
    with open_file(path) as file:
        rest = b""
        while block := file.read(1 << 20):
            *lines, rest = (rest + block).split(b"\n")
            yield from lines
            if len(rest) > LINE_BYTES:
                raise WorldError(f"cannot read {path}: a line of more than {LINE_BYTES:,} bytes")
    if rest:
        yield rest
