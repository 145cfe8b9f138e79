"""Neighbours: languages that the models mix up with one of the corpus's, told apart by what only they write.

    zh | yue   written Cantonese has characters of its own, in every sentence; Chinese with English in between looks
               like it to a model of letters
    es | ast   Asturian's function words and endings
    ar | ary   Moroccan Arabic's particles; Arabic with English in between looks like it

Each list holds what the corpus's language does not use: a quotation of one word in a long text changes nothing.
"""

import re
from typing import NamedTuple

__all__ = ["NEIGHBOURS", "Neighbour", "told_apart"]


class Neighbour(NamedTuple):
    """A neighbour `code` of the corpus's language `of`: what only it writes, and how often that must occur.

    `at_least` times, and at least `share` of the text's units: characters where `marks` are characters, else words.
    """

    of: str
    code: str
    marks: re.Pattern[str]
    units: re.Pattern[str]
    at_least: int
    share: float

    def has(self, text: str, at_least: int) -> bool:
        """Say whether a text is in the neighbour, rather than in the corpus's language."""
        marks = sum(1 for _ in self.marks.finditer(text))
        return marks >= at_least and marks >= self.share * sum(1 for _ in self.units.finditer(text))


_WORD = re.compile(r"\w+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_ASTURIAN = (
    "nun ye yera drechu drechos tolos toles toa pola polos pa ensin tamién agora mesmu otru xente llingua llibre "
    "llibres llibertá sociedá dignidá seguridá igualdá pal nel na nes usuariu páxina páxines asina dende"
)
_MOROCCAN = "ديال ديالو ديالها ديالهم ديالي كاين كاينة كاينين هاد هادي هادشي دابا واش حيت بزاف ماشي كيفاش علاش"

_PAIRS = (
    Neighbour("zh", "yue", re.compile("[嘅唔啲咗佢係喺哋冇嚟嘢冚噉咁嗰乜]"), _HAN, 2, 0.01),
    Neighbour("es", "ast", re.compile(rf"\b(?:{'|'.join(_ASTURIAN.split())}|qu'una?|\w+-y)\b", re.I), _WORD, 1, 0.03),
    Neighbour("ar", "ary", re.compile(rf"\b(?:{'|'.join(_MOROCCAN.split())})\b"), _WORD, 1, 0.02),
)
NEIGHBOURS: dict[str, Neighbour] = {code: pair for pair in _PAIRS for code in (pair.of, pair.code)}
"""Either language of a pair → the pair."""


def told_apart(code: str, text: str) -> str:
    """Return which of a pair's two languages a text is in; a code that is in no pair stays as it is.

    Where a model says the neighbour already, one mark is enough.
    """
    pair = NEIGHBOURS.get(code)
    if pair is None:
        return code
    return pair.code if pair.has(text, pair.at_least if code == pair.of else 1) else pair.of
