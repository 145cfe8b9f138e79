"""The columns of the Layout's `doc_counts`: what is counted in each document while it is read."""

__all__ = ["BRACES", "COLUMNS", "DIGITS", "ELLIPSES", "GARBLED", "HASHES", "LETTERS", "NEWLINES", "SCRIPT", "URLS"]

NEWLINES, HASHES, ELLIPSES, LETTERS, DIGITS, URLS, BRACES, GARBLED, SCRIPT = range(9)
"""Newline characters, `#`, `...` or `…`, letters, digits, web addresses, `{` and `}`, characters that were garbled.
From SCRIPT on, the letters of each script, at its value in `unicode.SCRIPTS`."""
COLUMNS = SCRIPT + 8
