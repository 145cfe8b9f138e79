"""Identify: the language of each document, by two models and a few words."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ftlangdetect.detect import get_or_load_model
from pydantic import Field
from pydantic.dataclasses import dataclass

from transforms.documents import LANG
from transforms.fasttext_file import labels_of, load_fasttext, predict
from transforms.language.bayes import labels, posteriors
from transforms.language.neighbours import NEIGHBOURS, told_apart
from transforms.languages import UNDETERMINED
from transforms.storage import file_digest

__all__ = [
    "DOUBT",
    "PACKAGED_SHA256",
    "SAMPLE_BYTES",
    "SAMPLE_CHARS",
    "Identify",
    "known_languages",
    "load_model",
]

PACKAGED_SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"
"""The lid.176.ftz that comes with Babelmill."""
SAMPLE_CHARS = 1_000
SAMPLE_BYTES = 800
"""How much of a document is looked at: the whole text costs many times more and hardly changes the answer."""
DOUBT = 0.5
"""Below this probability Bayes is not trusted alone; about one short text in seventy."""
_WEIGHT = 0.5
"""fastText's weight where it is asked: among neighbours it is the worse judge."""
_BEYOND_NEIGHBOURS = 0.99
_UNVOWELLED = str.maketrans("\u0671", "\u0627", "".join(map(chr, (0x0640, *range(0x064B, 0x0660), 0x0670))))
"""Arabic without tatweel and vowel marks: the models have seen few texts that have them on every letter."""
_NO_LANGUAGE = "zxx"
"""Bayes's label for what is no language, such as code."""


@cache
def load_model(path: str) -> Any:
    """Load a fastText model, once a process, never over a network.

    Raises:
        WorldError: if the file is missing or is no fastText model.
    """
    if file_digest(path) == PACKAGED_SHA256:
        # Only behind a right digest: ftlangdetect deletes a model that it cannot load and downloads another.
        os.environ["FTLANG_CACHE"] = str(Path(path).parent)
        if Path(path).name == "lid.176.ftz":
            return get_or_load_model(low_memory=True)
    return load_fasttext(path)


def known_languages(path: str) -> frozenset[str]:
    """Return the codes that a model can give: all that it answers when asked for more than there are."""
    return labels_of(path)


@dataclass(frozen=True)
class Identify:
    """Annotate documents with their most likely language and its score.

    Bayes (bayes.py) looks at the first SAMPLE_BYTES. Where its best label has a probability below DOUBT, fastText is
    asked too, with half its weight; `score` is then the mean. Some neighbours are told apart by their own words. A
    document without a letter in the sample, or with a score below `min_score`, is `und`, with the score all the same (0
    without letters).

    Args:
        model: path of a fastText model with labels `__label__<code>`.
        min_score: in [0, 1].
        method: `both` as above, or `model`: fastText alone.
    """

    model: str
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.5
    method: Literal["both", "model"] = "both"

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return ("text",)

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """`lang`: the code, or `und`; `lang_score`: float32 in [0, 1]."""
        return (pa.field("lang", LANG), pa.field("lang_score", pa.float32()))

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        """Identify a batch."""
        samples = pc.utf8_slice_codeunits(batch["text"], 0, SAMPLE_CHARS)
        # The models know few capitals.
        samples = pc.if_else(pc.utf8_is_upper(samples), pc.utf8_lower(samples), samples)
        found = self._by_both(samples) if self.method == "both" else self._by_model(samples)
        lettered = pc.match_substring_regex(samples, r"\p{L}").to_pylist()
        langs, scores = [], []
        for letters, (code, score) in zip(lettered, found, strict=True):
            scores.append(min(score, 1.0) if letters else 0.0)
            sure = letters and score >= self.min_score and code != _NO_LANGUAGE
            langs.append(code if sure else UNDETERMINED)
        return pa.array(langs, pa.string()).dictionary_encode().cast(LANG), pa.array(scores, pa.float32())

    def _by_model(self, samples: pa.Array) -> Iterator[tuple[str, float]]:
        for sample in samples.to_pylist():
            yield next(iter(self._ask(sample, 1)), (UNDETERMINED, 0.0))

    def _by_both(self, samples: pa.Array) -> Iterator[tuple[str, float]]:
        names = labels()
        probabilities = posteriors(samples, SAMPLE_BYTES)
        best = probabilities.argmax(axis=1)
        scores = probabilities[np.arange(len(best)), best]
        for row, (label, score) in enumerate(zip(best.tolist(), scores.tolist(), strict=True)):
            code = names[label]
            if score < DOUBT:
                code, score = self._in_doubt(
                    samples[row].as_py(), dict(zip(names, probabilities[row].tolist(), strict=True))
                )
            if score < _BEYOND_NEIGHBOURS and code in NEIGHBOURS:
                code = told_apart(code, samples[row].as_py())
            yield code, score

    def _in_doubt(self, sample: str, opinion: dict[str, float]) -> tuple[str, float]:
        """Return the best of Bayes's probabilities and half fastText's."""
        for code, probability in self._ask(sample, 5):
            opinion[code] = opinion.get(code, 0.0) + _WEIGHT * probability
        code = max(opinion, key=lambda label: opinion[label])
        return code, opinion[code] / (1 + _WEIGHT)

    def _ask(self, sample: str, most: int) -> list[tuple[str, float]]:
        """Return fastText's most likely languages of a text; none for a text without a word."""
        return list(predict(load_model(self.model), sample.translate(_UNVOWELLED), most).items())
