"""A small trainer of supervised fastText models, because the installed package only predicts.

Softmax regression on the mean of a text's words, by gradient descent, written in fastText's own file format (0.9.2,
`FastText::saveModel`): the real package loads it and predicts with it.
"""

import struct
from collections import Counter
from pathlib import Path

import numpy as np

_MAGIC, _VERSION, _SOFTMAX, _SUPERVISED = 793712314, 12, 3, 3
_ROUNDS, _STEP = 300, 200.0


def train(texts: list[str], labels: list[str], path: Path, words: int = 3_000) -> str:
    """Train on texts with a label each; write the model to `path` and return it."""
    counts = Counter(word for text in texts for word in text.split())
    vocabulary = [word for word, _ in counts.most_common(words)]
    column = {word: i for i, word in enumerate(vocabulary)}
    names = sorted(set(labels))
    features = np.zeros((len(texts), len(vocabulary)), np.float32)
    for row, text in enumerate(texts):
        known = [column[word] for word in text.split() if word in column]
        np.add.at(features[row], known, 1 / max(1, len(known)))
    wanted = np.eye(len(names), dtype=np.float32)[[names.index(label) for label in labels]]
    weights = np.zeros((len(vocabulary), len(names)), np.float32)
    for _ in range(_ROUNDS):
        scores = features @ weights
        found = np.exp(scores - scores.max(axis=1, keepdims=True))
        found /= found.sum(axis=1, keepdims=True)
        weights -= _STEP / len(texts) * features.T @ (found - wanted)
    path.write_bytes(_file(counts, vocabulary, Counter(labels), names, weights))
    return str(path)


def _file(
    counts: Counter[str], vocabulary: list[str], label_counts: Counter[str], names: list[str], weights: np.ndarray
) -> bytes:
    dim = len(names)
    settings = struct.pack(
        "<12id", dim, 5, 5, 1, 5, 1, _SOFTMAX, _SUPERVISED, 0, 0, 0, 100, 1e-4
    )  # dim ws epoch minCount neg wordNgrams loss model bucket minn maxn lrUpdateRate t
    size = len(vocabulary) + dim
    dictionary = struct.pack("<iiiqq", size, len(vocabulary), dim, counts.total(), -1)
    for word in vocabulary:
        dictionary += word.encode() + b"\0" + struct.pack("<qb", counts[word], 0)
    for name in names:
        dictionary += f"__label__{name}".encode() + b"\0" + struct.pack("<qb", label_counts[name], 1)
    head = struct.pack("<ii", _MAGIC, _VERSION) + settings + dictionary
    return head + _matrix(weights) + _matrix(np.eye(dim, dtype=np.float32))


def _matrix(values: np.ndarray) -> bytes:
    return struct.pack("<?qq", False, *values.shape) + values.astype("<f4").tobytes()
