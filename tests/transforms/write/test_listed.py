"""Rows of manifests and sidecars: only those that make sense can be made, and sums of audits merge."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from babelmill.transforms.write.listed import AuditSum, IndexFile, ShardFile
from tests.transforms.write import made

SHARD = ShardFile("data/lang=zh/part-00003.parquet", "zh", 1, 2, 3, 4, "0" * 64)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("path", "../x"), ("path", "/data/lang=zh/x.parquet"), ("path", "data/lang=zh/../x.parquet"),
        ("path", "data/lang=zh/a\\b.parquet"), ("path", "data/lang=zh/\0.parquet"),
        ("path", "index/lang=zh/x.parquet"), ("path", "data/lang=zh/x.parquet/y"), ("path", b"data/lang=zh/x.parquet"),
        ("rows", -1), ("rows", 1 << 63), ("rows", True), ("rows", 1.0), ("rows", "1"), ("rows", None),
        ("sha256", "0" * 63), ("sha256", "G" * 64), ("sha256", "A" * 64), ("sha256", "0" * 64 + "\n"),
        ("lang", None), ("lang", 1),
    ],
)  # fmt: skip
def test_a_shard_that_makes_no_sense(name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=name):
        replace(SHARD, **{name: value})


def test_an_index_file_is_below_index() -> None:
    with pytest.raises(ValidationError):
        IndexFile(SHARD.path, 1, 2, "0" * 64)


@given(made.audit_sums, made.audit_sums, made.audit_sums)
def test_audits_add_up_in_any_order(a: AuditSum, b: AuditSum, c: AuditSum) -> None:
    a, b, c = (replace(one, rows=one.rows >> 2, text_bytes=one.text_bytes >> 2) for one in (a, b, c))
    assert a.plus(b).plus(c) == c.plus(b.plus(a))
    assert a.plus(AuditSum()) == a
