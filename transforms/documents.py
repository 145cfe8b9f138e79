"""The document batch: the one noun that flows.

A batch is a `pyarrow.RecordBatch` of about a thousand documents. Columns accumulate from left to right; each is
written by exactly one stage and never rewritten:

    read      id source url date text n_chars n_bytes place
    language  code_share code_language
              lang lang_score lang_second lang_second_score script       (`lang` is `language` in the final shards)
    quality   n_words q_… quality
    sign      doc order digest bands sketch        (staged; not in the final shards)
    dedup     cluster_size
    tokens    n_tokens tokens

A batch never crosses a shuffle and never becomes an element of a PCollection: it lives inside one work item.

    >>> batch = documents(["Hello"], source="demo")
    >>> batch.schema.names
    ['id', 'source', 'url', 'date', 'text', 'n_chars', 'n_bytes', 'place']
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.kernels.buffers import byte_lengths

__all__ = ["BATCH_BYTES", "BATCH_DOCS", "LANG", "READ", "documents", "with_columns"]

BATCH_DOCS = 1_000
"""Documents a batch at the most: enough that Python's cost per batch vanishes, few enough to stay in cache."""
BATCH_BYTES = 8 << 20
"""Bytes of text, ids and URLs after which a batch is closed."""

LANG = pa.dictionary(pa.int16(), pa.string())
"""The type of a column of languages or scripts."""

READ = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("date", pa.date32()),
        pa.field("text", pa.string(), nullable=False),
        pa.field("n_chars", pa.int32(), nullable=False),
        pa.field("n_bytes", pa.int32(), nullable=False),
        pa.field("place", pa.int64(), nullable=False),
    ]
)
"""What reading gives: the text behind the gate (UTF-8, NFC, `\\n`, no NUL, no lone surrogate), its length in code
points and in UTF-8 bytes, and its `place`: the record's ordinal in its work item (transforms/input_order.py)."""


def documents(
    texts: Sequence[str],
    *,
    source: str,
    ids: Sequence[str] | None = None,
    urls: Sequence[str | None] | None = None,
    dates: Sequence[int | None] | None = None,
    places: Sequence[int] | None = None,
) -> pa.RecordBatch:
    """Return a batch of `READ` from texts that passed the gate; ids and places count from 0 where none are given.

    `dates` are days since 1970.
    """
    n = len(texts)
    text = pa.array(texts, pa.string())
    columns = [
        pa.array(ids if ids is not None else [str(i) for i in range(n)], pa.string()),
        pa.array([source] * n, pa.string()),
        pa.array(urls if urls is not None else [None] * n, pa.string()),
        pa.array(dates if dates is not None else [None] * n, pa.int32()).cast(pa.date32()),
        text,
        pc.utf8_length(text),
        pa.array(byte_lengths(text)),
        pa.array(places if places is not None else np.arange(n), pa.int64()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=READ)


def with_columns(batch: pa.RecordBatch, fields: Sequence[pa.Field], columns: Sequence[pa.Array]) -> pa.RecordBatch:
    """Return the batch with more columns at its right end.

    Raises:
        ValueError: if a column has another length or type than its field and batch say.
    """
    for field, column in zip(fields, columns, strict=True):
        if len(column) != batch.num_rows or column.type != field.type:
            raise ValueError(
                f"column {field.name}: {len(column)} values of {column.type}, "
                f"but the batch has {batch.num_rows} rows and the contract says {field.type}"
            )
    schema = pa.schema([*batch.schema, *fields])
    return pa.RecordBatch.from_arrays([*batch.columns, *columns], schema=schema)
