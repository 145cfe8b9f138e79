"""A fastText model: its file's shape is checked before fastText reads it.

fastText reads a file that was cut off without noticing: inside its dictionary it never comes back, inside its matrices
it answers nonsense. So the file's own numbers are added up first (layout: fastText 0.9.2, `FastText::saveModel`).

    magic version | 12 settings | dictionary: counts, entries, pruned ids | input matrix | output matrix
"""

import contextlib
import io
import mmap
import struct
from functools import cache
from typing import Any

import fasttext

from babelmill.transforms.errors import WorldError

__all__ = ["LABEL", "check_model_file", "labels_of", "load_fasttext", "predict"]

LABEL = "__label__"
"""What fastText puts in front of a label."""
_ALL = 1 << 16

_MAGIC, _NEWEST = 793712314, 12
_SETTINGS = struct.Struct("<12id")
_COUNTS = struct.Struct("<iiiqq")
_ENTRY = struct.Struct("<qb")
_IS_LABEL = 1
_PRUNED_BYTES = 4 + 4
_CENTROIDS = 256


class _Walk:
    """A position in the file that cannot leave it."""

    def __init__(self, content: bytes | mmap.mmap) -> None:
        self.content, self.at = content, 0

    def skip(self, size: int) -> None:
        if size < 0 or self.at + size > len(self.content):
            raise ValueError(f"it ends before byte {self.at + size}, at {len(self.content)}")
        self.at += size

    def take(self, shape: struct.Struct) -> tuple[int, ...]:
        start = self.at
        self.skip(shape.size)
        return shape.unpack_from(self.content, start)

    def entry(self) -> tuple[bytes, int]:
        """Return a dictionary entry's text and kind."""
        start, end = self.at, self.content.find(b"\0", self.at)
        if end < 0:
            raise ValueError("it ends inside the dictionary")
        self.skip(end + 1 - start)
        _, kind = self.take(_ENTRY)
        return self.content[start:end], kind


def _skip_matrix(walk: _Walk) -> None:
    [quantized] = walk.take(struct.Struct("<?"))
    if not quantized:
        rows, columns = walk.take(struct.Struct("<qq"))
        walk.skip(4 * rows * columns)
        return
    with_norms, rows, _, codes = walk.take(struct.Struct("<?qqi"))
    walk.skip(codes)
    _skip_quantizer(walk)
    if with_norms:
        walk.skip(rows)
        _skip_quantizer(walk)


def _skip_quantizer(walk: _Walk) -> None:
    dimension, *_ = walk.take(struct.Struct("<4i"))
    walk.skip(4 * dimension * _CENTROIDS)


@cache
def labels_of(path: str) -> frozenset[str]:
    """Return the labels of a model's file.

    Raises:
        WorldError: if the file is missing or is no whole fastText model.
    """
    try:
        return check_model_file(path)
    except (OSError, ValueError) as error:
        raise WorldError(f"{path} is no fastText model: {error}") from error


@cache
def load_fasttext(path: str) -> Any:
    """Load a fastText model, once a process.

    Raises:
        WorldError: if the file is missing or is no whole fastText model.
    """
    labels_of(path)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            return fasttext.load_model(path)
    except (ValueError, RuntimeError, MemoryError) as error:
        raise WorldError(f"{path} is no fastText model: {error}") from error


def predict(model: Any, text: str, most: int = _ALL) -> dict[str, float]:
    """Return the probabilities of a text's `most` likely labels, best first; nothing for a text without a word.

    A model may give 1.00001 for 1, which is cut.
    """
    # fastText takes a newline for the end of the document.
    line = " ".join(text.split())
    found = model.f.predict(line + "\n", most, 0.0, "strict") if line else []
    return {label.removeprefix(LABEL): min(probability, 1.0) for probability, label in found}


def check_model_file(path: str) -> frozenset[str]:
    """Return the labels of a whole fastText model, without `__label__`; word vectors have none.

    Raises:
        ValueError: saying why, if it is none.
    """
    with open(path, "rb") as file:
        if not file.read(1):
            raise ValueError("it is empty")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _check(content)


def _check(content: bytes | mmap.mmap) -> frozenset[str]:
    walk = _Walk(content)
    magic, version = walk.take(struct.Struct("<ii"))
    if magic != _MAGIC or version > _NEWEST:
        raise ValueError("it does not begin as a fastText model does")
    walk.take(_SETTINGS)
    entries, _, _, _, pruned = walk.take(_COUNTS)
    found = [walk.entry() for _ in range(entries)]
    walk.skip(_PRUNED_BYTES * max(pruned, 0))
    _skip_matrix(walk)
    _skip_matrix(walk)
    if walk.at != len(content):
        raise ValueError(f"it goes on for {len(content) - walk.at} bytes behind its end")
    labels = (text for text, kind in found if kind == _IS_LABEL)
    return frozenset(label.decode(errors="replace").removeprefix(LABEL) for label in labels)
