"""Where a document came from: its record in the input, read again.

path#offset   the file and the byte (or Parquet row): one seek in a plain file, one pass in a compressed one
a place       the work item and the record's number in it, while the run's work folder stands
any other id  every input file of the manifest, record by record
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.config import Config
from pipeline.look.traces import MOST
from pipeline.output import Output
from transforms.documents import ROW_BITS
from transforms.errors import DamageError, WorldError
from transforms.personal.mask import Mask
from transforms.read.decompress import compression_of
from transforms.read.jsonl import read_jsonl
from transforms.read.parquet import read_parquet
from transforms.read.records import Record, Reject
from transforms.read.sources import Item, Piece, Source, format_of
from transforms.storage import exists, find, open_file, read_bytes
from transforms.work import WorkFolder

__all__ = ["Input", "Origin"]

_OFFSET = re.compile("[0-9]{1,18}")
_READERS = {"jsonl": read_jsonl, "parquet": read_parquet}


class Origin(NamedTuple):
    """A record of the input: its file, its offset there (byte or row), its source, and itself."""

    path: str
    offset: int
    source: str
    record: Record | Reject


class Input:
    """The input files of a finished run, as its manifest lists them.

    Args:
        output: the run.
        config: its configuration.
    """

    def __init__(self, output: Output, config: Config) -> None:
        self._sources = {source.source: source for source in config.input}
        self._limits = config.limits
        self._mask = Mask(config.personal.mask)
        self._rows: dict[str, dict[str, Any]] = {row["path"]: row for row in output.manifest["inputs"]}
        self._work = WorkFolder(output.folder)
        self._pieces: dict[int, tuple[Piece, ...]] | None = None
        self.records = 0
        """Records that were read so far."""

    @property
    def has_items(self) -> bool:
        """Say whether places can be found: the work folder stands."""
        return bool(self._items())

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(row["bytes"] for row in self._rows.values())

    @property
    def paths(self) -> tuple[str, ...]:
        """All files."""
        return tuple(self._rows)

    def split(self, id: str) -> tuple[str, int] | None:
        """Return path and offset, if the id is made of them and the path is an input's."""
        path, _, offset = id.rpartition("#")
        return (path, int(offset)) if path in self._rows and _OFFSET.fullmatch(offset) else None

    def problem(self, path: str) -> str | None:
        """Say what is different about a file since the run: it is not there, or has another size or time."""
        try:
            found = find(path)
        except WorldError as error:
            return str(error)
        if not found:
            return f"{path} is not there now (a relative path is relative to where the run was started)"
        if found[0].size != self._rows[path]["bytes"]:
            return f"{path} has changed since the run: {found[0].size} bytes, then {self._rows[path]['bytes']}"
        changed = {piece.changed for pieces in self._items().values() for piece in pieces if piece.path == path}
        if changed and found[0].changed not in changed:
            return f"{path} has changed since the run: its time is another"
        return None

    def at(self, path: str, offset: int) -> Origin | None:
        """Return the record at an offset, or the next one behind it; None if there is none.

        Raises:
            WorldError: if the file cannot be read.
        """
        piece, source = self._piece(path)
        if piece.format == "parquet":
            piece = piece._replace(start=_row_group(path, offset))
        elif compression_of(path) is None:
            piece = piece._replace(start=offset)
        found = next((origin for origin in self._read(piece, source) if origin.offset >= offset), None)
        return found and self._masked(found)

    def of_place(self, place: int) -> Origin | None:
        """Return the record of a place; None without the work folder's list of items."""
        item, number = place >> ROW_BITS, place & ((1 << ROW_BITS) - 1)
        for piece in self._items().get(item, ()):
            source = self._sources[self._rows[piece.path]["source"]]
            for origin in self._read(piece, source):
                if number == 0:
                    return self._masked(origin)
                number -= 1
        return None

    def scan(self, id: str) -> Iterator[Origin]:
        """Yield the records of an id in all files that are there, at most MOST of them."""
        left = MOST
        for path in self._rows:
            if not exists(path):
                continue
            for origin in self._read(*self._piece(path)):
                if isinstance(origin.record, Record) and origin.record.id == id:
                    yield self._masked(origin)
                    left -= 1
                    if not left:
                        return

    def _masked(self, origin: Origin) -> Origin:
        """Return the record as the run read it: personal data replaced."""
        if not isinstance(origin.record, Record):
            return origin
        text, _ = self._mask(pa.array([origin.record.text], pa.string()))
        return origin._replace(record=origin.record._replace(text=text[0].as_py()))

    def _items(self) -> dict[int, tuple[Piece, ...]]:
        """Return work item → pieces, from the work folder; nothing without one."""
        if self._pieces is None:
            lines = read_bytes(self._work.items).splitlines() if exists(self._work.items) else []
            try:
                items = list(map(Item.load, lines))
            except (ValueError, TypeError) as error:
                raise DamageError(f"{self._work.items} cannot be read: {error}") from error
            self._pieces = {item.number: tuple(filter(self._ours, item.pieces)) for item in items}
        return self._pieces

    def _ours(self, piece: Piece) -> bool:
        return piece.path in self._rows and piece.format in _READERS

    def _piece(self, path: str) -> tuple[Piece, Source]:
        source = self._sources[self._rows[path]["source"]]
        return Piece(path, format_of(source, path), self._rows[path]["bytes"], 0.0), source

    def _read(self, piece: Piece, source: Source) -> Iterator[Origin]:
        for record in _READERS[piece.format](piece, source, self._limits):
            self.records += 1
            yield Origin(piece.path, record.offset, source.source, record)


def _row_group(path: str, row: int) -> int:
    """Return the row group that a row lies in; 0 for a file that cannot be read, whose reader will say so."""
    try:
        with open_file(path) as file:
            footer = pq.read_metadata(file)
    except (OSError, ValueError, pa.ArrowException):
        return 0
    for group in range(footer.num_row_groups):
        if row < footer.row_group(group).num_rows:
            return group
        row -= footer.row_group(group).num_rows
    return 0
