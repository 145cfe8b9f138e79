"""Neighbours: languages that the models mix up with one of the corpus's, told apart by what only they write.

    zh | yue   written Cantonese has characters of its own, in every sentence; Chinese with English in between looks
               like it to a model of letters
    es | ast   Asturian's function words
    ar | ary   Moroccan Arabic's particles; Arabic with English in between looks like it

Each list holds what the corpus's language does not use: a quotation of one word in a long text changes nothing.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.text.layout import WORD_SYMBOL, lay_out

__all__ = ["NEIGHBOURS", "Neighbour", "told_apart"]


class Neighbour(NamedTuple):
    """A neighbour `code` of the corpus's language `of`, and what only it writes.

    `marks` are words (of transforms/text/words.py: for Chinese, characters). They must occur `at_least` times, and be
    at least `share` of the words.
    """

    of: str
    code: str
    marks: tuple[str, ...]
    at_least: int
    share: float


_ASTURIAN = (
    "nun ye yera drechu drechos tolos toles toa pola polos pa ensin tamién agora mesmu otru xente llingua llibre "
    "llibres llibertá sociedá dignidá seguridá igualdá pal nel na nes usuariu páxina páxines asina dende qu'un qu'una "
    "que-y se-y nun-y"
)
_MOROCCAN = "ديال ديالو ديالها ديالهم ديالي كاين كاينة كاينين هاد هادي هادشي دابا واش حيت بزاف ماشي كيفاش علاش"

_PAIRS = (
    Neighbour("zh", "yue", tuple("嘅唔啲咗佢係喺哋冇嚟嘢冚噉咁嗰乜"), 2, 0.01),
    Neighbour("es", "ast", tuple(_ASTURIAN.split()), 1, 0.03),
    Neighbour("ar", "ary", tuple(_MOROCCAN.split()), 1, 0.02),
)
NEIGHBOURS: dict[str, Neighbour] = {code: pair for pair in _PAIRS for code in (pair.of, pair.code)}
"""Either language of a pair → the pair."""


@cache
def _hashes(marks: tuple[str, ...]) -> npt.NDArray[np.uint64]:
    """Return the folded hash of each mark."""
    return lay_out(pa.array(marks, pa.string())).word_fold


def told_apart(code: str, texts: pa.Array) -> list[str]:
    """Return which of a pair's two languages each text is in, all of them taken for `code`, a key of NEIGHBOURS.

    Where a model says the neighbour already, one mark is enough.
    """
    pair = NEIGHBOURS[code]
    layout = lay_out(texts)
    starts, ends = layout.doc_words.T
    marks = np.concatenate([[0], np.cumsum(np.isin(layout.word_fold, _hashes(pair.marks)))])
    words = np.concatenate([[0], np.cumsum(layout.word_flags & WORD_SYMBOL == 0)])
    found, of = marks[ends] - marks[starts], words[ends] - words[starts]
    wanted = np.maximum(pair.at_least if code == pair.of else 1, pair.share * of)
    return [pair.code if enough else pair.of for enough in (found >= wanted).tolist()]
