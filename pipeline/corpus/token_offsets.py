"""Which bytes of a text each of its tokens stands for.

A byte-level token may end in the middle of a character:

    text    𠮷          野          tokens 175 257 109 118 6230
    bytes   f0 a0 ae b7 e9 87 8e    spans  0-1 1-2 2-3 3-4 4-7      units 0-4 (of four tokens), 4-7
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tokenizers import Tokenizer

__all__ = ["Span", "Unit", "spans_of", "units_of"]

Span = tuple[int, int]
"""A token's first byte in the UTF-8 text, and the one behind its last."""


class Unit(NamedTuple):
    """The least run of tokens that is whole characters: its first byte, the one behind its last, how many tokens."""

    start: int
    end: int
    tokens: int


def _byte_alphabet() -> dict[str, int]:
    """Return character → byte of byte-level BPE: what Latin-1 can print stands for itself, the rest from U+0100 on.

    Source: Radford et al. 2019 (GPT-2), encoder.py, `bytes_to_unicode`.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(others)}


_BYTES = _byte_alphabet()


def spans_of(tokenizer: Tokenizer, ids: Sequence[int], text: str) -> list[Span] | None:
    """Return each token's span; None if these tokens are not this text's.

    Byte-level tokens are read letter by letter. For any other kind the text is tokenized again, and its offsets count
    if the ids are the same; tokens that share a character then have the span of that character each.
    """
    return _of_bytes(tokenizer, ids, text.encode()) or _of_offsets(tokenizer, ids, text)


def _of_bytes(tokenizer: Tokenizer, ids: Sequence[int], data: bytes) -> list[Span] | None:
    added = tokenizer.get_added_tokens_decoder()
    spans, at = [], 0
    for number in ids:
        if number in added:
            content = added[number].content.encode()
        else:
            token = tokenizer.id_to_token(number)
            if token is None or not all(char in _BYTES for char in token):
                return None
            content = bytes(map(_BYTES.__getitem__, token))
        if not data.startswith(content, at):
            return None
        spans.append((at, at + len(content)))
        at += len(content)
    return spans if at == len(data) else None


def _of_offsets(tokenizer: Tokenizer, ids: Sequence[int], text: str) -> list[Span] | None:
    again = tokenizer.encode(text, add_special_tokens=False)
    if again.ids != list(ids):
        return None
    # The first byte of each character, and the end.
    places = [0]
    for char in text:
        places.append(places[-1] + len(char.encode()))
    return [(places[start], places[end]) for start, end in again.offsets]


def units_of(spans: Sequence[Span], data: bytes) -> Iterator[Unit]:
    """Yield the units of a text; they follow each other without a gap, and the last one ends where the text does.

    Bytes between two tokens, which some tokenizers leave out, belong to the unit in front of them.
    """
    start, end, tokens = 0, 0, 0
    for number, (_, last) in enumerate(spans):
        end, tokens = max(end, last), tokens + 1
        following = spans[number + 1][0] if number + 1 < len(spans) else len(data)
        boundary = following == len(data) or data[following] & 0xC0 != 0x80
        if following >= end and boundary:
            yield Unit(start, following, tokens)
            start, end, tokens = following, following, 0
    if start < len(data):
        yield Unit(start, len(data), tokens)
