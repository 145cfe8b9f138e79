"""What a command logs: our own warnings, once and plainly; of Beam and its clients nothing but what ends a run."""

import logging
import sys
from typing import TextIO

from babelmill.transforms.secrets import redacted

__all__ = ["quiet"]


class _Redacted(logging.Formatter):
    """Lines without the secrets of the addresses in them."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at the moment: above the bars of a run, while there are any."""

    def emit(self, record: logging.LogRecord) -> None:
        # Not `setStream`, which flushes what it was before: that may be closed by now.
        self.stream = sys.stderr
        super().emit(record)


def quiet() -> None:
    """Let warnings of this project through to the terminal, and of everything else errors only.

    To be called before Beam is imported: it warns of Google's client libraries, whether they are wanted or not.
    """
    root = logging.getLogger()
    # Without a handler of its own the root logger makes one at the first warning.
    root.addHandler(logging.NullHandler())
    root.setLevel(logging.ERROR)
    plain = _Stderr()
    plain.setFormatter(_Redacted("%(levelname)s: %(message)s"))
    for name in ("babelmill",):
        ours = logging.getLogger(name)
        ours.setLevel(logging.WARNING)
        ours.addHandler(plain)
