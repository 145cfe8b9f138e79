"""Elements: anybody's dicts and RecordBatches into the columns that our steps work on.

A step sees the text as reading would have it (transforms/text/gate.py): in NFC, with `\\n` line ends, without NUL and
lone surrogates. What an element has stays as it came; steps only add fields.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import orjson
import pyarrow as pa

from babelmill.transforms.documents import BATCH_BYTES, BATCH_DOCS, LANG
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.text.gate import BadText, gate

__all__ = ["Readable", "Reads", "as_key", "from_key", "read_rows", "rows_of", "size_of", "slices"]

_MOST_CHARS = Limits().document_chars
_MOST_UTF8 = 4
"""Bytes of a character."""


class _Unusable(ValueError):
    """A document that no step can work on; its only argument is the reason."""


class Reads(NamedTuple):
    """What a step reads of a document, and which fields it adds.

    `text`: the field of the text. `columns`: another field → the column that it becomes. `adds`: fields that a document
    may not have yet. `optional`: fields whose value may be missing or None. `id`: the field of the id, if it is read.
    """

    text: str
    columns: Mapping[str, pa.Field]
    adds: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    id: str = ""

    @property
    def required(self) -> tuple[str, ...]:
        """Fields that a document must have."""
        return tuple(name for name in (self.text, self.id, *self.columns) if name and name not in self.optional)


class Readable(NamedTuple):
    """What can be read of some documents, and which cannot be read."""

    rows: list[int]
    """Of the documents that can, in order; the next three have one value for each."""
    keys: list[str]
    """Their ids as `as_key` has them; empty texts where no id is read."""
    texts: list[str]
    columns: dict[str, pa.Array]
    bad: list[tuple[int, str]]
    """(row, reason) of the others."""


def as_key(value: object) -> str | None:
    """Return an id, a text or a whole number, as JSON; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a lone surrogate, or a number of more than 64 bits
        return None


def from_key(key: str) -> Any:
    """Return the id that `as_key` took."""
    return orjson.loads(key)


def rows_of(batch: pa.RecordBatch, reads: Reads) -> list[dict[str, Any]]:
    """Return the rows of a RecordBatch as dicts with the fields that a step looks at."""
    names = {reads.text, reads.id, *reads.columns, *reads.adds}
    found: list[dict[str, Any]] = batch.select([name for name in batch.schema.names if name in names]).to_pylist()
    return found


def size_of(row: object, text: str) -> int:
    """Return how many bytes of UTF-8 a document's text has at the most."""
    value = row.get(text) if isinstance(row, Mapping) else None
    if not isinstance(value, str):
        return 0
    return len(value) if value.isascii() else _MOST_UTF8 * len(value)


def slices(rows: Sequence[Any], text: str) -> Iterator[slice]:
    """Cut rows into slices of BATCH_DOCS documents and about BATCH_BYTES of text at the most."""
    start = size = 0
    for end, row in enumerate(rows):
        more = size_of(row, text)
        if end > start and (end - start == BATCH_DOCS or size + more > BATCH_BYTES):
            yield slice(start, end)
            start, size = end, 0
        size += more
    if start < len(rows):
        yield slice(start, len(rows))


def read_rows(rows: Sequence[Any], reads: Reads) -> Readable:
    """Read documents. One that cannot be read has a reason, which names the field and what is wrong with it.

    `element/not_a_document` is no mapping; a field is `missing` (or None), has a `wrong_type`, or is `taken` where the
    step would add it. A text may also be `empty` (or white space alone), have a `nul` or a `lone_surrogate`, or be
    `too_long` (more than 5,000,000 characters).
    """
    good: list[int] = []
    keys: list[str] = []
    texts: list[str] = []
    bad: list[tuple[int, str]] = []
    for number, row in enumerate(rows):
        try:
            key, text = _key_and_text(row, reads)
            good.append(number)
            keys.append(key)
            texts.append(text)
        except _Unusable as why:
            bad.append((number, str(why)))
    columns = {}
    for name, field in reads.columns.items():
        values = [rows[number].get(name) for number in good]
        try:
            columns[field.name] = _column(values, field.type)
        except _WRONG:
            wrong = [number for number, value in zip(good, values, strict=True) if not _fits(value, field.type)]
            rest = sorted({*range(len(rows))}.difference(wrong))
            found = read_rows([rows[number] for number in rest], reads)
            bad = [*((number, f"{name}/wrong_type") for number in wrong), *((rest[at], why) for at, why in found.bad)]
            return Readable([rest[at] for at in found.rows], found.keys, found.texts, found.columns, sorted(bad))
    return Readable(good, keys, texts, columns, bad)


def _key_and_text(row: Any, reads: Reads) -> tuple[str, str]:
    """Return a document's key and its text, having looked at its other fields."""
    if not isinstance(row, Mapping):
        raise _Unusable("element/not_a_document")
    for name in reads.required:
        if row.get(name) is None:
            raise _Unusable(f"{name}/missing")
    for name in reads.adds:
        if name in row:
            raise _Unusable(f"{name}/taken")
    text, key = row[reads.text], as_key(row[reads.id]) if reads.id else ""
    if key is None:
        raise _Unusable(f"{reads.id}/wrong_type")
    if not isinstance(text, str):
        raise _Unusable(f"{reads.text}/wrong_type")
    if len(text) > _MOST_CHARS:
        raise _Unusable(f"{reads.text}/too_long")
    try:
        return key, gate(text)
    except BadText as why:
        raise _Unusable(f"{reads.text}/{why.reason}") from None


_WRONG = (pa.ArrowException, TypeError, ValueError, OverflowError)


def _column(values: list[Any], type: pa.DataType) -> pa.Array:
    if type == LANG:
        return pa.array(values, pa.string()).dictionary_encode().cast(LANG)
    if type == pa.date32():
        values = [date.fromisoformat(value[:10]) if isinstance(value, str) else value for value in values]
    return pa.array(values, type)


def _fits(value: object, type: pa.DataType) -> bool:
    try:
        _column([value], type)
    except _WRONG:
        return False
    return True
