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

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.text.unicode import AFFIX, DIGIT, IDEOGRAPH, IGNORED, JOINER, LETTER

__all__ = ["ALNUM", "word_end"]

ALNUM = LETTER | DIGIT
"""What a word that is no symbol begins with, behind its affixes."""
_COMMA = np.uint32(ord(","))


@kernel
def _joins(point: int, kind: int, before: int, after: int) -> bool:
    """Say whether a mark belongs to the word around it; between digits a comma does too."""
    if kind & JOINER:
        return after & ALNUM != 0 and not after & IDEOGRAPH
    return point == _COMMA and before & after & DIGIT != 0


@kernel
def _run_of(points: npt.NDArray[np.uint32], n: int, start: int, kinds: npt.NDArray[np.uint16], flag: int) -> int:
    """Return where the run of characters of a kind that starts at `start` ends."""
    i = start
    while i < n and kinds[points[i]] & flag:
        i += 1
    return i


@kernel
def word_end(points: npt.NDArray[np.uint32], n: int, start: int, kinds: npt.NDArray[np.uint16]) -> int:
    """Return where the word that starts at `start` ends. `start` is neither space nor ignored."""
    first = points[start]
    kind = kinds[first]
    if kind & IDEOGRAPH:
        return _run_of(points, n, start + 1, kinds, IGNORED)
    i = start + 1
    if kind & AFFIX:
        i = _run_of(points, n, start, kinds, AFFIX)
        if i == n or not kinds[points[i]] & ALNUM or kinds[points[i]] & IDEOGRAPH:
            return i
    elif not kind & ALNUM:
        while i < n and points[i] == first:
            i += 1
        return i
    while i < n:
        kind = kinds[points[i]]
        if kind & IDEOGRAPH:
            break
        if kind & (ALNUM | IGNORED):
            i += 1
        elif i + 1 < n and _joins(points[i], kind, kinds[points[i - 1]], kinds[points[i + 1]]):
            i += 2
        else:
            end = _run_of(points, n, i, kinds, AFFIX)
            # What touches the next word belongs to that one: `and` `/or`, `/usr` `/bin`.
            return i if end < n and kinds[points[end]] & ALNUM else end
    return i
