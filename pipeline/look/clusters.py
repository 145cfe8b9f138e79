"""Clusters: what deduplication put together, from the table of removals."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.output import Output, check_table
from transforms.errors import DamageError
from transforms.ledger import KEPT, Counts
from transforms.parquet import read_rows, read_table
from transforms.storage import join

__all__ = ["Alarm", "Cluster", "Clusters", "clusters_of"]

_EXCERPT_CHARS = 200


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
    table = read_table(check_table(output, "removals"))
    sizes = table.group_by("kept_id", use_threads=False).aggregate([([], "count_all")])
    counts = sizes["count_all"].to_numpy() + 1
    # Among equals the smaller id first, so that two calls show the same.
    order = np.lexsort((sizes["kept_id"].to_numpy(zero_copy_only=False).astype(str), -counts))[:top]
    ids = sizes["kept_id"].take(pa.array(order)).to_pylist()
    of_top = table.filter(pc.is_in(table["kept_id"], pa.array(ids, pa.string())))
    excerpts = _excerpts(output, of_top)
    largest = [_cluster(id, of_top.filter(pc.equal(of_top["kept_id"], id)), excerpts.get(id, "")) for id in ids]
    buckets, found = np.unique(2 ** np.floor(np.log2(counts)).astype(np.int64), return_counts=True)
    return Clusters(
        largest, dict(zip(buckets.tolist(), found.tolist(), strict=True)), len(table), _alarms(output, alarm)
    )


def _cluster(kept_id: str, rows: pa.Table, excerpt: str) -> Cluster:
    similarity = pc.min(rows["similarity"]).as_py()
    exact = pc.sum(pc.equal(rows["reason"], "duplicate/exact")).as_py()
    return Cluster(kept_id, len(rows) + 1, exact, similarity, _counted(rows["source"]), _counted(rows["lang"]), excerpt)


def _counted(column: pa.ChunkedArray) -> dict[str, int]:
    counted: list[dict[str, Any]] = pc.value_counts(column).to_pylist()
    return {row["values"]: row["counts"] for row in sorted(counted, key=lambda row: (-row["counts"], row["values"]))}


def _excerpts(output: Output, removed: pa.Table) -> dict[str, str]:
    """Return how kept documents begin: the shards of the removed ones' languages are looked through first."""
    wanted = set(removed["kept_id"].to_pylist())
    langs = set(removed["lang"].to_pylist())
    found: dict[str, str] = {}
    for shard in sorted(output.manifest["shards"], key=lambda shard: (shard["lang"] not in langs, shard["path"])):
        if not wanted - found.keys():
            break
        found |= dict(_beginnings(join(output.folder, shard["path"]), wanted - found.keys()))
    return found


def _beginnings(path: str, wanted: set[str]) -> Iterator[tuple[str, str]]:
    try:
        ids = read_table(path, ["id"])["id"]
        rows = np.flatnonzero(pc.is_in(ids, pa.array(sorted(wanted), pa.string())).to_numpy())
        table = read_rows(path, rows, ["id", "text"])
        texts = pc.utf8_slice_codeunits(table["text"], 0, _EXCERPT_CHARS)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise DamageError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    yield from zip(table["id"].to_pylist(), texts.to_pylist(), strict=True)


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
