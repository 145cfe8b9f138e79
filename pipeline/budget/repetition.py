"""Repetition: what tokens are worth that a model sees again."""

import math

__all__ = ["DECAY", "effective_tokens"]

DECAY = 15.387756
"""R*_D, fitted on 182 runs: after as many repetitions a repeated token is worth 1/e of a new one (Muennighoff et al.
2023, Scaling Data-Constrained Language Models, arXiv 2305.16264, appendix A)."""


def effective_tokens(unique: float, seen: float) -> float:
    """Return how many new tokens the tokens that are seen are worth.

    D' = U + U R* (1 - exp(-R / R*)), R = seen / U - 1 repetitions (arXiv 2305.16264, equation 5). U is what is used of
    the unique tokens, so less than one epoch is worth what it is. At 4 epochs a token is worth 0.93 new ones, and no
    number of epochs makes more than 16.4 U of U.

    Args:
        unique: tokens that there are, each counted once.
        seen: tokens in the training mix; 0 where there are none to see.
    """
    if seen <= unique or not unique:
        return min(seen, unique)
    worth = unique - unique * DECAY * math.expm1(-(seen / unique - 1) / DECAY)
    return min(worth, seen)
