"""What people read a corpus with: each finds the language, whole, as a column and as the folder's name."""

from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from babelmill.pipeline.corpus.corpus import open_sound
from babelmill.transforms.languages import GLM4

Found = dict[tuple[str, str], tuple[int, int]]


@pytest.fixture(scope="module")
def booked(finished: Path) -> Found:
    """Language of the column and of the folder → documents and tokens, by the ledger."""
    written = open_sound(str(finished)).ledger.by("stage", "lang")
    found = {
        (lang, lang): (counts.docs, counts.tokens) for (stage, lang), counts in written.items() if stage == "write"
    }
    assert {lang for lang, _ in found} == set(GLM4)
    return found


def found_in(rows: list[tuple[str, str, int, int]]) -> Found:
    return {(language, lang): (docs, tokens) for language, lang, docs, tokens in rows}


@pytest.mark.parametrize("hive", ["", ", hive_partitioning=true"])
def test_duckdb(finished: Path, booked: Found, hive: str) -> None:
    rows = duckdb.sql(
        "select language, lang, count(*), sum(n_tokens)::bigint, min(typeof(language)), min(typeof(date)) "
        f"from read_parquet('{finished}/data/*/*.parquet'{hive}) group by all"
    ).fetchall()
    assert found_in([row[:4] for row in rows]) == booked
    assert {row[4:] for row in rows} == {("VARCHAR", "DATE")}


def test_duckdb_without_folders(finished: Path, booked: Found) -> None:
    files = f"read_parquet('{finished}/data/**/*.parquet', hive_partitioning=false)"
    names = duckdb.sql(f"select * from {files} limit 0").columns
    assert ("language" in names, "lang" in names) == (True, False)
    rows = duckdb.sql(
        f"select language, language, count(*), sum(n_tokens)::bigint from {files} group by all"
    ).fetchall()
    assert found_in(rows) == booked


def test_polars(finished: Path, booked: Found) -> None:
    frame = pl.scan_parquet(f"{finished}/data/**/*.parquet", hive_partitioning=True)
    rows = frame.group_by("language", "lang").agg(pl.len(), pl.col("n_tokens").sum()).collect()
    assert rows.schema["language"] == pl.String
    assert found_in(rows.rows()) == booked
    plain = pl.read_parquet(f"{finished}/data/**/*.parquet", hive_partitioning=False, columns=["language"])
    assert plain["language"].n_unique() == len(booked)


def test_pandas(finished: Path, booked: Found) -> None:
    frame = pd.read_parquet(finished / "data", columns=["language", "lang", "n_tokens", "date", "url"])
    assert (frame["language"] == frame["lang"].astype(str)).all()
    sums = frame.groupby("language")["n_tokens"].agg(["count", "sum"])
    rows = [(lang, lang, int(row["count"]), int(row["sum"])) for lang, row in sums.iterrows()]
    assert found_in(rows) == booked
    shard = pd.read_parquet(finished / "data" / "lang=no" / "part-00000.parquet")
    assert set(shard["language"]) == {"no"}


def test_pyarrow(finished: Path, booked: Found) -> None:
    table = ds.dataset(finished / "data", partitioning="hive").to_table(columns=["language", "lang", "n_tokens"])
    assert table.schema.field("language").type == pa.string()
    sums = table.group_by(["language", "lang"]).aggregate([("n_tokens", "count"), ("n_tokens", "sum")])
    rows = [(row["language"], row["lang"], row["n_tokens_count"], row["n_tokens_sum"]) for row in sums.to_pylist()]
    assert found_in(rows) == booked
    chinese = ds.dataset(finished / "data").to_table(filter=ds.field("language") == "zh")
    assert len(chinese) == booked["zh", "zh"][0]
    shard = pq.read_table(finished / "data" / "lang=zh" / "part-00000.parquet")
    assert set(shard["language"].to_pylist()) == {"zh"}
