"""The shape of a manifest: a forged one, its digest right, is refused with the path of what is wrong."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.manifest_shape import shape_problem
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
]


@pytest.mark.parametrize(("key", "forge"), FORGED, ids=[key for key, _ in FORGED])
def test_a_forged_manifest(finished: Path, tmp_path: Path, key: str, forge: Callable[[dict[str, Any]], Any]) -> None:
    manifest = orjson.loads((finished / "manifest.json").read_bytes())
    assert shape_problem(manifest) == ""
    forge(manifest)
    (tmp_path / "manifest.json").write_bytes(dump_manifest(manifest))
    shutil.copy(finished / "ledger.parquet", tmp_path)
    with pytest.raises(DamageError, match="is no manifest as this version writes it: ") as caught:
        open_output(str(tmp_path))
    assert f"writes it: {key}" in str(caught.value)
