"""Document text for a terminal: nothing in it moves a cursor, changes a colour or hides, and never too much of it."""

import json
from typing import Any

from transforms.text.visible import visible

__all__ = ["clipped", "inert_json", "visible_lines"]


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


def inert_json(value: Any) -> str:
    """Return one line of JSON in which every character that cannot be printed is escaped."""
    # Not orjson, which refuses a path that is no UTF-8.
    found = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return found if found.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in found)


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))
