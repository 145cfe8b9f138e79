"""One language or two: what Bayes makes of a document whose windows may differ.

Each window has a log-likelihood under every label (bayes.py). One language explains a document as well as its windows'
sum says; two explain each window by the better of them:

    gain = max over pairs (a, b) of Σ max(L[w, a], L[w, b])  -  max over a of Σ L[w, a]

where a and b are the best label of all windows together or of some window, which is where a good pair is found. A
document is mixed where two gain more than _GAIN. It is then judged on the windows of its first language, and a head,
a licence or a quotation in the second one does not blur the answer, as it would in a sum over everything. Code, which
the model has a label for, is never the second language, and the first one only where there is hardly anything else.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.buffers import byte_lengths
from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.language.bayes import likelihoods, load_bayes
from babelmill.transforms.language.sample import Sample

__all__ = ["NO_LANGUAGE", "Opinion", "opinions"]

NO_LANGUAGE = "zxx"
"""Bayes's label for what is no language, such as code."""
_GAIN = 100.0
"""Nats. One window of 100 bytes in another language gains 60 to 200 of them. Of 15,458 documents of one language one in
1,700 gains more than this (English in between not counted); of documents of 6 kB and more that have 30 % to 50 % of
another language 98 of 100 do, with the right two languages."""
_LEAST_SHARE = 0.2
"""A second language in fewer of the sample's bytes, which is one window of eight, is not reported: it is a quotation, a
command or a title."""


class Opinion(NamedTuple):
    """What Bayes makes of each document."""

    probability: npt.NDArray[np.float32]
    """float32[documents, labels] of being the document's (first) language; all 0 without a feature."""
    second: npt.NDArray[np.int32]
    """Label of the second language, -1 for none."""
    share: npt.NDArray[np.float32]
    """Share of the sample's bytes in windows of the second language, in [0, 0.5]; 0 where there is none."""


@kernel
def _best_pair(
    scores: npt.NDArray[np.float32], one: int, label: npt.NDArray[np.int32], seen: npt.NDArray[np.int64]
) -> tuple[float, int, int]:
    """Return the sum that the best two columns of different labels reach, and the two: each `one` or a window's best.

    `seen` is room for one column more than windows.
    """
    seen[0] = one
    n = 1
    for w in range(len(scores)):
        best = scores[w].argmax()
        if best not in seen[:n]:
            seen[n] = best
            n += 1
    most, a, b = -np.inf, one, one
    for i in range(n):
        for j in range(i + 1, n):
            if label[seen[i]] != label[seen[j]]:
                total = 0.0
                for w in range(len(scores)):
                    total += max(scores[w, seen[i]], scores[w, seen[j]])
                if total > most:
                    most, a, b = total, seen[i], seen[j]
    return most, a, b


@kernel
def _probabilities(
    total: npt.NDArray[np.float32], read: int, label: npt.NDArray[np.int32], out: npt.NDArray[np.float32]
) -> None:
    """Write the labels' probabilities that follow from the columns' log-posteriors over `read` bytes."""
    # A temperature of the square root of the length keeps probabilities comparable over lengths (py3langid).
    scale, most, whole = np.float32(1.0 / np.sqrt(read)), np.float32(-np.inf), np.float32(0)
    for c in range(len(total)):
        total[c] *= scale
        most = max(most, total[c])
    for c in range(len(total)):
        total[c] = np.exp(np.float32(total[c] - most))
        whole = np.float32(whole + total[c])
    for c in range(len(total)):
        out[label[c]] += np.float32(total[c] / whole)


@kernel
def _opinions(
    scores: npt.NDArray[np.float32],
    first: npt.NDArray[np.int32],
    size: npt.NDArray[np.int32],
    prior: npt.NDArray[np.float32],
    label: npt.NDArray[np.int32],
    no_language: int,
    probability: npt.NDArray[np.float32],
    second: npt.NDArray[np.int32],
    share: npt.NDArray[np.float32],
) -> None:
    total = np.empty(scores.shape[1], np.float32)
    seen = np.empty(len(scores) + 1, np.int64)
    for d in range(len(first) - 1):
        windows, sizes = scores[first[d] : first[d + 1]], size[first[d] : first[d + 1]]
        probability[d], second[d], share[d] = 0, -1, 0
        # Loops: numba takes a second for arithmetic of whole arrays.
        for c in range(len(total)):
            total[c] = 0
            for w in range(len(windows)):
                total[c] += windows[w, c]
        one = int(total.argmax())
        if total[one] == 0:
            continue
        most, a, b = _best_pair(windows, one, label, seen)
        read = 0
        for w in range(len(sizes)):
            read += sizes[w]
        if most - total[one] > _GAIN:
            of_a, of_b = 0, 0
            for w in range(len(windows)):
                of_a += sizes[w] * (windows[w, a] > windows[w, b])
                of_b += sizes[w] * (windows[w, b] > windows[w, a])
            if of_b > of_a:
                a, b, of_a, of_b = b, a, of_b, of_a
            if label[a] == no_language and of_b >= _LEAST_SHARE * read:
                a, b, of_a, of_b = b, a, of_b, of_a
            if label[b] != no_language and of_b >= _LEAST_SHARE * read:
                second[d], share[d] = label[b], of_b / read
            for c in range(len(total)):
                total[c] = 0
                for w in range(len(windows)):
                    if windows[w, a] > windows[w, b]:
                        total[c] += windows[w, c]
            read = of_a
        for c in range(len(total)):
            total[c] += prior[c]
        _probabilities(total, read, label, probability[d])


def opinions(sample: Sample) -> Opinion:
    """Return what Bayes makes of every document of a sample."""
    names, model = load_bayes()
    n = len(sample.first) - 1
    found = Opinion(np.empty((n, len(names)), np.float32), np.empty(n, np.int32), np.empty(n, np.float32))
    scores, sizes = likelihoods(sample.windows), byte_lengths(sample.windows)
    _opinions(scores, sample.first, sizes, model.prior, model.label, names.index(NO_LANGUAGE), *found)
    return found
