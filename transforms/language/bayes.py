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
from babelmill.transforms.kernels.compile import kernel

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


@kernel
def _is_mark(byte: int) -> bool:
    """Say whether a byte behind _ARABIC_LEAD makes a letter that the model is better off without.

    Tatweel (U+0640), vowel marks (U+064B to U+065F, U+0670), and the silent alef (U+0671) of vowelled text.
    """
    return byte == 0x80 or 0x8B <= byte <= 0x9F or byte == 0xB0 or byte == 0xB1


@kernel
def _likelihoods(
    data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int32], model: Model, out: npt.NDArray[np.float32]
) -> None:
    """Write each column's log-likelihood: float32[texts, columns].

    Arabic vowel marks are passed over: the model has seen few texts that have them on every letter, as the Quran has.
    """
    counts = np.zeros(model.weight.shape[0], np.int32)
    longest = 0
    for t in range(len(offsets) - 1):
        longest = max(longest, offsets[t + 1] - offsets[t])
    found = np.empty(longest, np.int32)
    for t in range(len(offsets) - 1):
        start, end = offsets[t], offsets[t + 1]
        state, features = np.uint32(0), 0
        for i in range(start, end):
            if data[i] == _ARABIC_LEAD and i + 1 < end and _is_mark(data[i + 1]):
                continue
            if i > start and data[i - 1] == _ARABIC_LEAD and _is_mark(data[i]):
                continue
            state = model.move[np.int64(model.row[state]) * 256 + data[i]]
            feature = model.feature[state]
            if feature >= 0:
                if counts[feature] == 0:
                    found[features] = feature
                    features += 1
                counts[feature] += 1
        total = out[t]
        total[:] = 0
        for f in range(features):
            feature = found[f]
            times = np.float32(_UNIT * np.log1p(counts[feature]))
            counts[feature] = 0
            weight = model.weight[feature]
            for c in range(len(total)):
                total[c] += times * np.float32(weight[c])


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
    _likelihoods(data, offsets, model, out)
    return out
