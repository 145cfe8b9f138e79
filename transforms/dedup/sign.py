"""Sign: a document's rank, its place in the shards, its digest and its MinHash signature."""

from typing import Annotated

import pyarrow as pa
from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from babelmill.transforms.dedup.minhash import PERMUTATIONS, SKETCH_WORDS, signatures
from babelmill.transforms.dedup.rank import Keep, rank
from babelmill.transforms.kernels.buffers import packed
from babelmill.transforms.kernels.hashing import digests, mixed
from babelmill.transforms.text.fold import FOLD, Fold

__all__ = ["PRESETS", "Near", "Sign"]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Near:
    """How near-duplicates are found.

    Args:
        ngram: words a shingle (an ideograph is a word).
        bands: number of bands; with `rows`, two documents of similarity J meet with 1 - (1 - J^rows)^bands.
        rows: minima a band.
        verify: least Jaccard similarity of a duplicate, in (0, 1].
        doubt: where the sketches' estimate is nearer to `verify` than this, the documents' own shingles decide; 0
            trusts the estimate always.
        leaders: documents of one band that each other one is compared with, at the most.
        fold_hant: a text in traditional Chinese and the same in simplified are duplicates.
        figures: where numbers and operators are at least this share of the words of two documents, as in sums, program
            code and tables, these by themselves have to be as similar as `verify`, too; 1 asks that of nothing but
            figures, so of next to no text.
    """

    ngram: Annotated[int, Field(ge=1, le=64)] = 5
    bands: Annotated[int, Field(ge=1, le=PERMUTATIONS)] = 14
    rows: Annotated[int, Field(ge=1, le=PERMUTATIONS)] = 8
    verify: Annotated[float, Field(gt=0, le=1)] = 0.75
    doubt: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    leaders: Annotated[int, Field(ge=1, le=4096)] = 64
    fold_hant: bool = False
    figures: Annotated[float, Field(gt=0, le=1)] = 0.1

    @model_validator(mode="after")
    def _fits(self) -> "Near":
        if self.bands * self.rows > PERMUTATIONS:
            raise ValueError(f"bands x rows is {self.bands * self.rows}, more than the {PERMUTATIONS} permutations")
        return self


PRESETS = {"default": Near(), "thorough": Near(bands=32, rows=8, leaders=256)}
"""What `near:` may be called: the recall of a pair of similarity 0.8 is 1 - (1 - 0.8^8)^bands, 0.92 and 0.997."""


@dataclass(frozen=True)
class Sign:
    """Annotate documents with what deduplication and sharding know them by.

    Args:
        keep: which of equal documents survives.
        near: how near-duplicates are found; None leaves `bands` and `sketch` null.
        seed: of the permutations, and of the order of documents in shards.
        fold: what does not count where near-duplicates are looked for.
    """

    keep: Keep
    near: Near | None
    seed: int
    fold: Fold = FOLD

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return tuple(dict.fromkeys(("text", "place", *self.keep.reads)))

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """The columns of the signature.

        `doc`: the rank, unique in a run. `order`: a seeded random number from the text alone, by which shards are
        sorted. `digest`: BLAKE2b-128 of the text. `bands`, `sketch`: 64-bit numbers, null without shingles.
        """
        bands = self.near.bands if self.near else 1
        return (
            pa.field("doc", pa.uint64(), nullable=False),
            pa.field("order", pa.uint64(), nullable=False),
            pa.field("digest", pa.binary(16)),
            pa.field("bands", pa.binary(8 * bands)),
            pa.field("sketch", pa.binary(8 * SKETCH_WORDS)),
        )

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        """Sign a batch."""
        digest = digests(batch["text"])
        doc = rank(self.keep.priority(batch), batch["place"].to_numpy())
        order = mixed(digest[:, 0].copy(), self.seed)
        columns = [pa.array(doc), pa.array(order), packed(digest)]
        if self.near is None:
            return (*columns, *(pa.nulls(batch.num_rows, field.type) for field in self.adds[3:]))
        # datasketch takes seeds of 32 bits.
        near = self.near
        seed = self.seed % (1 << 32)
        found = signatures(
            batch["text"], near.ngram, near.bands, near.rows, seed, self.fold, near.fold_hant, near.figures
        )
        none = found.shingles == 0
        return (*columns, packed(found.bands, none), packed(found.sketch, none))
