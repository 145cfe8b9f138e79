"""The manifest's file: what is written is read as it was, its digest tells damage, and a stranger's is an error."""

import hashlib
import pickle
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.errors import BabelmillError, ConfigError, DamageError, WorldError
from babelmill.transforms.ledger import KEPT, Counts, Key, Tally
from babelmill.transforms.write.listed import Totals
from babelmill.transforms.write.manifest_file import (
    FORMAT,
    Index,
    Manifest,
    ModelFile,
    TokenizerIdentity,
    dump_manifest,
    load_manifest,
    parse_manifest,
    totals,
)
from tests.transforms.write import made

KEYS = [
    "format", "name", "version", "code", "environment", "config_digest", "config", "tokenizer", "quality_profile",
    "models", "own_steps", "totals", "inputs", "shards", "tables", "index", "audit", "notes", "sha256",
]  # fmt: skip
"""Of the file, in their order: they may not change."""
json = st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | made.texts, lambda inner: st.lists(inner)
                    | st.dictionaries(made.names, inner), max_leaves=6)  # fmt: skip
objects = st.dictionaries(made.names, json, max_size=3)
manifests = st.builds(
    Manifest,
    format=st.just(FORMAT), name=made.texts, version=made.texts, code=made.texts,
    environment=st.dictionaries(made.names, made.texts, max_size=2), config_digest=made.digests, config=objects,
    tokenizer=st.none() | st.builds(TokenizerIdentity, made.digests, made.counts, made.texts, made.texts, made.texts),
    quality_profile=made.texts,
    models=st.dictionaries(made.names, st.builds(ModelFile, made.texts, made.digests), max_size=2),
    own_steps=st.dictionaries(made.names, made.texts, max_size=2),
    totals=made.totals, inputs=st.lists(made.inputs, max_size=2).map(tuple),
    shards=st.lists(made.shards, max_size=2).map(tuple),
    tables=st.dictionaries(st.text("abc", min_size=1, max_size=3), made.tables, max_size=2),
    index=st.none() | st.builds(Index, objects, st.lists(made.index_files, max_size=2).map(tuple)),
    audit=st.none() | made.audit_sums, notes=st.dictionaries(made.names, made.counts, max_size=2),
)  # fmt: skip


def small(**changes: Any) -> dict[str, Any]:
    """Return the JSON of the manifest of a run that read nothing, with changes."""
    return {
        "format": FORMAT, "name": "small", "config_digest": "0" * 64, "config": {}, "totals": asdict(Totals(*[0] * 6)),
        "inputs": [], "shards": [], "tables": {}, **changes,
    }  # fmt: skip


@given(manifests)
def test_what_is_written_is_read_as_it_was(manifest: Manifest) -> None:
    content = dump_manifest(manifest)
    found, sealed = parse_manifest(content, "", len(content))
    assert sealed
    assert replace(found, sha256="") == manifest
    assert dump_manifest(found) == content
    assert pickle.loads(pickle.dumps(found)) == found


@given(manifests)
def test_the_file_has_its_keys_in_order_and_its_digest(manifest: Manifest) -> None:
    content = orjson.loads(dump_manifest(manifest))
    assert list(content) == KEYS
    digest = content.pop("sha256")
    assert digest == hashlib.sha256(orjson.dumps(content)).hexdigest()
    assert list(content["totals"]) == [
        "documents_read", "documents", "text_bytes", "characters", "tokens", "shards", "unknown_tokens",
        "characters_without_token",
    ]  # fmt: skip
    for shard in content["shards"]:
        assert list(shard) == ["path", "lang", "rows", "text_bytes", "tokens", "file_bytes", "sha256"]


def test_damage_is_seen() -> None:
    content = dump_manifest(small())
    assert parse_manifest(content, "", 1 << 20)[1]
    manifest, sealed = parse_manifest(content.replace(b"small", b"smaly"), "", 1 << 20)
    assert (manifest.name, sealed) == ("smaly", False)
    assert not parse_manifest(orjson.dumps(small()), "", 1 << 20)[1]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "x is not what its own SHA-256 says, and no manifest as this version writes it: format: "),
        ([], "x is not what"),
        (small(format=True), "x has format True; this version reads up to 1"),
        (small(format="1"), "x has format '1'"),
        (small(format=FORMAT + 1), f"x has format {FORMAT + 1}; this version reads up to {FORMAT}"),
        (small(tables=[]), "tables: "),
        (small(tables={"a/b": asdict(Totals(*[0] * 6))}), "tables.a/b"),
        (small(index={"parameters": {}}), "index.files: "),
    ],
)
def test_what_is_no_manifest(value: Any, said: str) -> None:
    with pytest.raises(BabelmillError) as caught:
        parse_manifest(orjson.dumps(value), "x", 1 << 20)
    assert said in str(caught.value)
    assert isinstance(caught.value, ConfigError | DamageError)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 2000])
def test_what_is_no_json(content: bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        parse_manifest(content, "x", 1 << 20)


def test_one_that_is_larger_than_its_files_explain(tmp_path: Path) -> None:
    with pytest.raises(WorldError):
        load_manifest(str(tmp_path))
    (tmp_path / "manifest.json").write_bytes(b" " * (3 << 23) + dump_manifest(small()))
    with pytest.raises(WorldError, match="manifest"):
        load_manifest(str(tmp_path))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "part").touch()
    assert load_manifest(str(tmp_path))[0].name == "small"


def test_totals_are_the_ledgers() -> None:
    rows = [("read", KEPT, 5, 50), ("read", "read/no_text", 2, 0), ("write", KEPT, 3, 30)]
    tally = Tally((Key(stage, "a", "", outcome), Counts(docs, size, size, 1)) for stage, outcome, docs, size in rows)
    assert totals(tally, 4) == Totals(7, 3, 30, 30, 1, 4)
