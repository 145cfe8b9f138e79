"""What a word is, decided once, for every script and every use: quality signals and deduplication alike.

* a run of letters, marks and digits, with joiners *inside* it (`don't`, `well-known`, `3.14`, `me@home.org`) and
  affixes that touch it (`--help`, `C++`, `/usr` `/bin`);
* each ideograph (Han, Hiragana, Thai …) by itself, whatever the document's language;
* a run of one repeated punctuation mark or symbol (`.`, `...`, `#`), and of affixes without a word (`--`, `-/-`).

| language | a word is |
|---|---|
| most | what stands between white space and punctuation |
| zh | a character |
| ja | a character of Kanji or Hiragana; a run of Katakana |
| ko | what stands between spaces (eojeol), particles included |
| vi | a syllable |
| ar, fa | the same as for most: ZWNJ, tatweel and vowel marks never break a word |
| th, lo, km, my | a character with its marks |
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel, kernel_part
from babelmill.transforms.kernels.hashing import ROLL, mix64
from babelmill.transforms.text.counts import ELLIPSES, HASHES
from babelmill.transforms.text.figures import figures_hash
from babelmill.transforms.text.fold import SEVERAL
from babelmill.transforms.text.points import Points
from babelmill.transforms.text.unicode import AFFIX, DIGIT, FIGURE, IDEOGRAPH, IGNORED, JOINER, LETTER, SPACE

__all__ = ["WORD_LETTER", "WORD_SYMBOL", "Tables", "Words", "split_words"]

WORD_LETTER = 1
"""The word has a letter."""
WORD_SYMBOL = 2
"""The word is punctuation or symbols only."""

_ALNUM = LETTER | DIGIT
"""What a word that is no symbol begins with, behind its affixes."""
_INSIDE = _ALNUM | IGNORED
"""What goes on with a word without a further look, if it is no IDEOGRAPH."""
_NEWLINE, _COMMA, _HASH, _DOT, _ELLIPSIS = (np.uint32(ord(char)) for char in "\n,#.…")
_ONE = np.uint64(1)


class Tables(NamedTuple):
    """What is known of every code point."""

    flags: npt.NDArray[np.uint16]
    """Its class flags (unicode.py)."""
    fold: npt.NDArray[np.uint32]
    """What it counts as (fold.py: `Folded.points`)."""
    runs: npt.NDArray[np.uint32]
    """What counts as several (fold.py: `Folded.runs`)."""
    figure: npt.NDArray[np.uint32]
    """What it counts as in a number or a formula (fold.py: `figures`)."""


class Words(NamedTuple):
    """Words one behind the other; what each array holds is said in layout.py."""

    hash: npt.NDArray[np.uint64]
    fold: npt.NDArray[np.uint64]
    figures: npt.NDArray[np.uint64]
    chars: npt.NDArray[np.int32]
    flags: npt.NDArray[np.uint8]


@kernel_part
def _run_of(kinds: npt.NDArray[np.uint16], start: int, flag: int) -> int:
    """Return where the run of characters of a kind that starts at `start` ends."""
    i = start
    while kinds[i] & flag:
        i += 1
    return i


@kernel_part
def _front(points: npt.NDArray[np.uint32], kinds: npt.NDArray[np.uint16], n: int, start: int) -> tuple[int, bool]:
    """Return how far a word that begins with neither letter nor digit goes at least, and whether it ends there."""
    if kinds[start] & AFFIX:
        i = _run_of(kinds, start, AFFIX)
        return i, not kinds[i] & _ALNUM or kinds[i] & IDEOGRAPH != 0
    i = start + 1
    while i < n and points[i] == points[start]:
        i += 1
    return i, True


@kernel_part
def _behind(points: npt.NDArray[np.uint32], kinds: npt.NDArray[np.uint16], i: int) -> tuple[int, bool]:
    """Return how far a word goes on at least where no letter, digit or space follows, and whether it ends there."""
    after = kinds[i + 1]
    if kinds[i] & JOINER and after & _ALNUM and not after & IDEOGRAPH:
        return i + 2, False
    if points[i] == _COMMA and kinds[i - 1] & after & DIGIT:
        return i + 2, False
    end = _run_of(kinds, i, AFFIX)
    # What touches the next word belongs to that one: `and` `/or`, `/usr` `/bin`.
    return (i if kinds[end] & _ALNUM else end), True


@kernel_part
def _roll(hash: np.uint64, point: np.uint32) -> np.uint64:
    return hash * ROLL + np.uint64(point) + _ONE


@kernel_part
def _roll_folded(hash: np.uint64, same: np.uint32, runs: npt.NDArray[np.uint32]) -> np.uint64:
    """Go on with the hash of folded code points by what one counts as."""
    if same >= SEVERAL:
        first = same - SEVERAL + 1
        for k in range(first, first + runs[first - 1]):
            hash = _roll(hash, runs[k])
    elif same:
        hash = _roll(hash, same)
    return hash


@kernel_part
def _count_signs(first: np.uint32, chars: int, counts: npt.NDArray[np.int32]) -> None:
    """Add a word of one repeated sign to HASHES and ELLIPSES."""
    if first == _HASH:
        counts[HASHES] += chars
    elif first == _ELLIPSIS:
        counts[ELLIPSES] += chars
    elif first == _DOT:
        counts[ELLIPSES] += chars // 3


@kernel_part
def _begins_line(points: npt.NDArray[np.uint32], behind: int, start: int) -> bool:
    """Say whether a line begins between the word that ends at `behind` and the one at `start`."""
    for i in range(behind, start):
        if points[i] == _NEWLINE:
            return True
    return False


@kernel
def split_words(document: Points, n: int, tables: Tables, at: int, words: Words, counts: npt.NDArray[np.int32]) -> int:
    """Append a document's words from row `at` on; return the row after the last one.

    A word is hashed while its end is looked for: one pass, and one branch that is guessed wrong for each word.

    Args:
        document: its code points.
        n: how many.
        tables: of all code points.
        at: the row of its first word.
        words: where to.
        counts: the document's; HASHES and ELLIPSES are added.
    """
    points, kinds, fold, runs = document.points, document.kinds, tables.fold, tables.runs
    first, i, behind = at, 0, 0
    while True:
        kind = kinds[i]
        if kind & (SPACE | IGNORED):
            if i == n:
                return at
            i += 1
            continue
        start, end, is_whole = i, i, False
        if kind & IDEOGRAPH:
            end, is_whole = _run_of(kinds, start + 1, IGNORED), True
        elif not kind & _ALNUM:
            end, is_whole = _front(points, kinds, n, start)
        exact, plain, seen = np.uint64(0), np.uint64(0), np.uint16(0)
        while True:
            while i < end:
                exact, plain = _roll(exact, points[i]), _roll_folded(plain, fold[points[i]], runs)
                seen |= kinds[i]
                i += 1
            if is_whole:
                break
            kind = kinds[i]
            while 0 < kind & (_INSIDE | IDEOGRAPH) < IDEOGRAPH:
                exact, plain = _roll(exact, points[i]), _roll_folded(plain, fold[points[i]], runs)
                seen |= kind
                i += 1
                kind = kinds[i]
            if kind & (SPACE | IDEOGRAPH):
                break
            end, is_whole = _behind(points, kinds, i)
        words.hash[at] = mix64(exact)
        words.fold[at] = mix64(plain) if plain else np.uint64(0)
        words.chars[at] = i - start
        words.flags[at] = WORD_LETTER * (seen & LETTER != 0) | WORD_SYMBOL * (seen & _ALNUM == 0)
        words.figures[at] = np.uint64(0)
        if seen & FIGURE:
            begins_line = at == first or _begins_line(points, behind, start)
            words.figures[at] = figures_hash(
                points, n, start, i, tables.flags, tables.figure, seen & LETTER != 0, seen & DIGIT != 0, begins_line
            )
        if not seen & _ALNUM:
            _count_signs(points[start], i - start, counts)
        at += 1
        behind = i
