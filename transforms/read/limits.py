"""The limits of reading: what one file, record or document from a stranger may cost.

Each has a reason of its own. None says how long a document may take: a clock would make the result depend on the
machine. Every kernel is linear in a document's length, so `document_chars` bounds its time, and the result is the same.
"""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

__all__ = ["RATIO_FROM", "Limits"]

RATIO_FROM = 1 << 26
"""Bytes from which on a ratio is looked at: a small file that repeats itself harms nobody."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Limits:
    """What reading refuses; the reason stands behind each.

    Args:
        record_bytes: of a line, or of a Parquet row's text; JSON may take twenty times as much memory once it is parsed
            (`read/record_too_large`).
        document_chars: code points of a document's text behind the gate (`read/document_too_long`).
        id_chars: code points of a document's own id (`read/id_too_long`). It is written up to five times: into shard,
            index, audit and, of what was kept and what was removed, removals. Many corpora use the page's URL as id;
            2,048 is what the sitemaps protocol allows one to have.
        url_chars: code points of a document's URL (`read/url_too_long`). RFC 9110, section 4.1, asks of everybody to
            take 8,000 bytes; browsers and servers refuse not much more.
        decompressed_bytes: of a compressed file; of all row groups of a Parquet file (`read/decompressed_too_large`).
        decompressed_ratio: bytes out for a byte in, from RATIO_FROM bytes on: text has 3 to 10, gzip cannot exceed
            1,032 (`read/ratio_too_high`).
        window_bytes: memory that zstd or xz ask for: 128 MiB is zstd's own limit without `--long`
            (`read/window_too_large`).
        footer_bytes: of a Parquet file's footer, the strings in it included (`read/footer_too_large`).
        row_group_bytes: of a Parquet row group's columns that are read, by its page headers: footers may lie. It is
            read in slices, so this costs time and no memory (`read/row_group_too_large`).
        page_bytes: of one Parquet page, decompressed, which is held as a whole: Parquet has none of more than 2 GiB.
            pyarrow and pandas put 1,024 values on a page, books among them (`read/page_too_large`).
        json_depth: objects and arrays in each other (`read/json_too_deep`).
        json_digits: digits in a row of a number: no double needs more, for its exact expansion has 1,074 places
            (`read/json_number_too_long`).
        files_per_source: of a source's globs; more is a ConfigError before the run, for nothing has been read yet.
    """

    record_bytes: Annotated[int, Field(ge=1 << 10, le=1 << 30)] = 1 << 24
    document_chars: Annotated[int, Field(ge=1, le=1 << 30)] = 5_000_000
    id_chars: Annotated[int, Field(ge=1, le=1 << 20)] = 1 << 11
    url_chars: Annotated[int, Field(ge=1, le=1 << 20)] = 1 << 13
    decompressed_bytes: Annotated[int, Field(ge=1 << 20, le=1 << 50)] = 1 << 38
    decompressed_ratio: Annotated[int, Field(ge=1, le=1 << 20)] = 200
    window_bytes: Annotated[int, Field(ge=1 << 20, le=1 << 31)] = 1 << 27
    footer_bytes: Annotated[int, Field(ge=1 << 10, le=1 << 30)] = 1 << 26
    row_group_bytes: Annotated[int, Field(ge=1 << 20, le=1 << 40)] = 1 << 38
    page_bytes: Annotated[int, Field(ge=1 << 16, le=1 << 31)] = 1 << 31
    json_depth: Annotated[int, Field(ge=1, le=1000)] = 100
    json_digits: Annotated[int, Field(ge=20, le=4300)] = 1100
    files_per_source: Annotated[int, Field(ge=1, le=1 << 24)] = 1_000_000
