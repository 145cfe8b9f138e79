"""Benchmark: is the time of the kernels linear in a text's length, whatever the text?

    python -m tests.benchmarks.linear

For each hostile text, CPU seconds for 5 and 10 MB of signals, of signatures and of the search for personal data, and
their ratio: 2 is linear.
"""

import time
from collections.abc import Callable
from functools import partial

import pyarrow as pa

from babelmill.transforms.dedup.minhash import signatures
from babelmill.transforms.pii.mask import Mask
from babelmill.transforms.quality.measure import measure

HOSTILE = {
    "one word": "a",
    "spaces": " ",
    "newlines": "\n",
    "one repeated word": "word ",
    "combining marks": "\u0301",
    "affixes": "/-",
    "strokes": "a/",
    "hyphens": "a-",
    "one character": "中",
    "list": "- x\n",
    "joined": "a.b@",
    "at signs": "@",
    "addresses": "a@",
    "domains": "a@b.",
    "digits": "0",
    "dotted": "1.",
    "grouped": "0-0-",
    "brackets": "(0) ",
    "calling codes": "+49",
    "colons": ":",
    "groups of IPv6": "2001:",
    "accounts": "DE89",
    "cards": "4111 ",
    "users": "//:@",
    "other digits": "٣",
}
SIZES = (5_000_000, 10_000_000)
LANG = pa.array(["en"])
KERNELS: dict[str, Callable[[pa.Array], object]] = {
    "signals": lambda text: measure(text, LANG, {"en": ("the",)}),
    "personal": Mask().find,
    "signatures": lambda text: signatures(text, 5, 14, 8, 1),
}


def cpu_s(work: Callable[[], object]) -> float:
    """Return the least of three runs' CPU seconds."""
    spent = []
    for _ in range(3):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


def main() -> None:
    """Print a line a text."""
    for name, unit in HOSTILE.items():
        texts = [pa.array([unit * (size // len(unit.encode()))]) for size in SIZES]
        for what, kernel in KERNELS.items():
            short, long = (cpu_s(partial(kernel, text)) for text in texts)
            print(f"{name:20} {what:11} {short:.3f} s  {long:.3f} s  x {long / short:.2f}")


if __name__ == "__main__":
    main()
