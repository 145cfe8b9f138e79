"""Shares: how the total is divided among languages, and among sources, before any bound on epochs."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from babelmill.pipeline.budget.apportion import apportion, exact
from babelmill.pipeline.config.budget import RECIPE_SHARES, REST, BudgetSection, Sampling

__all__ = ["language_weights", "rake", "source_weights", "wanted_tokens"]

_AS_THEY_COME = Sampling(method="temperature", alpha=1)
_ROUNDS = 1000
_CLOSE = 1e-10
_LEAST = 1e-9


def _weights(shares: Mapping[str, float], sampling: Sampling, have: Mapping[str, Fraction]) -> list[Fraction]:
    """Return each name's part of the total, in the order of `have`; parts of nobody are left out, so they may be < 1.

    Temperature sampling: p ~ tokens ** alpha among the names of `rest` (arXiv 1907.05019 calls 1 / alpha the
    temperature). A name without tokens then gets none.
    """
    rest = [name for name in have if name not in shares]
    if sampling.alpha is None:
        sizes = [Fraction(1)] * len(rest)
    elif sampling.alpha == 1:
        sizes = [have[name] for name in rest]
    else:
        sizes = [Fraction(float(have[name]) ** sampling.alpha) if have[name] else Fraction() for name in rest]
    if not any(sizes):
        sizes = [Fraction(1)] * len(rest)
    whole, mine = sum(sizes, start=Fraction()), exact(shares.get(REST, 0))
    of_rest = {name: mine * size / whole for name, size in zip(rest, sizes, strict=True)}
    return [of_rest[name] if name in of_rest else exact(shares[name]) for name in have]


def language_weights(section: BudgetSection, have: Mapping[str, Fraction]) -> list[Fraction]:
    """Return each language's weight.

    The recipe's shares are those of the languages that the run has. Where `rest` is nobody, its share goes to all.

    Args:
        section: the budget.
        have: the run's languages, in their order, and the tokens of each.
    """
    return _weights(RECIPE_SHARES if section.shares is None else section.shares, section.sampling, have)


def source_weights(section: BudgetSection, have: Mapping[str, Fraction]) -> list[Fraction] | None:
    """Return each source's weight; None where sources are taken as they come.

    Args:
        section: the budget.
        have: the run's sources, in their order, and the tokens of each times their weights.
    """
    sources = section.sources
    if not sources.shares and sources.sampling is None:
        return None
    return _weights(sources.shares or {REST: 1}, sources.sampling or _AS_THEY_COME, have)


def wanted_tokens(section: BudgetSection, have: Mapping[str, int]) -> dict[str, int]:
    """Return the tokens that are wanted of each language that the run has; they add up to `total_tokens`."""
    weights = language_weights(section, {lang: Fraction(tokens) for lang, tokens in have.items()})
    return dict(zip(have, apportion(section.total_tokens, weights), strict=True))


def rake(seeds: npt.NDArray[np.float64], rows: Sequence[int], columns: Sequence[int]) -> npt.NDArray[np.float64]:
    """Return the factor of each column with which a table of seeds meets its columns' sums as well as its rows'.

    Iterative proportional fitting (Deming and Stephan 1940): each row is always scaled to its own sum, the columns'
    factors are corrected until their sums are met too. Where no table has both (a source whose only language is small)
    the rows hold, and the columns come as near as they can.

    Args:
        seeds: shape (rows, columns), from 0.
        rows: the sum of each row.
        columns: the sum of each column.

    Returns:
        Factors in (0, 1].
    """
    wanted = np.asarray(columns, np.float64)
    factors = np.ones_like(wanted)
    for _ in range(_ROUNDS):
        table = seeds * factors
        sums = table.sum(axis=1, keepdims=True)
        table *= np.divide(np.asarray(rows, np.float64)[:, None], sums, out=np.zeros_like(sums), where=sums > 0)
        found = table.sum(axis=0)
        if np.abs(found - wanted).sum() <= _CLOSE * max(1.0, wanted.sum()):
            break
        factors *= np.divide(wanted, found, out=np.ones_like(found), where=found > 0)
        # Never nothing: a language may have no other source than one of which little is wanted.
        factors = np.maximum(factors / factors.max(initial=_LEAST), _LEAST)
    return factors
