"""What each code point is: a set of class flags with its script, for all of Unicode.

The table is made from Python's own Unicode data once (about a second) and kept on disk. What a character counts as when
documents are compared for duplicates is in fold.py.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.array_cache import digest, kept

__all__ = [
    "AFFIX",
    "BULLET",
    "CODE_MARK",
    "DIGIT",
    "FIGURE",
    "IDEOGRAPH",
    "IGNORED",
    "INVISIBLE",
    "JOINER",
    "LETTER",
    "SCRIPTS",
    "SCRIPT_BITS",
    "SCRIPT_SHIFT",
    "SPACE",
    "SUSPECT",
    "TERMINAL",
    "flags",
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
SCRIPT_SHIFT = 9
SCRIPT_BITS = 7 << SCRIPT_SHIFT
"""Where a letter's script stands: `(flags & SCRIPT_BITS) >> SCRIPT_SHIFT` is a value of SCRIPTS, or 0 for any other."""
SCRIPTS = {"Latn": 1, "Cyrl": 2, "Grek": 3, "Arab": 4, "Hani": 5, "Hrkt": 6, "Hang": 7}
"""The recipe's scripts (ISO 15924; Hrkt is both Kana)."""
CODE_MARK = 4096
"""One of the marks that source code has pairs of: `()`, `=>`, `};`."""
INVISIBLE = 16384
"""Has no ink, and is no space: format characters, Hangul's fillers, the blank of Braille, joiners of graphemes."""
SUSPECT = 8192
"""May begin or be broken text: U+FFFD, C1 controls, and the letters as which the lead bytes of UTF-8 are misread."""
FIGURE = 32768
"""Of a number or a formula: digits of any script and form (categories Nd, Nl, No), mathematical symbols (Sm), and the
operators of program code."""

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
_CODE_MARKS = '(){}[]<>=!;:&|/*+%$?"'
_NAMED_SCRIPTS = {
    "LATIN": "Latn", "CYRILLIC": "Cyrl", "GREEK": "Grek", "ARABIC": "Arab", "CJK": "Hani", "IDEOGRAPHIC": "Hani",
    "HIRAGANA": "Hrkt", "KATAKANA": "Hrkt", "HANGUL": "Hang",
}  # fmt: skip
"""First word of a letter's Unicode name → its script."""
_OPERATORS = "+-*/%<=>&|^~"
"""Of program code. Not `!`, which ends more sentences than it denies variables."""
_SUSPECTS = (*range(0x80, 0xA0), *range(0xC2, 0xF5), 0xFFFD, 0x420, 0x421, 0x951F, 0x70EB)
_FILLERS = (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164, 0xFFA0)
_INKED_FORMATS = (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)
"""Format characters that are seen: Arabic signs around numbers and the like (Prepended_Concatenation_Mark)."""


@cache
def flags() -> npt.NDArray[np.uint16]:
    """Return the class flags of every code point: uint16[0x110000]."""

    def make() -> dict[str, npt.NDArray[Any]]:
        return {"flags": _flags()}

    return kept("unicode", digest(unicodedata.unidata_version, Path(__file__).read_bytes()), make)["flags"]


def _flags() -> npt.NDArray[np.uint16]:
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
                | FIGURE * (category[0] == "N" or category == "Sm")
            )
            if char.isalpha():
                table[point] |= _script(char) << SCRIPT_SHIFT
    table[ord("〇")] |= LETTER | SCRIPTS["Hani"] << SCRIPT_SHIFT
    for first, last in _IDEOGRAPHS:
        points = table[first : last + 1]
        points[(points & LETTER) != 0] |= IDEOGRAPH
    for first, last in _TERMINALS:
        table[first : last + 1] |= TERMINAL
    for chars, flag in (
        (_JOINERS, JOINER), (_BULLETS, BULLET), (_AFFIXES, AFFIX), (_CODE_MARKS, CODE_MARK), (_OPERATORS, FIGURE),
    ):  # fmt: skip
        table[[ord(char) for char in chars]] |= flag
    table[list(_SUSPECTS)] |= SUSPECT
    table[[*_FILLERS, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]] |= INVISIBLE
    for block in _ASSIGNED:
        formats = [point for point in block if unicodedata.category(chr(point)) == "Cf"]
        table[[point for point in formats if point not in _INKED_FORMATS]] |= INVISIBLE
    table[0x200B] = SPACE
    return table


def _script(letter: str) -> int:
    """Return a letter's value of SCRIPTS, or 0, by its name: Python does not know Unicode's property Script."""
    name = unicodedata.name(letter, "").removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ")
    return SCRIPTS.get(_NAMED_SCRIPTS.get(re.split("[ -]", name, maxsplit=1)[0], ""), 0)
