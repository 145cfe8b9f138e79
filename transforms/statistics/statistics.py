"""Statistics: histograms, samples and counts of URLs together, as they are gathered in the graph and travel through it.

found = Statistics()
found.keep(batch, signals)                       # in a work item: what passed the screen
found.drop(batch, signals, seed)                 #                 what did not
for lang, packed in by_lang(found.plain()): ...  # to the sum of the language
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.kernels.hashing import digests, mixed
from babelmill.transforms.statistics.distinct import Distinct
from babelmill.transforms.statistics.histograms import DROPPED, KEPT, Histograms
from babelmill.transforms.statistics.samples import (
    CLUSTER,
    EACH,
    EXCERPT_CHARS,
    LARGEST,
    Sample,
    Samples,
    first,
    of_item,
)

__all__ = ["PlainStatistics", "Statistics", "by_lang", "load_statistics"]


@dataclass(frozen=True, slots=True)
class PlainStatistics:
    """Statistics as JSON holds them: the rows of each part."""

    histograms: list[list[Any]]
    samples: list[list[Any]]
    urls: list[list[Any]]

    def in_item(self, item: int) -> "PlainStatistics":
        """Return those of a work item with its number in the samples' places."""
        return replace(self, samples=of_item(self.samples, item))


class Statistics:
    """Histograms, samples and different URLs of some documents: a mergeable sum."""

    def __init__(self) -> None:
        self.histograms, self.samples, self.urls = Histograms(), Samples(), Distinct()

    def keep(self, batch: pa.RecordBatch, signals: Sequence[str]) -> None:
        """Count the documents of a batch that passed the screen."""
        self.histograms.add(KEPT, batch["lang"], _values(batch, signals))
        self.urls.add(batch["url"], batch["lang"])

    def drop(self, batch: pa.RecordBatch, signals: Sequence[str], seed: int) -> None:
        """Count and sample the documents of a batch that a stage dropped; `reason` is one of its columns.

        Args:
            batch: an early stage's has not all signals yet.
            signals: names of columns.
            seed: of the sample.
        """
        self.histograms.add(DROPPED, batch["lang"], _values(batch, signals))
        order = _order(batch["id"], seed)
        langs, reasons = (_codes(batch[name]) for name in ("lang", "reason"))
        for row in first((langs, reasons), (order, batch["place"].to_numpy()), EACH).tolist():
            one = {name: batch[name][row].as_py() for name in ("id", "source", "place", "n_chars", "lang", "reason")}
            head = pc.utf8_slice_codeunits(batch["text"].slice(row, 1), 0, EXCERPT_CHARS)[0].as_py()
            sample = Sample(int(order[row]), one["place"], -1, one["source"], "", one["n_chars"], 1, "")
            self.samples.add(one["lang"], one["reason"], [sample.read(one["id"], head)])

    def refuse(self, quarantine: pa.Table, source: str, seed: int) -> None:
        """Sample unreadable records, as the quarantine lists them; they have no language."""
        names = [f"{row['path']}#{row['offset']}" for row in quarantine.select(["path", "offset"]).to_pylist()]
        order = _order(pa.array(names, pa.string()), seed)
        reasons = _codes(quarantine["reason"].combine_chunks())
        for row in first((reasons,), (order,), EACH).tolist():
            head = quarantine["head"][row].as_py().decode(errors="backslashreplace")
            sample = Sample(int(order[row]), 0, -1, source, "", 0, 1, "").read(names[row], head)
            self.samples.add("", quarantine["reason"][row].as_py(), [sample])

    def settle(self, table: pa.Table, rows: npt.NDArray[np.int64], outcome: str, sizes: npt.NDArray[np.int32]) -> None:
        """Sample rows of a staged file that share what deduplication made of them, and count clusters of kept ones.

        What their text says is read later: `Sample.row` points at it.

        Args:
            table: the staged file's columns order, place, lang, source, n_chars.
            rows: of the documents.
            outcome: `kept` or the reason.
            sizes: of each of these documents' clusters.
        """
        part = table.take(pa.array(rows)).combine_chunks()
        order, place = part["order"].to_numpy(), part["place"].to_numpy()
        langs = _codes(part["lang"].combine_chunks())
        chosen = [(outcome, first((langs,), (order, place), EACH))]
        if outcome == KEPT:
            self.histograms.add(KEPT, part["lang"].combine_chunks(), {"cluster_size": sizes})
            chosen.append((CLUSTER, first((langs,), (-sizes, order, place), LARGEST)))
        for reason, picked in chosen:
            about = part.select(["lang", "source", "n_chars"]).take(pa.array(picked)).to_pylist()
            for at, row in zip(picked.tolist(), about, strict=True):
                sample = Sample(
                    int(order[at]), int(place[at]), int(rows[at]), row["source"], "", row["n_chars"], int(sizes[at]), ""
                )
                self.samples.add(row["lang"], reason, [sample])

    def merge(self, other: "Statistics") -> None:
        """Add another's."""
        self.histograms.merge(other.histograms)
        self.samples.merge(other.samples)
        self.urls.merge(other.urls)

    def plain(self) -> PlainStatistics:
        """Return what JSON can hold."""
        return PlainStatistics(self.histograms.rows(), self.samples.rows(), self.urls.rows())

    def take(self, plain: PlainStatistics) -> None:
        """Add what `plain` gave."""
        self.histograms.take(plain.histograms)
        self.samples.take(plain.samples)
        self.urls.take(plain.urls)


def by_lang(plain: PlainStatistics) -> Iterator[tuple[str, bytes]]:
    """Yield (language, JSON of its part) of what `Statistics.plain` gave: as it travels."""
    parts: dict[str, PlainStatistics] = {}
    for name, place in (("histograms", 1), ("samples", 0), ("urls", 0)):
        for row in getattr(plain, name):
            part = parts.setdefault(row[place], PlainStatistics([], [], []))
            getattr(part, name).append(row)
    for lang, part in parts.items():
        yield lang, orjson.dumps(part)


def load_statistics(packed: bytes) -> PlainStatistics:
    """Return what `by_lang` packed."""
    return PlainStatistics(**orjson.loads(packed))


def _values(batch: pa.RecordBatch, signals: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    return {name: batch[name].to_numpy() for name in signals if name in batch.schema.names}


def _codes(column: pa.Array) -> npt.NDArray[Any]:
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    codes: npt.NDArray[Any] = coded.indices.to_numpy()
    return codes


def _order(ids: pa.Array, seed: int) -> npt.NDArray[np.uint64]:
    """Return a seeded hash of every id: uint64[n]."""
    return mixed(digests(ids)[:, 0].copy(), seed)
