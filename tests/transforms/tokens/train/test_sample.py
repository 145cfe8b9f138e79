"""The sample depends on the set of texts and the seed, on nothing else."""

from collections.abc import Sequence

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.tokens.train.sample import HELD_OUT, Sampler

texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=60)


def sample(
    parts: Sequence[Sequence[str]], learn: int = 100, held: int = 20, seed: int = 0
) -> tuple[list[str], list[str]]:
    sampler = Sampler(learn, held, seed)
    for part in parts:
        sampler.add(pa.array(part, pa.string()))
    return sampler.learn(), sampler.held_out()


@given(texts, st.integers(0, 60), st.randoms())
def test_order_and_parts_do_not_matter(some: list[str], cut: int, chance: object) -> None:
    shuffled = list(some)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sample([some]) == sample([shuffled[:cut], shuffled[cut:]])


@given(texts)
def test_the_two_sides_are_apart(some: list[str]) -> None:
    learn, held = sample([some], 10**9, 10**9)
    assert not set(learn) & set(held)
    assert sorted([*learn, *held]) == sorted(set(some))


@given(texts, st.integers(0, 200))
def test_the_fewest_that_are_enough(some: list[str], wanted: int) -> None:
    everything, _ = sample([some], 10**9)
    learn, _ = sample([some], wanted)
    assert learn == everything[: len(learn)]
    assert sum(len(text.encode()) for text in learn[:-1]) < wanted or not learn
    assert len(learn) == len(everything) or sum(len(text.encode()) for text in learn) >= wanted


def test_the_seed_chooses() -> None:
    many = [str(number) for number in range(2000)]
    assert sample([many]) != sample([many], seed=1)
    learn, held = sample([many], 10**9, 10**9)
    assert 0.5 / HELD_OUT < len(held) / len(many) < 2 / HELD_OUT


def test_a_book_is_cut() -> None:
    learn, held = sample([["的" * 300_000]], 10**9, 10**9)
    assert [len(text) for text in (*learn, *held)] == [100_000]
