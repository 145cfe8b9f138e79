"""Train the weights that tell program code from text, and its language: configs/models/code.npz.

    python -m tests.code_training PACKAGES TEXTS code.npz

PACKAGES is a folder with one folder for each unpacked package (tests/code_sources.py says what is taken of it); TEXTS
a folder of `<lang>.jsonl.gz` with the field text. A quarter of the packages and of the texts, by a hash of their names,
is left for tests/benchmarks/code.py. Logistic regression by AdaGrad over the features of lines, twice: lines that the
first round finds on the wrong side (prose in programs, commands in manuals) are left out of the second.
"""

import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.language.code_features import LINE_FEATURES, line_features
from babelmill.transforms.language.code_lines import PROSE, SCORED, may_end_the_text, next_line
from tests.code_sources import Program, manuals, programs, texts

LINES_A_LANGUAGE, LINES_A_TEXT = 25_000, 14_000
BUCKETS, LANGUAGE_BUCKETS, PACKAGES = 1 << 16, 1 << 16, 3
"""Weights of lines; of programming languages; and in how many packages one of their features must be."""
CHUNK = 30
"""Lines of a program that its language is learned from at a time."""


@kernel
def _lines(data, kinds, starts, stops):
    """Find the lines of a text: their kinds (a block that never ends is none), starts and ends; return how many."""
    at = n = block = opened = 0
    while at < len(data):
        before = block
        stop, kind, block, _ = next_line(data, at, len(data), block)
        if block != 0 and before == 0:
            opened = n
        kinds[n], starts[n], stops[n] = kind, at, stop
        n += 1
        at = stop + 1
    if block != 0 and not may_end_the_text(block):
        kinds[opened:n] = np.where(kinds[opened:n] == 0, 0, SCORED)
    return n


@kernel
def _features(data, starts, stops, out, first):
    room = np.empty(LINE_FEATURES, np.uint32)
    n = 0
    for i in range(len(starts)):
        k = line_features(data, starts[i], stops[i], room)
        out[n : n + k] = room[:k]
        n += k
        first[i + 1] = n
    return n


def lines_of(text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return a text's bytes, and its lines' kinds, starts and ends."""
    data = np.frombuffer(text.encode() or b"\n", np.uint8)
    room = text.count("\n") + 2
    kinds, starts, stops = np.zeros(room, np.int64), np.zeros(room, np.int64), np.zeros(room, np.int64)
    n = _lines(data, kinds, starts, stops)
    return data, kinds[:n], starts[:n], stops[:n]


def features_of(data: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the features of some lines, and where those of each begin."""
    out = np.empty(int((3 * (np.minimum(stops - starts, 1000) + 2)).sum()), np.uint32)
    first = np.zeros(len(starts) + 1, np.int64)
    return out[: _features(data, starts, stops, out, first)].copy(), first


def markup(line: bytes) -> bool:
    """Say whether a line of HTML or XML has markup in it; all others are text."""
    return b"<" in line or b"{" in line or b"=" in line


def no_program(line: bytes) -> bool:
    """Say whether a line of a text is not a program on one line, as pages have where their newlines were lost."""
    return len(line) < 150 or 30 * sum(map(line.count, (b"(", b";", b"=", b"{", b"_"))) < len(line)


def no_starred(line: bytes) -> bool:
    """Say whether a line does not begin as comments do in old Fortran and in the middle of a block."""
    return not line.lstrip().startswith(b"*") and not line.startswith((b"C ", b"c "))


def sample(documents: list[str], most: int, seed: int, is_told: Callable[[bytes], bool] = bool) -> Iterator[bytes]:
    """Yield different scored lines of some documents, those of each in turn."""
    draw, seen = random.Random(seed), set()
    share = max(20, 3 * most // max(1, len(documents)))
    for text in documents:
        data, kinds, starts, stops = lines_of(text)
        rows = [
            row
            for row in np.flatnonzero((kinds == SCORED) | (kinds == PROSE)).tolist()
            if is_told(data[starts[row] : stops[row]].tobytes())
        ]
        for row in draw.sample(rows, min(share, len(rows))):
            line = data[starts[row] : stops[row]].tobytes()
            if line not in seen:
                seen.add(line)
                yield line
                if len(seen) >= most:
                    return


def packed(lines: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Return the features of lines."""
    data = np.frombuffer(b"\n".join(lines), np.uint8)
    stops = np.cumsum([len(line) + 1 for line in lines]) - 1
    starts = np.concatenate([[0], stops[:-1] + 1])
    return features_of(data, starts, stops)


@kernel
def _binary_epoch(features, first, label, weight, order, w, g, bias, rate, decay):
    mask = len(w) - 1
    loss = 0.0
    for r in order:
        a, b = first[r], first[r + 1]
        x = 1 / np.sqrt(b - a)
        z = bias[0]
        for f in range(a, b):
            z += w[features[f] & mask] * x
        p = 1 / (1 + np.exp(-z))
        loss -= weight[r] * np.log(max(1e-9, p if label[r] else 1 - p))
        d = (p - label[r]) * weight[r]
        bias[1] += d * d
        bias[0] -= rate * d / np.sqrt(bias[1])
        for f in range(a, b):
            k = features[f] & mask
            step = d * x + decay * w[k]
            g[k] += step * step
            w[k] -= rate * step / np.sqrt(g[k])
    return loss / len(order)


@kernel
def _scores(features, first, w, bias):
    out = np.empty(len(first) - 1)
    for r in range(len(out)):
        z = 0.0
        for f in range(first[r], first[r + 1]):
            z += w[features[f] & (len(w) - 1)]
        out[r] = bias + z / np.sqrt(first[r + 1] - first[r])
    return out


def train_lines(
    features: np.ndarray, first: np.ndarray, label: np.ndarray, weight: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return the weights of a logistic regression over some of the lines, and its bias."""
    w, g, bias = np.zeros(BUCKETS), np.full(BUCKETS, 1e-3), np.array([0.0, 1e-3])
    draw = np.random.default_rng(0)
    for epoch in range(5):
        loss = _binary_epoch(features, first, label, weight, draw.permutation(rows), w, g, bias, 0.25, 1e-6)
        print(f"  epoch {epoch}: loss {loss:.4f}")
    return w, float(bias[0])


@kernel
def _many_epoch(features, first, label, order, w, g, rate):
    mask = w.shape[0] - 1
    right = 0
    for r in order:
        a, b = first[r], first[r + 1]
        x = np.float32(1 / np.sqrt(b - a))
        z = np.zeros(w.shape[1], np.float32)
        for f in range(a, b):
            z += w[features[f] & mask]
        z *= x
        right += z.argmax() == label[r]
        p = np.exp(z - z.max())
        p /= p.sum()
        p[label[r]] -= 1
        p *= x
        for f in range(a, b):
            k = features[f] & mask
            for c in range(len(p)):
                g[k, c] += p[c] * p[c]
                w[k, c] -= rate * p[c] / np.sqrt(g[k, c])
    return right / len(order)


def train_languages(found: dict[str, list[Program]], names: list[str]) -> np.ndarray:
    """Return float32[buckets, languages]: the weights of a softmax regression over chunks of lines."""
    parts, label = [], []
    packages: dict[str, list[np.ndarray]] = defaultdict(list)
    draw = random.Random(0)
    for number, lang in enumerate(names):
        chunks = []
        for package, text in found[lang]:
            data, kinds, starts, stops = lines_of(text)
            rows = np.flatnonzero(kinds > 0)
            chunks += [
                (package, data, starts[rows[at : at + CHUNK]], stops[rows[at : at + CHUNK]])
                for at in range(0, len(rows), CHUNK)
            ]
        draw.shuffle(chunks)
        for package, data, starts, stops in chunks[:300]:
            features = np.unique(features_of(data, starts, stops)[0])
            parts.append(features)
            label.append(number)
            packages[package].append(features)
    # What one package alone has, or two, is its own names.
    each = np.concatenate([np.unique(np.concatenate(some)) for some in packages.values()])
    known, times = np.unique(each, return_counts=True)
    common = known[times >= PACKAGES]
    parts = [
        np.unique(
            part[common[np.searchsorted(common, part).clip(max=len(common) - 1)] == part] & (LANGUAGE_BUCKETS - 1)
        )
        for part in parts
    ]
    print(f"  {len(common)} features in {PACKAGES} packages and more, of {len(known)}")
    first = np.cumsum([0, *map(len, parts)])
    features, ends, labels = np.concatenate(parts), first, np.array(label)
    w = np.zeros((LANGUAGE_BUCKETS, len(names)), np.float32)
    g = np.full(w.shape, 1e-3, np.float32)
    order = np.random.default_rng(0)
    for epoch in range(5):
        right = _many_epoch(features, ends, labels, order.permutation(len(labels)), w, g, np.float32(0.1))
        print(f"  languages, epoch {epoch}: {right:.4f}")
    return w


def learn_lines(
    found: dict[str, list[Program]], prose: dict[str, list[str]], about: list[str]
) -> dict[str, np.ndarray]:
    """Return `code`, `unit` and `bias` of the weights.

    Args:
        found: language → programs.
        prose: language → texts.
        about: texts about programs, which count eight times as much as those of a language.
    """
    groups = [
        list(sample([one.text for one in some], LINES_A_LANGUAGE, 1, markup if lang in ("html", "xml") else no_starred))
        for lang, some in found.items()
    ]
    groups += [list(sample(some, LINES_A_TEXT, 2, no_program)) for some in prose.values()]
    groups += [list(sample(about, 2 * LINES_A_LANGUAGE, 3, no_program))]
    lines = [line for group in groups for line in group]
    label = np.concatenate([np.full(len(group), n < len(found)) for n, group in enumerate(groups)])
    # Each language counts as much as another, of programs and of texts.
    weight = np.concatenate([np.full(len(group), 1 / max(1, len(group))) for group in groups if group])
    weight[-len(groups[-1]) :] *= 8
    for side in (True, False):
        weight[label == side] *= 0.5 * len(label) / weight[label == side].sum()
    weight = np.minimum(weight, 10 * np.median(weight))
    features, first = packed(lines)
    print(len(lines), "lines,", len(features), "features")
    rows = np.arange(len(label))
    for limit in (1, 0):
        w, bias = train_lines(features, first, label, weight, rows)
        scores = _scores(features, first, w, bias)
        rows = np.flatnonzero(np.where(label, scores > -limit, scores < limit)) if limit else rows
        print(f"  {1 - len(rows) / len(label):.4f} left out")
    unit = float(np.abs(w).max() / 127)
    return {"code": np.rint(w / unit).astype(np.int8), "unit": np.float32(unit), "bias": np.float32(bias)}


def learn_languages(found: dict[str, list[Program]]) -> dict[str, np.ndarray]:
    """Return `language`, `language_unit` and `names` of the weights."""
    w = train_languages(found, list(found))
    unit = float(np.quantile(np.abs(w[w != 0]), 0.999) / 127)
    language = np.clip(np.rint(w / unit), -127, 127).astype(np.int8)
    return {"language": language, "language_unit": np.float32(unit), "names": np.array(list(found))}


def main() -> None:
    """Train and write."""
    packages, folder, out = map(Path, sys.argv[1:])
    found = {lang: some for lang, some in programs(packages, False).items() if len(some) >= 20}
    print({lang: len(some) for lang, some in found.items()})
    lines = learn_lines(found, texts(folder, False), manuals(packages, False))
    np.savez_compressed(out, **lines, **learn_languages(found))
    print(out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
