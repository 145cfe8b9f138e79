"""What is lost of a piece, in bytes of its file: a file that is given up counts by what it held, not as one record."""

from babelmill.transforms.read.items import TEXT_RATIO, Piece
from babelmill.transforms.read.records import Record, Reject

__all__ = ["Lost"]


class Lost:
    """Adds up what of a piece was not read.

    Parts that are given up are known in bytes of the file. Of the rest bad records have a share: their own bytes by
    those of all records, for a compressed file has fewer bytes than it holds. Where a piece is counted in rows, nobody
    says how much of the file that is, and a bad row counts a quarter of its text.

    Args:
        piece: that is read.
        in_rows: whether its begin and end are counted in rows or groups of them.
    """

    def __init__(self, piece: Piece, in_rows: bool = False) -> None:
        self._in_rows = in_rows
        end = piece.size if piece.end is None else min(piece.end, piece.size)
        self._extent = piece.size if in_rows else max(0, end - piece.start)
        self._unread = self._good = self._bad = 0

    def add(self, found: Record | Reject) -> None:
        """Count one record, or a part that is given up."""
        if isinstance(found, Record):
            self._good += found.size
        elif found.is_rest:
            self._unread += found.size
        else:
            self._bad += found.size

    @property
    def bytes(self) -> int:
        """Bytes of the file that were not read."""
        left = max(0, self._extent - self._unread)
        if self._in_rows:
            return self._unread + min(left, self._bad // TEXT_RATIO)
        return self._unread + (left * self._bad // (self._good + self._bad) if self._bad else 0)
