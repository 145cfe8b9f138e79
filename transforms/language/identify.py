"""Identify: the language of each document, and a second one, by two models and a few words."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from ftlangdetect.detect import get_or_load_model
from pydantic import Field
from pydantic.dataclasses import dataclass

from babelmill.transforms.documents import LANG
from babelmill.transforms.files.storage import file_digest
from babelmill.transforms.language.bayes import labels
from babelmill.transforms.language.japanese import HAN_LANGUAGES, weigh
from babelmill.transforms.language.min_score import ALL, LeastScores
from babelmill.transforms.language.mixture import NO_LANGUAGE, opinions
from babelmill.transforms.language.neighbours import NEIGHBOURS, told_apart
from babelmill.transforms.language.relations import related
from babelmill.transforms.language.sample import Sample, take_sample
from babelmill.transforms.languages import CODE, UNDETERMINED
from babelmill.transforms.models.fasttext import labels_of, load_fasttext, predict

__all__ = [
    "DOUBT",
    "PACKAGED_SHA256",
    "Identify",
    "known_languages",
    "load_model",
]

PACKAGED_SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"
"""The lid.176.ftz that comes with Babelmill."""
DOUBT = 0.5
"""Below this probability Bayes is not trusted alone; about one short text in seventy."""
_WEIGHT = 0.5
"""fastText's weight where it is asked: among neighbours it is the worse judge."""
_BEYOND_NEIGHBOURS = 0.99
_NEVER_JAPANESE = 1e-4
"""What the models take for Japanese is Chinese only with two characters that Japanese does not write."""
_HARDLY_CHINESE = 0.85
"""Above this a text without a character of its own, of Japanese or of Chinese, is neither: from 40 characters on."""
_JAPANESE, _CHINESE = "ja", "zh"
_MODEL_WINDOWS = 4, 400
"""Number and bytes of the windows that fastText alone is asked about: it wants more text than Bayes."""
_UNVOWELLED = str.maketrans("\u0671", "\u0627", "".join(map(chr, (0x0640, *range(0x064B, 0x0660), 0x0670))))
"""Arabic without tatweel and vowel marks: the models have seen few texts that have them on every letter."""


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


class _Found(NamedTuple):
    """A language, its score, the second language and its share, for each document."""

    codes: list[str]
    scores: list[float]
    seconds: list[str | None]
    shares: list[float]


@dataclass(frozen=True)
class Identify:
    """Annotate documents with their language and its score, and with a second language and its share.

    Bayes looks at a sample from all over the document (sample.py, bayes.py) and decides whether it is in one language
    or in two (mixture.py). Where its best label has a probability below DOUBT, fastText is asked too, with half its
    weight; the score is then the mean. Some neighbours are told apart by their own words. A document without a letter
    in the sample, or with a score below `min_score`, is `und`, with the score all the same (0 without letters).

    Programs, which have a `code_language` (code.py), are in none of the languages: they are `code`, and their score is
    the share of them that is code.

    Documents of a source whose language is declared are in that language, whatever the models say. Their score is that
    of the models where these agree, and 0 where they do not.

    Args:
        model: path of a fastText model with labels `__label__<code>`.
        min_score: in [0, 1]: one for all languages, or language → least score, with `all` for the rest (0.5 without).
        method: `both` as above, or `model`: fastText alone, which gives no second language.
        declared: source → the language that all its documents are in.
        code: what programs are: `code`, or `und`; with None they are text, and none of their columns is read.
    """

    model: str
    min_score: LeastScores = Field(default_factory=dict, validate_default=True)
    method: Literal["both", "model"] = "both"
    declared: Mapping[str, str] = Field(default_factory=dict)
    code: Literal["code", "und"] | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return ("source", "text") if self.code is None else ("source", "text", "code_share", "code_language")

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """`lang`: the code, or `und`. `lang_score`: float32 in [0, 1], how sure the language is.

        `lang_second`: the code of the language that a fifth to a half of the sample's bytes are in, null where the
        document is in one language (or is `und`). `lang_second_score`: that share, float32 in [0.2, 0.5]; 0 where
        there is no second language.
        """
        return (
            pa.field("lang", LANG),
            pa.field("lang_score", pa.float32()),
            pa.field("lang_second", LANG),
            pa.field("lang_second_score", pa.float32()),
        )

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        """Identify a batch."""
        both = self.method == "both"
        sample = take_sample(batch["text"]) if both else take_sample(batch["text"], *_MODEL_WINDOWS)
        sample = sample._replace(windows=_without_capitals(sample.windows))
        texts = sample.texts
        found = self._by_both(sample, texts) if both else self._by_model(texts)
        lettered = pc.match_substring_regex(texts, r"\p{L}").to_pylist()
        if self.code is not None:
            self._programs(batch, found)
        declared = map(self.declared.get, batch["source"].to_pylist())
        langs, scores, seconds, shares = _Found([], [], [], [])
        for letters, said, code, score, second, share in zip(lettered, declared, *found, strict=True):
            least = self.min_score.get(code, self.min_score[ALL])
            sure = letters and code != NO_LANGUAGE and score >= least
            mixed = sure and second != code and said in (None, code)
            langs.append(said or (UNDETERMINED if not sure else self.code or code if code == CODE else code))
            scores.append(min(score, 1.0) if letters and said in (None, code) else 0.0)
            seconds.append(second if mixed else None)
            shares.append(share if mixed else 0.0)
        return _coded(langs), pa.array(scores, pa.float32()), _coded(seconds), pa.array(shares, pa.float32())

    def _by_model(self, texts: pa.Array) -> _Found:
        """Return fastText's languages."""
        found = _Found([], [], [None] * len(texts), [0.0] * len(texts))
        for text in texts.to_pylist():
            code, score = next(iter(self._ask(text, 1)), (UNDETERMINED, 0.0))
            found.codes.append(code)
            found.scores.append(score)
        return found

    def _by_both(self, sample: Sample, texts: pa.Array) -> _Found:
        """Return Bayes's languages, fastText's in doubt, and those of their own words among neighbours."""
        names = labels()
        probability, second, share = opinions(sample)
        best = probability.argmax(axis=1)
        score = probability[np.arange(len(best)), best]
        codes, scores = [names[label] for label in best.tolist()], score.tolist()
        for row in np.flatnonzero(score < DOUBT).tolist():
            codes[row], scores[row] = self._in_doubt(texts[row].as_py(), probability[row])
        self._japanese_or_chinese(texts, codes, scores)
        unsure: dict[str, list[int]] = {}
        for row, code in enumerate(codes):
            if code in NEIGHBOURS and scores[row] < _BEYOND_NEIGHBOURS:
                unsure.setdefault(code, []).append(row)
        for code, rows in unsure.items():
            for row, apart in zip(rows, told_apart(code, texts.take(pa.array(rows))), strict=True):
                codes[row] = apart
        codes = related(texts, codes)
        seconds = [names[label] if label >= 0 else None for label in second.tolist()]
        return _Found(codes, scores, seconds, share.tolist())

    @staticmethod
    def _programs(batch: pa.RecordBatch, found: _Found) -> None:
        """Put programs, in place, among what is in no language."""
        shares = batch["code_share"].to_pylist()
        for row in np.flatnonzero(batch["code_language"].is_valid().to_numpy(zero_copy_only=False)).tolist():
            found.codes[row], found.scores[row], found.seconds[row] = CODE, shares[row], CODE

    @staticmethod
    def _japanese_or_chinese(texts: pa.Array, codes: list[str], scores: list[float]) -> None:
        """Put right, in place, which of the two a text of Han characters is."""
        rows = [row for row, code in enumerate(codes) if code in HAN_LANGUAGES]
        found = weigh(texts.take(pa.array(rows, pa.int64())))
        for row, likely, marked in zip(rows, found.likely.tolist(), found.marked.tolist(), strict=True):
            if codes[row] == _JAPANESE:
                if likely < _NEVER_JAPANESE:
                    codes[row], scores[row] = _CHINESE, max(scores[row], 1 - likely)
            elif marked and likely > DOUBT:
                codes[row], scores[row] = _JAPANESE, likely
            elif likely > _HARDLY_CHINESE:
                scores[row] = min(scores[row], 1 - likely)

    def _in_doubt(self, text: str, probability: npt.NDArray[np.float32]) -> tuple[str, float]:
        """Return the best of Bayes's probabilities and half fastText's."""
        opinion = dict(zip(labels(), probability.tolist(), strict=True))
        for code, likely in self._ask(text, 5):
            opinion[code] = opinion.get(code, 0.0) + _WEIGHT * likely
        code = max(opinion, key=lambda label: opinion[label])
        return code, opinion[code] / (1 + _WEIGHT)

    def _ask(self, text: str, most: int) -> list[tuple[str, float]]:
        """Return fastText's most likely languages of a text; none for a text without a word."""
        return list(predict(load_model(self.model), text.translate(_UNVOWELLED), most).items())


def _without_capitals(windows: pa.StringArray) -> pa.StringArray:
    """Return windows in capitals as small letters, and all others as they are: the models know few capitals."""
    small = pc.utf8_lower(windows)
    # What has no letter to change need not be read to its end for one: Chinese and Arabic have none.
    cased = pc.if_else(pc.not_equal(small, windows), windows, "")
    return pc.if_else(pc.utf8_is_upper(cased), small, windows)


def _coded(codes: list[str] | list[str | None]) -> pa.Array:
    return pa.array(codes, pa.string()).dictionary_encode().cast(LANG)
