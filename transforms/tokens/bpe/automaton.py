"""A splitting regex as a deterministic automaton over classes of characters.

The regex becomes Thompson's automaton (nodes that take a character, nodes that branch), and lists of its nodes, the
preferred ones first, become the states of a deterministic one: a match cuts off whatever is less preferred, which gives
the match that a backtracking engine finds (Cox, "Regular Expression Matching: the Virtual Machine Approach", 2009),
in one pass and in linear time. A match is noticed with the next character in hand, so `(?!…)` costs nothing.

A transition is `next row << 1 | a match ends before this character`. Row 0 is the end of all hope.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.tokens.bpe.classes import INSIDE
from babelmill.transforms.tokens.bpe.pattern import Char, Choice, Node, NotAhead, Refused, Repeat, Sequence

__all__ = ["automaton"]

Mask = npt.NDArray[np.bool_]
_MOST_STATES = 4000


class _Take(NamedTuple):
    mask: Mask
    then: int


class _Unless(NamedTuple):
    mask: Mask
    then: int


class _Branch(NamedTuple):
    ways: tuple[int, ...]


class _Thompson:
    """Nodes of the nondeterministic automaton; node 0 is the match."""

    def __init__(self, masks: Mapping[str, Mask]) -> None:
        self.masks = masks
        self.nodes: list[_Take | _Unless | _Branch | None] = [None]

    def add(self, node: _Take | _Unless | _Branch) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def build(self, node: Node, then: int) -> int:
        """Add the nodes of a part that goes on to `then`; return its first one."""
        match node:
            case Char(source):
                return self.add(_Take(self.masks[source], then))
            case NotAhead(source):
                return self.add(_Unless(self.masks[source], then))
            case Choice(options):
                return self.add(_Branch(tuple(self.build(option, then) for option in options)))
            case Sequence(parts):
                for part in reversed(parts):
                    then = self.build(part, then)
                return then
            case Repeat(part, least, most):
                return self.repeat(part, least, most, then)

    def repeat(self, part: Node, least: int, most: int | None, then: int) -> int:
        if _may_be_empty(part):
            raise Refused("a repeat of what may be empty")
        if most is None:
            loop = self.add(_Branch(()))
            self.nodes[loop] = _Branch((self.build(part, loop), then))
            entry = loop
        else:
            entry = then
            for _ in range(most - least):
                entry = self.add(_Branch((self.build(part, entry), then)))
        for _ in range(least):
            entry = self.build(part, entry)
        return entry

    def step(self, state: tuple[int, ...], symbol: int) -> tuple[tuple[int, ...], bool]:
        """Return the nodes behind a character, preferred ones first, and whether a match ended before it."""
        behind: dict[int, None] = {}
        seen: set[int] = set()
        stack = list(reversed(state))
        while stack:
            number = stack.pop()
            if number in seen:
                continue
            seen.add(number)
            match self.nodes[number]:
                case None:
                    return tuple(behind), True
                case _Branch(ways):
                    stack.extend(reversed(ways))
                case _Unless(mask, then):
                    if not mask[symbol]:
                        stack.append(then)
                case _Take(mask, then):
                    if mask[symbol]:
                        behind[then] = None
        return tuple(behind), False


def _may_be_empty(node: Node) -> bool:
    match node:
        case Char():
            return False
        case NotAhead():
            return True
        case Choice(options):
            return any(map(_may_be_empty, options))
        case Sequence(parts):
            return all(map(_may_be_empty, parts))
        case Repeat(part, least, _):
            return least == 0 or _may_be_empty(part)


def automaton(regex: Node, masks: Mapping[str, Mask]) -> npt.NDArray[np.int32]:
    """Build the transitions of a regex.

    Args:
        regex: parsed.
        masks: source of each character in it → bool[classes]: the classes that match it; none matches INSIDE.

    Returns:
        int32[rows, classes + 1]. Row 1 is the start; the last column is the end of the text.

    Raises:
        Refused: if the regex may match nothing at all, or has too many states.
    """
    if _may_be_empty(regex):
        raise Refused("a regex that may match nothing")
    end = len(next(iter(masks.values())))
    machine = _Thompson({source: np.append(mask, False) for source, mask in masks.items()})
    states: list[tuple[int, ...]] = [(), (machine.build(regex, 0),)]
    rows = {state: row for row, state in enumerate(states)}
    table = [[0] * (end + 1)]
    while len(table) < len(states):
        row, line = len(table), []
        for symbol in range(end + 1):
            behind, matched = machine.step(states[row], symbol) if symbol != INSIDE else (states[row], False)
            if behind not in rows:
                rows[behind] = len(states)
                states.append(behind)
            line.append(rows[behind] << 1 | matched)
        table.append(line)
        if len(states) > _MOST_STATES:
            raise Refused(f"a regex with more than {_MOST_STATES} states")
    return np.array(table, np.int32)
