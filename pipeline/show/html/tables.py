"""What the page shows besides the ledger: histograms, thresholds and samples, read back from their tables."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.pipeline.corpus.corpus import Output, check_table
from babelmill.pipeline.corpus.parquet_file import DAMAGE, STATISTICS_ROWS, read_small_table
from babelmill.transforms.errors import ConfigError, DamageError, WorldError
from babelmill.transforms.statistics.bins import BINS
from babelmill.transforms.statistics.histograms import DROPPED, KEPT, Histograms, Series

__all__ = ["Findings", "Shown", "read_findings"]

Counts = npt.NDArray[np.int64]


class Shown(NamedTuple):
    """A row of samples.parquet."""

    lang: str
    reason: str
    source: str
    id: str
    n_chars: int
    cluster_size: int
    excerpt: str


class Findings(NamedTuple):
    """The tables: counts by bin, bounds by signal and language (None: no bound), samples in their order."""

    counts: dict[Series, Counts]
    bounds: dict[tuple[str, str], tuple[float | None, float | None]]
    samples: tuple[Shown, ...]
    urls: dict[str, tuple[int, int]]
    """Language → documents with a URL that passed the screen, and about how many different URLs they have."""

    def seen_and_kept(self, signal: str, langs: Iterable[str]) -> tuple[Counts, Counts]:
        """Return how many documents of some languages came to the screen with each value, and how many passed it."""
        kept, dropped = np.zeros(BINS, np.int64), np.zeros(BINS, np.int64)
        for lang in langs:
            kept += self.counts.get(Series(signal, lang, KEPT), 0)
            dropped += self.counts.get(Series(signal, lang, DROPPED), 0)
        return kept + dropped, kept

    @property
    def signals(self) -> tuple[str, ...]:
        """Every signal that there is a histogram of."""
        return tuple(dict.fromkeys(series.signal for series in self.counts))


def read_findings(output: Output) -> Findings:
    """Read a run's statistics, thresholds and samples.

    Raises:
        ConfigError: if the run was made before there were any, or they are damaged.
    """
    if "statistics" not in output.manifest.tables:
        raise ConfigError("", f"{output.folder} was made by a version without statistics; run it again")
    try:
        names = ("statistics", "samples", "thresholds", "urls")
        tables = {name: read_small_table(check_table(output, name), STATISTICS_ROWS) for name in names}
        # Those of sources with a profile of their own are not drawn.
        rows = [row for row in tables["thresholds"].to_pylist() if row.get("source") is None]
        bounds = {(row["signal"], row["lang"]): (row["at_least"], row["at_most"]) for row in rows}
        samples = tuple(Shown(**row) for row in tables["samples"].to_pylist())
        urls = {row["lang"]: (row["docs"], row["distinct"]) for row in tables["urls"].to_pylist()}
        return Findings(dict(Histograms.from_table(tables["statistics"])), bounds, samples, urls)
    except (DamageError, WorldError, *DAMAGE) as error:
        raise ConfigError("", f"{error}; babelmill verify {output.folder} says more") from error
