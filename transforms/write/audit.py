"""The audit: the documents that a rule dropped, written as they are dropped, and a digest of them as a set.

The parts follow the work items, so no digest of their bytes may be in the manifest. A digest of their rows may: the sum
of the rows' SHA-256 is the same in any order and however the rows are cut into files.

>>> one, other = RowsDigest(), RowsDigest()
>>> one.add(pa.table({"id": ["a", "b"]}))
>>> other.add(pa.table({"id": ["b"]}))
>>> other.add(pa.table({"id": ["a"]}))
>>> one.hex == other.hex
True
"""

import hashlib
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.files.row_groups import Most
from babelmill.transforms.ledger import KEPT, STAGES, Tally
from babelmill.transforms.write.listed import AuditFile, AuditSum
from babelmill.transforms.write.tables import TableWriter

__all__ = ["AuditWriter", "RowsDigest", "broken_audit"]

_ROW_GROUP = Most(rows=1 << 16, bytes=1 << 23)
"""What is held of an item's dropped documents, whatever it drops."""
_BY_ITEM = frozenset({"place"})
"""Columns that say how the input was cut into work items."""
_MODULUS = 1 << 256


def broken_audit(found: AuditSum, ledger: Tally) -> list[str]:
    """Return where an audit differs from what the ledger says was dropped before deduplication; a sentence each."""
    stages = STAGES[1 : STAGES.index("dedup")]
    dropped = [c for key, c in ledger if key.stage in stages and key.outcome != KEPT]
    booked = sum(counts.docs for counts in dropped), sum(counts.bytes for counts in dropped)
    return [
        f"{counted} {name} in the audit, {wanted} in the ledger"
        for name, counted, wanted in zip(
            ("documents", "bytes of text"), (found.rows, found.text_bytes), booked, strict=True
        )
        if counted != wanted
    ]


class RowsDigest:
    """The sum, modulo 2^256, of the SHA-256 of each of some rows: of all columns but `place`.

    It shows damage and loss, as the other digests of a run do. It is no signature: whoever can change the files can
    change what is written of them.
    """

    def __init__(self) -> None:
        self._sum = self._rows = self._text_bytes = 0

    def add(self, rows: pa.Table | pa.RecordBatch) -> None:
        """Take rows. Their columns are all of one schema, up to the encoding of strings."""
        for batch in rows.to_batches() if isinstance(rows, pa.Table) else [rows]:
            self._add(batch)

    def _add(self, batch: pa.RecordBatch) -> None:
        names = [name for name in batch.schema.names if name not in _BY_ITEM]
        fixed: list[npt.NDArray[np.uint8]] = [np.empty((batch.num_rows, 0), np.uint8)]
        strings: list[list[bytes]] = []
        for name in names:
            cells, values = _serialised(batch[name])
            fixed.append(cells)
            strings += [values] if values is not None else []
        start = hashlib.sha256("\0".join(names).encode())
        for row, cells in enumerate(np.hstack(fixed)):
            digest = start.copy()
            digest.update(cells.tobytes())
            for values in strings:
                digest.update(values[row])
            self._sum = (self._sum + int.from_bytes(digest.digest(), "big")) % _MODULUS
        self._rows += batch.num_rows
        if "text" in names:
            self._text_bytes += pc.sum(pc.binary_length(batch["text"])).as_py() or 0

    @property
    def hex(self) -> str:
        """The digest, 64 hexadecimal digits."""
        return f"{self._sum:064x}"

    @property
    def sum(self) -> AuditSum:
        """What was taken."""
        return AuditSum(self._rows, self._text_bytes, self.hex)


def _serialised(column: pa.Array) -> tuple[npt.NDArray[np.uint8], list[bytes] | None]:
    """Return what every value of a column has of fixed width, uint8[n, width], and its bytes where it is a string.

    A number is one byte, 1 unless it is null, and its bytes, little-endian. Of a string there is its length, -1 for
    null.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_temporal(kind):
        column = column.cast(pa.int32() if kind.bit_width == 32 else pa.int64())
    elif pa.types.is_boolean(kind):
        column = column.cast(pa.uint8())
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        valid = np.asarray(column.is_valid()).astype(np.uint8)[:, None]
        numbers = np.ascontiguousarray(pc.fill_null(column, 0).to_numpy(zero_copy_only=False))
        cells = numbers.astype(numbers.dtype.newbyteorder("<")).view(np.uint8)
        return np.hstack([valid, cells.reshape(-1, numbers.dtype.itemsize)]), None
    values = _as_bytes(column)
    lengths = np.array([-1 if value is None else len(value) for value in values], "<i8")
    return lengths.view(np.uint8).reshape(-1, 8), [value or b"" for value in values]


def _as_bytes(column: pa.Array) -> list[bytes | None]:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        column = column.cast(pa.binary() if pa.types.is_string(kind) else pa.large_binary())
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        values: list[bytes | None] = column.to_pylist()
        return values
    return [None if value is None else repr(value).encode() for value in column.to_pylist()]


class AuditWriter:
    """Write a work item's dropped documents as they come; an item that drops none has no file.

        with AuditWriter(path, schema) as audit:
            audit.add(batch)
        audit.part

    Args:
        path: the part's.
        schema: of the file; a document that was dropped early has nulls in the columns of later stages.
    """

    def __init__(self, path: str, schema: pa.Schema) -> None:
        self._schema, self._digest = schema, RowsDigest()
        self._file = TableWriter(path, schema, _ROW_GROUP, optional=True, kind="audit")

    @property
    def held_bytes(self) -> int:
        """Bytes of the rows that wait to be written."""
        return self._file.held_bytes

    def add(self, batch: pa.RecordBatch) -> None:
        """Take dropped documents."""
        there = set(batch.schema.names)
        columns = [batch[f.name] if f.name in there else pa.nulls(batch.num_rows, f.type) for f in self._schema]
        table = pa.Table.from_arrays(columns, schema=self._schema)
        self._digest.add(table)
        self._file.add(table)

    @property
    def part(self) -> AuditFile | None:
        """What a sidecar says of the part, once it is written; None for no file."""
        file, said = self._file.written, self._digest.sum
        return AuditFile(file.rows, file.file_bytes, file.sha256, said.text_bytes, said.digest) if file else None

    def __enter__(self) -> "AuditWriter":
        self._file.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._file.__exit__(kind, error, tb)
