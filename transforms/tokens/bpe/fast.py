"""The fast encoder: text to the ids of a byte-level tokenizer, in one kernel over the bytes.

    text ─ added tokens ─ normalised ─ added tokens ─┬─ id ─────────────────────────────────────────────────┬─ ids
           added.py       normalize.py               └─ classes ─ pieces ─ words ─┬─ remembered: memo.py ───┤
                                                        classes   split    cuts   └─ merged: merge.py ──────┘

It gives the ids of `tokenizers` for every tokenizer.json that it does not refuse; encoder.py sees to that.
"""

import threading

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
from tokenizers import Tokenizer

from babelmill.transforms.files.storage import read_bytes
from babelmill.transforms.kernels.buffers import string_buffers
from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.tokens.bpe.added import TEXT, Segments, added_tries, cut_out
from babelmill.transforms.tokens.bpe.classes import classify
from babelmill.transforms.tokens.bpe.cuts import word_end
from babelmill.transforms.tokens.bpe.memo import (
    REMEMBERED,
    SLACK,
    Words,
    fill,
    key_of,
    look_up_soon,
    new_memo,
    padded_words,
    recall,
    remember,
)
from babelmill.transforms.tokens.bpe.merge import MERGED_SHORT, Merges, merge, merge_long
from babelmill.transforms.tokens.bpe.model import Model
from babelmill.transforms.tokens.bpe.normalize import normal_form, normalize
from babelmill.transforms.tokens.bpe.split import split
from babelmill.transforms.tokens.bpe.tables import Tables, load_tables
from babelmill.transforms.tokens.bpe.trie import EMPTY_NODES, NOTHING, longest
from babelmill.transforms.tokens.ids import Ids

__all__ = ["FastEncoder"]

WHOLE = -1
"""In place of a word's start: the piece is one token."""
_AHEAD = 8
"""Words that are asked for before they are needed: by then they have come."""


@kernel
def _cut_words(
    data: npt.NDArray[np.uint8], pieces: npt.NDArray[np.int32], model: Model, words: npt.NDArray[np.int32]
) -> int:
    """Cut pieces into words that no merge joins; return how many.

    A word is (start, end), or (WHOLE, id) where a piece is a token as a whole.
    """
    pairs, parts = model.cuts
    whole = model.whole
    has_whole = len(whole.value) > EMPTY_NODES
    made = 0
    for piece in range(len(pieces)):
        start, end = pieces[piece, 0], pieces[piece, 1]
        if has_whole:
            stop, token = longest(data, start, end, whole)
            if stop == end and token != NOTHING:
                words[made, 0], words[made, 1] = WHOLE, token
                made += 1
                continue
        # Letters of one or two bytes make words that are remembered as they are; longer ones make runs without a space.
        if end - start <= REMEMBERED and data[start] < 0xE0 and (end - start == 1 or data[start + 1] < 0xE0):
            words[made, 0], words[made, 1] = start, end
            made += 1
            continue
        while start < end:
            words[made, 0] = start
            start = word_end(data, start, end, pairs, parts)
            words[made, 1] = start
            made += 1
    return made


@kernel
def _recall_words(
    text: Words,
    base: int,
    words: npt.NDArray[np.int32],
    first: int,
    memo: Words,
    out: npt.NDArray[np.uint32],
    at: int,
) -> tuple[int, int]:
    """Write the ids of words that are remembered; return the first word that is not, and where the ids end."""
    for word in range(first, len(words)):
        if word + _AHEAD < len(words):
            start, size = words[word + _AHEAD, 0], words[word + _AHEAD, 1] - words[word + _AHEAD, 0]
            if start != WHOLE and size <= REMEMBERED:
                look_up_soon(memo, key_of(text, base + start, size))
        start, size = words[word, 0], words[word, 1] - words[word, 0]
        if start == WHOLE or size > REMEMBERED:
            return word, at
        count = recall(memo, key_of(text, base + start, size), out, at)
        if count == 0:
            return word, at
        at += count
    return len(words), at


@kernel
def _encode_word(
    data: npt.NDArray[np.uint8],
    text: Words,
    start: int,
    end: int,
    merges: Merges,
    scratch: npt.NDArray[np.int64],
    memo: Words,
    out: npt.NDArray[np.uint32],
    at: int,
) -> int:
    """Merge a word and remember it; return where its ids end. `text` is `data` in words of 64 bits."""
    size = end - start
    if size > MERGED_SHORT:
        ids = merge_long(data, start, end, merges)
        for i in range(len(ids)):
            out[at + i] = ids[i]
        return at + len(ids)
    count = merge(data, start, end, merges, scratch[0], scratch[1])
    for i in range(count):
        out[at + i] = scratch[0, i]
    if size <= REMEMBERED:
        remember(memo, key_of(text, start, size), out, at, count)
    return at + count


@kernel
def _encode(
    data: npt.NDArray[np.uint8],
    text: Words,
    segments: Segments,
    tables: Tables,
    memo: Words,
    out: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
) -> None:
    """Write the ids of all documents, and where each document's end; `text` is `data` in words of 64 bits."""
    room = 0
    for segment in range(len(segments.ids)):
        room = max(room, segments.bounds[segment + 1] - segments.bounds[segment])
    classes, pieces = np.empty(room, np.uint8), np.empty((2, room + 1, 2), np.int32)
    levels = len(tables.splitter.starts)
    found, words = pieces[levels % 2], pieces[(levels + 1) % 2]
    scratch = np.empty((2, MERGED_SHORT), np.int64)
    at = 0
    for d in range(len(segments.first) - 1):
        offsets[d] = at
        for segment in range(segments.first[d], segments.first[d + 1]):
            if segments.ids[segment] != TEXT:
                out[at] = segments.ids[segment]
                at += 1
                continue
            start, end = segments.bounds[segment], segments.bounds[segment + 1]
            part = data[start:end]
            classify(part, tables.classes, classes)
            count = split(classes, end - start, tables.splitter, pieces)
            count = _cut_words(part, found[:count], tables.model, words)
            word, at = _recall_words(text, start, words[:count], 0, memo, out, at)
            while word < count:
                if words[word, 0] == WHOLE:
                    out[at] = words[word, 1]
                    at += 1
                else:
                    first, last = start + words[word, 0], start + words[word, 1]
                    at = _encode_word(data, text, first, last, tables.model.merges, scratch, memo, out, at)
                word, at = _recall_words(text, start, words[:count], word + 1, memo, out, at)
    offsets[len(segments.first) - 1] = at


class FastEncoder:
    """The fast encoder of one tokenizer.

    Args:
        path: a tokenizer.json.
        reference: the same, loaded by `load_tokenizer`.

    Raises:
        Refused: if something in the tokenizer is not understood.
    """

    def __init__(self, path: str, reference: Tokenizer) -> None:
        self._raw, self._normalized = added_tries(reference)
        content = read_bytes(path)
        self._normalizer = normal_form(orjson.loads(content)["normalizer"])
        self._tables = load_tables(content)
        self._own = threading.local()

    def encode(self, text: pa.Array) -> Ids:
        """Encode a string column of valid UTF-8, without special tokens, in time linear in its bytes."""
        data, offsets = string_buffers(text)
        n = len(text)
        segments = Segments(offsets.astype(np.int64), np.full(n, TEXT, np.int32), np.arange(n + 1, dtype=np.int64))
        segments = cut_out(data, segments, self._raw)
        data, segments = normalize(data, segments, self._normalizer, self._tables.touched)
        segments = cut_out(data, segments, self._normalized)
        start = segments.bounds[0]
        segments = segments._replace(bounds=segments.bounds - start)
        size = int(segments.bounds[-1])
        text_words = padded_words(data[start : start + size])
        # A byte makes one id at most.
        out, ends = np.empty(size + SLACK, np.uint32), np.empty(n + 1, np.int64)
        _encode(text_words.view(np.uint8), text_words, segments, self._tables, self._memo(), out, ends)
        return Ids(out[: ends[-1]].copy(), ends)

    def _memo(self) -> Words:
        """Return this thread's memory of words: two threads that write one entry would spoil it."""
        if not hasattr(self._own, "memo"):
            self._own.memo = new_memo()
            fill(self._own.memo, *self._tables.model.known)
        memo: Words = self._own.memo
        return memo
