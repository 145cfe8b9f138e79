"""What a run's own files say of an id: the tables, the audit, the shards, and the staged files while they stand.

Only the column `id` is read of everything but the rows that are found, a batch at a time.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from babelmill.pipeline.corpus.corpus import Output
from babelmill.pipeline.corpus.sample import read_rows
from babelmill.pipeline.corpus.shard import opened
from babelmill.transforms.dedup.removals import REMOVALS
from babelmill.transforms.files.storage import exists, find_below, join
from babelmill.transforms.input_order import ROW_BITS
from babelmill.transforms.read.records import HEAD_BYTES, QUARANTINE
from babelmill.transforms.work import WorkFolder

__all__ = ["MOST", "Found", "Outcome", "Search"]

MOST = 10
"""Documents of one id that are shown, and ids that are named where none is the same."""
_DOCUMENT = [("id", pa.string()), ("source", pa.string()), ("text", pa.string())]
_PLACED = [*_DOCUMENT, ("place", pa.int64())]
_COLUMNS = {
    "quarantine": pa.schema([QUARANTINE.field(name) for name in ("path", "offset", "reason", "error", "head")]),
    "removals": REMOVALS,
    "audit": pa.schema([*_PLACED, ("stage", pa.string()), ("reason", pa.string())]),
    "shards": pa.schema(_DOCUMENT),
    "staged files": pa.schema(_PLACED),
}
"""What is read of each kind of file: a file without it is damaged."""
_SLOT = re.compile(r"([0-9]+)\.parquet\Z")
_INTEGER = re.compile("-?[0-9]{1,20}")
_LEAST_PART = 3
"""A shorter id is part of too many others to mean any of them."""


class Outcome(NamedTuple):
    """What became of a document: `stage` and `reason` as in the ledger, the reason `kept` for one in a shard.

    `row` is what stands in `file` at `number`; `text` and `place` (`Found.place`) where that file has them.
    """

    stage: str
    reason: str
    file: str
    number: int
    row: dict[str, Any]
    text: str | None = None
    place: tuple[int, int] | None = None

    @property
    def source(self) -> str | None:
        """Its source; None for an unreadable record."""
        return self.row.get("source")


class Found(NamedTuple):
    """A row of a file that has an id."""

    file: str
    number: int
    row: dict[str, Any]

    @property
    def place(self) -> tuple[int, int]:
        """Return the slot of the work item whose audit or staged file it is in, and the record's ordinal in the item.

        Files of earlier versions have the item's number in front of the ordinal.
        """
        return int(_SLOT.findall(self.file)[0]), self.row["place"] & ((1 << ROW_BITS) - 1)


class Search:
    """Look for an id in a run.

        search = Search(output)
        outcomes = search.outcomes(id)
        search.looked, search.alike

    Args:
        output: the finished run.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self.looked: Counter[str] = Counter()
        """Place to the number of ids that were looked at there."""
        self.alike: dict[str, None] = {}
        """Ids that contain the one that is looked for, the first few."""

    def outcomes(self, id: str, place: tuple[str, int] | None = None) -> list[Outcome]:
        """Return what became of the documents of an id, at most MOST of each kind.

        Args:
            id: the document's.
            place: path and offset, where the id is of that kind: then there is one such document.
        """
        found = [*self._quarantined(id, place), *self._removed(id), *self._dropped(id)]
        if not (place and found):
            found += [
                Outcome("write", "kept", hit.file, hit.number, hit.row, hit.row["text"])
                for hit in self.shard_rows(id, 1 if place else MOST)
            ]
        return found

    def _quarantined(self, id: str, place: tuple[str, int] | None) -> Iterator[Outcome]:
        """Yield unreadable records: at the place, or with the id in its field among their first bytes."""
        path = join(self._output.folder, "quarantine.parquet")
        spelt = {json.dumps(id, ensure_ascii=ascii).encode() for ascii in (True, False)}
        spelt |= {id.encode()} if _INTEGER.fullmatch(id) else set()
        field = re.compile(b'"(?:%s)"\\s*:\\s*(?:%s)(?![0-9])' % (_any(self._id_fields), _any(spelt)))
        left = MOST
        for start, batch in self._batches(path, None, "quarantine"):
            heads = batch["head"].cast(pa.binary())
            mask = pc.and_(pc.equal(batch["path"], place[0]), pc.equal(batch["offset"], place[1])) if place else None
            for text in spelt if len(id) < HEAD_BYTES else ():
                has = pc.match_substring(heads, text)
                mask = has if mask is None else pc.or_(mask, has)
            for number in _true(mask):
                [row] = batch.slice(number, 1).to_pylist()
                if not left or ((row["path"], row["offset"]) != place and not field.search(row["head"])):
                    continue
                left -= 1
                yield Outcome("read", row["reason"], path, start + number, row)

    @property
    def _id_fields(self) -> set[bytes]:
        """Return the names that the sources give the field of the id, and the last steps of paths, as JSON has them."""
        names = {source.id for source in self._output.config.input}
        names |= {name.rpartition(".")[2] for name in names}
        return {json.dumps(name)[1:-1].encode() for name in names}

    def _removed(self, id: str) -> Iterator[Outcome]:
        path = join(self._output.folder, "removals.parquet")
        for hit in self._rows(path, id, "removals", MOST):
            yield Outcome(hit.row["stage"], hit.row["reason"], hit.file, hit.number, hit.row)

    def _dropped(self, id: str) -> Iterator[Outcome]:
        left = MOST
        for file in find_below(self._output.folder, "audit/part-*.parquet"):
            for hit in self._rows(file.path, id, "audit", left):
                left -= 1
                row = hit.row
                yield Outcome(row["stage"], row["reason"], hit.file, hit.number, row, row["text"], hit.place)

    def shard_rows(self, id: str, most: int, first_in: str | None = None) -> Iterator[Found]:
        """Yield the kept documents of an id, at most so many; the shards of one language are looked at first."""
        shards = sorted(self._output.manifest.shards, key=lambda shard: shard.lang != first_in)
        for shard in shards:
            for hit in self._rows(join(self._output.folder, shard.path), id, "shards", most):
                most -= 1
                yield hit._replace(row={**hit.row, "lang": shard.lang})
            if most <= 0:
                return

    def staged_rows(self, id: str) -> Iterator[Found]:
        """Yield what passed the screen under an id, if the work folder still stands."""
        left = MOST
        for file in find_below(WorkFolder(self._output.folder).base, "items/*.parquet"):
            for hit in self._rows(file.path, id, "staged files", left):
                left -= 1
                yield hit

    def replaced(self, id: str) -> tuple[int, list[dict[str, Any]]]:
        """Return how many documents were removed in favour of an id, and the first MOST rows of `REMOVALS`."""
        total = 0
        rows: list[dict[str, Any]] = []
        for _, batch in self._batches(join(self._output.folder, "removals.parquet"), None, "removals"):
            hits = batch.filter(pc.equal(batch["kept_id"], id))
            total += len(hits)
            rows += hits.slice(0, MOST - len(rows)).to_pylist()
        return total, rows

    def _rows(self, path: str, id: str, kind: str, most: int) -> Iterator[Found]:
        """Yield the rows of a file whose id it is, and note ids that contain it."""
        numbers: list[int] = []
        for start, batch in self._batches(path, ["id"], kind):
            ids = batch["id"]
            numbers += [start + number for number in _true(pc.equal(ids, id))]
            if len(id) >= _LEAST_PART and len(self.alike) < MOST:
                others = ids.filter(pc.match_substring(ids, id, ignore_case=True)).slice(0, MOST).to_pylist()
                self.alike |= dict.fromkeys(other for other in others if other != id)
            if len(numbers) >= most:
                break
        numbers = numbers[:most]
        for number, row in zip(numbers, read_rows(path, numbers), strict=True):
            yield Found(path, number, row)

    def _batches(self, path: str, columns: list[str] | None, kind: str) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield a file's batches, and the rows before each; a part file that is not there has none."""
        if not exists(path):
            return
        start = 0
        with opened(path) as table:
            there = {field.name: field.type for field in table.schema}
            if wrong := [field.name for field in _COLUMNS[kind] if there.get(field.name) != field.type]:
                raise ValueError(f"its columns are not those of {kind}: {', '.join(wrong)}")
            for batch in table.batches(columns):
                self.looked[kind] += batch.num_rows
                yield start, batch
                start += batch.num_rows


def _any(parts: Iterable[bytes]) -> bytes:
    return b"|".join(map(re.escape, sorted(parts)))


def _true(mask: pa.BooleanArray | None) -> list[int]:
    """Return where a mask is true."""
    return [] if mask is None else pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist()
