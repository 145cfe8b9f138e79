"""One language or two, against a plain twin."""

import math
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.language.bayes import labels
from babelmill.transforms.language.mixture import _opinions, opinions
from babelmill.transforms.language.sample import Sample

LABEL = [0, 1, 2, 2, 3]
NOTHING = 3
PRIOR = [-1.0, -2.0, -1.5, -1.0, -3.0]
SCORE = st.integers(1, 400).map(lambda n: -float(n))
DOCUMENT = st.lists(st.tuples(*[SCORE] * len(LABEL), st.integers(1, 100)), min_size=1, max_size=5)


def plain_opinion(windows: list[tuple[float, ...]]) -> tuple[list[float], int, float]:
    """Return the labels' probabilities, the second label or -1, and its share."""
    scores, sizes = [window[:-1] for window in windows], [int(window[-1]) for window in windows]
    columns = range(len(LABEL))
    sums = [sum(score[c] for score in scores) for c in columns]
    best = [max(columns, key=lambda c: values[c]) for values in (sums, *scores)]
    pairs = [pair for pair in combinations(dict.fromkeys(best), 2) if LABEL[pair[0]] != LABEL[pair[1]]]
    gain = {(a, b): sum(max(score[a], score[b]) for score in scores) - max(sums) for a, b in pairs}
    read, second, share = sum(sizes), -1, 0.0
    if gain and max(gain.values()) > 100:
        pair = max(gain, key=lambda pair: gain[pair])
        of = {c: [w for w, score in enumerate(scores) if score[c] > score[pair[pair[0] == c]]] for c in pair}
        size = {c: sum(sizes[w] for w in of[c]) for c in pair}
        a, b = sorted(pair, key=lambda c: -size[c])
        if LABEL[a] == NOTHING and size[b] >= 0.2 * read:
            a, b = b, a
        if LABEL[b] != NOTHING and size[b] >= 0.2 * read:
            second, share = LABEL[b], size[b] / read
        sums = [sum(scores[w][c] for w in of[a]) for c in columns]
        read = size[a]
    logits = [(sums[c] + PRIOR[c]) / math.sqrt(read) for c in columns]
    exps = [math.exp(logit - max(logits)) for logit in logits]
    probabilities = [sum(exps[c] for c in columns if LABEL[c] == label) / sum(exps) for label in range(4)]
    return probabilities, second, share


def judge(documents: list[list[tuple[float, ...]]]) -> tuple[npt.NDArray[np.float32], list[int], list[float]]:
    rows = np.array([row for document in documents for row in document], np.float32)
    first = np.cumsum([0, *map(len, documents)]).astype(np.int32)
    n = len(documents)
    found = np.empty((n, 4), np.float32), np.empty(n, np.int32), np.empty(n, np.float32)
    scores, size = np.ascontiguousarray(rows[:, :-1]), rows[:, -1].astype(np.int32)
    _opinions(scores, first, size, np.array(PRIOR, np.float32), np.array(LABEL, np.int32), NOTHING, *found)
    return found[0], found[1].tolist(), found[2].tolist()


@given(documents=st.lists(DOCUMENT, min_size=1, max_size=4))
def test_like_the_plain_twin(documents: list[list[tuple[float, ...]]]) -> None:
    found = judge(documents)
    for document, probability, second, share in zip(documents, *found, strict=True):
        expected = plain_opinion(document)
        assert probability.tolist() == pytest.approx(expected[0], abs=1e-4)
        assert (second, share) == (expected[1], pytest.approx(expected[2]))
        assert 0.2 <= share <= 0.5 if second >= 0 else share == 0


def test_two_languages() -> None:
    one, other, either = (-10.0, -200.0, -300.0, -300.0, -300.0), (-200.0, -10.0, -300.0, -300.0, -300.0), (-50.0,) * 5
    probability, second, share = judge([[(*one, 60), (*other, 40)], [(*one, 30), (*either, 30), (*other, 40)]])
    assert probability.argmax(axis=1).tolist() == [0, 1]
    assert second == [1, 0]
    assert share == pytest.approx([0.4, 0.3])


def test_code_is_no_second_language() -> None:
    text, code = (-10.0, -300.0, -300.0, -300.0, -200.0), (-200.0, -300.0, -300.0, -300.0, -10.0)
    probability, second, share = judge([[(*text, 25), (*code, 75)], [(*text, 10), (*code, 90)]])
    assert probability.argmax(axis=1).tolist() == [0, NOTHING]
    assert (second, share) == ([-1, -1], [0, 0])


def test_real_windows() -> None:
    windows = ["Dies ist ein ganz gewöhnlicher Satz, wie er überall steht.", "这是一个普通的句子，到处都可以看到。"] * 2
    found = opinions(Sample(pa.array([*windows, *windows[::2], "", "7"]), np.array([0, 4, 6, 7, 8], np.int32)))
    assert [labels()[label] for label in found.probability.argmax(axis=1)[:2]] == ["de", "de"]
    assert not found.probability[2:].any()
    assert [labels()[label] if label >= 0 else None for label in found.second] == ["zh", None, None, None]
    assert found.share[0] == pytest.approx(0.47, abs=0.05)
