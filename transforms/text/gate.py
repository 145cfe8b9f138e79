"""The gate: the one place where text from outside is mended or refused."""

import re
import sys
import unicodedata
from functools import cache

__all__ = ["BadText", "gate"]


class BadText(ValueError):
    """Text that cannot be mended without guessing; `reason` is `nul`, `lone_surrogate` or `empty`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


_MANY = 31
"""Marks in a row that no language has: 30 are the most of UAX #15's stream-safe text."""


@cache
def _many_marks() -> re.Pattern[str]:
    """Return what finds a run of so many marks."""
    marks = [char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.combining(char)]
    return re.compile(f"[{re.escape(''.join(marks))}]{{{_MANY},}}+")


def _has_many_marks(text: str) -> bool:
    """Say whether there is such a run: it has one mark at least at a place that is a multiple of _MANY."""
    for place in range(0, len(text), _MANY):
        if unicodedata.combining(text[place]):
            first, last = place, place
            while first > 0 and unicodedata.combining(text[first - 1]):
                first -= 1
            while last + 1 < len(text) and unicodedata.combining(text[last + 1]):
                last += 1
            if last + 1 - first >= _MANY:
                return True
    return False


def _in_order(found: re.Match[str]) -> str:
    """Return a run of marks decomposed and in canonical order.

    The normal form is the same, but Python sorts marks by insertion: a million of them would take hours.
    """
    marks = "".join(unicodedata.normalize("NFD", mark) for mark in found.group())
    return "".join(sorted(marks, key=unicodedata.combining))


def gate(text: str) -> str:
    """Return the text in NFC with `\\n` line ends; what it returns, it returns unchanged a second time.

    Raises:
        BadText: for text with a NUL or a lone surrogate, and for text of nothing but white space.
    """
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise BadText("lone_surrogate", f"lone surrogate U+{ord(text[error.start]):04X} at {error.start}") from None
        if not unicodedata.is_normalized("NFC", text):
            if _has_many_marks(text):
                text = _many_marks().sub(_in_order, text)
            text = unicodedata.normalize("NFC", text)
    if "\0" in text:
        raise BadText("nul", f"NUL at {text.index(chr(0))}")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text or text.isspace():
        raise BadText("empty", "no text")
    return text
