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
from babelmill.transforms.kernels.buffers import string_buffers
from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.language.han import SIMPLIFIED, TRADITIONAL

__all__ = ["Script"]

_CHINESE = "zh"
_CODES = ("Hans", "Hant")
_MAJORITY = 2
"""Times as often: a name or a quotation in the other script changes nothing, a text in both is neither."""
_FIRST_LEAD, _LAST_LEAD = 0xE3, 0xE9
"""First bytes of the UTF-8 of U+3000 to U+9FFF."""


@cache
def _standards() -> npt.NDArray[np.uint8]:
    """Return which standard alone writes a character: uint8[0x10000], 1 simplified, 2 traditional, 0 both or none."""
    table = np.zeros(0x10000, np.uint8)
    for standard, characters in enumerate((SIMPLIFIED, TRADITIONAL), 1):
        table[[ord(character) for character in characters]] = standard
    return table


@kernel
def _count(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int64],
    standards: npt.NDArray[np.uint8],
    out: npt.NDArray[np.int32],
) -> None:
    """Count each row's characters of neither, the simplified, and the traditional standard: int32[rows, 3]."""
    for r in range(len(rows)):
        i, end = offsets[rows[r]], offsets[rows[r] + 1]
        while i < end:
            if _FIRST_LEAD <= data[i] <= _LAST_LEAD:
                point = (np.int64(data[i] & 0x0F) << 12) | (np.int64(data[i + 1] & 0x3F) << 6) | (data[i + 2] & 0x3F)
                out[r, standards[point]] += 1
                i += 3
            else:
                i += 1


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
        counts = np.zeros((len(rows), 1 + len(_CODES)), np.int32)
        data, offsets = string_buffers(batch["text"])
        _count(data, offsets, rows, _standards(), counts)
        codes = np.full(batch.num_rows, -1, np.int16)
        for code in range(len(_CODES)):
            mine, other = counts[:, 1 + code], counts[:, 2 - code]
            codes[rows[(mine > 0) & (mine >= _MAJORITY * other)]] = code
        return (pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), pa.array(_CODES)),)
