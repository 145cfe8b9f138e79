"""Normal form: NFC in time proportional to a text's length, and next to none where little of it is to be changed.

A normal form is that of its parts, if each but the first begins with a character that neither joins one before it nor
moves in front of it (UAX #15, 14.1.6, "normalization process boundary"). So of a text with few other characters, only
these and the one before them are given to Python's `normalize`, which takes 20 ms a megabyte.

Python sorts marks by insertion: a million of them in a row, as no language has, would take hours. Such a run is brought
into canonical order first, which its normal form does not change by.
"""

import re
import sys
import unicodedata
from functools import cache

__all__ = ["normal_form"]

_LONG_RUN = 30
"""Marks in a row, the most of UAX #15's stream-safe text."""
_FEW = 64
"""Where fewer than one in so many characters are to be looked at, each is by itself; else all of the text at once."""
_VOWELS, _FINALS = range(0x1161, 0x1176), range(0x11A8, 0x11C3)
"""Jamo that join the one before them (Unicode 3.12)."""


def _joining() -> set[int]:
    """Return the characters that no part may begin with: marks, those that NFC changes, those that join one before."""
    found = {*_VOWELS, *_FINALS}
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        if unicodedata.combining(char):
            found.add(code)
        elif parts := unicodedata.decomposition(char):
            if unicodedata.normalize("NFC", char) != char:
                found.add(code)
            elif not parts.startswith("<") and len(pair := parts.split()) == 2:
                found.add(int(pair[1], 16))
    return found


def _char_class(codes: set[int]) -> str:
    """Return a class of characters as a regular expression has it, in ranges."""
    ranges: list[list[int]] = []
    for code in sorted(codes):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


@cache
def _runs(astral: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what finds runs of joining characters, and long ones alone.

    Args:
        astral: whether the text has characters above U+FFFF. `re` looks up all others in a table, but asks for those
            one range after the other.
    """
    codes = _joining()
    found = _char_class(codes if astral else {code for code in codes if code < 1 << 16})
    return re.compile(f"[{found}]+"), re.compile(f"[{found}]{{{_LONG_RUN + 1},}}+")


def _in_order(run: re.Match[str]) -> str:
    """Return a run decomposed, its marks in canonical order: between characters that are none, they are sorted."""
    chars = "".join(unicodedata.normalize("NFD", char) for char in run.group())
    pieces = re.split(f"([{_not_marks()}])", chars)
    return "".join("".join(sorted(piece, key=unicodedata.combining)) for piece in pieces)


@cache
def _not_marks() -> str:
    """Return a class of the joining characters, decomposed, that are no marks: other marks do not move over them."""
    parts = {ord(part) for code in _joining() for part in unicodedata.normalize("NFD", chr(code))}
    return _char_class({code for code in parts if not unicodedata.combining(chr(code))})


def normal_form(text: str) -> str:
    """Return a text in NFC, as `unicodedata.normalize` does.

    Args:
        text: without lone surrogates.
    """
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    runs, long_runs = _runs(astral=len(text.encode("utf-16-le")) != 2 * len(text))
    parts, at, left = [], 0, 1 + len(text) // _FEW
    for run in runs.finditer(text):
        left -= 1
        if not left or run.end() - run.start() > _LONG_RUN:
            break
        # With the character before it, which it may join.
        start = max(at, run.start() - 1)
        parts += [text[at:start], unicodedata.normalize("NFC", text[start : run.end()])]
        at = run.end()
    else:
        return "".join((*parts, text[at:]))
    return "".join((*parts, unicodedata.normalize("NFC", long_runs.sub(_in_order, text[at:]))))
