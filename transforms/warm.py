"""Warm: pass a few documents through a screen's stages, so that kernels are compiled and models loaded beforehand."""

from collections.abc import Sequence

from babelmill.transforms.documents import documents
from babelmill.transforms.stages import Book, Step
from babelmill.transforms.text.shared import shared_layouts

__all__ = ["TEXTS", "warm_steps"]

TEXTS = (
    "The quick brown fox jumps over the lazy dog, and then it rests in the shade of an old tree for a while.",
    "今天的天气很好,我们一起去公园散步。路上遇到了一位老朋友,大家聊了很久才回家。",
    "今日はとても良い天気なので、みんなで公園を散歩しました。",
    "Сегодня прекрасная погода, и мы пошли гулять в парк вместе со старыми друзьями.",
    "الطقس جميل اليوم وقد ذهبنا إلى الحديقة مع أصدقائنا القدامى لنتحدث قليلا.",
    "Vejret er rigtig dejligt i dag, og derfor gik vi en lang tur i parken sammen.",
    "0 1 2 3",
    "Le cafe\u0301 est ouvert, et la fene\u0302tre aussi: on y parle de tout pendant l'apre\u0300s-midi.",
    "for (int i = 0; i < n; i++) { sum += table[i]; }",
)
"""Of several scripts, one of two near languages, one that is of none, one decomposed, a program: each asks others."""


def warm_steps(steps: Sequence[Step], source: str) -> None:
    """Pass a few documents through the screen's stages, as if they came from a source of the run."""
    count = len(TEXTS)
    batch = documents(
        list(TEXTS),
        source=source,
        ids=[str(number) for number in range(count)],
        urls=[None] * count,
        places=list(range(count)),
    )
    book = Book()
    with shared_layouts():
        for step in steps:
            batch = step(batch, book)
