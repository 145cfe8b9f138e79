"""What a Parquet file of a run is: its footer says so, or, of a run of an earlier version, the place where it lies."""

import os
import re
from typing import NamedTuple

from babelmill.pipeline.corpus.corpus import Output
from babelmill.transforms.files.storage import is_local
from babelmill.transforms.write.listed import IndexFile, ShardFile, TableFile

__all__ = ["Kind", "kind_of", "listed_as"]

_KINDS = ("shard", "index", "audit", "staged", "table")
_PLACES = (
    (re.compile(r"audit/part-\d{7}\.parquet"), "audit", ""),
    (re.compile(r"work/items/\d{7}\.parquet"), "staged", ""),
    (re.compile(r"work/items/\d{7}\.quarantine"), "table", "quarantine"),
    (re.compile(r"work/settled/\d{7}\.parquet"), "table", "settled"),
    (re.compile(r"work/settled/\d{7}\.removals"), "table", "removals"),
)
"""Path below a run's folder to what is there: files that no manifest lists."""


class Kind(NamedTuple):
    """`kind` as in the footer's metadata (`transforms/files/parquet.py`), and a table's `name`.

    `other` is one that is not known, with its own word for it as `name`.
    """

    kind: str
    name: str = ""

    @property
    def listed(self) -> bool:
        """Say whether a manifest lists such files; it lists the tables that stand beside it."""
        return self.kind in ("shard", "index")

    def __str__(self) -> str:
        return {
            "shard": "a shard: documents of one language that were kept",
            "index": "an index: by it a later run finds duplicates of a shard's documents",
            "audit": "an audit file: documents that the rules dropped, with stage and reason",
            "staged": "a staged file: documents of a work item that passed the screen",
            "table": f"a table: {self.name}",
            "other": f"a file of the kind {self.name}, which this version does not know",
        }[self.kind]


def kind_of(path: str, footer: dict[str, str] | None, run: Output | None) -> Kind | None:
    """Return what a file is; None for one that Babelmill did not write.

    Args:
        path: the file.
        footer: its metadata, None where it has none.
        run: the finished run that it lies in, None for none.
    """
    if footer is not None:
        # Before there were kinds, shards alone had a footer.
        kind = footer.get("kind", "shard")
        return Kind(kind, footer.get("name", "") if kind == "table" else "") if kind in _KINDS else Kind("other", kind)
    if run is None:
        return None
    if (listed := listed_as(path, run)) is not None:
        return listed[0]
    below = _below(path, run)
    return next((Kind(kind, name) for pattern, kind, name in _PLACES if pattern.fullmatch(below)), None)


def listed_as(path: str, run: Output) -> tuple[Kind, ShardFile | IndexFile | TableFile] | None:
    """Return what a run's manifest lists a file as, and its row there; None if it does not."""
    below, manifest = _below(path, run), run.manifest
    for row in manifest.files:
        if row.path == below:
            return Kind("shard" if isinstance(row, ShardFile) else "index"), row
    name = below.removesuffix(".parquet")
    if name != below and name in manifest.tables:
        return Kind("table", name), manifest.tables[name]
    return None


def _below(path: str, run: Output) -> str:
    """Return a path below a run's folder, with `/` between."""
    place = os.path.abspath(path) if is_local(path) else path
    return place.removeprefix(run.folder.rstrip("/") + "/").replace(os.sep, "/")
