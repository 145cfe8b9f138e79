"""The exceptions of Babelmill; each says what, where, and what would be right.

    BabelmillError
    ├── ConfigError      wrong configuration: raised before any worker starts (exit 2)
    │   └── ConfigErrors   all that is wrong with one, found together
    ├── WorldError       a wrong world: a disk, a network, a model file; names the path, chains the cause (exit 1)
    └── RunError         a run that ended, and ended badly (exit 1)
        ├── LawError     the account does not add up
        ├── RejectedError  more was unreadable, or has no token, than the configuration allows
        ├── EmptyError   no document was kept, where an earlier run had kept some
        └── DamageError  an output that is not what its manifest says

A wrong *document* is never an exception: it becomes a verdict or a quarantine row, and is booked.
"""

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from babelmill.transforms.secrets import redacted

__all__ = [
    "BabelmillError",
    "Collected",
    "ConfigError",
    "ConfigErrors",
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
        place: where the value was set: `my.yaml:12:7` (line and column from 1), `--set` or `default`; empty if unknown.
        excerpt: the line of the file and, below it, the mark; empty without one.
    """

    def __init__(self, key: str, message: str, place: str = "", excerpt: tuple[str, ...] = ()) -> None:
        super().__init__(": ".join(part for part in (place, key, message) if part))
        self.key = key
        self.message = redacted(message)
        self.place = place
        self.excerpt = excerpt

    @property
    def errors(self) -> tuple["ConfigError", ...]:
        """All that is wrong, this error alone."""
        return (self,)

    def __reduce__(self) -> tuple[type["ConfigError"], tuple[object, ...]]:
        return type(self), (self.key, self.message, self.place, self.excerpt)


class ConfigErrors(ConfigError):
    """Everything that was found wrong with a configuration at once; its text has a line for each.

    Args:
        errors: at least one. `key`, `message` and `place` are those of the first.
    """

    def __init__(self, errors: Sequence[ConfigError]) -> None:
        self._errors = tuple(one for error in errors for one in error.errors)
        first = self._errors[0]
        super().__init__(first.key, first.message, first.place, first.excerpt)
        self.args = ("\n".join(map(str, self._errors)),)

    @property
    def errors(self) -> tuple[ConfigError, ...]:
        """Each by itself, in the order in which they are reported."""
        return self._errors

    def __reduce__(self) -> tuple[type["ConfigErrors"], tuple[object, ...]]:
        return type(self), (self._errors,)


class Collected:
    """Checks of which each may fail without keeping the next from being made.

    >>> checks = Collected()
    >>> for word in ("a", "b"):
    ...     with checks.check():
    ...         raise ConfigError(word, "is wrong")
    >>> [error.key for error in checks.errors]
    ['a', 'b']
    """

    def __init__(self) -> None:
        self.errors: list[ConfigError] = []

    @contextmanager
    def check(self) -> Iterator[None]:
        """Note a ConfigError that is raised inside."""
        try:
            yield
        except ConfigError as error:
            self.errors.extend(error.errors)

    def finish(self) -> None:
        """Raise what was noted: one error as it is, several as ConfigErrors."""
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            raise ConfigErrors(self.errors)


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
