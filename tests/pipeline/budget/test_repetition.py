"""Repetition: the published law, and what any such law must hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.budget.repetition import DECAY, effective_tokens

counts = st.integers(1, 10**14)
many = st.floats(1, 1e6)


@given(counts, many, many)
def test_more_epochs_are_worth_more_but_less_than_new_tokens(unique: int, one: float, other: float) -> None:
    fewer, more = sorted((one * unique, other * unique))
    assert effective_tokens(unique, fewer) <= effective_tokens(unique, more) * (1 + 1e-12)
    assert unique <= effective_tokens(unique, fewer) <= fewer


@given(counts, st.floats(0, 1))
def test_up_to_one_epoch_tokens_are_worth_themselves(unique: int, epochs: float) -> None:
    assert effective_tokens(unique, epochs * unique) == epochs * unique
    assert effective_tokens(unique, unique) == unique


@given(counts, many)
def test_never_more_than_the_laws_bound(unique: int, epochs: float) -> None:
    assert effective_tokens(unique, epochs * unique) <= unique * (1 + DECAY) * (1 + 1e-12)


@given(counts, st.floats(1, 100), st.integers(2, 1000))
def test_only_proportions_count(unique: int, epochs: float, times: int) -> None:
    once = effective_tokens(unique, epochs * unique)
    assert effective_tokens(unique * times, epochs * unique * times) == pytest.approx(once * times)


def test_the_papers_numbers() -> None:
    # Section 3.1: after R* repetitions the repeated tokens are worth on average 1 - 1/e of new ones.
    repeated = effective_tokens(1000, 1000 * (1 + DECAY)) - 1000
    assert repeated == pytest.approx(1000 * DECAY * (1 - 1 / 2.718281828459045))
    # Up to four epochs repeating is almost as good as new data.
    assert effective_tokens(1, 4) / 4 == pytest.approx(0.931, abs=0.001)
    assert effective_tokens(0, 5) == 0
