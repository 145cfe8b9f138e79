"""Benchmark: what near-deduplication finds and removes, beside brute force over all pairs.

    python -m tests.benchmarks.near CORPUS [--docs 3000] [LANG ...]

For each language: real documents of CORPUS/<lang>.jsonl.gz, filled up with copies in which 0 to 10 % of the words are
edited. The true similarity of all pairs decides. `recall`: of the pairs with J ≥ 0.8, at least one document is
removed. `precision`: of the removed documents, those with J ≥ 0.7 to the one kept in their place.
"""

import argparse
import gzip
import random
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
from scipy.sparse import csr_matrix

from babelmill.transforms.dedup.shingles import shingle_sets, similarity
from babelmill.transforms.dedup.sign import PRESETS, Near
from babelmill.transforms.text.gate import gate
from tests.benchmarks.planted import WITHOUT_SPACES, edited
from tests.duplicates import near_removals

LANGS = ("en", "zh", "ru", "ja", "ar")


def real(corpus: Path, lang: str, most: int) -> list[str]:
    """Return a language's first documents."""
    with gzip.open(corpus / f"{lang}.jsonl.gz") as lines:
        return [gate(orjson.loads(line)["text"]) for _, line in zip(range(most), lines, strict=False)]


def documents_of(corpus: Path, lang: str, count: int) -> list[str]:
    """Return real documents and edited copies, `count` in all, in random order."""
    chance = random.Random(lang)
    texts = real(corpus, lang, count * 2 // 3)
    pool = [word for text in texts[:50] for word in (text if lang in WITHOUT_SPACES else text.split())]
    while len(texts) < count:
        texts.append(edited(chance.choice(texts), chance.uniform(0, 0.1), lang, pool, chance))
    chance.shuffle(texts)
    return texts


def true_similarities(texts: list[str], near: Near) -> csr_matrix:
    """Return the similarity of all pairs that share a shingle: of words, or of figures if they have many."""
    sets = shingle_sets(pa.array(texts, pa.string()), near)
    _, columns = np.unique(np.asarray(sets.words.values), return_inverse=True)
    rows = csr_matrix((np.ones(len(columns), np.int32), columns, np.asarray(sets.words.offsets)))
    common = (rows @ rows.T).tocoo()
    found = similarity(sets, sets, np.stack([common.row, common.col], axis=1).astype(np.int64))
    return csr_matrix((found, (common.row, common.col)), shape=common.shape)


def measured(texts: list[str], near: Near) -> dict[str, float]:
    """Remove near-duplicates, and judge by brute force."""
    similar = true_similarities(texts, near)
    removed = near_removals(texts, near)
    pairs = similar.tocoo()
    close = (pairs.data >= 0.8) & (pairs.row < pairs.col)
    gone = np.zeros(len(texts), bool)
    gone[removed["doc"]] = True
    found = gone[pairs.row[close]] | gone[pairs.col[close]]
    to_kept = np.asarray(similar[removed["doc"], removed["better"]]).ravel()
    return {
        "pairs": int(close.sum()),
        "removed": len(removed),
        "recall": float(found.mean()),
        "precision": float((to_kept >= 0.7).mean()),
        "least": float(to_kept.min()),
        "error": float(np.abs(removed["similarity"] - to_kept).max()),
    }


def main() -> None:
    """Print a line a language and preset."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("langs", nargs="*", default=LANGS)
    parser.add_argument("--docs", type=int, default=3000)
    arguments = parser.parse_args()
    for lang in arguments.langs:
        texts = documents_of(arguments.corpus, lang, arguments.docs)
        for name, near in PRESETS.items():
            figures = measured(texts, near)
            print(lang, name, " ".join(f"{key} {value:.4g}" for key, value in figures.items()), flush=True)


if __name__ == "__main__":
    main()
