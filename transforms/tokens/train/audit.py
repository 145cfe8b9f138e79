"""Audit a byte-level tokenizer: can every token come about, does every text come back, what does hostile text cost?

Everything is asked of `tokenizers` itself, loaded from what is to be written.
"""

import math
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from tokenizers import Tokenizer

from babelmill.transforms.tokens.train.base import as_bytes, engine, ids_of, model_alone

__all__ = ["Audit", "Growth", "Rate", "audit", "growth", "rate"]

_POINTS = range(0x110000)
"""The code points of Unicode."""
_SURROGATES = range(0xD800, 0xE000)
_CHUNK = 512
"""Code points that are encoded together."""
_HOSTILE = {
    "one letter": "a",
    "one Chinese character": "的",
    "a few letters": "abcde",
    "many Chinese characters": "".join(map(chr, range(0x4E00, 0x8000, 7))),
    "blanks": " ",
    "signs": "=-",
    "digits": "1234567890",
}
"""What words without end are made of."""
_STEP = 16


class Audit(NamedTuple):
    """What is wrong with a vocabulary; nothing, if all but `tokens` are empty."""

    tokens: int
    """How many there are, added ones included."""
    gaps: int
    """Ids below the greatest that no token has."""
    dead: dict[str, int]
    """Tokens, in characters for bytes, that their own bytes are not encoded to."""
    broken: tuple[int, ...]
    """Code points that do not come back, but for normalisation."""
    leaks: tuple[str, ...]
    """Control tokens that come of text in which they are written out."""


class Growth(NamedTuple):
    """How the time grows with the length of one word: of the length's power `exponent`; 1 is linear."""

    name: str
    size: int
    """Bytes of the longest word."""
    seconds: float
    """Of processor time for it."""
    exponent: float


class Rate(NamedTuple):
    """What a tokenizer makes of some text."""

    bytes: int
    chars: int
    tokens: int

    @property
    def bytes_per_token(self) -> float:
        """Bytes a token; not a number for no text."""
        return self.bytes / self.tokens if self.tokens else math.nan

    @property
    def chars_per_token(self) -> float:
        """Characters a token; not a number for no text."""
        return self.chars / self.tokens if self.tokens else math.nan


def audit(setting: dict[str, Any]) -> Audit:
    """Audit the content of a tokenizer.json."""
    tokenizer, ids = engine(setting), ids_of(setting)
    special = [token["content"] for token in setting["added_tokens"] if token["special"]]
    leaks = [token for token in special if ids[token] in tokenizer.encode(token, add_special_tokens=False).ids]
    used = set(ids.values())
    gaps = max(used) + 1 - len(used)
    return Audit(len(used), gaps, _dead(setting, tokenizer), tuple(_broken(tokenizer)), tuple(leaks))


def _dead(setting: dict[str, Any], tokenizer: Tokenizer) -> dict[str, int]:
    """Return the tokens that do not come of their own bytes. What is no UTF-8 is left to the model alone."""
    added = {token["content"] for token in setting["added_tokens"]}
    texts, parts, dead = {}, {}, {}
    for token, number in setting["model"]["vocab"].items():
        if token in added:
            continue
        try:
            texts[token] = as_bytes(token).decode()
        except UnicodeDecodeError:
            parts[token] = token
        except KeyError:
            dead[token] = number
    for engine_of, some in ((tokenizer, texts), (model_alone(setting), parts)):
        encodings = engine_of.encode_batch_fast(list(some.values()), add_special_tokens=False)
        for token, encoding in zip(some, encodings, strict=True):
            number = setting["model"]["vocab"][token]
            if encoding.ids != [number]:
                dead[token] = number
    return dict(sorted(dead.items(), key=lambda pair: pair[1]))


def _broken(tokenizer: Tokenizer) -> list[int]:
    """Return the code points of Unicode, surrogates aside, that are not what they were behind encoding and decoding."""
    normalize = tokenizer.normalizer.normalize_str if tokenizer.normalizer else str

    def comes_back(texts: list[str]) -> list[bool]:
        encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        back = tokenizer.decode_batch([encoding.ids for encoding in encodings], skip_special_tokens=False)
        return [normalize(text) == decoded for text, decoded in zip(texts, back, strict=True)]

    points = [point for point in _POINTS if point not in _SURROGATES]
    chunks = [points[i : i + _CHUNK] for i in range(0, len(points), _CHUNK)]
    whole = comes_back(["".join(map(chr, chunk)) for chunk in chunks])
    doubtful = [point for chunk, good in zip(chunks, whole, strict=True) if not good for point in chunk]
    return [point for point, good in zip(doubtful, comes_back([*map(chr, doubtful)]), strict=True) if not good]


def growth(tokenizer: Tokenizer, size: int = 1 << 20, clock: Callable[[], float] = time.process_time) -> list[Growth]:
    """Encode single words of `size` bytes, and of a 16th of it, and compare the times."""

    def seconds(text: str) -> float:
        start = clock()
        tokenizer.encode(text, add_special_tokens=False)
        return clock() - start

    found = []
    for name, unit in _HOSTILE.items():
        word = unit * -(-size // len(unit.encode()))
        word = word[: len(word) * size // len(word.encode())]
        part = word[: len(word) // _STEP]
        long, short = seconds(word), min(seconds(part) for _ in range(3))
        found.append(Growth(name, len(word.encode()), long, math.log(long / short, _STEP)))
    return found


def rate(tokenizer: Tokenizer, texts: Iterable[str]) -> Rate:
    """Measure texts."""
    some = list(texts)
    encodings = tokenizer.encode_batch_fast(some, add_special_tokens=False)
    return Rate(sum(len(text.encode()) for text in some), sum(map(len, some)), sum(len(one.ids) for one in encodings))
