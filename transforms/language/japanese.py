"""Japanese without kana, and Chinese: told apart by the characters that only one of them writes.

The models know Japanese by its kana: a timetable, a company's profile or a list of regulations has none, and is taken
for Chinese.

    >>> found = weigh(pa.array(["代表取締役社長 営業内容", "董事長 營業項目", "东京站", "ひらがな"]))
    >>> found.likely.round(2).tolist()
    [0.81, 0.0, 0.0, 1.0]
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.language.classes import class_table, count_classes
from babelmill.transforms.language.kanji import CHINESE, JAPANESE

__all__ = ["HAN_LANGUAGES", "Weighed", "weigh"]

HAN_LANGUAGES = ("ja", "zh", "yue", "wuu")
"""Codes that the models give to text of Han characters."""
_HAN = "".join(map(chr, range(0x3400, 0xA000)))
_KANA = "".join(map(chr, (*range(0x3041, 0x3097), *range(0x30A1, 0x30FB), 0x3005)))
"""Hiragana, katakana, and the mark of repetition 々."""
_JAPANESE, _KANA_CLASS = 2, 4
_PRIOR = -np.log(100)
"""One text of Han characters in a hundred that the models take for Chinese is Japanese."""
_WEIGHTS = np.array([0, np.log(0.905 / 0.769), np.log(0.095 / 0.0011), np.log(0.0003 / 0.23), np.log(0.095 / 0.0011)])
"""Log-likelihood ratios of a character of each class. Of the kanji of 394 Japanese documents (software manuals and
messages) 9.5 % are in JAPANESE and 0.03 % in CHINESE; of 2,441 Chinese ones, half of them traditional and a third
classical verse, 0.11 % and 23 %. Kana, of which there are none in Chinese, count as the characters of JAPANESE do."""


@cache
def _table() -> npt.NDArray[np.uint8]:
    neither = sorted({*_HAN} - {*JAPANESE} - {*CHINESE})
    return class_table(neither, JAPANESE, CHINESE, _KANA)


class Weighed(NamedTuple):
    """What the characters of each text say."""

    likely: npt.NDArray[np.float64]
    """How likely it is Japanese rather than Chinese, in [0, 1]."""
    marked: npt.NDArray[np.bool_]
    """Whether it has a character that only Japanese writes."""


def weigh(text: pa.Array) -> Weighed:
    """Weigh whether each text of Han characters is Japanese rather than Chinese.

    Characters count as if they were independent, so that long texts are nearly always 0 or 1; a text of neither's own
    characters leans to Japanese by its length, for Chinese of 40 characters without one is rare.

    Args:
        text: a string column; what is no Han character and no kana is passed over.
    """
    counts = count_classes(text, np.arange(len(text)), _table(), 4)
    odds = counts @ _WEIGHTS + _PRIOR
    return Weighed(1 / (1 + np.exp(np.clip(-odds, -500, 500))), counts[:, _JAPANESE] + counts[:, _KANA_CLASS] > 0)
