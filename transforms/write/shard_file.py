"""One shard file: explicit schema, zstd, page checksums, and our metadata in the footer."""

from collections.abc import Iterable
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from babelmill.transforms.documents import with_columns
from babelmill.transforms.files.parquet import footer_metadata, open_parquet
from babelmill.transforms.files.row_groups import Most, row_groups
from babelmill.transforms.heartbeat import beat, is_due
from babelmill.transforms.ledger import Tally
from babelmill.transforms.stages import Annotator
from babelmill.transforms.unknown import COLUMNS, book_unknown
from babelmill.transforms.work import ROW_BYTES
from babelmill.transforms.write.hashed import Hashed
from babelmill.transforms.write.listed import ShardFile
from babelmill.transforms.write.strata import Strata

__all__ = ["LANGUAGE", "LEFT_OUT", "book_shard", "write_shard"]

LEFT_OUT = ("doc", "order", "place", "digest", "bands", "sketch", ROW_BYTES)
"""Staged columns that mean nothing by themselves; the index has some."""
LANGUAGE = "language"
"""What the column `lang` is called in a shard. `lang` is the name of the folder, and readers of hive folders refuse or
cover a column that is called like a part of the path; others, `datasets` among them, know nothing of folders."""
_LEVELS = {"zstd": 3}
"""Compression to level, where Parquet's own default is not what one would choose to keep."""
_CHUNK = Most(text_bytes=8 << 20, bytes=32 << 20)
"""What is tokenized at a time; a row group each."""


def write_shard(
    file: IO[bytes],
    path: str,
    lang: str,
    schema: pa.Schema,
    parts: Iterable[pa.Table],
    tokenize: Annotator,
    compression: str,
    metadata: dict[str, str],
    tally: Tally,
) -> ShardFile:
    """Tokenize and write a shard's documents, and book the stage `tokens`.

    Args:
        file: where to.
        path: below the output, for the manifest.
        lang: of all the documents.
        schema: of the documents, `lang` among the columns: a string, in the file called `language`.
        parts: the documents in their final order; no byte depends on where one part ends.
        tokenize: adds `n_tokens`, and `tokens` where ids are wanted.
        compression: Parquet's name of it.
        metadata: goes into the footer as JSON, with `kind`, `rows` and `tokens` added.
        tally: the ledger to book in.
    """
    names = [LANGUAGE if name == "lang" else name for name in schema.names]
    written = pa.schema([*(field.with_name(name) for field, name in zip(schema, names, strict=True)), *tokenize.adds])
    hashed = Hashed(file)
    rows = tokens = text_bytes = 0
    with pq.ParquetWriter(
        hashed.sink(), written, compression=compression, write_page_checksum=True,
        use_dictionary=["source", LANGUAGE], compression_level=_LEVELS.get(compression),
    ) as writer:  # fmt: skip
        for group in row_groups(schema, parts, _CHUNK):
            [batch] = group.to_batches()
            batch = with_columns(batch, tokenize.adds, tokenize(batch))
            tally.book("tokens", batch)
            writer.write_batch(batch.rename_columns(written.names), row_group_size=batch.num_rows)
            rows += batch.num_rows
            tokens += pc.sum(batch["n_tokens"]).as_py()
            text_bytes += pc.sum(batch["n_bytes"]).as_py()
            if is_due():
                beat("shard", path, docs=rows, bytes=text_bytes, tokens=tokens)
        said = {**metadata, "kind": "shard", "rows": str(rows), "tokens": str(tokens)}
        writer.add_key_value_metadata(footer_metadata(**said))
    return ShardFile(path, lang, rows, text_bytes, tokens, hashed.size, hashed.sha256())


def book_shard(file: IO[bytes], lang: str, tally: Tally, strata: Strata) -> None:
    """Book the stage `write`, the strata and what is unknown, from a finished file's own columns.

    What is not in it breaks a law, and so does a document whose own language is not `lang`, that of the shard.
    """
    parquet = open_parquet(file)
    names = ["source", LANGUAGE, "n_bytes", "n_chars", "n_tokens", "cluster_size"]
    names += [name for name in COLUMNS if name in parquet.schema_arrow.names]
    for batch in parquet.iter_batches(columns=names, use_threads=False):
        strata.book(batch, lang)
        book_unknown(tally, batch, lang)
        tally.book("write", batch.append_column("lang", batch[LANGUAGE]))
