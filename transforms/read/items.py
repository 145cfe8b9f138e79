"""Work items: what one worker reads at a time, and the pieces of files that it is made of."""

import hashlib
from typing import NamedTuple

import orjson

__all__ = ["MAX_ITEMS", "TEXT_RATIO", "UNOPENED", "Item", "Piece"]

MAX_ITEMS = 1 << 20
"""A document's 64-bit rank has 20 bits for its item."""
UNOPENED = "unopened:"
"""Before the reason, the format of a file that is not opened."""
TEXT_RATIO = 4
"""Text a byte of compressed input, roughly, for items of equal work."""


class Piece(NamedTuple):
    """A part of one file: [start, end) in bytes (plain JSONL) or row groups (Parquet); `end` None is the file's end.

    `size`, `changed` and `state` are the whole file's, as `FoundFile` has them: a finished item is known by them. Of a
    file that is not to be opened, `format` is UNOPENED and the reason.
    """

    path: str
    format: str
    size: int
    changed: float
    start: int = 0
    end: int | None = None
    state: str = ""


class Item(NamedTuple):
    """A work item: what one worker reads at a time.

    `number` counts in input order over all sources; `rank` is the source's place in the configuration, 0 the best.
    `slot` is in the names of its files (transforms/work.py), -1 before they are laid out. `work` is about how many
    bytes of text it has.
    """

    number: int
    rank: int
    source: str
    pieces: tuple[Piece, ...]
    slot: int = -1
    work: int = 0

    @property
    def key(self) -> bytes:
        """The item by what it is, wherever it stands among others: BLAKE2b-128 of source and pieces."""
        content = orjson.dumps((self.source, [tuple(piece) for piece in self.pieces]))
        return hashlib.blake2b(content, digest_size=16).digest()

    def dump(self) -> bytes:
        """Return the item as a line of JSON."""
        return orjson.dumps((*self[:3], [tuple(piece) for piece in self.pieces], *self[4:]))

    @classmethod
    def load(cls, line: bytes) -> "Item":
        """Read an item back; in lists of earlier versions its number was its slot."""
        number, rank, source, pieces, *more = orjson.loads(line)
        return cls(number, rank, source, tuple(Piece(*piece) for piece in pieces), *(more or [number]))
