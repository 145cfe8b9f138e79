"""What each code point counts as when two texts are compared: the same word in other forms of its letters is one word.

    Straße STRASSE   ﬁne fine   ｱｶﾞ アガ   کتاب كتاب   می‌روم میروم   １２ 45

Every switch of `Fold` stands for one kind of difference that does not make another text. A code point counts as one
other, as several (`ﬁ` as `fi`), or as nothing. The tables are made once for each choice of switches and kept on disk.
"""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from babelmill.transforms.kernels.array_cache import digest, kept
from babelmill.transforms.text.hant import SIMPLIFIED, TRADITIONAL
from babelmill.transforms.text.unicode import DIGIT, FIGURE, IGNORED, LETTER, flags

__all__ = ["FOLD", "SEVERAL", "Fold", "Folded", "figures", "folded"]

SEVERAL = 0x110000
"""Values from here on: the code point counts as several, which begin at `runs[value - SEVERAL]`, their number first."""

_ARABIC_MARKS = (0x0640, *range(0x064B, 0x0660), 0x0670)
"""Tatweel and vowel marks, hamza and madda above and below among them: a word with or without them is the same word."""
_ARABIC_LETTERS = {"ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ە": "ه", "ہ": "ه", "ۃ": "ه", "ٱ": "ا"}
"""Letters that Arabic, Persian and Urdu keyboards, fonts and spelling habits put in each other's place: yeh, kaf, heh,
teh marbuta, alef wasla (as Lucene's ArabicNormalizer and PersianNormalizer have them). Alef, waw and yeh with hamza or
madda come apart into the letter and a mark, and marks count as nothing."""
_KANA_MARKS = "\u3099\u309a"
"""Voicing marks. Half-width kana have them as a letter of their own, so full-width kana come apart, too."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Fold:
    """Which differences between two texts do not count where near-duplicates are looked for.

    Args:
        case: `Word` and `word`, `ß` and `ss`.
        letter_forms: letters that differ in form alone: full and half width, ligatures, Arabic presentation forms,
            Persian and Arabic yeh, kaf and heh, hamza, tatweel and vowel marks.
        invisible: zero-width joiners and non-joiners, soft hyphens, direction marks and other format characters.
        digits: one digit and another, of any script.
        punctuation: punctuation and symbols, operators among them, and none.
    """

    case: bool = True
    letter_forms: bool = True
    invisible: bool = True
    digits: bool = True
    punctuation: bool = True


FOLD = Fold()


class Folded(NamedTuple):
    """The tables of one choice of switches."""

    points: npt.NDArray[np.uint32]
    """uint32[0x110000]: what a code point counts as: 0 for nothing, a code point, or SEVERAL and more."""
    runs: npt.NDArray[np.uint32]
    """What counts as several, one after the other: how many, then the code points."""

    def of(self, text: str) -> str:
        """Return what a text counts as.

        >>> folded().of("Straße ﬁ Ａ9")
        'strassefia0'
        """
        found = []
        for char in text:
            value = int(self.points[ord(char)])
            start = value - SEVERAL
            several = self.runs[start + 1 : start + 1 + self.runs[start]] if start >= 0 else ()
            found += [*several] if start >= 0 else [value] * (value > 0)
        return "".join(map(chr, found))


@cache
def folded(fold: Fold = FOLD, hant: bool = False) -> Folded:
    """Return what every code point counts as.

    Args:
        fold: which differences do not count.
        hant: a traditional Chinese character counts as its simplified form.

    Spaces count as nothing, and marks as themselves, but for those that `letter_forms` says.
    """

    def make() -> dict[str, npt.NDArray[Any]]:
        return _tables(fold)._asdict()

    made_from = (unicodedata.unidata_version, Path(__file__).read_bytes(), flags().tobytes(), repr(fold))
    table = Folded(**kept("folded", digest(*made_from), make))
    if hant:
        points = table.points.copy()
        points[[ord(char) for char in TRADITIONAL]] = [ord(char) for char in SIMPLIFIED]
        table = table._replace(points=points)
    return table


@cache
def figures() -> npt.NDArray[np.uint32]:
    """Return what each code point counts as where numbers and operators are compared: uint32[0x110000].

    0 for all that is not a FIGURE. A digit of any script is the ASCII digit, an operator is of normal width, and `x²`
    is not `x2`.
    """
    table = np.zeros(SEVERAL, np.uint32)
    kinds = flags()
    for point in np.flatnonzero(kinds & FIGURE).tolist():
        char = chr(point)
        if kinds[point] & DIGIT:
            char = str(unicodedata.decimal(char))
        elif unicodedata.category(char)[0] != "N":
            plain = unicodedata.normalize("NFKC", char)
            char = plain if len(plain) == 1 else char
        table[point] = ord(char)
    table[ord("−")] = ord("-")
    return table


def _tables(fold: Fold) -> Folded:
    points, runs = np.zeros(SEVERAL, np.uint32), [np.uint32(0)]
    kinds = flags()
    for point in range(SEVERAL):
        char = chr(point)
        if 0xD800 <= point < 0xE000 or not _counts(char, int(kinds[point]), fold):
            continue
        same = _same(char, int(kinds[point]), fold)
        points[point] = ord(same) if len(same) == 1 else SEVERAL + len(runs) if same else 0
        if len(same) > 1:
            runs += [np.uint32(len(same)), *(np.uint32(ord(part)) for part in same)]
    return Folded(points, np.array(runs, np.uint32))


def _counts(char: str, kind: int, fold: Fold) -> bool:
    """Say whether a code point counts as anything."""
    category = unicodedata.category(char)
    if category == "Cf":
        return not fold.invisible
    return bool(kind & (LETTER | DIGIT | IGNORED)) or (category[0] in "PSN" and not fold.punctuation)


def _same(char: str, kind: int, fold: Fold) -> str:
    """Return the code points that one counts as."""
    if kind & DIGIT and (fold.digits or fold.letter_forms):
        return "0" if fold.digits else str(unicodedata.decimal(char))
    if fold.letter_forms:
        kinds = flags()
        parts = map(_form, unicodedata.normalize("NFKC", char))
        char = "".join(part for part in "".join(parts) if _counts(part, int(kinds[ord(part)]), fold))
    if not fold.case:
        return char
    # To fold the case of a ligature takes it apart, which is another switch.
    return char.casefold() if unicodedata.is_normalized("NFKC", char) else char.lower()


def _form(char: str) -> str:
    """Return the plain form of a code point that is of normal width."""
    parts = unicodedata.normalize("NFD", char)
    if "\u3040" < char < "\u3100" and parts[-1] in _KANA_MARKS:
        return parts
    if "\u0600" <= char < "\u0780":
        return "".join(_ARABIC_LETTERS.get(part, part) for part in parts if ord(part) not in _ARABIC_MARKS)
    return char
