"""What each code point is: a set of class flags, and one folded form, for all of Unicode.

The tables are made from Python's own Unicode data when first imported (about 0.2 s). `FLAGS` answers what a
character is, `FOLDED` what it counts as when documents are compared for duplicates.
"""

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

__all__ = [
    "AFFIX",
    "BULLET",
    "DIGIT",
    "IDEOGRAPH",
    "IGNORED",
    "JOINER",
    "LETTER",
    "SPACE",
    "TERMINAL",
    "flags",
    "folded",
]

SPACE = 1
"""`str.isspace`, and the zero-width space."""
LETTER = 2
"""`str.isalpha`, and the ideographic zero 〇, which Unicode counts as a number."""
DIGIT = 4
"""Decimal digits of any script (category Nd)."""
IGNORED = 8
"""Marks and format characters (M*, Cf): they continue a word and never begin or end one."""
IDEOGRAPH = 16
"""A letter of a script written without spaces, a word by itself: Han, Hiragana, Thai, Lao, Myanmar, Khmer.
Katakana is left out on purpose: a run of it is one (borrowed) word."""
TERMINAL = 32
"""Ends a sentence: Unicode's property Sentence_Terminal."""
JOINER = 64
"""Apostrophes, hyphens, full stop and the like: between two letters or digits they belong to the word."""
BULLET = 128
"""Begins an item of a list."""
AFFIX = 256
"""Belongs to the word that it touches, in front or behind: `--help`, `/usr`, `C++`, `@home`, `Vor-`."""

_END = 0x110000
_ASSIGNED = (range(0x32400), range(0xE0000, 0xE0200))
_IDEOGRAPHS = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3041, 0x309F),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF),
)  # fmt: skip
_TERMINALS = (
    (0x21, 0x21), (0x2E, 0x2E), (0x3F, 0x3F), (0x589, 0x589), (0x61D, 0x61F), (0x6D4, 0x6D4), (0x700, 0x702),
    (0x964, 0x965), (0x104A, 0x104B), (0x1362, 0x1362), (0x1367, 0x1368), (0x17D4, 0x17D5), (0x1803, 0x1803),
    (0x203C, 0x203D), (0x2047, 0x2049), (0x2E2E, 0x2E2E), (0x3002, 0x3002), (0xFE52, 0xFE52), (0xFE56, 0xFE57),
    (0xFF01, 0xFF01), (0xFF0E, 0xFF0E), (0xFF1F, 0xFF1F), (0xFF61, 0xFF61),
)  # fmt: skip
"""Sentence_Terminal (Unicode 16, PropList.txt) without the historic scripts."""
_JOINERS = "'’ʼ_.-‐‑@\\|^~`+"
_AFFIXES = "-/\\|@^~`+"
_BULLETS = "-–—*•‣⁃◦▪▫●○■□·・►▶✓✔➢"
_ARABIC_MARKS = (0x0640, *range(0x064B, 0x0660), 0x0670)
"""Tatweel and vowel marks: writing a word with or without them does not make it another word."""


@cache
def flags() -> npt.NDArray[np.uint16]:
    """Return the class flags of every code point: uint16[0x110000]."""
    table = np.zeros(_END, np.uint16)
    for block in _ASSIGNED:
        for point in block:
            char = chr(point)
            category = unicodedata.category(char)
            table[point] = (
                SPACE * char.isspace()
                | LETTER * char.isalpha()
                | DIGIT * (category == "Nd")
                | IGNORED * (category[0] == "M" or category == "Cf")
            )
    table[ord("〇")] |= LETTER
    for first, last in _IDEOGRAPHS:
        points = table[first : last + 1]
        points[(points & LETTER) != 0] |= IDEOGRAPH
    for first, last in _TERMINALS:
        table[first : last + 1] |= TERMINAL
    for chars, flag in ((_JOINERS, JOINER), (_BULLETS, BULLET), (_AFFIXES, AFFIX)):
        table[[ord(char) for char in chars]] |= flag
    table[0x200B] = SPACE
    return table


@cache
def folded() -> npt.NDArray[np.uint32]:
    """Return what every code point counts as among duplicates: uint32[0x110000]; 0 counts as nothing.

    Letters are case-folded and of normal width, every digit is `0`, marks stay, and punctuation, symbols, spaces,
    format characters, tatweel and Arabic vowel marks count as nothing.
    """
    kinds = flags()
    table = np.zeros(_END, np.uint32)
    for point in np.flatnonzero(kinds & (LETTER | DIGIT | IGNORED)).tolist():
        char = chr(point)
        if kinds[point] & DIGIT:
            table[point] = ord("0")
            continue
        if unicodedata.category(char) == "Cf":
            continue
        plain = unicodedata.normalize("NFKC", char)
        plain = plain.casefold() if len(plain) == 1 else char.casefold()
        table[point] = ord(plain) if len(plain) == 1 else point
    table[list(_ARABIC_MARKS)] = 0
    return table
