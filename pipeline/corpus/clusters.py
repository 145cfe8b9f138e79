"""Clusters: what deduplication put together, from the table of removals."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.pipeline.corpus.corpus import Output, check_table
from babelmill.pipeline.corpus.counting import count_texts
from babelmill.pipeline.corpus.parquet_file import ParquetTable, opened
from babelmill.transforms.files.storage import join
from babelmill.transforms.ledger import KEPT, Counts

__all__ = ["Alarm", "Cluster", "Clusters", "clusters_of"]

_EXCERPT_CHARS = 200
_MOST_NAMES = 10_000
"""Sources or languages of a cluster that are told apart."""
_OTHERS = "others"


class Cluster(NamedTuple):
    """A kept document and those removed for it."""

    kept_id: str
    size: int
    """All of them, the kept one too."""
    exact: int
    """Removed ones of equal text; the others are similar."""
    least_similarity: float | None
    """Of the near-duplicates to the kept document; None without any."""
    sources: dict[str, int]
    """Source → removed documents, most first."""
    langs: dict[str, int]
    excerpt: str
    """How the kept document begins; empty where it is of an earlier run."""


class Alarm(NamedTuple):
    """A source that deduplication took more of than it should."""

    source: str
    seen: Counts
    removed: Counts

    @property
    def share(self) -> float:
        """Of its documents."""
        return self.removed.docs / self.seen.docs


class Clusters(NamedTuple):
    """The largest clusters of a run, how many there are of each size, and the alarms."""

    largest: list[Cluster]
    sizes: dict[int, int]
    """Least size of a bucket, a power of two → clusters."""
    removed: int
    alarms: list[Alarm]


def clusters_of(output: Output, top: int = 10, alarm: float = 0.5) -> Clusters:
    """Return a run's clusters; the excerpts are read from the shards, nothing else but tables is.

    Args:
        output: a finished run.
        top: how many of the largest are described.
        alarm: share of a source's documents, in [0, 1], above which its removal is an alarm.

    Raises:
        DamageError: if the table or a shard is not what it was.
    """
    path = check_table(output, "removals")
    with opened(path) as table:
        counted = count_texts(lambda: _kept_ids(table), table.rows, top)
        parts = _parts(table, counted.largest)
        removed = table.rows
    excerpts = _excerpts(output, counted.largest, {lang for cluster in parts.values() for lang in cluster.langs})
    largest = [
        Cluster(id, sum(found.reasons.values()) + 1, found.reasons["duplicate/exact"], found.similarity,
                _most_first(found.sources), _most_first(found.langs), excerpts.get(id, ""))
        for id, found in parts.items()
    ]  # fmt: skip
    return Clusters(largest, _buckets(counted.sizes), removed, _alarms(output, alarm))


def _kept_ids(table: ParquetTable) -> Iterator[pa.Array]:
    return (_texts(batch, "kept_id") for batch in table.batches(["kept_id"]))


def _texts(batch: pa.RecordBatch, name: str) -> pa.Array:
    """Return a column of text; an empty one stands for null."""
    return pc.fill_null(batch[name].cast(pa.string()), "")


def _buckets(sizes: Mapping[int, int]) -> dict[int, int]:
    """Return power of two → clusters of at least so many documents, the kept one counted."""
    found = Counter[int]()
    for removed, clusters in sizes.items():
        found[1 << (removed + 1).bit_length() - 1] += clusters
    return dict(sorted(found.items()))


class _Parts:
    """What is counted of a cluster's removed documents."""

    def __init__(self) -> None:
        self.sources, self.langs, self.reasons = Counter[str](), Counter[str](), Counter[str]()
        self.similarity: float | None = None
        """The least."""


def _parts(table: ParquetTable, ids: Sequence[str]) -> dict[str, _Parts]:
    """Return id → what is counted of its cluster, in one more pass over the removals."""
    found = {id: _Parts() for id in ids}
    wanted = pa.array(ids, pa.string())
    for batch in table.batches(["kept_id", "source", "lang", "reason", "similarity"]) if ids else ():
        columns = {name: _texts(batch, name) for name in ("kept_id", "source", "lang", "reason")}
        rows = pa.table({**columns, "similarity": batch["similarity"].cast(pa.float64())})
        rows = rows.filter(pc.is_in(rows["kept_id"], wanted))
        for name in ("source", "lang", "reason"):
            for row in rows.group_by(["kept_id", name], use_threads=False).aggregate([([], "count_all")]).to_pylist():
                _count(getattr(found[row["kept_id"]], f"{name}s"), row[name], row["count_all"])
        for row in rows.group_by("kept_id", use_threads=False).aggregate([("similarity", "min")]).to_pylist():
            parts, least = found[row["kept_id"]], row["similarity_min"]
            parts.similarity = min((value for value in (parts.similarity, least) if value is not None), default=None)
    return found


def _count(counter: Counter[str], name: str, times: int) -> None:
    """Count a name; of more than a run can have, those that come late as one."""
    counter[name if name in counter or len(counter) < _MOST_NAMES else _OTHERS] += times


def _most_first(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda pair: (-pair[1], pair[0])))


def _excerpts(output: Output, ids: Sequence[str], langs: set[str]) -> dict[str, str]:
    """Return how kept documents begin: the shards of the removed ones' languages are looked through first."""
    wanted = set(ids)
    found: dict[str, str] = {}
    for shard in sorted(output.manifest.shards, key=lambda shard: (shard.lang not in langs, shard.path)):
        if not wanted - found.keys():
            break
        found |= dict(_beginnings(join(output.folder, shard.path), wanted - found.keys()))
    return found


def _beginnings(path: str, wanted: set[str]) -> Iterator[tuple[str, str]]:
    ids, start = pa.array(sorted(wanted), pa.string()), 0
    rows: list[int] = []
    with opened(path) as table:
        for batch in table.batches(["id"]):
            rows += (start + row for row in pc.indices_nonzero(pc.is_in(batch["id"], ids)).to_pylist())
            start += batch.num_rows
            # A shard has a document once; whoever forges one may repeat it.
            rows = rows[: 2 * len(wanted)]
        for batch in table.rows_at(np.array(rows, np.int64), ["id", "text"]):
            yield batch["id"][0].as_py(), pc.utf8_slice_codeunits(batch["text"], 0, _EXCERPT_CHARS)[0].as_py()


def _alarms(output: Output, least: float) -> list[Alarm]:
    """Return the sources that lost more than a share of their documents, the worst first."""
    by_outcome = output.ledger.by("stage", "source", "outcome")
    seen: dict[str, Counts] = {}
    removed: dict[str, Counts] = {}
    for (stage, source, outcome), counts in by_outcome.items():
        if stage == "dedup":
            seen[source] = seen.get(source, Counts()).plus(counts)
            if outcome != KEPT:
                removed[source] = removed.get(source, Counts()).plus(counts)
    alarms = [Alarm(source, seen[source], counts) for source, counts in removed.items()]
    return sorted((a for a in alarms if a.share > least), key=lambda a: (-a.share, a.source))
