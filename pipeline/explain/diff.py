"""Where two texts differ, word by word, in bounded time.

E. Myers, An O(ND) Difference Algorithm and Its Variations, Algorithmica 1 (1986): the greedy search over diagonals.
Near duplicates differ little, so N words and D differences cost about N + D². Both are bounded; what lies behind the
bound is said to be not compared.
"""

import re
from itertools import groupby
from typing import NamedTuple

__all__ = ["Differences", "Part", "differences", "words_of"]

_MOST_WORDS = 10_000
"""Words of each text that are compared, apart from what both begin with."""
_MOST_EDITS = 400
_WORD = re.compile(
    # An ideograph or kana is a word; so is any other character that is neither letter nor space.
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]\s*"
    r"|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+\s*"
    r"|[^\w\s]\s*"
    r"|\s+"
)

Part = tuple[str, str]
"""`=`, `-` (only in the first text) or `+` (only in the second), and the passage."""


class Differences(NamedTuple):
    """The passages in reading order; joined without `+` they are the first text, without `-` the second.

    `same`: share of the compared words that both have, in [0, 1]. `left`: words of each text that were not compared.
    """

    parts: tuple[Part, ...]
    same: float
    left: tuple[int, int]


def words_of(text: str) -> list[str]:
    """Return a text's words with the white space behind them.

    >>> words_of("Ein Wort, 二字.")
    ['Ein ', 'Wort', ', ', '二', '字', '.']
    """
    return _WORD.findall(text)


def differences(one: str, other: str) -> Differences:
    """Compare two texts."""
    first, second = words_of(one), words_of(other)
    begin = _common(first, second)
    a, b = first[begin : begin + _MOST_WORDS], second[begin : begin + _MOST_WORDS]
    left = len(first) - begin - len(a), len(second) - begin - len(b)
    whole = left == (0, 0)
    end = _common(a[::-1], b[::-1]) if whole else 0
    middle, reached = _edits(a[: len(a) - end], b[: len(b) - end])
    if reached != (len(a) - end, len(b) - end):
        left = left[0] + len(a) - reached[0], left[1] + len(b) - reached[1]
        end = 0
    same = begin + end + sum(kind == "=" for kind, _ in middle)
    total = 2 * same + sum(kind != "=" for kind, _ in middle)
    edits = [("=", "".join(first[:begin])), *middle, ("=", "".join(a[len(a) - end :]))]
    runs = groupby((edit for edit in edits if edit[1]), key=lambda edit: edit[0])
    parts = [(kind, "".join(word for _, word in run)) for kind, run in runs]
    return Differences(tuple(parts), 2 * same / total if total else 1.0, left)


def _common(one: list[str], other: list[str]) -> int:
    """Return how many words both begin with."""
    return next((i for i, (x, y) in enumerate(zip(one, other, strict=False)) if x != y), min(len(one), len(other)))


def _edits(a: list[str], b: list[str]) -> tuple[list[Part], tuple[int, int]]:
    """Return a shortest way from a to b, word by word, and how much of each it covers.

    `furthest[k]` is how far into a the best way on diagonal k (place in a less place in b) has come with d edits.
    """
    furthest, trace = {1: 0}, []
    for d in range(_MOST_EDITS + 1):
        trace.append(dict(furthest))
        for k in range(-d, d + 1, 2):
            down = k == -d or (k != d and furthest[k - 1] < furthest[k + 1])
            x = furthest[k + 1] if down else furthest[k - 1] + 1
            while x < len(a) and x - k < len(b) and a[x] == b[x - k]:
                x += 1
            furthest[k] = x
            if x >= len(a) and x - k >= len(b):
                return _back(a, b, trace, len(a), len(b)), (len(a), len(b))
    inside = [(x, x - k) for k, x in furthest.items() if (k - d) % 2 == 0 and x <= len(a) and x - k <= len(b)]
    x, y = max(inside, key=lambda place: (sum(place), place))
    return _back(a, b, trace, x, y), (x, y)


def _back(a: list[str], b: list[str], trace: list[dict[int, int]], x: int, y: int) -> list[Part]:
    """Follow the way back from a place."""
    edits: list[Part] = []
    for d in range(len(trace) - 1, -1, -1):
        furthest, k = trace[d], x - y
        down = k == -d or (k != d and furthest[k - 1] < furthest[k + 1])
        start = furthest[k + 1] if down else furthest[k - 1] + 1
        while x > start and x > 0 and y > 0:
            x, y = x - 1, y - 1
            edits.append(("=", a[x]))
        if d == 0:
            break
        if down:
            y -= 1
            edits.append(("+", b[y]))
        else:
            x -= 1
            edits.append(("-", a[x]))
    return edits[::-1]
