"""How many different values there are: HyperLogLog++ registers by language, which merge to their maximum.

The registers are datasketch's (`HyperLogLogPlusPlus(p=12)`, fed with 64-bit hashes), filled for a batch at a time; its
estimate errs by 1.04 / sqrt(4096) = 1.6 % (Heule and others, 2013). Registers stay in the table, so that the counts of
several runs can be merged too.
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.imports import deferred
from babelmill.transforms.kernels.hashing import digests

__all__ = ["DISTINCT", "Distinct"]

_BITS = 12
DISTINCT = pa.schema(
    [("lang", pa.string()), ("docs", pa.int64()), ("distinct", pa.int64()), ("registers", pa.binary())]
)
"""The columns of urls.parquet: documents with a URL that passed the screen, and an estimate of how many different URLs
they have; `registers` are int8, for `datasketch.HyperLogLogPlusPlus(reg=np.frombuffer(registers, np.int8))`."""


class Distinct:
    """Different values by language.

    >>> found = Distinct()
    >>> found.add(pa.array(["a", "b", "a", None]), pa.array(["de", "de", "de", "de"]))
    >>> [(lang, docs, round(distinct)) for lang, docs, distinct in found]
    [('de', 3, 2)]
    """

    def __init__(self) -> None:
        self._registers: dict[str, npt.NDArray[np.int8]] = {}
        self._docs: dict[str, int] = {}

    def __iter__(self) -> Iterator[tuple[str, int, float]]:
        """Yield language, documents with a value, and the estimate."""
        if not self._registers:
            return
        # Of the package as a whole SciPy is a part, which takes half a second to load.
        with deferred({"datasketch": ()}):
            from datasketch.hyperloglog import HyperLogLogPlusPlus
        for lang, registers in sorted(self._registers.items()):
            yield lang, self._docs[lang], float(HyperLogLogPlusPlus(reg=registers).count())

    def add(self, values: pa.Array, lang: pa.Array) -> None:
        """Count a string column's values; null is none."""
        there = values.is_valid()
        values, lang = values.filter(there), lang.filter(there)
        if not len(values):
            return
        coded = lang if pa.types.is_dictionary(lang.type) else lang.dictionary_encode()
        langs, codes = coded.dictionary.to_pylist(), coded.indices.to_numpy()
        hashes = digests(values)[:, 0]
        place = (hashes & np.uint64((1 << _BITS) - 1)).astype(np.int64)
        # 52 bits are exact as a double, whose exponent is their length.
        length = np.frexp((hashes >> np.uint64(_BITS)).astype(np.float64))[1]
        rank = (64 - _BITS - length + 1).astype(np.int8)
        for code in np.unique(codes).tolist():
            mine = codes == code
            registers = np.zeros(1 << _BITS, np.int8)
            np.maximum.at(registers, place[mine], rank[mine])
            self._add(langs[code], int(mine.sum()), registers)

    def _add(self, lang: str, docs: int, registers: npt.NDArray[np.int8]) -> None:
        held = self._registers.get(lang)
        self._registers[lang] = registers if held is None else np.maximum(held, registers)
        self._docs[lang] = self._docs.get(lang, 0) + docs

    def rows(self) -> list[list[Any]]:
        """Return a plain row a language: its code, its documents, its registers, mostly zeros, deflated in Base64."""
        return [
            [lang, self._docs[lang], b64encode(zlib.compress(registers.tobytes(), 1)).decode()]
            for lang, registers in sorted(self._registers.items())
        ]

    def take(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add what `rows` gave."""
        for lang, docs, packed in rows:
            self._add(lang, docs, np.frombuffer(zlib.decompress(b64decode(packed)), np.int8))

    def merge(self, other: "Distinct") -> None:
        """Add another's values."""
        for lang, registers in other._registers.items():
            self._add(lang, other._docs[lang], registers)

    def table(self) -> pa.Table:
        """Return the counts as a table of `DISTINCT`."""
        rows = [
            {"lang": lang, "docs": docs, "distinct": round(distinct), "registers": self._registers[lang].tobytes()}
            for lang, docs, distinct in self
        ]
        return pa.Table.from_pylist(rows, DISTINCT)
