"""The exceptions of Babelmill; each says what, where, and what would be right.

    BabelmillError
    ├── ConfigError      wrong configuration: raised before any worker starts (exit 2)
    ├── WorldError       a wrong world: a disk, a network, a model file; names the path, chains the cause (exit 1)
    └── RunError         a run that ended, and ended badly (exit 1)
        ├── LawError     the account does not add up
        ├── RejectedError  more was unreadable, or has no token, than the configuration allows
        ├── EmptyError   no document was kept, where an earlier run had kept some
        └── DamageError  an output that is not what its manifest says

A wrong *document* is never an exception: it becomes a verdict or a quarantine row, and is booked.
"""

import difflib
from collections.abc import Sequence

from babelmill.transforms.secrets import redacted

__all__ = [
    "BabelmillError",
    "ConfigError",
    "DamageError",
    "EmptyError",
    "LawError",
    "RejectedError",
    "RunError",
    "WorldError",
    "closest",
    "nearest",
]


_MOST_LISTED = 40
"""A longer list of valid words helps nobody."""


class BabelmillError(Exception):
    """The root: everything Babelmill raises on purpose. Secrets in addresses do not get into its message."""

    def __init__(self, *args: object) -> None:
        super().__init__(*(redacted(arg) if isinstance(arg, str) else arg for arg in args))


class ConfigError(BabelmillError):
    """A configuration that cannot run.

    Args:
        key: the dotted path of the key, such as `dedup.near.bands`; empty for the file as a whole.
        message: the value that was found, and what would be right.
    """

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key}: {message}" if key else message)
        self.key = key
        self.message = redacted(message)

    def __reduce__(self) -> tuple[type["ConfigError"], tuple[str, str]]:
        return type(self), (self.key, self.message)


class WorldError(BabelmillError):
    """A file, a model or a service that is not there or does not work."""


class RunError(BabelmillError):
    """A run that cannot be trusted."""


class LawError(RunError):
    """A conservation law that a finished run breaks."""


class RejectedError(RunError):
    """More unreadable records than `max_rejected_ratio` allows, or unknown tokens than `tokens.max_unknown_ratio`."""


class EmptyError(RunError):
    """A run that kept no document, where a corpus of an earlier run would have gone for it."""


class DamageError(RunError):
    """An output that differs from its manifest."""


def closest(word: str, words: Sequence[str]) -> str | None:
    """Return the word that is spelt most like another, None where none is near."""
    return next(iter(difflib.get_close_matches(word, words, 1, 0.5)), None)


def nearest(word: str, words: Sequence[str]) -> str:
    """Return `; did you mean …?` with the nearest of some words, or all of them where none is near."""
    if close := closest(word, words):
        return f"; did you mean {close}?"
    return f"; one of {', '.join(words)}" if 0 < len(words) <= _MOST_LISTED else ""
