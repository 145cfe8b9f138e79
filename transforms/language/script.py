"""Script: whether Chinese is written in simplified or in traditional characters.

>>> batch = pa.record_batch({"text": ["这是简体字。", "這是繁體字。", "后里"], "lang": ["zh", "zh", "zh"]})
>>> Script()(batch)[0].to_pylist()
['Hans', 'Hant', None]
"""

from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic.dataclasses import dataclass

from babelmill.transforms.documents import LANG
from babelmill.transforms.language.classes import class_table, count_classes
from babelmill.transforms.language.han import SIMPLIFIED, TRADITIONAL

__all__ = ["Script"]

_CHINESE = "zh"
_CODES = ("Hans", "Hant")
_MAJORITY = 2
"""Times as often: a name or a quotation in the other script changes nothing, a text in both is neither."""


@cache
def _standards() -> npt.NDArray[np.uint8]:
    """Return which standard alone writes a character: 1 simplified, 2 traditional, 0 both or none."""
    return class_table(SIMPLIFIED, TRADITIONAL)


@dataclass(frozen=True)
class Script:
    """Annotate Chinese documents with their script.

    Characters that only simplified, or only traditional, Chinese writes are counted over the whole text (han.py). The
    script is the one that has at least twice as many as the other.
    """

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return ("text", "lang")

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """`script`: `Hans` or `Hant` (ISO 15924), null where neither prevails and for every other language than zh."""
        return (pa.field("script", LANG),)

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        """Find the script of a batch."""
        rows = np.flatnonzero(pc.equal(batch["lang"], _CHINESE).to_numpy(zero_copy_only=False))
        counts = count_classes(batch["text"], rows, _standards(), len(_CODES))
        codes = np.full(batch.num_rows, -1, np.int16)
        for code in range(len(_CODES)):
            mine, other = counts[:, 1 + code], counts[:, 2 - code]
            codes[rows[(mine > 0) & (mine >= _MAJORITY * other)]] = code
        return (pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), pa.array(_CODES)),)
