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

from transforms.storage import read_bytes
from transforms.text.buffers import string_buffers
from transforms.text.compiled import kernel
from transforms.tokens.added import TEXT, Segments, added_tries, cut_out
from transforms.tokens.classes import classify
from transforms.tokens.cuts import word_end
from transforms.tokens.ids import Ids
from transforms.tokens.memo import REMEMBERED, SLACK, Words, fill, key_of, new_memo, padded_words, recall, remember
from transforms.tokens.merge import MERGED_SHORT, Merges, merge, merge_long
from transforms.tokens.model import Model
from transforms.tokens.normalize import normal_form, normalize
from transforms.tokens.split import split
from transforms.tokens.tables import Tables, load_tables
from transforms.tokens.trie import longest

__all__ = ["FastEncoder"]


@kernel
def _merge_anew(
    data: npt.NDArray[np.uint8],
    start: int,
    end: int,
    merges: Merges,
    scratch: npt.NDArray[np.int64],
    out: npt.NDArray[np.uint32],
    at: int,
) -> int:
    """Write the ids of a word from `out[at]` on; return how many."""
    if end - start > MERGED_SHORT:
        many = merge_long(data, start, end, merges)
        out[at : at + len(many)] = many
        return len(many)
    count = merge(data, start, end, merges, scratch[0], scratch[1])
    for i in range(count):
        out[at + i] = scratch[0, i]
    return count


@kernel
def _encode_pieces(
    data: npt.NDArray[np.uint8],
    words: Words,
    base: int,
    pieces: npt.NDArray[np.int32],
    model: Model,
    memo: Words,
    out: npt.NDArray[np.uint32],
    at: int,
) -> int:
    """Write the ids of some pieces, counted from `base`, from `out[at]` on; return where they end."""
    merges, cuts, whole, _ = model
    pairs, parts = cuts
    scratch = np.empty((2, MERGED_SHORT), np.int64)
    has_whole = len(whole.value) > 2
    for piece in range(len(pieces)):
        start, end = base + pieces[piece, 0], base + pieces[piece, 1]
        if has_whole:
            stop, token = longest(data, start, end, whole)
            if stop == end:
                out[at] = token
                at += 1
                continue
        # Letters of one or two bytes make words that are remembered as they are; longer ones make runs without a space.
        alphabetic = end - start <= REMEMBERED and data[start] < 0xE0 and (end - start == 1 or data[start + 1] < 0xE0)
        while start < end:
            stop = end if alphabetic else word_end(data, start, end, pairs, parts)
            if stop - start > REMEMBERED:
                at += _merge_anew(data, start, stop, merges, scratch, out, at)
            else:
                key = key_of(words, start, stop - start)
                count = recall(memo, key, out, at)
                if count == 0:
                    count = _merge_anew(data, start, stop, merges, scratch, out, at)
                    remember(memo, key, out, at, count)
                at += count
            start = stop
    return at


@kernel
def _encode(
    data: npt.NDArray[np.uint8],
    words: Words,
    segments: Segments,
    tables: Tables,
    memo: Words,
    out: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
) -> None:
    """Write the ids of all documents, and where each document's end."""
    room = 0
    for segment in range(len(segments.ids)):
        room = max(room, segments.bounds[segment + 1] - segments.bounds[segment])
    classes, pieces = np.empty(room, np.uint8), np.empty((2, room + 1, 2), np.int32)
    found = pieces[len(tables.splitter.starts) % 2]
    at = 0
    for d in range(len(segments.first) - 1):
        offsets[d] = at
        for segment in range(segments.first[d], segments.first[d + 1]):
            if segments.ids[segment] != TEXT:
                out[at] = segments.ids[segment]
                at += 1
                continue
            start, end = segments.bounds[segment], segments.bounds[segment + 1]
            classify(data[start:end], tables.classes, classes)
            count = split(classes, end - start, tables.splitter, pieces)
            at = _encode_pieces(data, words, start, found[:count], tables.model, memo, out, at)
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
        words = padded_words(data[start : start + size])
        # A byte makes one id at most.
        out, ends = np.empty(size + SLACK, np.uint32), np.empty(n + 1, np.int64)
        _encode(words.view(np.uint8), words, segments, self._tables, self._memo(), out, ends)
        return Ids(out[: ends[-1]].copy(), ends)

    def _memo(self) -> Words:
        """Return this thread's memory of words: two threads that write one entry would spoil it."""
        if not hasattr(self._own, "memo"):
            self._own.memo = new_memo()
            fill(self._own.memo, *self._tables.model.known)
        memo: Words = self._own.memo
        return memo
