"""Text made fit to be looked at: nothing in it can move a cursor, turn the line around or hide."""

import reprlib
from typing import Any

__all__ = ["quote", "visible"]

_QUOTE_CHARS = 400
_quote = reprlib.Repr()
_quote.maxlevel, _quote.maxlist, _quote.maxtuple, _quote.maxdict = 3, 5, 5, 5
_quote.maxstring = _quote.maxother = _quote.maxlong = _QUOTE_CHARS

_JOINERS = "\u200c\u200d"
"""Persian and emoji need them, and they change nothing around them."""


def visible(text: str) -> str:
    r"""Return the text with control, bidi and other format characters written out, and every white space a space.

    >>> visible("a\x1b[31mb\u202ec\nd")
    'a\\x1b[31mb\\u202ec d'
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in _JOINERS else " " if char.isspace() else ascii(char)[1:-1]
        for char in text
    )


def quote(value: Any) -> str:
    r"""Return a value for a message as Python writes it, at most 400 characters of it and five parts of each level.

    A value comes from somebody's file: written out, a list in a list in a list may take all memory.

    >>> quote([["a", 1]] * 9)
    "[['a', 1], ['a', 1], ['a', 1], ['a', 1], ['a', 1], ...]"
    """
    found = _quote.repr(value)
    return found if len(found) <= _QUOTE_CHARS else f"{found[: _QUOTE_CHARS - 4]} ..."
