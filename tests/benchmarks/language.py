"""Benchmark: how often language identification is right, on short, long and mixed documents, and how fast it is.

    python -m tests.benchmarks.language CORPUS SHORT

CORPUS is a folder of `<lang>.jsonl.gz` with the fields text, url and en_share (of untranslated English), SHORT a
`.jsonl.gz` with text, lang and target (whether lang is one of the 26). Mixed documents are put together from CORPUS.
"""

import gzip
import json
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path

from babelmill.configs import __path__ as configs
from babelmill.transforms.documents import documents, with_columns
from babelmill.transforms.language.identify import Identify
from babelmill.transforms.language.script import Script
from babelmill.transforms.languages import GLM4
from babelmill.transforms.text.gate import gate

IDENTIFY = Identify(str(Path(configs[0]) / "models" / "lid.176.ftz"))
NYNORSK = {"ikkje", "berre", "fleire", "byrja", "byrjinga"}
"""Words that Bokmål does not have: a text with one of them is not `no`, whatever its label says."""
PER_KIND = 500


def identified(texts: list[str]) -> list[tuple[str, str | None]]:
    """Return the language and the second one of every text."""
    lang, _, second, _ = IDENTIFY(documents(texts, source="b"))
    return list(zip(lang.to_pylist(), second.to_pylist(), strict=True))


def rows_of(path: Path) -> list[dict[str, str]]:
    """Read a gzip JSONL."""
    with gzip.open(path) as lines:
        return [json.loads(line) for line in lines]


def short(rows: list[dict[str, str]]) -> None:
    """Print F1 over the 26 languages with all others in the pool, as labelled and without Nynorsk among `no`."""
    found = [lang for lang, _ in identified([gate(row["text"]) for row in rows])]
    clean = [row["lang"] != "no" or not NYNORSK & set(re.findall(r"\w+", row["text"].lower())) for row in rows]
    for name, mask in (("as labelled", [True] * len(rows)), ("without Nynorsk in no", clean)):
        pairs = [(row["lang"], lang) for row, lang, kept in zip(rows, found, mask, strict=True) if kept]
        f1 = {}
        for lang in GLM4:
            said, there = sum(b == lang for _, b in pairs), sum(a == lang for a, _ in pairs)
            f1[lang] = 2 * pairs.count((lang, lang)) / max(1, said + there)
        worst = sorted(f1, key=lambda lang: f1[lang])[:3]
        print(f"short, {name}: macro F1 {sum(f1.values()) / len(f1):.4f}", {lang: round(f1[lang], 3) for lang in worst})
    others = [lang in GLM4 for row, lang in zip(rows, found, strict=True) if not row["target"]]
    print(f"short: others taken for one of the 26: {sum(others) / len(others):.4f}")


def corpus(texts: dict[str, list[str]]) -> None:
    """Print how many of the corpus's documents are right, and what second languages they are said to have."""
    right, taken, seconds, n = [], [], Counter[str](), 0
    for lang, some in texts.items():
        found = identified(some)
        (right if lang in GLM4 else taken).extend(code == lang if lang in GLM4 else code in GLM4 for code, _ in found)
        seconds.update(f"{a}+{b}" for a, b in found if b)
        n += len(some)
    print(f"corpus: right {sum(right) / len(right):.4f}, others taken {sum(taken) / len(taken):.4f}")
    foreign = sum(count for pair, count in seconds.items() if "en" not in pair.split("+"))
    print(f"corpus: a second language {seconds.total() / n:.4f}, without English {foreign / n:.5f}")
    print("corpus: the most frequent", seconds.most_common(12))


def mixed(texts: dict[str, list[str]]) -> None:
    """Print how many documents put together from two languages are right."""
    draw = random.Random(0)

    def piece(lang: str, size: int) -> str:
        some: list[str] = []
        while sum(len(text.encode()) for text in some) < size:
            some.append(draw.choice(texts[lang]))
        return "\n".join(some).encode()[:size].decode(errors="ignore")

    def page(*parts: tuple[str, int]) -> str:
        return "\n".join(piece(lang, size) for lang, size in parts)

    for name, sizes, english in (
        ("English head, 1.2 kB of 10", (1200, 8800), True),
        ("English head, 0.5 kB of 3", (500, 2500), True),
        ("halves, English and another", (4000, 4000), True),
        ("halves, any two", (3000, 3000), False),
        ("30 % and 70 %", (2500, 6000), False),
        ("halves of 500 bytes", (250, 250), False),
        ("paragraphs of 300 bytes, in turn", (300, 300) * 8, False),
    ):
        pairs = [draw.sample(sorted(GLM4), 2) for _ in range(PER_KIND)]
        pairs = [(a, b) if not english else ("en", b if b != "en" else a) for a, b in pairs]
        found = identified([page(*((pair[i % 2], size) for i, size in enumerate(sizes))) for pair in pairs])
        primary = [pair if sizes[0] == sizes[1] else pair[sizes[0] < sizes[1] :][:1] for pair in pairs]
        first = [code in codes for (code, _), codes in zip(found, primary, strict=True)]
        both = [set(codes) == set(pair) for codes, pair in zip(found, pairs, strict=True)]
        print(f"{name:34} language right {sum(first) / PER_KIND:.3f}, both {sum(both) / PER_KIND:.3f}")


def script(rows: list[dict[str, str]]) -> None:
    """Print what Chinese documents whose address names their script are taken for."""
    batch = documents([gate(row["text"]) for row in rows], source="b")
    columns = IDENTIFY(batch)
    found = Script()(with_columns(batch, IDENTIFY.adds, columns))[0].to_pylist()
    places = [re.search(r"zh[-_](cn|tw|hk)", row["url"].lower()) for row in rows]
    of_zh = zip(places, found, columns[0].to_pylist(), strict=True)
    print("script", Counter((place[1], code) for place, code, lang in of_zh if place and lang == "zh"))


def speed(texts: dict[str, list[str]]) -> None:
    """Print documents of 3 kB a CPU second, by language."""
    rates = {}
    for lang in GLM4:
        text = "\n".join(texts[lang]).encode()
        starts = range(0, min(len(text), 3_000_000) - 3000, 3000)
        pages = [text[start : start + 3000].decode(errors="ignore") for start in starts]
        batch, spent = documents(pages, source="b"), []
        for _ in range(4):
            started = time.process_time()
            Script()(with_columns(batch, IDENTIFY.adds, IDENTIFY(batch)))
            spent.append(time.process_time() - started)
        rates[lang] = round(len(pages) / min(spent))
    print("documents a second", dict(sorted(rates.items(), key=lambda item: item[1])))


def main() -> None:
    """Measure it all."""
    folder, pool = map(Path, sys.argv[1:])
    texts = {}
    for path in sorted(folder.glob("*.jsonl.gz")):
        lang = path.name.split(".")[0]
        texts[lang] = [gate(row["text"]) for row in rows_of(path) if lang == "en" or float(row["en_share"]) < 0.1]
    short(rows_of(pool))
    corpus(texts)
    mixed(texts)
    script(rows_of(folder / "zh.jsonl.gz"))
    speed(texts)


if __name__ == "__main__":
    main()
