"""Document text for a terminal: nothing in it moves a cursor, changes a colour or hides, and never too much of it."""

import json
import sys
from collections.abc import Mapping, Set
from datetime import date, time, timedelta
from math import isfinite
from typing import Any

from babelmill.transforms.text.visible import visible

__all__ = ["clipped", "escape_unencodable", "inert_json", "plain", "visible_lines"]

_PIECE_CHARS = 1 << 16


def clipped(text: str, chars: int) -> str:
    r"""Return text on one line: its first `chars` characters, made visible, and how many more there are.

    >>> clipped("a\x1b[1m\nbcdef", 6)
    'a\\x1b[1m  (+5 characters)'
    """
    rest = len(text) - chars
    return visible(text[:chars]) + (f" (+{rest:,} characters)" if rest > 0 else "")


def visible_lines(text: str) -> str:
    """Return text made visible, but for the ends of its lines."""
    return "\n".join(map(visible, text.split("\n")))


def inert_json(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON in which every character that cannot be printed is escaped: what `--json` prints.

    Args:
        value: anything that Arrow or a named tuple holds; `plain` says what becomes of it.
        indent: spaces a level; one line without.
    """
    # Not orjson, which refuses a path that is no UTF-8.
    separators = (",", ":") if indent is None else None
    found = json.dumps(plain(value), ensure_ascii=False, allow_nan=False, indent=indent, separators=separators)
    return "\n".join(map(_inert_line, found.split("\n")))


def _inert_line(line: str) -> str:
    # In pieces: a list of all characters would take ten times as much memory as the line.
    pieces = (line[start : start + _PIECE_CHARS] for start in range(0, len(line), _PIECE_CHARS))
    return "".join(
        piece if piece.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in piece)
        for piece in pieces
    )


def plain(value: Any) -> Any:
    r"""Return a value as one of JSON's types.

    Dates, times and durations are in ISO 8601. Bytes are text, those that are no UTF-8 written out. A number that is
    not finite is null, a decimal is text with all its digits. Keys are text; whatever else there is is what it prints.

    >>> plain({"day": date(2024, 5, 1), "took": timedelta(seconds=90), "score": float("nan"), "head": b"a\xff"})
    {'day': '2024-05-01', 'took': 'PT90S', 'score': None, 'head': 'a\\xff'}
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode(errors="backslashreplace")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else _key(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | Set):
        return [plain(item) for item in value]
    # Who has a scalar of NumPy has loaded it; nobody else waits a tenth of a second for it.
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return plain(value.item())
    return str(value)


def _key(value: Any) -> str:
    found = plain(value)
    return found if isinstance(found, str) else json.dumps(found)


def _duration(value: timedelta) -> str:
    """Write a duration in ISO 8601, in seconds."""
    sign, value = ("-", -value) if value < timedelta() else ("", value)
    fraction = f".{value.microseconds:06d}".rstrip("0") if value.microseconds else ""
    return f"{sign}PT{86400 * value.days + value.seconds}{fraction}S"


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def escape_unencodable(error: UnicodeError) -> tuple[str, int]:
    """Write what a stream's encoding lacks as JSON does: an error handler, so that JSON stays JSON on any terminal."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_escaped, error.object[error.start : error.end])), error.end
