"""Neighbours: languages that the models mix up with one of the corpus's, told apart by what only they write.

    zh | yue   written Cantonese has characters of its own, in every sentence; Chinese with English in between looks
               like it to a model of letters
    es | ast   Asturian's function words
    ar | ary   Moroccan Arabic's particles; Arabic with English in between looks like it

Each list holds what the corpus's language does not use: a quotation of one word in a long text changes nothing.
"""

import re
from typing import NamedTuple

__all__ = ["NEIGHBOURS", "Neighbour", "told_apart"]


class Neighbour(NamedTuple):
    """A neighbour `code` of the corpus's language `of`: what only it writes, and how often that must occur.

    `marks` are words, or single characters where the language has no spaces. They must occur `at_least` times, and be
    at least `share` of the words, or of the characters that are no ASCII.
    """

    of: str
    code: str
    marks: frozenset[str]
    words: bool
    at_least: int
    share: float

    def has(self, text: str, at_least: int) -> bool:
        """Say whether a text is in the neighbour, rather than in the corpus's language."""
        if self.words:
            found = _WORD.findall(text.lower())
            marks, units = sum(map(self.marks.__contains__, found)), len(found)
        else:
            # Two bytes more than characters for each ideograph.
            marks, units = sum(map(text.count, self.marks)), (len(text.encode()) - len(text)) // 2
        return marks >= max(at_least, self.share * units)


_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ASTURIAN = (
    "nun ye yera drechu drechos tolos toles toa pola polos pa ensin tamién agora mesmu otru xente llingua llibre "
    "llibres llibertá sociedá dignidá seguridá igualdá pal nel na nes usuariu páxina páxines asina dende qu'un qu'una "
    "que-y se-y nun-y"
)
_MOROCCAN = "ديال ديالو ديالها ديالهم ديالي كاين كاينة كاينين هاد هادي هادشي دابا واش حيت بزاف ماشي كيفاش علاش"

_PAIRS = (
    Neighbour("zh", "yue", frozenset("嘅唔啲咗佢係喺哋冇嚟嘢冚噉咁嗰乜"), False, 2, 0.01),
    Neighbour("es", "ast", frozenset(_ASTURIAN.split()), True, 1, 0.03),
    Neighbour("ar", "ary", frozenset(_MOROCCAN.split()), True, 1, 0.02),
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
