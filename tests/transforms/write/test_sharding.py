"""Sharding: one shard for each document, the same however the input was cut up, and shards of about the target."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.write.sharding import WINDOW_SHARDS, item_bases, shard_numbers

Documents = list[tuple[str, int, int]]
"""(language, bytes, order) of each."""

documents = st.lists(
    st.tuples(st.sampled_from(["zh", "en", "no"]), st.integers(1, 5000), st.integers(0, 2**64 - 1)), max_size=60
)
cuts = st.lists(st.integers(0, 60), max_size=8)
targets = st.integers(1, 20_000)


def dealt(items: list[Documents], target: int) -> list[int]:
    """Return the shard of each document, in input order, as the items find it one by one."""
    kept = []
    for number, item in enumerate(items):
        sizes: dict[str, int] = {}
        for lang, size, _ in item:
            sizes[lang] = sizes.get(lang, 0) + size
        kept.append((number, sizes))
    bases, totals = item_bases(reversed(kept))
    shards = []
    for number, item in enumerate(items):
        found = np.full(len(item), -1)
        for lang in {lang for lang, _, _ in item}:
            mine = np.array([row for row, document in enumerate(item) if document[0] == lang])
            sizes_of = np.array([item[row][1] for row in mine], np.int64)
            order = np.array([item[row][2] for row in mine], np.uint64)
            offset = bases[number][lang] + np.cumsum(sizes_of) - sizes_of
            found[mine] = shard_numbers(order, offset, totals[lang], target)
        shards += found.tolist()
    return shards


@given(documents, cuts, targets)
def test_the_shard_does_not_depend_on_how_the_input_is_cut(some: Documents, ends: list[int], target: int) -> None:
    edges = [0, *sorted(min(end, len(some)) for end in ends), len(some)]
    items = [some[start:end] for start, end in zip(edges, edges[1:], strict=False)]
    assert dealt(items, target) == dealt([some], target)


@given(documents)
def test_bases_and_totals(some: Documents) -> None:
    items = [(number, {lang: size}) for number, (lang, size, _) in enumerate(some)]
    bases, totals = item_bases(items)
    assert totals == {lang: sum(size for other, size, _ in some if other == lang) for lang, _, _ in some}
    for number, (lang, _, _) in enumerate(some):
        assert bases[number] == {lang: sum(size for other, size, _ in some[:number] if other == lang)}


def placed(sizes: list[int]) -> tuple[npt.NDArray[np.int64], int]:
    found = np.array(sizes, np.int64)
    return np.cumsum(found) - found, int(found.sum())


orders = st.lists(st.tuples(st.integers(1, 5000), st.integers(0, 2**64 - 1)), min_size=1, max_size=100)


@given(orders, targets)
def test_numbers_are_in_range(some: list[tuple[int, int]], target: int) -> None:
    offset, total = placed([size for size, _ in some])
    found = shard_numbers(np.array([order for _, order in some], np.uint64), offset, total, target)
    assert len(found) == len(some)
    assert found.min() >= 0
    # Rounding a language's last, shorter window gives at most half a shard more or less.
    assert found.max() <= max(0, total / target + 0.5)


@given(orders, targets)
def test_a_document_stays_in_its_window(some: list[tuple[int, int]], target: int) -> None:
    offset, total = placed([size for size, _ in some])
    shard = shard_numbers(np.array([order for _, order in some], np.uint64), offset, total, target)
    window = offset // (WINDOW_SHARDS * target)
    # The last window takes what is left behind the last whole one, so it may have more shards than the others.
    last = max(1, round(total / (WINDOW_SHARDS * target))) - 1
    assert (np.minimum(shard // WINDOW_SHARDS, last) == np.minimum(window, last)).all()


def test_the_extremes_of_order() -> None:
    order = np.array([0, 2**64 - 1], np.uint64)
    found = shard_numbers(order, np.zeros(2, np.int64), 10 * 1000, 1000)
    assert found.tolist() == [0, 9]


def test_little_text_is_one_shard() -> None:
    order = np.array([0, 2**63, 2**64 - 1], np.uint64)
    assert shard_numbers(order, np.array([0, 10, 20]), 30, 1 << 28).tolist() == [0, 0, 0]


def test_shards_have_about_the_target() -> None:
    random = np.random.default_rng(0)
    sizes = random.integers(100, 10_000, 100_000)
    offset, total = placed(sizes.tolist())
    target = total // 50
    found = shard_numbers(random.integers(0, 2**64, len(sizes), np.uint64), offset, total, target)
    per_shard = np.bincount(found, weights=sizes)
    assert len(per_shard) == 50
    assert per_shard.min() > 0.85 * target
    assert per_shard.max() < 1.15 * target


def test_a_shard_mixes_its_whole_window() -> None:
    random = np.random.default_rng(0)
    offset, total = placed([1000] * 16_000)
    found = shard_numbers(random.integers(0, 2**64, 16_000, np.uint64), offset, total, 1_000_000)
    assert set(found.tolist()) == set(range(16))
    for shard in range(16):
        assert np.ptp(offset[found == shard]) > 0.9 * total
