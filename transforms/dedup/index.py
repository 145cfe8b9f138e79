"""The index: what a run leaves behind so that a later one can be deduplicated against it, without its text.

    index/lang=zh/part-00003.parquet    id, source, digest, bands, sketch of every document of the shard of that name

A later run takes up each file as if it were a work item: its signatures meet the new documents' in the bands, and its
documents are better than all new ones or worse than all (`dedup.old`). Only kept documents are in it: nothing is ever
removed for one that was removed itself.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import orjson
import pyarrow as pa

from babelmill.transforms.dedup.exchange import Grouping, signature_messages
from babelmill.transforms.dedup.rank import old_rank
from babelmill.transforms.dedup.sign import Near
from babelmill.transforms.dedup.signature_file import SignatureWriter
from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.parquet import open_parquet, read_table, write_table
from babelmill.transforms.files.storage import creating, file_digest, open_file, read_bytes, remove
from babelmill.transforms.text.fold import Fold
from babelmill.transforms.work import WorkFolder

__all__ = ["INDEX_COLUMNS", "SIGNATURE", "ListOld", "Old", "OldFile", "TakeUp", "index_parameters"]

SIGNATURE = ("digest", "bands", "sketch")
INDEX_COLUMNS = ("id", "source", *SIGNATURE)
_FORMAT = 2
"""Of the index's columns, and of what a word, its folded form and its shingles are; a change of either counts it up."""


def index_parameters(near: Near | None, fold: Fold, seed: int, masking: Mapping[str, Any]) -> dict[str, Any]:
    """Return what two runs must have in common for their signatures to mean the same.

    The verification threshold and the number of leaders are not among them: they judge signatures and do not make them.

    Args:
        near: how near-duplicates are found.
        fold: what does not count where they are looked for.
        seed: of the hash functions.
        masking: what is done to the texts before they are signed.
    """
    parameters: dict[str, Any] = {"format": _FORMAT, "unicode": unicodedata.unidata_version, "near": near is not None}
    parameters |= masking
    if near is not None:
        parameters |= {"ngram": near.ngram, "bands": near.bands, "rows": near.rows, "seed": seed}
        parameters |= {"fold_hant": near.fold_hant, "figures": near.figures}
        parameters |= {f"fold.{name}": switch for name, switch in asdict(fold).items()}
    return parameters


class OldFile(NamedTuple):
    """A file of an earlier run's index.

    `number`: it has this one among the work items. `run`: the run's folder, as the configuration names it. `lang`: of
    all its documents.
    """

    number: int
    path: str
    sha256: str
    run: str
    lang: str

    def dump(self) -> bytes:
        """Return it as a line of JSON."""
        return orjson.dumps(tuple(self))


class Old(NamedTuple):
    """How the documents of earlier runs take part."""

    wins: bool
    partitions: int
    exact: bool
    grouping: Grouping | None


class TakeUp(beam.DoFn):  # type: ignore[misc]
    """(number, [OldFile]) → `signature_messages`, as of a work item.

    Raises:
        WorldError: if a file is not what its run's manifest says.
    """

    def __init__(self, work: WorkFolder, old: Old) -> None:
        self._work, self._old = work, old

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[tuple[int, bytes]]:
        """Take up one file."""
        number, [line] = element
        self._work.check_current()
        file = OldFile(*orjson.loads(line))
        # What a run of more items has left under this number would pass for a finished one.
        remove([self._work.sidecar(number), self._work.removals(number)])
        if file_digest(file.path) != file.sha256:
            raise WorldError(f"{file.path}: not the file that its run's manifest lists: its SHA-256 differs")
        table = _read_index(file)
        places = np.arange(len(table), dtype=np.int64)
        table = table.append_column("doc", pa.array(old_rank(places, self._old.wins)))
        write_table(self._work.staged(number), table.select(["doc", "id", "run", "source", "lang"]), kind="staged")
        with creating(self._work.signatures(number)) as sink:
            signatures = SignatureWriter(sink, self._old.partitions, self._old.exact)
            for batch in table.to_batches():
                signatures.add(batch)
            signatures.flush()
        yield from signature_messages(number, signatures.ranges, self._old.grouping)


def _read_index(file: OldFile) -> pa.Table:
    """Return the columns of an index, with the run and the language of its file; the first versions knew no sources."""
    with open_file(file.path) as handle:
        names = open_parquet(handle).schema_arrow.names
    table = read_table(file.path, [name for name in INDEX_COLUMNS if name in names])
    if "source" not in names:
        table = table.append_column("source", pa.nulls(len(table), pa.string()))
    for name in ("run", "lang"):
        table = table.append_column(name, pa.repeat(pa.scalar(getattr(file, name), pa.string()), len(table)))
    return table


class ListOld(beam.DoFn):  # type: ignore[misc]
    """Anything → (number, its JSON) of every file of an earlier run's index."""

    def __init__(self, path: str) -> None:
        self._path = path

    def process(self, element: bytes) -> Iterator[tuple[int, bytes]]:
        """Read the list in the work folder."""
        for line in read_bytes(self._path).splitlines():
            yield OldFile(*orjson.loads(line)).number, line
