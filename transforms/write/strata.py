"""Strata: the written documents by language, source, length and cluster size, as sums that merge.

    (lang, source, tokens_from, cluster_from) -> (docs, bytes, chars, tokens)

They are what a budget is made from: how much long text there is, and how much of it stands for many duplicates. A
stratum is named by the lower bounds of its two buckets. The buckets are powers of two:

    n_tokens      0 (all below 1,024)   1,024   2,048   …   524,288   1,048,576 (all above)
    cluster_size  1   2   4   …   512   1,024 (all above)
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.ledger import Counts, Row, Tally

__all__ = ["CLUSTER_BOUNDS", "LENGTH_BOUNDS", "STRATA", "Strata", "broken_strata"]

LENGTH_BOUNDS = (0, *(1 << power for power in range(10, 21)))
"""Least tokens of a document in each bucket; the last has no upper end."""
CLUSTER_BOUNDS = tuple(1 << power for power in range(11))
"""Least size of a document's near-duplicate cluster in each bucket; the last has no upper end."""

_KEY = ("lang", "source", "tokens_from", "cluster_from")
STRATA = pa.schema(
    [("lang", pa.string()), ("source", pa.string()), ("tokens_from", pa.int64()), ("cluster_from", pa.int64())]
    + [(name, pa.int64()) for name in Counts._fields]
)
"""The columns of tokens.parquet."""

_Stratum = tuple[str, str, int, int]


class Strata:
    """Sums by stratum, in the making.

    >>> strata = Strata([(("zh", "docs", "1024", "1"), (2, 9000, 3000, 2500))])
    >>> strata.sums()
    {('zh', 'docs', 1024, 1): Counts(docs=2, bytes=9000, chars=3000, tokens=2500)}
    """

    def __init__(self, rows: Iterable[Sequence[Sequence[Any]]] = ()) -> None:
        self._sums: dict[_Stratum, Counts] = {}
        for (lang, source, tokens_from, cluster_from), counts in rows:
            self._add((lang, source, int(tokens_from), int(cluster_from)), Counts(*counts))

    def _add(self, stratum: _Stratum, counts: Counts) -> None:
        self._sums[stratum] = self._sums.get(stratum, Counts()).plus(counts)

    def book(self, batch: pa.RecordBatch, lang: str) -> None:
        """Book every document of a batch.

        Reads the columns source, n_bytes, n_chars, n_tokens and cluster_size.
        """
        columns = [
            batch["source"].cast(pa.string()),
            pa.array(_bucket(batch["n_tokens"], LENGTH_BOUNDS)),
            pa.array(_bucket(batch["cluster_size"], CLUSTER_BOUNDS)),
            *(batch[name].cast(pa.int64()) for name in ("n_bytes", "n_chars", "n_tokens")),
        ]
        table = pa.Table.from_arrays(columns, names=[*_KEY[1:], "bytes", "chars", "tokens"])
        summed = table.group_by(list(_KEY[1:]), use_threads=False).aggregate(
            [([], "count_all"), ("bytes", "sum"), ("chars", "sum"), ("tokens", "sum")]
        )
        for row in summed.to_pylist():
            counts = Counts(row["count_all"], row["bytes_sum"], row["chars_sum"], row["tokens_sum"])
            self._add((lang, row["source"], row["tokens_from"], row["cluster_from"]), counts)

    def sums(self) -> dict[_Stratum, Counts]:
        """Return the sums, sorted by language, source, length and cluster size."""
        return dict(sorted(self._sums.items()))

    def rows(self) -> list[Row]:
        """Return the sums as they travel: a ledger row's types, so that Beam adds them up as it does the ledger."""
        return [
            ((lang, source, str(tokens_from), str(cluster_from)), (c.docs, c.bytes, c.chars, c.tokens))
            for (lang, source, tokens_from, cluster_from), c in self.sums().items()
        ]

    def table(self) -> pa.Table:
        """Return the sums as a table of `STRATA`."""
        rows = [dict(zip(STRATA.names, (*key, *counts), strict=True)) for key, counts in self.sums().items()]
        return pa.Table.from_pylist(rows, STRATA)

    @classmethod
    def from_table(cls, table: pa.Table) -> "Strata":
        """Read them back from their table."""
        return cls(
            (tuple(row[name] for name in _KEY), tuple(row[name] for name in Counts._fields))
            for row in table.to_pylist()
        )


def _bucket(values: pa.Array, bounds: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Return the lower bound of each value's bucket."""
    found = np.searchsorted(bounds, pc.fill_null(values, 0).to_numpy(zero_copy_only=False), side="right") - 1
    lower: npt.NDArray[np.int64] = np.asarray(bounds, np.int64)[np.maximum(found, 0)]
    return lower


def broken_strata(strata: Strata, ledger: Tally) -> list[str]:
    """Return where strata and ledger differ, a sentence each: by language and source they are what `write` booked."""
    written = Tally(row for row in ledger.rows() if row[0][0] == "write").by("lang", "source")
    counted: dict[tuple[str, ...], Counts] = {}
    for stratum, counts in strata.sums().items():
        counted[stratum[:2]] = counted.get(stratum[:2], Counts()).plus(counts)
    return [
        f"{'/'.join(part)}: write booked {tuple(a)}, the strata add up to {tuple(b)} {Counts._fields}"
        for part in sorted(written.keys() | counted.keys())
        if (a := written.get(part, Counts())) != (b := counted.get(part, Counts()))
    ]
