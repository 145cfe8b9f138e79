"""The second opinion: langid's naive Bayes over byte n-grams, as a kernel.

The model is py3langid's (140 labels, BSD-3; Lui and Baldwin, ACL 2012), which knows neighbours that lid.176 takes for
one of the corpus's languages. An automaton walks the text's bytes and counts features; the log-posterior of a label is
its prior and the sum of its features' weights, each times log(1 + count).

    >>> labels()[posteriors(pa.array(["Dette er en setning på norsk."]), 1000)[0].argmax()]
    'no'
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from py3langid.langid import MODEL_DIR, MODEL_FILE
from py3langid.modelio import load_model

from transforms.text.buffers import string_buffers
from transforms.text.compiled import kernel

__all__ = ["Model", "labels", "load_bayes", "posteriors"]


class Model(NamedTuple):
    """py3langid's model as arrays."""

    weight: npt.NDArray[np.float32]
    """float32[features, labels]: log-likelihood of a feature under a label."""
    prior: npt.NDArray[np.float32]
    """float32[labels]."""
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
    weight, prior, classes, move, row, feature = load_model(MODEL_DIR / MODEL_FILE)
    names = tuple(dict.fromkeys(classes))
    return names, Model(
        np.asarray(weight, np.float32),
        np.asarray(prior, np.float32),
        np.array([names.index(name) for name in classes], np.int32),
        np.asarray(move, np.uint32),
        np.asarray(row, np.uint32),
        np.asarray(feature, np.int32),
    )


_ARABIC_LEAD = 0xD9


@kernel
def _is_mark(byte: int) -> bool:
    """Say whether a byte behind _ARABIC_LEAD makes a letter that the model is better off without.

    Tatweel (U+0640), vowel marks (U+064B to U+065F, U+0670), and the silent alef (U+0671) of vowelled text.
    """
    return byte == 0x80 or 0x8B <= byte <= 0x9F or byte == 0xB0 or byte == 0xB1


@kernel
def _posteriors(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int32],
    limit: int,
    model: Model,
    out: npt.NDArray[np.float32],
) -> None:
    """Write each label's probability: float32[documents, labels]. Without a feature all are 0.

    Arabic vowel marks are passed over: the model has seen few texts that have them on every letter, as the Quran has.
    """
    counts = np.zeros(model.weight.shape[0], np.int32)
    found = np.empty(limit, np.int32)
    columns = len(model.prior)
    total = np.empty(columns, np.float32)
    for d in range(len(offsets) - 1):
        end = min(offsets[d + 1], offsets[d] + limit)
        state, features = np.uint32(0), 0
        for i in range(offsets[d], end):
            if data[i] == _ARABIC_LEAD and i + 1 < end and _is_mark(data[i + 1]):
                continue
            if i > offsets[d] and data[i - 1] == _ARABIC_LEAD and _is_mark(data[i]):
                continue
            state = model.move[np.int64(model.row[state]) * 256 + data[i]]
            feature = model.feature[state]
            if feature >= 0:
                if counts[feature] == 0:
                    found[features] = feature
                    features += 1
                counts[feature] += 1
        out[d] = 0
        if features == 0:
            continue
        total[:] = model.prior
        for f in range(features):
            weight = np.float32(np.log1p(np.float32(counts[found[f]])))
            total += weight * model.weight[found[f]]
            counts[found[f]] = 0
        # A temperature of the square root of the length keeps probabilities comparable over lengths (py3langid).
        total *= np.float32(1.0 / np.sqrt(end - offsets[d]))
        total = np.exp(total - total.max())
        total /= total.sum()
        for c in range(columns):
            out[d, model.label[c]] += total[c]


def labels() -> tuple[str, ...]:
    """Return the labels, in the order of the columns of `posteriors`."""
    return load_bayes()[0]


def posteriors(text: pa.Array, limit: int) -> npt.NDArray[np.float32]:
    """Return each label's probability for the first `limit` bytes of every text: float32[documents, labels]."""
    names, model = load_bayes()
    data, offsets = string_buffers(text)
    out = np.empty((len(text), len(names)), np.float32)
    _posteriors(data, offsets, limit, model, out)
    return out
