"""One work item as document batches, with everything that was refused on the way."""

from collections import Counter
from collections.abc import Callable, Iterator

import pyarrow as pa

from babelmill.transforms.documents import BATCH_BYTES, BATCH_DOCS, documents
from babelmill.transforms.errors import WorldError
from babelmill.transforms.input_order import ROW_BITS
from babelmill.transforms.ledger import Counts, Key, Tally
from babelmill.transforms.read.fields import FIELDS
from babelmill.transforms.read.formats import Formats
from babelmill.transforms.read.items import UNOPENED, Item, Piece
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.lost import Lost
from babelmill.transforms.read.position import ask_by, share_read
from babelmill.transforms.read.records import ERROR_CHARS, QUARANTINE, Record, Reject
from babelmill.transforms.read.sources import Source
from babelmill.transforms.read.unchanged import unchanged

__all__ = ["Reading"]

_REJECTS = 1_000
"""Rejects that are held at a time: less than a kilobyte each, apart from the path."""


class Reading:
    """Read one item, once.

        reading = Reading(item, source, limits, refuse=quarantine.add)
        for batch in reading.batches(tally): ...
        reading.records

    Args:
        item: what to read.
        source: its source.
        limits: what is refused.
        mask: what is done to every batch before it is counted; it may add columns.
        refuse: called with tables of `QUARANTINE`, a thousand rows at the most, in input order: what was refused. None
            keeps only counts.
        formats: that there are.
    """

    def __init__(
        self,
        item: Item,
        source: Source,
        limits: Limits,
        mask: Callable[[pa.RecordBatch], pa.RecordBatch] | None = None,
        refuse: Callable[[pa.Table], None] | None = None,
        formats: Formats | None = None,
    ) -> None:
        self._formats = formats or Formats()
        self._item, self._source, self._limits, self._mask, self._refuse = item, source, limits, mask, refuse
        self._rejects: list[tuple[str, Reject]] = []
        self.records: Counter[str] = Counter()
        """Path to the number of records found there, good and bad: counted apart from what becomes of them."""
        self.lost: Counter[str] = Counter()
        """Path to the bytes of the file that were not read: parts given up, and bad records' share of the rest."""
        self._piece = 0

    @property
    def position(self) -> tuple[int, float]:
        """How many pieces are read, and how much of the next one, in [0, 1]."""
        return self._piece, share_read() if self._piece < len(self._item.pieces) else 0.0

    def batches(self, tally: Tally) -> Iterator[pa.RecordBatch]:
        """Yield batches of `READ` and what `mask` adds, and book every record under the stage `read`.

        Under the stage `fields` it books how many documents have an id, a url, a date of their own.

        Raises:
            WorldError: if a file cannot be opened or is not what was planned, or the item has more records than `place`
                has room for.
        """
        held: list[tuple[int, str, Record]] = []
        size = row = 0
        for number, piece in enumerate(self._item.pieces):
            self._piece = number
            ask_by(lambda: 0.0)
            in_rows = piece.format in self._formats.names and self._formats[piece.format].unit == "row"
            lost = Lost(piece, in_rows)
            for found in self._read(piece):
                lost.add(found)
                self.records[piece.path] += found.records if isinstance(found, Reject) else 1
                row += 1
                if row > 1 << ROW_BITS:
                    raise WorldError(
                        f"{piece.path}: more than {1 << ROW_BITS} records in one work item; split the file"
                    )
                if isinstance(found, Reject):
                    self._reject(piece.path, found)
                    tally.add(Key("read", self._source.source, "", found.reason), Counts(found.records, found.size))
                    continue
                held.append((row - 1, piece.path, found))
                size += _held_bytes(piece.path, found)
                if len(held) == BATCH_DOCS or size >= BATCH_BYTES:
                    yield self._batch(held, tally)
                    held, size = [], 0
            self.lost[piece.path] += lost.bytes
        self._piece = len(self._item.pieces)
        if held:
            yield self._batch(held, tally)
        self._flush()

    def _reject(self, path: str, bad: Reject) -> None:
        if self._refuse is not None:
            self._rejects.append((path, bad._replace(error=bad.error[:ERROR_CHARS])))
            if len(self._rejects) == _REJECTS:
                self._flush()

    def _flush(self) -> None:
        """Pass on what is held of what was refused."""
        rows = [{**bad._asdict(), "path": path} for path, bad in self._rejects]
        self._rejects = []
        if rows and self._refuse is not None:
            self._refuse(pa.Table.from_pylist(rows, QUARANTINE))

    def _read(self, piece: Piece) -> Iterator[Record | Reject]:
        if piece.format.startswith(UNOPENED):
            reason = piece.format.removeprefix(UNOPENED)
            return iter([Reject(0, f"read/{reason}", "the file is not opened", b"", 0)])
        return self._unchanged(piece)

    def _unchanged(self, piece: Piece) -> Iterator[Record | Reject]:
        with unchanged(piece):
            yield from self._formats[piece.format].read(piece, self._source, self._limits)

    def _batch(self, held: list[tuple[int, str, Record]], tally: Tally) -> pa.RecordBatch:
        for field in ("id", "url", "date"):
            has = sum(getattr(record, field) is not None for _, _, record in held)
            tally.add(Key(FIELDS, self._source.source, "", field), Counts(has))
        batch = documents(
            [record.text for _, _, record in held],
            source=self._source.source,
            ids=[record.id or f"{path}#{record.offset}" for _, path, record in held],
            urls=[record.url for _, _, record in held],
            dates=[record.date for _, _, record in held],
            places=[row for row, _, _ in held],
        )
        if self._mask is not None:
            batch = self._mask(batch)
        tally.book("read", batch)
        return batch


def _held_bytes(path: str, record: Record) -> int:
    """Return the bytes of a record's strings: a batch is closed by all that is in it, not by the text alone."""
    own = sum(len(value) if value.isascii() else len(value.encode()) for value in record[1:4] if value is not None)
    return own if record.id else own + len(path)
