"""Histograms of what was measured, by language and outcome: sums that merge."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.statistics.bins import BINS, bins_of, edges

__all__ = ["DROPPED", "KEPT", "STATISTICS", "Histograms", "Series"]

KEPT, DROPPED = "kept", "dropped"
"""What the screen made of the documents: a histogram of all of them is the sum of both."""

STATISTICS = pa.schema(
    [("signal", pa.string()), ("lang", pa.string()), ("outcome", pa.string())]
    + [("low", pa.float64()), ("high", pa.float64()), ("docs", pa.int64())]
)
"""The columns of statistics.parquet, a row for each bin with documents: `low` ≤ value < `high`; 0 and 0 are zeros.
`outcome` is of the screen (`kept`, `dropped`); of `cluster_size`, what the whole run kept."""


class Series(NamedTuple):
    """Which histogram."""

    signal: str
    lang: str
    outcome: str


Counts = npt.NDArray[np.int64]


class Histograms:
    """Documents in each bin, by signal, language and outcome.

    >>> found = Histograms()
    >>> found.add(KEPT, pa.array(["de", "de", "en"]), {"n_words": np.array([3, 3, 0])})
    >>> [(*series, int(counts.sum())) for series, counts in found]
    [('n_words', 'de', 'kept', 2), ('n_words', 'en', 'kept', 1)]
    """

    def __init__(self) -> None:
        self._counts: dict[Series, Counts] = {}

    def __iter__(self) -> Iterator[tuple[Series, Counts]]:
        return iter(sorted(self._counts.items(), key=lambda pair: pair[0]))

    def add(self, outcome: str, lang: pa.Array, signals: Mapping[str, npt.NDArray[Any]]) -> None:
        """Count documents of one outcome.

        Args:
            outcome: of all of them.
            lang: each one's language, strings or a dictionary of them.
            signals: name to one value a document, 0 or more.
        """
        if not len(lang) or not signals:
            return
        coded = lang if pa.types.is_dictionary(lang.type) else lang.dictionary_encode()
        codes, group = np.unique(coded.indices.to_numpy(), return_inverse=True)
        langs = coded.dictionary.to_pylist()
        bins = bins_of(np.array([np.asarray(values, np.float64) for values in signals.values()]))
        rows = group * len(signals) + np.arange(len(signals))[:, None]
        size = len(codes) * len(signals)
        counts = np.bincount((rows * BINS + bins).ravel(), minlength=size * BINS).reshape(size, BINS)
        for number, code in enumerate(codes.tolist()):
            for row, signal in enumerate(signals, number * len(signals)):
                self._add(Series(signal, langs[code], outcome), counts[row])

    def _add(self, series: Series, counts: Counts) -> None:
        if (held := self._counts.get(series)) is None:
            self._counts[series] = counts.astype(np.int64)
        else:
            held += counts

    def merge(self, other: "Histograms") -> None:
        """Add another's counts to these."""
        for series, counts in other._counts.items():
            self._add(series, counts)

    def rows(self) -> list[list[Any]]:
        """Return a plain row a histogram, sorted: signal, language, outcome, the bins with documents, and how many."""
        found = []
        for series, counts in self:
            bins = np.flatnonzero(counts)
            found.append([*series, bins.tolist(), counts[bins].tolist()])
        return found

    def take(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add what `rows` gave."""
        for signal, lang, outcome, bins, docs in rows:
            series = Series(signal, lang, outcome)
            if (held := self._counts.get(series)) is None:
                held = self._counts[series] = np.zeros(BINS, np.int64)
            held[bins] += docs

    def table(self) -> pa.Table:
        """Return the histograms as a table of `STATISTICS`."""
        columns: list[list[Any]] = [[] for _ in STATISTICS]
        for signal, lang, outcome, bins, docs in self.rows():
            ends = edges()[bins]
            for column, values in zip(
                columns,
                ([signal] * len(bins), [lang] * len(bins), [outcome] * len(bins), ends[:, 0], ends[:, 1], docs),
                strict=True,
            ):
                column.extend(values)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, STATISTICS, strict=True)]
        return pa.table(arrays, schema=STATISTICS)

    @classmethod
    def from_table(cls, table: pa.Table) -> "Histograms":
        """Read histograms back from their table."""
        found = cls()
        # Just below a bin's upper edge is inside it, of the lowest one too.
        bins = bins_of(table["high"].to_numpy() * (1 - 2**-30))
        docs = table["docs"].to_numpy()
        names = map(Series, *(table[name].to_pylist() for name in Series._fields))
        for series, number, count in zip(names, bins.tolist(), docs.tolist(), strict=True):
            found._counts.setdefault(series, np.zeros(BINS, np.int64))[number] += count
        return found
