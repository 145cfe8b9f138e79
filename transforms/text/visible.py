"""Text made fit to be looked at: nothing in it can move a cursor, turn the line around or hide."""

__all__ = ["visible"]

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
