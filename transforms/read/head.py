"""The head of a file: which fields its records have, from a few of them, before any of it is read in earnest.

JSONL: the first 100 objects in the first mebibyte, of the file and of what it decompresses to. Parquet: the schema.
"""

import io
from collections.abc import Callable
from itertools import islice
from typing import IO, Any, NamedTuple

import pyarrow as pa

from babelmill.transforms.files.parquet import open_parquet
from babelmill.transforms.files.storage import check_reads, open_file
from babelmill.transforms.read.columns import column_names, find_column
from babelmill.transforms.read.decompress import BrokenFile, compression_of, decompressed
from babelmill.transforms.read.fields import MISSING, getter, names_of
from babelmill.transforms.read.footer import chunks_of, read_footer
from babelmill.transforms.read.jsonl import BOM, parse_object
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.sources import Source, format_of

__all__ = ["Head", "read_head"]

_MOST_BYTES = 1 << 20
_MOST_RECORDS = 100
_MOST_LINES = 1_000
"""Good and bad ones: a mebibyte of lines that are no JSON would take a second."""
_MOST_NAMES = 1_000


class Head(NamedTuple):
    """What the head of a file has.

    Args:
        path: the file's.
        names: fields of any of the records, or columns; nested ones as paths, two levels deep. At most 1,000.
        found: which of `text`, `id`, `url`, `date` are there, null or not.
        records: how many were looked at; None for the schema of a Parquet file.
    """

    path: str
    names: tuple[str, ...]
    found: frozenset[str]
    records: int | None


def read_head(path: str, source: Source, limits: Limits) -> Head:
    """Look at a file's first records, or its schema.

    Args:
        path: of a regular file that is not empty.
        source: whose fields are looked for.
        limits: of reading; what is beyond them is passed over here, and refused when the file is read.

    Raises:
        BrokenFile: if there is no good record at its head, or no footer at its end.
        WorldError: if it cannot be read.
        ConfigError: if its name does not tell its format.
    """
    read: Callable[[IO[bytes], str, Source, Limits], Head]
    read = _schema if format_of(source, path) == "parquet" else _first_records
    with open_file(path) as file:
        try:
            return read(file, path, source, limits)
        except (pa.ArrowException, OSError, EOFError, ValueError) as error:
            check_reads(file)
            if isinstance(error, BrokenFile):
                raise
            raise BrokenFile("corrupt", str(error).splitlines()[0] if str(error) else repr(error)) from error


def _first_records(file: IO[bytes], path: str, source: Source, limits: Limits) -> Head:
    names: dict[str, None] = {}
    found: set[str] = set()
    getters = {role: getter(name, MISSING) for role, name in source.fields.items()}
    records = 0
    for line in islice(filter(bytes.strip, _beginning(file, path, limits).split(b"\n")), _MOST_LINES):
        record: Any = parse_object(line, limits) if len(line) <= limits.record_bytes else None
        if not isinstance(record, dict):
            continue
        found.update(role for role, field_of in getters.items() if field_of(record) is not MISSING)
        names.update(dict.fromkeys(islice(names_of(record), _MOST_NAMES)))
        records += 1
        if records == _MOST_RECORDS:
            break
    if not records:
        raise BrokenFile("no_record", f"no JSON object in the first {_MOST_BYTES >> 20} MiB")
    return Head(path, tuple(islice(names, _MOST_NAMES)), frozenset(found), records)


def _beginning(file: IO[bytes], path: str, limits: Limits) -> bytes:
    """Return the first mebibyte of a file's content, less where it breaks before. A line may be cut off at the end."""
    content = bytearray()
    try:
        for chunk in decompressed(io.BytesIO(file.read(_MOST_BYTES)), compression_of(path), limits):
            content += chunk[: _MOST_BYTES - len(content)]
            if len(content) == _MOST_BYTES:
                break
    except BrokenFile:
        # Compressed bytes may end here only because no more were read: what there was is enough.
        if not content:
            raise
    return bytes(content).removeprefix(BOM)


def _schema(file: IO[bytes], path: str, source: Source, limits: Limits) -> Head:
    footer = read_footer(file, limits.footer_bytes)
    chunks_of(footer)
    # The footer alone, as a file without any data, so that nothing else is read.
    whole = b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"
    schema = open_parquet(io.BytesIO(whole)).schema_arrow
    found = frozenset(role for role, name in source.fields.items() if find_column(schema, name))
    return Head(path, tuple(islice(column_names(schema), _MOST_NAMES)), found, None)
