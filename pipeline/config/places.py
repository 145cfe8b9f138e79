"""Where a configuration's keys and values are: line and column in the file, and the line with a mark below it."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from babelmill.transforms.secrets import redacted
from babelmill.transforms.text.visible import visible

__all__ = ["Place", "excerpt", "find"]

_BEFORE, _AFTER = 60, 60
"""Characters of a long line that are shown before the mark, and from there on."""
_MOST_MARKED = 40
_SECRET = re.compile(
    r"((?:^|[\s{,-])[\"']?(?:[\w-]*[_-])?(?:token|secret|password|passwd|pwd|credentials?|signature|access[_-]?key|"
    r"account[_-]?key|api[_-]?key|private[_-]?key|secret[_-]?key)[\"']?\s*[:=]\s*)(?![\s{\[])[^\s,}\]]+",
    re.IGNORECASE,
)
"""A value behind a key that is called like a secret: no key of a configuration is, so it may be one of somebody's."""


class Place(NamedTuple):
    """A part of a file: `line` and `column` count from 0, `width` is in characters, at least 1."""

    line: int
    column: int
    width: int = 1


def _of(node: Node, lines: Sequence[str]) -> Place:
    """Return where a node begins; of one that has several lines, its first."""
    start, end = node.start_mark, node.end_mark
    line = lines[start.line] if start.line < len(lines) else ""
    stop = end.column if end.line == start.line else len(line.rstrip())
    return Place(start.line, start.column, max(1, stop - start.column))


def _step(node: Node, step: str) -> tuple[Node | None, Node] | None:
    """Return the key (None in a list) and the value of a mapping or list at a step of a path."""
    if isinstance(node, MappingNode):
        return next(((key, value) for key, value in node.value if str(key.value) == step), None)
    if isinstance(node, SequenceNode) and step.isdigit() and int(step) < len(node.value):
        return None, node.value[int(step)]
    return None


def find(root: Node, text: str, path: Sequence[str], at_key: bool = False) -> tuple[Place, int]:
    """Return where a path leads in a file, and how many steps of it the file has.

    Args:
        root: the composed file.
        text: the file.
        path: keys, and numbers in lists.
        at_key: the place of the last key in place of its value's.

    Returns:
        The place of the longest part of the path that the file has, and its length; for none the file's beginning.
    """
    lines = _lines(text)
    node, key, depth = root, None, 0
    for depth, step in enumerate(path, start=1):  # noqa: B007
        found = _step(node, step)
        if found is None:
            depth -= 1
            break
        key, node = found
    if depth < len(path) and key is not None:
        # What is missing is missing in the mapping of this key.
        return _of(key, lines), depth
    empty = isinstance(node.value, str) and node.start_mark.index == node.end_mark.index
    return _of(key if key is not None and (at_key or empty) else node, lines), depth


def excerpt(text: str, place: Place) -> tuple[str, str]:
    r"""Return the line of a place and a line with marks below it, made visible, short and without secrets.

    >>> print("\n".join(excerpt("a: 1\nb: [x]\n", Place(1, 4, 1))))
      2 | b: [x]
        |     ^
    """
    lines = _lines(text)
    line = lines[place.line] if place.line < len(lines) else ""
    # Masked before it is cut: half a secret has no key in front.
    start = min(len(_hidden(line[: place.column])), len(_hidden(line)))
    line = _hidden(line)
    first, last = max(0, start - _BEFORE), start + _AFTER
    head = ("…" if first else "") + visible(line[first:start])
    shown = head + visible(line[start:last]) + ("…" if len(line) > last else "")
    marks = "^" * max(1, _cells(visible(line[start : start + min(place.width, _MOST_MARKED)])))
    number = f"{place.line + 1:>3}"
    return f"{number} | {shown}", f"{' ' * len(number)} | {' ' * _cells(head)}{marks}"


def _lines(text: str) -> list[str]:
    """Return the lines of a text as ruamel.yaml counts them."""
    return re.split("\r\n|[\n\r\x85\u2028\u2029]", text)


def _hidden(line: str) -> str:
    return redacted(_SECRET.sub(r"\1***", line))


def _cells(text: str) -> int:
    """Return how many columns of a terminal a text takes (Unicode, annex 11)."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
