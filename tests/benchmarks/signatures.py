"""Text to signature: ours beside datasketch's own `update_batch`, in MB of text for each CPU second.

    python -m tests.benchmarks.signatures CORPUS [--docs 300]

datasketch gets what its users write: lower-cased words of a regex (for Chinese and Japanese the characters), joined to
5-grams, hashed by xxhash, one `update_batch` a document. Both make 256 permutations; ours makes bands and sketch too.
"""

import argparse
import gzip
import re
import time
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import xxhash
from datasketch import MinHash
from rich.console import Console
from rich.table import Table

from babelmill.transforms.dedup.minhash import PERMUTATIONS, signatures
from babelmill.transforms.text.gate import gate

LANGS = ("en", "zh", "ru", "de", "ja", "ar")
CHARACTERS = ("zh", "ja")


def by_datasketch(text: str, characters: bool) -> MinHash:
    """Return a document's MinHash as a user of datasketch makes it."""
    words = list(text.lower()) if characters else re.findall(r"\w+", text.lower())
    join = "" if characters else " "
    found = MinHash(num_perm=PERMUTATIONS, hashfunc=xxhash.xxh32_intdigest)
    found.update_batch([join.join(words[i : i + 5]).encode() for i in range(len(words) - 4)])
    return found


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="Text to signature, beside datasketch.")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--docs", type=int, default=300)
    arguments = parser.parse_args()
    table = Table(title="MB of text a CPU second", title_justify="left", box=None)
    for column in ("lang", "MB", "ours", "datasketch", "ratio"):
        table.add_column(column, justify="right")
    sums = np.zeros(3)
    for lang in LANGS:
        with gzip.open(arguments.corpus / f"{lang}.jsonl.gz") as lines:
            texts = [gate(orjson.loads(line)["text"]) for _, line in zip(range(arguments.docs), lines, strict=False)]
        column = pa.array(texts)
        signatures(column[:1], 5, 14, 8, 0)
        started = time.process_time()
        signatures(column, 5, 14, 8, 0)
        between = time.process_time()
        for text in texts:
            by_datasketch(text, lang in CHARACTERS)
        row = np.array(
            [sum(len(text.encode()) for text in texts) / 1e6, between - started, time.process_time() - between]
        )
        sums += row
        table.add_row(lang, *_figures(row))
    table.add_row("all", *_figures(sums))
    Console(highlight=False).print(table)


def _figures(row: np.ndarray) -> tuple[str, ...]:
    size, ours, theirs = row.tolist()
    return f"{size:.1f}", f"{size / ours:.1f}", f"{size / theirs:.2f}", f"{theirs / ours:.0f}"


if __name__ == "__main__":
    main()
