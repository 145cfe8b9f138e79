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


@cache
def _many_marks() -> re.Pattern[str]:
    """Return what finds a run of marks that no language has: 30 are the most of UAX #15's stream-safe text."""
    marks = [char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.combining(char)]
    return re.compile(f"[{re.escape(''.join(marks))}]{{31,}}+")


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
            text = unicodedata.normalize("NFC", _many_marks().sub(_in_order, text))
    if "\0" in text:
        raise BadText("nul", f"NUL at {text.index(chr(0))}")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text or text.isspace():
        raise BadText("empty", "no text")
    return text
