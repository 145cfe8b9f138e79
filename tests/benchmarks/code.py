"""Benchmark: how often program code is told from text, and how often its language is right.

    python -m tests.benchmarks.code PACKAGES TEXTS [MORE-PACKAGES]

PACKAGES and TEXTS are those of tests.code_training, which left a part of them for this; what is in MORE-PACKAGES was
never trained on.
"""

import random
import sys
import time
from collections import Counter
from pathlib import Path

from babelmill.configs import __path__ as configs
from babelmill.transforms.documents import documents
from babelmill.transforms.language.code import Code
from tests.code_sources import manuals, programs, texts

CODE = Code(str(Path(configs[0]) / "models" / "code.npz"))
MOST = 2_000


def judged(some: list[str]) -> list[tuple[float, str | None]]:
    """Return share and language of every text."""
    share, language = CODE(documents(some, source="b"))
    return list(zip(share.to_pylist(), language.to_pylist(), strict=True))


def f1(files: list[str], prose: list[str]) -> str:
    """Return the F1 of code against text."""
    of_files, of_texts = judged(files), judged(prose)
    right, wrong = sum(lang is not None for _, lang in of_files), sum(lang is not None for _, lang in of_texts)
    score = 2 * right / (right + wrong + len(files))
    return f"F1 {score:.4f} ({len(files) - right} of {len(files)} files missed, {wrong} of {len(prose)} texts taken)"


def evenly(groups: dict[str, list[str]], most: int) -> list[tuple[str, str]]:
    """Return (group, text) pairs, of each group as many as of another, as far as it has them."""
    draw = random.Random(0)
    left = {name: draw.sample(some, len(some)) for name, some in groups.items()}
    found: list[tuple[str, str]] = []
    while any(left.values()) and len(found) < most:
        found += [(name, some.pop()) for name, some in left.items() if some]
    return found[:most]


def main() -> None:
    """Measure it all."""
    folders = list(map(Path, sys.argv[1:]))
    prose = [text for _, text in evenly(texts(folders[1], True), MOST)]
    for folder in (folders[0], *folders[2:]):
        files = evenly({lang: [one.text for one in some] for lang, some in programs(folder, True).items()}, MOST)
        print(folder.name, f1([text for _, text in files], prose))
        about = manuals(folder, True)
        print(
            "  texts about programs taken for programs", sum(x is not None for _, x in judged(about)), "of", len(about)
        )
        by: dict[str, Counter[str]] = {}
        for (lang, _), (_, found) in zip(files, judged([text for _, text in files]), strict=True):
            by.setdefault(lang, Counter())[str(found)] += 1
        for lang, counts in sorted(by.items()):
            print(f"  {lang:12} {counts[lang] / counts.total():.3f} of {counts.total()}", counts.most_common(5))
        right = sum(counts[lang] for lang, counts in by.items())
        print(f"  language right {right / len(files):.4f}")
    batch = documents([text[:3000] for text in prose if len(text) > 3000], source="b")
    spent = []
    for _ in range(4):
        started = time.process_time()
        CODE(batch)
        spent.append(time.process_time() - started)
    size = sum(batch["n_bytes"].to_pylist()) / batch.num_rows
    print(f"{min(spent) / batch.num_rows * 1e6:.1f} µs a text of {size:.0f} bytes")


if __name__ == "__main__":
    main()
