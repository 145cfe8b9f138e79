"""Added tokens: found in the text before it is split, and made an id each.

The reference takes the longest of the leftmost, first those of the text as it stands (`normalized: false`), then, in
what lies between, those of the normalised text. A control token (`special: true`) that is found is passed over whole
and stays text, because `encode_special_tokens` is on: see `load_tokenizer`.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from babelmill.transforms.kernels.compile import kernel, kernel_part
from babelmill.transforms.text.visible import quote
from babelmill.transforms.tokens.bpe.pattern import Refused
from babelmill.transforms.tokens.bpe.trie import NOTHING, Trie, longest, make_trie

__all__ = ["TEXT", "Segments", "added_tries", "cut_out"]

TEXT = -1
"""In place of an id: a segment that is text."""
_CONTROL = -2


class Segments(NamedTuple):
    """Documents as segments, text and added tokens in turn; those of document d are at `first[d]:first[d + 1]`."""

    bounds: npt.NDArray[np.int64]
    """int64[segments + 1]: byte offsets; a segment ends where the next one begins."""
    ids: npt.NDArray[np.int32]
    """int32[segments]: an added token's id, or TEXT."""
    first: npt.NDArray[np.int64]


def added_tries(reference: Tokenizer) -> tuple[Trie | None, Trie | None]:
    """Return the added tokens of the text as it stands and of the normalised text; None where none ever counts.

    Raises:
        Refused: if one of them takes spaces or whole words only.
    """
    found: dict[bool, dict[bytes, int]] = {False: {}, True: {}}
    for number, token in reference.get_added_tokens_decoder().items():
        if not token.special and (token.lstrip or token.rstrip or token.single_word):
            raise Refused(f"the added token {quote(token.content)} looks at what stands around it")
        content = token.content
        if token.normalized and reference.normalizer is not None:
            content = reference.normalizer.normalize_str(content)
        found[token.normalized][content.encode()] = _CONTROL if token.special else number
    raw, normalized = (
        make_trie(tokens) if any(value != _CONTROL for value in tokens.values()) else None for tokens in found.values()
    )
    return raw, normalized


@kernel_part
def _next(data: npt.NDArray[np.uint8], start: int, end: int, begins: npt.NDArray[np.bool_]) -> int:
    """Return where the next byte is that a token begins with, or `end`."""
    for i in range(start, end):
        if begins[data[i]]:
            return i
    return end


@kernel
def _find(
    data: npt.NDArray[np.uint8],
    segments: Segments,
    trie: Trie,
    bounds: npt.NDArray[np.int64],
    ids: npt.NDArray[np.int32],
    first: npt.NDArray[np.int64],
    write: bool,
) -> tuple[int, bool]:
    """Write the finer segments, or only count them; return their number, and whether there is a token among them."""
    made, found = 0, False
    begins = np.empty(256, np.bool_)
    for byte in range(256):
        begins[byte] = trie.child[1, trie.symbol[byte]] != 0
    old_bounds, old_ids, old_first = segments
    for d in range(len(old_first) - 1):
        if write:
            first[d] = made
        for segment in range(old_first[d], old_first[d + 1]):
            i = text = old_bounds[segment]
            end = old_bounds[segment + 1]
            while i < end and old_ids[segment] == TEXT:
                i = _next(data, i, end, begins)
                if i == end:
                    break
                stop, value = longest(data, i, end, trie)
                if value == NOTHING:
                    i += 1
                    continue
                found = True
                if value != _CONTROL:
                    if text < i:
                        if write:
                            bounds[made], ids[made] = text, TEXT
                        made += 1
                    if write:
                        bounds[made], ids[made] = i, value
                    made += 1
                    text = stop
                i = stop
            if text < end:
                if write:
                    bounds[made], ids[made] = text, old_ids[segment]
                made += 1
    if write:
        first[len(first) - 1] = made
        bounds[made] = old_bounds[len(old_bounds) - 1]
    return made, found


def cut_out(data: npt.NDArray[np.uint8], segments: Segments, trie: Trie | None) -> Segments:
    """Cut the added tokens of a trie out of the segments that are text. Empty segments vanish."""
    if trie is None:
        return segments
    first = np.empty_like(segments.first)
    count, found = _find(data, segments, trie, segments.bounds, segments.ids, first, False)
    if not found and count == len(segments.ids):
        return segments
    made = Segments(np.empty(count + 1, np.int64), np.empty(count, np.int32), first)
    _find(data, segments, trie, *made, True)
    return made
