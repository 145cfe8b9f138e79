"""langid's naive Bayes over byte n-grams, as a kernel.

The model is py3langid's (140 labels, BSD-3; Lui and Baldwin, ACL 2012), which knows neighbours that lid.176 takes for
one of the corpus's languages. An automaton walks the text's bytes and counts features; the log-likelihood of a label is
the sum of its features' weights, each times log(1 + count).

    >>> names, model = load_bayes()
    >>> names[model.label[likelihoods(pa.array(["Dette er en setning på norsk."]))[0].argmax()]]
    'no'
"""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from py3langid.langid import MODEL_DIR, MODEL_FILE
from py3langid.modelio import load_model

from babelmill.transforms.kernels.array_cache import digest, kept
from babelmill.transforms.kernels.buffers import string_buffers
from babelmill.transforms.kernels.compile import kernel, kernel_part
from babelmill.transforms.kernels.prefetch import prefetch

__all__ = ["MODEL", "Model", "labels", "likelihoods", "load_bayes"]

MODEL = Path(MODEL_DIR) / MODEL_FILE
"""The file of py3langid's model."""

_UNIT = 1 / 512
"""Of the weights: the file has them as float16 below -2, and all of those are whole multiples of it."""


class Model(NamedTuple):
    """py3langid's model as arrays."""

    weight: npt.NDArray[np.int16]
    """int16[features, columns]: log-likelihood of a feature under a label, in units of 1/512."""
    prior: npt.NDArray[np.float32]
    """float32[columns]."""
    label: npt.NDArray[np.int32]
    """int32[columns]: the label of each column; some labels have two (one a script)."""
    move: npt.NDArray[np.uint32]
    """The automaton: next state for row and byte, uint32[rows * 256]."""
    row: npt.NDArray[np.uint32]
    """Row of each state."""
    feature: npt.NDArray[np.int32]
    """Feature that a state stands for, -1 for none."""


@cache
def load_bayes() -> tuple[tuple[str, ...], Model]:
    """Load the model that py3langid carries, once a process; return the labels and the arrays."""
    arrays = kept("language", digest(MODEL.read_bytes(), Path(__file__).read_bytes()), lambda: _unpacked(MODEL))
    return tuple(arrays.pop("names").tolist()), Model(**arrays)


def _unpacked(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return a model's names and the fields of Model: its file is small, and takes half a second to unpack."""
    weight, prior, classes, move, row, feature = load_model(path)
    names = tuple(dict.fromkeys(classes))
    return {
        "names": np.array(names),
        "weight": np.rint(np.asarray(weight, np.float32) / np.float32(_UNIT)).astype(np.int16),
        "prior": np.asarray(prior, np.float32),
        "label": np.array([names.index(name) for name in classes], np.int32),
        "move": np.asarray(move, np.uint32),
        "row": np.asarray(row, np.uint32),
        "feature": np.asarray(feature, np.int32),
    }


_ARABIC_LEAD = 0xD9
_SIDE_BY_SIDE = 4
"""Texts that are read at a time: more do not wait less, and their weights would no longer fit into the cache."""
_A_LINE = 32
"""Weights in a cache line of 64 bytes."""
_TIMES = (_UNIT * np.log1p(np.arange(64))).astype(np.float32)


@kernel
def _is_mark(byte: int) -> bool:
    """Say whether a byte behind _ARABIC_LEAD makes a letter that the model is better off without.

    Tatweel (U+0640), vowel marks (U+064B to U+065F, U+0670), and the silent alef (U+0671) of vowelled text.
    """
    return byte == 0x80 or 0x8B <= byte <= 0x9F or byte == 0xB0 or byte == 0xB1


@kernel_part
def _is_passed_over(data: npt.NDArray[np.uint8], start: int, i: int, end: int) -> bool:
    """Say whether byte i of a text is half of an Arabic mark that does not count."""
    if data[i] == _ARABIC_LEAD:
        return i + 1 < end and _is_mark(data[i + 1])
    return i > start and data[i - 1] == _ARABIC_LEAD and _is_mark(data[i])


@kernel
def _walk(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int32],
    model: Model,
    seen: npt.NDArray[np.int32],
    features: npt.NDArray[np.int64],
) -> None:
    """Write the features of some texts in the order of the text, and how many each has.

    The texts are read side by side, a byte of each in turn: the automaton is far larger than a processor's cache, and
    so it waits for all of them at once. The features' weights are asked for as soon as they are known.
    """
    texts, longest = len(offsets) - 1, 0
    state = np.zeros(texts, np.uint32)
    features[:texts] = 0
    for t in range(texts):
        longest = max(longest, offsets[t + 1] - offsets[t])
    width = model.weight.shape[1]
    for j in range(longest):
        for t in range(texts):
            start, end = offsets[t], offsets[t + 1]
            i = start + j
            if i >= end or _is_passed_over(data, start, i, end):
                continue
            state[t] = model.move[np.int64(model.row[state[t]]) * 256 + data[i]]
            feature = model.feature[state[t]]
            if feature >= 0:
                seen[t, features[t]] = feature
                features[t] += 1
                for c in range(0, width, _A_LINE):
                    prefetch(model.weight, feature * width + c)


@kernel
def _add_up(
    features: npt.NDArray[np.int32],
    often: npt.NDArray[np.float32],
    weight: npt.NDArray[np.int16],
    total: npt.NDArray[np.float32],
) -> None:
    """Write the sum of some features' weights, each times `often`, into `total`: four in one pass, in their order."""
    total[:] = 0
    n, f = len(features), 0
    while f + 4 <= n:
        one, two, three, four = often[f], often[f + 1], often[f + 2], often[f + 3]
        a, b = weight[features[f]], weight[features[f + 1]]
        c, d = weight[features[f + 2]], weight[features[f + 3]]
        for k in range(len(total)):
            found = total[k] + one * np.float32(a[k]) + two * np.float32(b[k])
            total[k] = found + three * np.float32(c[k]) + four * np.float32(d[k])
        f += 4
    while f < n:
        a = weight[features[f]]
        for k in range(len(total)):
            total[k] += often[f] * np.float32(a[k])
        f += 1


@kernel
def _likelihoods(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int32],
    model: Model,
    times: npt.NDArray[np.float32],
    out: npt.NDArray[np.float32],
) -> None:
    """Write each column's log-likelihood: float32[texts, columns].

    Arabic vowel marks are passed over: the model has seen few texts that have them on every letter, as the Quran has.
    `times` is what a feature that is there so often counts, from 0 on; what is there oftener is worked out.
    """
    counts = np.zeros(model.weight.shape[0], np.int32)
    longest = 0
    for t in range(len(offsets) - 1):
        longest = max(longest, offsets[t + 1] - offsets[t])
    seen, features = np.empty((_SIDE_BY_SIDE, longest), np.int32), np.empty(_SIDE_BY_SIDE, np.int64)
    often = np.empty(longest, np.float32)
    for first in range(0, len(offsets) - 1, _SIDE_BY_SIDE):
        behind = min(first + _SIDE_BY_SIDE, len(offsets) - 1)
        _walk(data, offsets[first : behind + 1], model, seen, features)
        for t in range(first, behind):
            found, different = seen[t - first], 0
            for f in range(features[t - first]):
                # Each one for the first time moves to the front.
                feature = found[f]
                found[different] = feature
                different += counts[feature] == 0
                counts[feature] += 1
            for f in range(different):
                count = counts[found[f]]
                often[f] = times[count] if count < len(times) else np.float32(_UNIT * np.log1p(count))
                counts[found[f]] = 0
            _add_up(found[:different], often, model.weight, out[t])


def labels() -> tuple[str, ...]:
    """Return the model's labels."""
    return load_bayes()[0]


def likelihoods(text: pa.Array) -> npt.NDArray[np.float32]:
    """Return the log-likelihood of every text under every column of the model: float32[texts, columns].

    All are 0 for a text without a feature, and below 0 for any other.
    """
    _, model = load_bayes()
    data, offsets = string_buffers(text)
    out = np.empty((len(text), len(model.label)), np.float32)
    _likelihoods(data, offsets, model, _TIMES, out)
    return out
