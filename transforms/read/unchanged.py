"""Unchanged: a file is read as it was planned, or the run ends.

Hours may lie between the plan and the last piece of a large file. In between an upload begins anew, a log is rotated,
rsync writes in place. What is read then is no part of any file that ever was: its missing pieces look like empty ones,
and its finished pieces are filed under a size that was never read. So every piece is looked at twice, before it is
opened and after its last record.
"""

import contextlib
from collections.abc import Iterator

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.bounded_json import read_lines
from babelmill.transforms.files.storage import FoundFile, exists, look
from babelmill.transforms.read.items import Item, Piece

__all__ = ["change_of", "planned_pieces", "unchanged"]


@contextlib.contextmanager
def unchanged(piece: Piece) -> Iterator[None]:
    """Read a piece in the block.

    Raises:
        WorldError: if its file is not what was planned, before the block or after it. An error of the block itself is
            replaced only then: it came from a file that somebody writes to.
    """
    _check(piece)
    try:
        yield
    except Exception:
        _check(piece)
        raise
    _check(piece)


def _check(piece: Piece) -> None:
    if change := change_of(piece, look(piece.path)):
        raise WorldError(f"{piece.path}: changed since the plan ({change}); run again when nobody writes to it")


def planned_pieces(items: str) -> dict[str, Piece]:
    """Return path → a piece of every file in a list of work items; nothing where there is no such list.

    Args:
        items: the path of `work/items.jsonl`.

    Raises:
        WorldError: if it cannot be read.
        ValueError, TypeError: if it is no such list.
    """
    lines = read_lines(items) if exists(items) else ()
    return {piece.path: piece for line in lines for piece in Item.load(line).pieces}


def change_of(piece: Piece, found: FoundFile | None) -> str:
    """Say what is different about a file; empty where nothing is. Of a piece without time or state these may be any.

    Args:
        piece: a part of the file, as it was planned.
        found: the file now; None where it is gone.
    """
    if found is None:
        return "it is gone"
    if found.size != piece.size:
        return f"size {piece.size:,} → {found.size:,}"
    if piece.changed and found.changed != piece.changed:
        return f"size {found.size:,} as before, written again"
    if piece.state and found.state != piece.state:
        return f"size {found.size:,} and time as before, but touched or replaced"
    return ""
