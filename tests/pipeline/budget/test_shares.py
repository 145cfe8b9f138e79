"""Shares: fixed, by temperature, equal; and the table that meets the sums of its rows and its columns."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.budget.shares import language_weights, rake, source_weights, wanted_tokens
from babelmill.pipeline.config.budget import BudgetSection
from babelmill.transforms.languages import GLM4

tokens = st.integers(0, 10**13)


@given(
    st.sets(st.sampled_from(list(GLM4)), max_size=25),
    st.lists(tokens, min_size=26, max_size=26),
    st.sampled_from([None, 0.0, 0.3, 1.0]),
    st.integers(1, 10**15),
    st.data(),
)
def test_the_wanted_tokens_add_up(
    named: set[str], have: list[int], alpha: float | None, total: int, data: st.DataObject
) -> None:
    parts = {lang: data.draw(st.integers(0, 100)) for lang in sorted(named)} | {"rest": 1}
    sampling = {"method": "unimax"} if alpha is None else {"method": "temperature", "alpha": alpha}
    shares = {lang: part / sum(parts.values()) for lang, part in parts.items()}
    section = BudgetSection(total_tokens=total, shares=shares, sampling=sampling)
    wanted = wanted_tokens(section, dict(zip(GLM4, have, strict=True)))
    assert sum(wanted.values()) == total
    assert all(abs(wanted[lang] - total * shares[lang]) < 1 + total * 1e-12 for lang in named)


def wanted(have: dict[str, int], **section: Any) -> dict[str, int]:
    return wanted_tokens(BudgetSection(**section), have)


def test_the_recipe() -> None:
    found = wanted(dict.fromkeys(GLM4, 5))
    assert (found["zh"], found["en"]) == (4 * 10**12, 5 * 10**12)
    assert sum(found.values()) == 10**13
    assert {found[lang] for lang in GLM4 if lang not in ("zh", "en")} == {10**12 // 24, 10**12 // 24 + 1}


@pytest.mark.parametrize(
    ("languages", "shares"),
    [(["zh", "en"], [4 / 9, 5 / 9]), (["bg"], [1]), (["zh", "bg"], [0.8, 0.2]), (["bg", "ca"], [0.5, 0.5])],
)
def test_the_recipe_in_a_run_of_fewer_languages(languages: list[str], shares: list[float]) -> None:
    found = wanted(dict.fromkeys(languages, 1), total_tokens=9000)
    assert list(found.values()) == [round(9000 * share) for share in shares]


def test_the_rest_is_shared_equally() -> None:
    have = {"zh": 1, "en": 100, "sv": 0, "no": 10}
    assert list(wanted(have, total_tokens=1000, shares={"zh": 0.4, "rest": 0.6}).values()) == [400, 200, 200, 200]
    assert list(wanted(have, total_tokens=1000, shares={"zh": 1}).values()) == [1000, 0, 0, 0]


def test_temperature() -> None:
    have = {"zh": 10_000, "en": 100, "sv": 0}
    half = {"method": "temperature", "alpha": 0.5}
    assert list(wanted(have, total_tokens=110, sampling=half).values()) == [100, 10, 0]
    one = {"method": "temperature", "alpha": 1}
    assert list(wanted(have, total_tokens=1010, sampling=one).values()) == [1000, 10, 0]
    # Of nothing nobody has more.
    assert list(wanted(dict.fromkeys(have, 0), total_tokens=9, sampling=one).values()) == [3, 3, 3]


@given(st.dictionaries(st.sampled_from(list(GLM4)), st.integers(1, 10**13), min_size=2), st.floats(0, 1))
def test_temperature_lies_between_equal_and_by_size(have: dict[str, int], alpha: float) -> None:
    section = BudgetSection(sampling={"method": "temperature", "alpha": alpha})
    weights = language_weights(section, {lang: Fraction(size) for lang, size in have.items()})
    ordered = [weight for _, weight in sorted(zip(have.values(), weights, strict=True))]
    assert ordered == sorted(ordered)
    assert ordered[-1] <= ordered[0] * Fraction(max(have.values()), min(have.values())) * (1 + Fraction(1, 10**9))


def test_sources_as_they_come_have_no_weights() -> None:
    have = {"web": Fraction(30), "books": Fraction(10)}
    assert source_weights(BudgetSection(), have) is None
    section = BudgetSection(sources={"shares": {"books": 0.1, "rest": 0.9}})
    assert source_weights(section, have) == [Fraction(9, 10), Fraction(1, 10)]
    section = BudgetSection(sources={"sampling": {"method": "unimax"}})
    assert source_weights(section, have) == [Fraction(1, 2), Fraction(1, 2)]


@given(st.data(), st.integers(1, 6), st.integers(1, 6))
def test_raking_meets_rows_and_columns(data: st.DataObject, n_rows: int, n_columns: int) -> None:
    numbers = st.integers(1, 1000)
    seeds = np.array([[data.draw(numbers) for _ in range(n_columns)] for _ in range(n_rows)], float)
    # A table with both sums exists where the sums are those of some table.
    other = np.array([[data.draw(numbers) for _ in range(n_columns)] for _ in range(n_rows)], float)
    rows, columns = other.sum(axis=1), other.sum(axis=0)
    table = seeds * rake(seeds, rows.astype(int).tolist(), columns.astype(int).tolist())
    table *= (rows / table.sum(axis=1))[:, None]
    assert table.sum(axis=0) == pytest.approx(columns, rel=1e-6)


def test_where_no_table_has_both_sums_the_columns_come_near() -> None:
    # Only the second row has the second column, and that row is 10: 60 cannot be had.
    seeds = np.array([[5.0, 0.0], [5.0, 5.0]])
    factors = rake(seeds, [90, 10], [40, 60])
    table = seeds * factors
    table *= (np.array([90, 10]) / table.sum(axis=1))[:, None]
    assert (factors > 0).all()
    assert table.sum(axis=0) == pytest.approx([90, 10], abs=0.1)
