"""Sample: some of a language's documents to learn on, and others to measure on, chosen by hashes of their text.

A document is held out or not whatever else there is, so a text is never on both sides. Of each side those with the
smallest hashes are taken, until there are enough bytes: the sample does not depend on the order of the documents, nor
on how many workers wrote them where.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.kernels.hashing import digests, mixed

__all__ = ["HELD_OUT", "Sampler"]

HELD_OUT = 10
"""One document in so many is held out."""
_LONGEST = 100_000
"""Characters of a document that are looked at: one book is not a language."""


class _Kept(NamedTuple):
    text: str
    size: int


class _Smallest:
    """The texts with the smallest hashes: the fewest that are `wanted` bytes together, all if they are not."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._kept: dict[int, _Kept] = {}
        self._size = 0

    def add(self, number: int, text: str) -> None:
        if number not in self._kept:
            self._kept[number] = _Kept(text, len(text.encode()))
            self._size += self._kept[number].size
            if self._size > 2 * self._wanted:
                self._shrink()

    def _shrink(self) -> None:
        kept, self._kept, self._size = self._kept, {}, 0
        for number in sorted(kept):
            if self._size >= self._wanted:
                break
            self._kept[number] = kept[number]
            self._size += kept[number].size

    def texts(self) -> list[str]:
        self._shrink()
        return [kept.text for kept in self._kept.values()]


class Sampler:
    """Choose documents of one language.

        sampler = Sampler(4_000_000, 1_000_000, seed=0)
        for column in columns: sampler.add(column)
        sampler.learn(), sampler.held_out()

    Args:
        learn_bytes: to learn on, roughly.
        held_bytes: to measure on, roughly.
        seed: of the choice.
    """

    def __init__(self, learn_bytes: int, held_bytes: int, seed: int) -> None:
        self._learn, self._held, self._seed = _Smallest(learn_bytes), _Smallest(held_bytes), seed

    def add(self, text: pa.Array) -> None:
        """Offer the documents of a string column; one that was there before counts once."""
        found = digests(text)
        order = mixed(found[:, 0].copy(), self._seed)
        held = mixed(found[:, 1].copy(), self._seed) % np.uint64(HELD_OUT) == 0
        texts = pc.utf8_slice_codeunits(text, 0, _LONGEST).to_pylist()
        for number, out, one in zip(order.tolist(), held.tolist(), texts, strict=True):
            (self._held if out else self._learn).add(number, one)

    def learn(self) -> list[str]:
        """Return the documents to learn on, by their hashes."""
        return self._learn.texts()

    def held_out(self) -> list[str]:
        """Return the documents to measure on, by their hashes."""
        return self._held.texts()
