"""Split text as a tokenizer's pre-tokenizer does: one automaton behind the other, each on the pieces of the one before.

    Split \\p{N}{1,3}        "in 12345 Tagen"   →   "in "  "123"  "45"  " Tagen"
    Split  ?\\p{L}+|\\s+                        →   "in" " "  "123"  "45"  " Tagen"

What no match covers is a piece of its own, or is dropped, as the tokenizer.json says.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel, kernel_part
from babelmill.transforms.tokens.bpe.automaton import Mask, automaton
from babelmill.transforms.tokens.bpe.classes import INSIDE
from babelmill.transforms.tokens.bpe.pattern import Node

__all__ = ["Splitter", "make_splitter", "split"]


class Splitter(NamedTuple):
    """The automata of all levels in one table."""

    moves: npt.NDArray[np.uint32]
    """`moves[state + class]` is `next state << 1 | a match ends here`. A state is a row's place in the table, 0 none.
    The last column of a row is the end of the piece."""
    starts: npt.NDArray[np.uint32]
    """First state of each level."""
    keeps: npt.NDArray[np.bool_]
    """Whether a level keeps what no match covers."""
    width: npt.NDArray[np.int32]
    """int32[1]: columns of a row."""


def make_splitter(levels: Sequence[tuple[Node, bool]], masks: Mapping[str, Mask], n_classes: int) -> Splitter:
    """Build the automata of all levels.

    Args:
        levels: regex, and whether text between its matches is kept.
        masks: what each character of the regexes matches: see `automaton`.
        n_classes: classes of characters, INSIDE included.
    """
    width = n_classes + 1
    tables, starts, rows = [np.zeros((1, width), np.int32)], [], 1
    for regex, _ in levels:
        table = automaton(regex, masks)[1:]
        table[0, INSIDE] = 0  # No match begins inside a character.
        row, matched = table >> 1, table & 1
        # Row 0 is shared; a level's other rows stand behind those of the levels before.
        tables.append(np.where(row, row + rows - 1, 0) * width << 1 | matched)
        starts.append(rows * width)
        rows += len(table)
    return Splitter(
        np.concatenate(tables).reshape(-1).astype(np.uint32),
        np.array(starts, np.uint32),
        np.array([keep for _, keep in levels], np.bool_),
        np.array([width], np.int32),
    )


@kernel_part
def _match_end(
    classes: npt.NDArray[np.uint8], start: int, end: int, moves: npt.NDArray[np.uint32], state: np.uint32, width: int
) -> int:
    """Return where the match that begins at `start` ends, or -1."""
    found, i = -1, start
    while i < end:
        kind = classes[i]
        move = moves[state + kind]
        if move & np.uint32(1):
            found = i
        before, state = state, move >> np.uint32(1)
        if state == 0:
            return found
        i += 1
        if state == before:
            # What has changed nothing changes nothing if it comes again: most of a word is letters.
            while i < end and (classes[i] == kind or classes[i] == INSIDE):
                i += 1
            if move & np.uint32(1):
                found = i - 1
                while classes[found] == INSIDE:
                    found -= 1
    if moves[state + np.uint32(width - 1)] & np.uint32(1):
        found = end
    return found


@kernel_part
def _match_start(
    classes: npt.NDArray[np.uint8], start: int, end: int, moves: npt.NDArray[np.uint32], state: np.uint32
) -> int:
    """Return the first place from `start` on where a match may begin, or `end`."""
    for i in range(start, end):
        if moves[state + classes[i]] != 0:
            return i
    return end


@kernel
def split(
    classes: npt.NDArray[np.uint8],
    end: int,
    splitter: Splitter,
    pieces: npt.NDArray[np.int32],
) -> int:
    """Split a text whose characters' classes are `classes[:end]`; return the number of pieces.

    `pieces` is int32[2, at least end, 2] to work in. Behind L levels `pieces[L % 2]` holds (start, end) of each piece.
    """
    pieces[0, 0, 0], pieces[0, 0, 1] = 0, end
    count, moves, width = 1, splitter.moves, splitter.width[0]
    for level in range(len(splitter.starts)):
        before, behind = pieces[level % 2], pieces[(level + 1) % 2]
        first, keep = splitter.starts[level], splitter.keeps[level]
        made = 0
        for piece in range(count):
            gap = i = before[piece, 0]
            stop = before[piece, 1]
            while i < stop:
                i = _match_start(classes, i, stop, moves, first)
                if i == stop:
                    break
                match = _match_end(classes, i, stop, moves, first, width)
                if match < 0:
                    i += 1
                    continue
                if keep and gap < i:
                    behind[made, 0], behind[made, 1] = gap, i
                    made += 1
                behind[made, 0], behind[made, 1] = i, match
                made += 1
                gap = i = match
            if keep and gap < stop:
                behind[made, 0], behind[made, 1] = gap, stop
                made += 1
        count = made
    return count
