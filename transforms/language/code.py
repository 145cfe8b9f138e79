"""Code: how much of a document is program code, and in which programming language.

>>> from babelmill.configs import __path__ as configs
>>> text = "def double(x): return [y * 2 for y in x]"
>>> step = Code(f"{configs[0]}/models/code.npz")
>>> batch = pa.record_batch({"text": [text, "This is a sentence, not a program."]})
>>> [column.to_pylist() for column in step(batch)][1]
['python', None]
"""

from functools import cache
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic.dataclasses import dataclass

from babelmill.transforms.documents import LANG
from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import open_file
from babelmill.transforms.kernels.buffers import string_buffers
from babelmill.transforms.kernels.compile import kernel, kernel_part
from babelmill.transforms.language.code_features import LINE_FEATURES, line_features
from babelmill.transforms.language.code_lines import BLANK, COMMENT, NUMBERS, PROSE, may_end_the_text, next_line

__all__ = ["MOSTLY", "OTHER", "Code", "Weights", "load_weights"]

MOSTLY = 0.5
"""From this share of code on a document is a program and not a text about one."""
OTHER = "other"
"""The programming language of a program that is in none of those that the weights know."""
_SAID_PROGRAM = 0.15
"""From this share on a document whose first line says that it is a program, or markup, is one."""
_SURE = 0.15
"""Least probability of a programming language."""
_WINDOWS, _WINDOW_BYTES = 8, 1 << 12
"""Longer documents are looked at in so many windows, from the head to the tail."""
_LEAST_SCORED = 0.03
"""Share of a document that must be no comment for the rest to decide."""
_COMMENT_LINES = 4
"""A document of comments alone is a program, from so many lines on; fewer are headings."""
_LANGUAGE_LINES = 200
"""Lines of a window that its programming language is told by."""


class Weights(NamedTuple):
    """What tests/code_training.py has learned."""

    code: npt.NDArray[np.int8]
    """int8[buckets]: of each hashed feature of a line, times `unit`; above 0 for code."""
    unit: np.float32
    bias: np.float32
    language: npt.NDArray[np.int8]
    """int8[buckets, languages]."""
    language_unit: np.float32


@cache
def load_weights(path: str) -> tuple[tuple[str, ...], Weights]:
    """Load the weights, once a process; return the names of the programming languages and the arrays.

    Raises:
        WorldError: if the file is missing or is none of ours.
    """
    try:
        with open_file(path) as file, np.load(file, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in (*Weights._fields, "names")}
    except (OSError, EOFError, BadZipFile, ValueError, KeyError) as error:
        raise WorldError(f"{path} is no file of weights for program code: {error}") from error
    names = tuple(found.pop("names").tolist())
    return names, Weights(**{key: array if array.ndim else array[()] for key, array in found.items()})


@kernel_part
def _windows(size: int) -> int:
    return 1 if size <= _WINDOWS * _WINDOW_BYTES else _WINDOWS


@kernel_part
def _window(data: npt.NDArray[np.uint8], start: int, end: int, windows: int, number: int) -> tuple[int, int]:
    """Return where a window begins, at a line where one is near, and ends."""
    if windows == 1:
        return start, end
    at = start + (end - start - _WINDOW_BYTES) * number // (windows - 1)
    until = at + _WINDOW_BYTES
    while number and at < until and data[at - 1] != 10:
        at += 1
    return (at if at < until else until - _WINDOW_BYTES), until


@kernel_part
def _says_program(data: npt.NDArray[np.uint8], start: int, end: int) -> bool:
    """Say whether a document begins as programs and markup do: #!/ <?php <?xml <!DOCTYPE <html <svg."""
    while start < end and data[start] <= 32:
        start += 1
    if end - start < 8:
        return False
    a, b, c, d = data[start], data[start + 1], data[start + 2] | 32, data[start + 3] | 32
    script = a == 35 and b == 33 and c == 47
    declared = a == 60 and ((b == 63 and (c == 112 or c == 120)) or (b == 33 and c == 100 and d == 111))
    markup = a == 60 and ((b | 32 == 104 and c == 116) or (b | 32 == 115 and c == 118))
    return bool(script or declared or markup)


@kernel
def _shares(
    data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int32], weights: Weights, out: npt.NDArray[np.float32]
) -> None:
    """Write the share of code of each document."""
    room = np.empty(LINE_FEATURES, np.uint32)
    mask = len(weights.code) - 1
    for d in range(len(out)):
        code = prose = aside = 0.0
        comments = 0
        windows = _windows(offsets[d + 1] - offsets[d])
        for number in range(windows):
            at, end = _window(data, offsets[d], offsets[d + 1], windows, number)
            block = 0
            block_code = block_prose = 0.0
            while at < end:
                stop, kind, after, inked = next_line(data, at, end, block)
                if kind == COMMENT and block == 0 and after == 0:
                    aside += inked
                    comments += 1
                elif kind == NUMBERS:
                    aside += inked
                elif kind == PROSE:
                    prose += inked
                elif kind != BLANK:
                    n = line_features(data, at, stop, room)
                    total = 0
                    for f in range(n):
                        total += weights.code[room[f] & mask]
                    likely = 1 / (1 + np.exp(-(weights.bias + weights.unit * total / np.sqrt(n))))
                    if kind == COMMENT:
                        # What a block holds is known to be a comment when it ends.
                        block_code += likely * inked
                        block_prose += (1 - likely) * inked
                        comments += 1
                        if after == 0:
                            aside += block_code + block_prose
                            block_code = block_prose = 0.0
                    else:
                        code += likely * inked
                        prose += (1 - likely) * inked
                block = after
                at = stop + 1
            if may_end_the_text(block):
                aside += block_code + block_prose
            else:
                code += block_code
                prose += block_prose
        scored = code + prose
        if scored > _LEAST_SCORED * (scored + aside):
            out[d] = code / scored
        else:
            out[d] = 1 if comments >= _COMMENT_LINES else 0
        if _SAID_PROGRAM <= out[d] < MOSTLY and _says_program(data, offsets[d], offsets[d + 1]):
            out[d] = MOSTLY


@kernel
def _languages(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int64],
    weights: Weights,
    out: npt.NDArray[np.float32],
) -> None:
    """Write the probability of each programming language: float32[rows, languages]."""
    room = np.empty(LINE_FEATURES, np.uint32)
    seen = np.zeros(len(weights.language), np.bool_)
    total = np.empty(weights.language.shape[1], np.int32)
    scores = np.empty(len(total))
    mask = len(weights.language) - 1
    for r in range(len(rows)):
        start, end = offsets[rows[r]], offsets[rows[r] + 1]
        windows = _windows(end - start)
        # Loops: numba takes a second for arithmetic of whole arrays.
        for f in range(len(seen)):
            seen[f] = False
        for c in range(len(total)):
            total[c] = 0
        features = 0
        for number in range(windows):
            at, until = _window(data, start, end, windows, number)
            lines = 0
            while at < until and lines < _LANGUAGE_LINES:
                stop, kind, _, _ = next_line(data, at, until, 0)
                if kind != BLANK:
                    lines += 1
                    n = line_features(data, at, stop, room)
                    for f in range(n):
                        feature = room[f] & mask
                        if not seen[feature]:
                            seen[feature] = True
                            features += 1
                            for c in range(len(total)):
                                total[c] += weights.language[feature, c]
                at = stop + 1
        scale, most = np.float32(np.sqrt(max(1, features))), -np.inf
        for c in range(len(total)):
            scores[c] = weights.language_unit * total[c] / scale
            most = max(most, scores[c])
        whole = 0.0
        for c in range(len(total)):
            scores[c] = np.exp(scores[c] - most)
            whole += scores[c]
        for c in range(len(total)):
            out[r, c] = np.float32(scores[c] / whole)


@dataclass(frozen=True)
class Code:
    """Annotate documents with their share of program code, and programs with their language.

    Every line is code or prose by a logistic regression over its features (code_features.py), and counts by its
    characters; comments and docstrings count for neither. Of a document of more than 32 KiB eight windows of 4 KiB are
    looked at. So a manual with examples is a text as long as it has more prose than examples, and a program is one
    however much it is commented.

    Args:
        model: path of the weights.
    """

    model: str

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return ("text",)

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """`code_share`: float32 in [0, 1].

        `code_language`: of documents with a share of at least MOSTLY, `other` where none is likely; null for text.
        """
        return (pa.field("code_share", pa.float32()), pa.field("code_language", LANG))

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        """Look at a batch."""
        names, weights = load_weights(self.model)
        data, offsets = string_buffers(batch["text"])
        shares = np.empty(batch.num_rows, np.float32)
        _shares(data, offsets, weights, shares)
        rows = np.flatnonzero(shares >= MOSTLY)
        likely = np.empty((len(rows), len(names)), np.float32)
        _languages(data, offsets, rows, weights, likely)
        codes = np.full(batch.num_rows, -1, np.int16)
        best = likely.argmax(axis=1)
        codes[rows] = np.where(likely[np.arange(len(rows)), best] >= _SURE, best, len(names))
        language = pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), pa.array([*names, OTHER]))
        return pa.array(shares), language
