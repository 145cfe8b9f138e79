"""Identify: the language of each document, by fastText."""

import contextlib
import hashlib
import io
import os
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import fasttext
import pyarrow as pa
import pyarrow.compute as pc
from ftlangdetect.detect import get_or_load_model
from pydantic import Field
from pydantic.dataclasses import dataclass

from transforms.documents import LANG
from transforms.errors import WorldError
from transforms.languages import UNDETERMINED

__all__ = ["PACKAGED_SHA256", "SAMPLE_CHARS", "Identify", "file_digest", "known_languages", "load_model"]

PACKAGED_SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"
"""The lid.176.ftz that comes with Babelmill."""
SAMPLE_CHARS = 1_000
"""How much of a document is looked at: the whole text costs many times more and hardly changes the answer."""
_LABEL = "__label__"


def file_digest(path: str) -> str:
    """Return a file's SHA-256.

    Raises:
        WorldError: if it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WorldError(f"cannot read {path}: {error}") from error


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
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            return fasttext.load_model(path)
    except (ValueError, RuntimeError, MemoryError) as error:
        raise WorldError(f"{path} is no fastText model: {error}") from error


def known_languages(path: str) -> frozenset[str]:
    """Return the codes that a model can give: all that it answers when asked for more than there are."""
    found = load_model(path).f.predict("a\n", 1 << 16, 0.0, "strict")
    return frozenset(label.removeprefix(_LABEL) for _, label in found)


@dataclass(frozen=True)
class Identify:
    """Annotate documents with their most likely language and its score.

    A document without a letter in its first SAMPLE_CHARS characters, or with a score below `min_score`, is `und`; its
    score is the model's all the same (0 without letters).

    Args:
        model: path of a fastText model with labels `__label__<code>`.
        min_score: in [0, 1].
    """

    model: str
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.5

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
        predict = load_model(self.model).f.predict
        samples = pc.utf8_slice_codeunits(batch["text"], 0, SAMPLE_CHARS).to_pylist()
        langs, scores = [], []
        for sample in samples:
            # fastText takes a newline for the end of the document.
            line = " ".join(sample.split())
            found = predict(line + "\n", 1, 0.0, "strict") if any(map(str.isalpha, line)) else []
            score, label = found[0] if found else (0.0, "")
            score = min(score, 1.0)
            langs.append(label.removeprefix(_LABEL) if found and score >= self.min_score else UNDETERMINED)
            scores.append(score)
        return pa.array(langs, pa.string()).dictionary_encode().cast(LANG), pa.array(scores, pa.float32())
