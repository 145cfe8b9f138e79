"""Sharding: which document goes into which shard. It depends on the documents alone, never on how they were cut up.

Kept bytes of a language, in input order:

    0 ─────────────── window 0 ──────────────┬─────────────── window 1 ─────────── …
    shards 0 … 15, by the document's random `order`          shards 16 … 31

A window is WINDOW_SHARDS shards long. Inside it a document's `order`, a random number made from its text, picks the
shard and its place there, so each shard is a uniform sample of its window: the documents of many inputs, mixed.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

__all__ = ["WINDOW_SHARDS", "index_path", "item_bases", "shard_count", "shard_numbers", "shard_path"]

WINDOW_SHARDS = 16
"""Shards that are mixed with each other: each is written from all staged files of its window."""


def item_bases(kept: Iterable[tuple[int, dict[str, int]]]) -> tuple[dict[int, dict[str, int]], dict[str, int]]:
    """Return, for every item and language, the kept bytes before it in input order, and each language's total.

    Args:
        kept: item number, and its kept bytes by language, in any order.
    """
    totals: dict[str, int] = {}
    bases: dict[int, dict[str, int]] = {}
    for item, sizes in sorted(kept, key=lambda pair: pair[0]):
        bases[item] = {lang: totals.get(lang, 0) for lang in sizes}
        for lang, size in sizes.items():
            totals[lang] = totals.get(lang, 0) + size
    return bases, totals


def _windows(total: int, target: int) -> tuple[int, int]:
    """Return the windows of a language, and the shards of the last of them."""
    window_bytes = WINDOW_SHARDS * target
    windows = max(1, round(total / window_bytes))
    return windows, max(1, round((total - (windows - 1) * window_bytes) / target))


def shard_count(total: int, target: int) -> int:
    """Return how many shards a language has; of those, one that no document falls into is never written.

    Args:
        total: kept bytes of the language.
        target: bytes of text a shard should have.
    """
    windows, last = _windows(total, target)
    return (windows - 1) * WINDOW_SHARDS + last


def shard_numbers(
    order: npt.NDArray[np.uint64], offset: npt.NDArray[np.int64], total: int, target: int
) -> npt.NDArray[np.int64]:
    """Return the shard of each document of one language.

    Args:
        order: the documents' random order.
        offset: kept bytes of the language before each document, in input order.
        total: kept bytes of the language.
        target: bytes of text a shard should have.
    """
    windows, last = _windows(total, target)
    window = np.minimum(offset // (WINDOW_SHARDS * target), windows - 1)
    shards = np.where(window == windows - 1, last, WINDOW_SHARDS).astype(np.uint64)
    # floor(order * shards / 2^64) without 128-bit integers: the upper 32 bits of the order are enough.
    within = ((order >> np.uint64(32)) * shards) >> np.uint64(32)
    return window * WINDOW_SHARDS + within.astype(np.int64)


def shard_path(lang: str, number: int) -> str:
    """Return a shard's path below the output folder: a hive folder by language."""
    return f"data/lang={lang}/part-{number:05d}.parquet"


def index_path(shard: str) -> str:
    """Return where the index of a shard lies below the output folder."""
    return "index" + shard.removeprefix("data")
