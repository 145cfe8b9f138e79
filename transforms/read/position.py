"""The position in a piece: how much of it has been read, as its format counts.

A format says once a piece how it is to be asked, and is asked a few times a second: no record costs anything for it.
"""

import threading
from collections.abc import Callable

__all__ = ["ask_by", "share_read"]


class _Here(threading.local):
    """Of this thread: a worker reads one piece at a time."""

    @staticmethod
    def share() -> float:
        return 0.0


_here = _Here()


def ask_by(share: Callable[[], float]) -> None:
    """Let the piece that this thread begins to read be asked how much of it is read; a new piece asks anew.

    Args:
        share: returns it, in [0, 1] or a little beside.
    """
    _here.share = share  # type: ignore[method-assign]


def share_read() -> float:
    """Return how much of the piece at hand is read, in [0, 1]; 0 where its format does not say."""
    try:
        return min(1.0, max(0.0, _here.share()))
    except (OSError, ValueError, ZeroDivisionError):
        # Of a file that was closed in the meantime; of a piece without content.
        return 0.0
