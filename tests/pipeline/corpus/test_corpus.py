"""A run is opened by its manifest: a forged one, its digest right, is refused with the path of what is wrong."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from babelmill.pipeline.corpus.corpus import open_output
from babelmill.transforms.errors import DamageError
from babelmill.transforms.write.manifest_file import dump_manifest

FORGED: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("shards.0.path", lambda manifest: manifest["shards"][0].update(path="../../etc/passwd")),
    ("shards.0.path", lambda manifest: manifest["shards"][0].update(path="/etc/passwd")),
    ("shards.0.path", lambda manifest: manifest["shards"][0].update(path="data/lang=en/../../x")),
    ("shards.0.rows", lambda manifest: manifest["shards"][0].update(rows=-1)),
    ("shards.0.tokens", lambda manifest: manifest["shards"][0].update(tokens=True)),
    ("shards.0.lang", lambda manifest: manifest["shards"][0].pop("lang")),
    ("shards", lambda manifest: manifest.update(shards={})),
    ("tables.ledger.sha256", lambda manifest: manifest["tables"]["ledger"].update(sha256="0")),
    ("tables.../x", lambda manifest: manifest["tables"].update({"../x": manifest["tables"]["ledger"]})),
    ("index.files", lambda manifest: manifest["index"].update(files=None)),
    ("config.budget.shares", lambda manifest: manifest["config"]["budget"].update(shares=7)),
    ("config.input.0.source", lambda manifest: manifest["config"].update(input=[{}])),
    ("totals.tokens", lambda manifest: manifest["totals"].update(tokens="1")),
    ("inputs.0.bytes", lambda manifest: manifest["inputs"][0].update(bytes=1.5)),
    ("audit.rows", lambda manifest: manifest["audit"].update(rows=-1)),
    ("audit.digest", lambda manifest: manifest["audit"].update(digest="../x")),
    ("audit", lambda manifest: manifest.update(audit=[])),
    ("config_digest", lambda manifest: manifest.update(config_digest=None)),
    ("config", lambda manifest: manifest.update(config=[])),
    ("config.languages", lambda manifest: manifest["config"].update(languages=7)),
    ("config.pii.mask", lambda manifest: manifest["config"].update(pii={"mask": "all"})),
    ("totals.shards", lambda manifest: manifest["totals"].pop("shards")),
    ("index.files.0.path", lambda manifest: manifest["index"]["files"][0].update(path="data/lang=en/x.parquet")),
    ("shards.0.more", lambda manifest: manifest["shards"][0].update(more=1)),
    ("models.language.sha256", lambda manifest: manifest["models"]["language"].pop("sha256")),
    ("tokenizer.vocab_size", lambda manifest: manifest["tokenizer"].update(vocab_size="1")),
    ("notes.x", lambda manifest: manifest["notes"].update(x=-1)),
    ("name", lambda manifest: manifest.pop("name")),
    ("format", lambda manifest: manifest.pop("format")),
]


@pytest.mark.parametrize(("key", "forge"), FORGED, ids=[key for key, _ in FORGED])
def test_a_forged_manifest(finished: Path, tmp_path: Path, key: str, forge: Callable[[dict[str, Any]], Any]) -> None:
    manifest = orjson.loads((finished / "manifest.json").read_bytes())
    forge(manifest)
    (tmp_path / "manifest.json").write_bytes(dump_manifest(manifest))
    shutil.copy(finished / "ledger.parquet", tmp_path)
    with pytest.raises(DamageError, match="is no manifest as this version writes it: ") as caught:
        open_output(str(tmp_path))
    assert f"writes it: {key}" in str(caught.value)


def test_one_that_is_not_what_its_digest_says_is_told_so(finished: Path, tmp_path: Path) -> None:
    content = (finished / "manifest.json").read_bytes()
    (tmp_path / "manifest.json").write_bytes(content.replace(b'"documents_read"', b'"documents_reed"', 1))
    shutil.copy(finished / "ledger.parquet", tmp_path)
    with pytest.raises(DamageError, match="not what its own SHA-256 says, and no manifest .*: totals.documents_read: "):
        open_output(str(tmp_path))


def test_the_samples_manifest_is_written_as_it_was_read(finished: Path) -> None:
    output = open_output(str(finished))
    assert output.sealed
    assert output.manifest.sha256
    assert dump_manifest(output.manifest) == (finished / "manifest.json").read_bytes()


def test_what_older_versions_did_not_say_has_defaults(finished: Path, tmp_path: Path) -> None:
    manifest = orjson.loads((finished / "manifest.json").read_bytes())
    newer = ("version", "code", "environment", "quality_profile", "models", "own_steps", "tokenizer", "audit", "index")
    for key in (*newer, "notes"):
        del manifest[key]
    del manifest["config"]["pii"], manifest["config"]["tokens"]
    manifest["of_a_later_version"] = {"x": 1}
    (tmp_path / "manifest.json").write_bytes(dump_manifest(manifest))
    shutil.copy(finished / "ledger.parquet", tmp_path)
    output = open_output(str(tmp_path))
    assert output.sealed
    assert (output.manifest.code, output.manifest.models, output.manifest.tokenizer) == ("", {}, None)
    assert (output.manifest.index_files, output.manifest.audit, output.config.pii.mask) == ((), None, ())


@pytest.mark.parametrize("name", ["pii", "personal"])
def test_what_was_masked_by_either_name(finished: Path, tmp_path: Path, name: str) -> None:
    manifest = orjson.loads((finished / "manifest.json").read_bytes())
    manifest["config"][name] = {**manifest["config"].pop("pii"), "mask": ["email"]}
    (tmp_path / "manifest.json").write_bytes(dump_manifest(manifest))
    shutil.copy(finished / "ledger.parquet", tmp_path)
    assert open_output(str(tmp_path)).config.pii.mask == ("email",)
