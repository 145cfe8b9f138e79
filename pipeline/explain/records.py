"""Where a document came from: its record in the input, read again.

path#offset   the file and the byte (or Parquet row): one seek in a plain file, one pass in a compressed one
a place       the work item and the record's number in it, while the run's work folder stands
any other id  every input file of the manifest, record by record
"""

import os
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cached_property
from typing import Annotated, NamedTuple, TypeAlias

import pyarrow as pa
from pydantic import Field, TypeAdapter

from babelmill.pipeline.config.model import Config
from babelmill.pipeline.corpus.corpus import Output
from babelmill.pipeline.corpus.parquet_file import first_line
from babelmill.pipeline.explain.outcomes import MOST
from babelmill.transforms.errors import DamageError, WorldError
from babelmill.transforms.files.bounded_json import LINE_BYTES, parse_json, read_lines
from babelmill.transforms.files.storage import exists, is_local, look
from babelmill.transforms.pii.mask import Mask
from babelmill.transforms.read.formats import Formats
from babelmill.transforms.read.items import Item, Piece
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.records import Record, Reject
from babelmill.transforms.read.sources import Source
from babelmill.transforms.work import WorkFolder

__all__ = ["Input", "Origin"]

_OFFSET = re.compile("[0-9]{1,18}")
_Count = Annotated[int, Field(ge=0, lt=1 << 63, strict=True)]
_Piece: TypeAlias = (
    tuple[str, str, _Count, float, _Count, _Count | None, str] | tuple[str, str, _Count, float, _Count, _Count | None]
)
_Item: TypeAlias = tuple[_Count, _Count, str, list[_Piece], _Count, _Count] | tuple[_Count, _Count, str, list[_Piece]]
_ITEM = TypeAdapter(_Item)
"""A work item as its line in `work/items.jsonl`, `Item`, its pieces `Piece`; of earlier versions without the last."""


class Origin(NamedTuple):
    """A record of the input: its file, its offset there, what that counts (byte or row), its source, and itself."""

    path: str
    offset: int
    unit: str
    source: str
    record: Record | Reject


class Input:
    """The input files of a finished run, as its manifest lists them.

    Manifest, configuration and list of work items may be a stranger's, and so may every path in them. A file is opened
    only if a glob of the configuration names it, `access` allows it, and it is a regular file; and unless its reader
    `asked` for it, only if it is on this machine.

    Args:
        output: the run.
        config: its configuration.
        asked: whether the reader asked that the input be read.
        formats: those of the configuration, where its own were imported.
    """

    def __init__(self, output: Output, config: Config, asked: bool = False, formats: Formats | None = None) -> None:
        self._formats = formats or Formats()
        self._has_unknown = bool(config.read.formats) and formats is None
        self._sources = {source.source: source for source in config.input}
        self._limits = config.limits if asked else _least(config.limits, Limits())
        self._access = config.access
        self._mask = Mask(config.pii.mask)
        self._rows = {row.path: row for row in output.manifest.inputs}
        self._work = WorkFolder(output.folder)
        self._asked = asked
        self.records = 0
        """Records that were read so far."""

    @property
    def has_items(self) -> bool:
        """Say whether places can be found: the work folder stands."""
        return exists(self._work.items)

    @property
    def size(self) -> int:
        """Bytes of all files that may be opened, by what they have now and not by what the manifest says."""
        found = (look(path) for path in self._rows if not self.refusal(path))
        return sum(file.size for file in found if file)

    @property
    def paths(self) -> tuple[str, ...]:
        """All files."""
        return tuple(self._rows)

    def split(self, id: str) -> tuple[str, int] | None:
        """Return path and offset, if the id is made of them and the path is an input's."""
        path, _, offset = id.rpartition("#")
        return (path, int(offset)) if path in self._rows and _OFFSET.fullmatch(offset) else None

    def refusal(self, path: str, asked: bool = False) -> str | None:
        """Say why a file is not opened; nothing for one that may be.

        Args:
            path: one of the manifest's.
            asked: whether the reader named this file.
        """
        source = self._sources.get(self._rows[path].source)
        if source is None or not source.names(path):
            return f"{path} is not opened: the configuration of the run does not name it"
        if self._has_unknown and not self._formats.knows(source, path):
            return f"{path} is not opened unasked: its format comes from outside; --scan imports it"
        try:
            self._access.check("inputs", path)
        except ValueError as error:
            return f"an input is not opened: {error}"
        if not is_local(path) and not (asked or self._asked):
            return f"{path} is not opened unasked: it is in a store; --scan reads it"
        if is_local(path) and os.path.exists(path) and not os.path.isfile(path):
            return f"{path} is not opened: it is a pipe, a device or a folder"
        return None

    def problem(self, path: str) -> str | None:
        """Say what is different about a file since the run: it is not there, or has another size or time.

        Nothing is asked of a file that may not be opened.
        """
        if refusal := self.refusal(path):
            return refusal
        try:
            found = look(path)
        except WorldError as error:
            return str(error)
        if found is None:
            return f"{path} is not there now (a relative path is relative to where the run was started)"
        if found.size != self._rows[path].bytes:
            return f"{path} has changed since the run: {found.size} bytes, then {self._rows[path].bytes}"
        if self._changed.get(path, found.changed) != found.changed:
            return f"{path} has changed since the run: its time is another"
        return None

    def at(self, path: str, offset: int) -> Origin | None:
        """Return the record at an offset, or the next one after it; None if there is none. The reader named the file.

        Raises:
            WorldError: if the file cannot be read, or may not be.
        """
        if refusal := self.refusal(path, asked=True):
            raise WorldError(refusal)
        piece, source = self._piece(path)
        piece = piece._replace(start=self._formats[piece.format].seek(path, source, offset))
        found = next((origin for origin in self._read(piece, source) if origin.offset >= offset), None)
        return found and self._masked(found)

    def of_place(self, slot: int, number: int) -> Origin | None:
        """Return a record of the item in a slot; None without the list of items, or if its file may not be read.

        Args:
            slot: the item's.
            number: the record's ordinal in the item.

        Raises:
            WorldError: if the file cannot be read.
        """
        for piece in self._pieces_in(slot):
            if self.refusal(piece.path):
                return None
            source = self._sources[self._rows[piece.path].source]
            for origin in self._read(piece, source):
                if number == 0:
                    return self._masked(origin)
                number -= 1
        return None

    def scan(self, id: str) -> Iterator[Origin]:
        """Yield the records of an id in all files that are there and may be read, at most MOST of them."""
        left = MOST
        for path in self._rows:
            if self.refusal(path) or not exists(path):
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

    def _pieces_in(self, slot: int) -> tuple[Piece, ...]:
        """Return the pieces of the work item in a slot, from the work folder; none without one."""
        return next((item.pieces for item in self._items() if item.slot == slot), ())

    @cached_property
    def _changed(self) -> dict[str, float]:
        return {piece.path: piece.changed for item in self._items() for piece in item.pieces}

    def _items(self) -> Iterator[Item]:
        """Yield the work items with those of their pieces that are of an input file.

        Raises:
            DamageError: if their list is damaged.
        """
        if not exists(self._work.items):
            return
        try:
            for line in read_lines(self._work.items):
                number, rank, source, pieces, *more = _ITEM.validate_python(parse_json(line, LINE_BYTES))
                ours = tuple(piece for piece in map(Piece._make, pieces) if self._ours(piece))
                yield Item(number, rank, source, ours, *(more or [number]))
        except (ValueError, TypeError, RecursionError) as error:
            raise DamageError(f"{self._work.items} cannot be read: {first_line(error)}") from error

    def _ours(self, piece: Piece) -> bool:
        return piece.path in self._rows and piece.format in self._formats.names

    def _piece(self, path: str) -> tuple[Piece, Source]:
        source = self._sources[self._rows[path].source]
        return Piece(path, self._formats.of(source, path).name, self._rows[path].bytes, 0.0), source

    def _read(self, piece: Piece, source: Source) -> Iterator[Origin]:
        format = self._formats[piece.format]
        for record in format.read(piece, source, self._limits):
            self.records += 1
            yield Origin(piece.path, record.offset, format.unit, source.source, record)


def _least(some: Limits, others: Limits) -> Limits:
    """Return the tighter of two limits each: a stranger's configuration may allow a line of a gigabyte."""
    names = [field.name for field in fields(Limits)]
    return Limits(**{name: min(getattr(some, name), getattr(others, name)) for name in names})
