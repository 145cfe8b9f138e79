"""Unknown tokens: what of a text a tokenizer has no token for, and whether there can be any.

    never   its vocabulary has every byte (byte-level, or byte fallback)
    token   it writes its unknown token in that place
    lost    it writes nothing: `tokenizers` leaves such characters out without a word

Counting is by the ids, or by the text's characters, so it is the same whichever engine encodes.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import read_bytes
from babelmill.transforms.tokens.ids import Ids
from babelmill.transforms.tokens.reference import load_tokenizer

__all__ = ["Unknown", "count_unknown", "unknown_id", "unknown_of", "unwritable"]

Unknown = Literal["never", "token", "lost"]
_MOST_POINTS = 0x110000
_UNSEEN, _WRITTEN, _LOST = 0, 1, 2


@cache
def _model(path: str) -> dict[str, Any]:
    """Return what decides of a tokenizer.json: the model without its merges, and the other parts' types."""
    content = orjson.loads(read_bytes(path))
    model = content["model"]
    vocab = model.get("vocab") or {}
    tokens = set(vocab) if isinstance(vocab, dict) else {piece for piece, _ in vocab}
    kind = model.get("type") or ("Unigram" if isinstance(vocab, list) else "BPE")
    parts = {kind for name in ("normalizer", "pre_tokenizer") for kind in _types(content.get(name))}
    fallback = bool(model.get("byte_fallback")) and all(f"<0x{byte:02X}>" in tokens for byte in range(256))
    bytes_ = "ByteLevel" in parts and kind == "BPE" and all(char in tokens for char in _byte_chars())
    number = model.get("unk_id")
    unk = model.get("unk_token") if kind != "Unigram" else vocab[number][0] if number is not None else None
    return {
        "exact": fallback or bytes_,
        "unk": unk,
        "tokens": tokens if kind == "BPE" and not (fallback or bytes_) else set(),
        "affixes": (model.get("continuing_subword_prefix") or "", model.get("end_of_word_suffix") or ""),
    }


def _types(part: Any) -> Iterable[str]:
    """Yield the types of a normalizer or pre-tokenizer and of all that it is a sequence of."""
    if isinstance(part, dict):
        yield str(part.get("type"))
        for name in ("normalizers", "pretokenizers"):
            for inner in part.get(name) or ():
                yield from _types(inner)


def _byte_chars() -> list[str]:
    """Return the characters that stand for the bytes in a byte-level vocabulary (GPT-2's `bytes_to_unicode`)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    return [*map(chr, printable), *(chr(0x100 + number) for number in range(256 - len(printable)))]


def unknown_id(path: str) -> int | None:
    """Return the id of a tokenizer's unknown token; None if it writes none."""
    unk = _model(path)["unk"]
    found: int | None = None if unk is None else load_tokenizer(path).token_to_id(unk)
    return found


def unknown_of(path: str) -> Unknown:
    """Say what becomes of text that a tokenizer has no token for."""
    if _model(path)["exact"]:
        return "never"
    return "lost" if unknown_id(path) is None else "token"


def count_unknown(path: str, text: pa.Array, ids: Ids) -> npt.NDArray[np.int32]:
    """Return each document's unknown tokens, or characters without a token if there is no unknown token: int32[n].

    Args:
        path: a tokenizer.json of which `unknown_of` says `token` or `lost`.
        text: the documents.
        ids: of them.
    """
    number = unknown_id(path)
    if number is not None:
        marked, ends = ids.flat == np.uint32(number), ids.offsets
    else:
        points = np.frombuffer("".join(text.to_pylist()).encode("utf-32-le"), np.uint32)
        marked = _fates(path, points)[points] == _LOST
        ends = np.zeros(len(text) + 1, np.int64)
        np.cumsum([len(one) for one in text.to_pylist()], out=ends[1:])
    sums = np.concatenate([[0], np.cumsum(marked)])
    found: npt.NDArray[np.int32] = np.diff(sums[ends]).astype(np.int32)
    return found


@cache
def _known(path: str) -> npt.NDArray[np.uint8]:
    """Return what is known so far of each code point, once a process; what is written is the same whoever finds it."""
    return np.zeros(_MOST_POINTS, np.uint8)


def _fates(path: str, points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Return of every code point whether it is written or lost; right for those of `points`."""
    known = _known(path)
    for point in np.unique(points[known[points] == _UNSEEN]).tolist():
        known[point] = _LOST if _is_lost(path, chr(point)) else _WRITTEN
    return known


def _is_lost(path: str, char: str) -> bool:
    """Say whether a character has no token; not one that normalizer or pre-tokenizer take out, such as a space."""
    tokenizer, model = load_tokenizer(path), _model(path)
    plain = tokenizer.normalizer.normalize_str(char) if tokenizer.normalizer else char
    pieces = tokenizer.pre_tokenizer.pre_tokenize_str(plain) if tokenizer.pre_tokenizer else [(plain, None)]
    prefix, suffix = model["affixes"]
    return any(
        not {part, prefix + part, part + suffix, prefix + part + suffix} & model["tokens"]
        for piece, _ in pieces
        for part in piece
    )


def unwritable(path: str, words: Iterable[str]) -> float:
    """Return the share of the characters of some words that, alone, have no token: in [0, 1]; 0 without words.

    Raises:
        WorldError: if the tokenizer has neither a token for a character nor one for the unknown, and gives up.
    """
    if unknown_of(path) == "never":
        return 0.0
    chars = pa.array([char for word in words for char in word if not char.isspace()], pa.string())
    if not len(chars):
        return 0.0
    try:
        encoded = load_tokenizer(path).encode_batch_fast(chars.to_pylist(), add_special_tokens=False)
    except Exception as error:  # the Rust side raises Exception itself
        raise WorldError(f"{path} fails on text that it has no token for: {error}") from error
    flat = np.fromiter((number for one in encoded for number in one.ids), np.uint32)
    offsets = np.zeros(len(chars) + 1, np.int64)
    np.cumsum([len(one.ids) for one in encoded], out=offsets[1:])
    return float((count_unknown(path, chars, Ids(flat, offsets)) > 0).mean())
