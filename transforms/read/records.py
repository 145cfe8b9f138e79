"""What a reader yields: a record that passed the gate, or the reason why it did not."""

from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa

from babelmill.transforms.read.limits import Limits
from babelmill.transforms.text.gate import BadText, gate

__all__ = ["ERROR_CHARS", "HEAD_BYTES", "QUARANTINE", "Record", "Reject", "admit"]

_EPOCH = date(1970, 1, 1).toordinal()
HEAD_BYTES = 256
"""How much of a bad record the quarantine keeps."""
ERROR_CHARS = 1_000
"""How much of an error it keeps: a library may quote a name out of the file, however long that is."""

QUARANTINE = pa.schema(
    [
        ("path", pa.string()),
        ("offset", pa.int64()),
        ("reason", pa.string()),
        ("error", pa.string()),
        ("head", pa.binary()),
    ]
)
"""The columns of quarantine.parquet. `offset`: the record's first byte in the (decompressed) JSONL file, or its row in
the Parquet file. For a file that breaks: how far it was read; `head` is then of the file itself."""


class Record(NamedTuple):
    """A good record: its `offset`, the input's own id and url, and its text; `date` in days since 1970.

    None where the input has none.
    """

    offset: int
    id: str | None
    url: str | None
    text: str
    date: int | None = None


class Reject(NamedTuple):
    """A bad record: `reason` as in the ledger (`read/not_json`), the `error` in words, the first bytes, its size."""

    offset: int
    reason: str
    error: str
    head: bytes
    size: int


def _plain(value: Any) -> str | None:
    """Return an id or url as text: numbers are written out, anything else that is no text counts as missing."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value or "\0" in value:
        return None
    return value.encode(errors="replace").decode()


def _day(value: Any) -> int | None:
    """Return the days since 1970 of a date, or of a text that begins with one (`2024-05-01T…`); None for all else."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value[:10])
        except ValueError:
            return None
    return value.toordinal() - _EPOCH if isinstance(value, date) else None


def admit(offset: int, text: Any, id: Any, url: Any, day: Any, raw: bytes, limits: Limits) -> Record | Reject:
    """Pass a record's fields through the gate; a field that is kept and too long costs its own reason.

    Of a date only a day is kept.

    Args:
        offset: where the record begins.
        text: the value of the text field, None where it is missing.
        id: the value of the id field.
        url: the value of the url field.
        day: the value of the date field.
        raw: the record's own bytes, for the quarantine.
        limits: of the fields' lengths.
    """
    if not isinstance(text, str):
        reason = "read/no_text" if text is None else "read/text_not_string"
        error_text = "the text is null" if text is None else f"the text is a value of type {type(text).__name__}"
        return Reject(offset, reason, error_text, raw[:HEAD_BYTES], len(raw))
    try:
        mended = gate(text)
    except BadText as error:
        return Reject(offset, f"read/{error.reason}", str(error), raw[:HEAD_BYTES], len(raw))
    id, url = _plain(id), _plain(url)
    for value, name, most in (
        (mended, "document", limits.document_chars), (id, "id", limits.id_chars), (url, "url", limits.url_chars),
    ):  # fmt: skip
        if value is not None and len(value) > most:
            error_text = f"{len(value)} characters, limits.{name}_chars is {most}"
            return Reject(offset, f"read/{name}_too_long", error_text, raw[:HEAD_BYTES], len(raw))
    return Record(offset, id, url, mended, _day(day))
