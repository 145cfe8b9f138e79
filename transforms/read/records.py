"""What a reader yields: a record that passed the gate, or the reason why it did not."""

from typing import Any, NamedTuple

import pyarrow as pa

from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.scalars import as_day, as_text
from babelmill.transforms.text.gate import BadText, gate

__all__ = ["ERROR_CHARS", "HEAD_BYTES", "QUARANTINE", "Record", "Reject", "admit"]

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
        ("records", pa.int64()),
        ("size", pa.int64()),
    ]
)
"""The columns of quarantine.parquet. `offset`: the record's first byte in the (decompressed) file, or its row in the
Parquet file. For a file that breaks: how far it was read; `head` is then of the file itself, `records` how many records
its footer says were lost (1 where nothing does) and `size` how many bytes of the file were not read. Of a record `size`
is its own. Runs of earlier versions have neither `records` nor `size`."""


class Record(NamedTuple):
    """A good record: its `offset`, the input's own id and url, and its text; `date` in days since 1970.

    None where the input has none. `size`: its bytes in the decompressed file; of a Parquet row those of its text.
    """

    offset: int
    id: str | None
    url: str | None
    text: str
    date: int | None = None
    size: int = 0


class Reject(NamedTuple):
    """A bad record, or a part of a file that is given up.

    Args:
        offset: where it begins.
        reason: as in the ledger, `read/not_json`.
        error: in words.
        head: its first bytes; of a part those of the file.
        size: a record's bytes, as `Record.size`; of a part the bytes of the file that were not read.
        records: how many it stands for: what a footer says of a part, else 1.
        is_rest: whether it is such a part.
    """

    offset: int
    reason: str
    error: str
    head: bytes
    size: int
    records: int = 1
    is_rest: bool = False


def _not_utf8(raw: bytes) -> str:
    """Say where some bytes are no UTF-8: such a byte came as half a surrogate."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return str(error)
    return ""


def admit(
    offset: int, text: Any, id: Any, url: Any, day: Any, raw: bytes, limits: Limits, size: int | None = None
) -> Record | Reject:
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
        size: of the record; that of `raw` unless it is given.
    """
    size = len(raw) if size is None else size
    if not isinstance(text, str):
        reason = "read/no_text" if text is None else "read/text_not_string"
        error_text = "the text is null" if text is None else f"the text is a value of type {type(text).__name__}"
        return Reject(offset, reason, error_text, raw[:HEAD_BYTES], size)
    try:
        mended = gate(text)
    except BadText as error:
        reason, error_text = error.reason, str(error)
        if reason == "lone_surrogate" and (broken := _not_utf8(raw)):
            reason, error_text = "not_utf8", broken
        return Reject(offset, f"read/{reason}", error_text, raw[:HEAD_BYTES], size)
    id, url = as_text(id), as_text(url)
    for value, name, most in (
        (mended, "document", limits.document_chars), (id, "id", limits.id_chars), (url, "url", limits.url_chars),
    ):  # fmt: skip
        if value is not None and len(value) > most:
            error_text = f"{len(value)} characters, limits.{name}_chars is {most}"
            return Reject(offset, f"read/{name}_too_long", error_text, raw[:HEAD_BYTES], size)
    return Record(offset, id, url, mended, as_day(day), size)
