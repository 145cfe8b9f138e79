"""The byte pair encoding of a tokenizer.json: its vocabulary as bytes, its merges by rank."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.text.visible import quote
from babelmill.transforms.tokens.bpe.cuts import Cuts, make_cuts
from babelmill.transforms.tokens.bpe.memo import REMEMBERED, Words, padded_words
from babelmill.transforms.tokens.bpe.merge import ID_BITS, Merges, make_merges, reached
from babelmill.transforms.tokens.bpe.pattern import Refused
from babelmill.transforms.tokens.bpe.trie import Trie, make_trie

__all__ = ["Known", "Model", "byte_of_char", "read_model"]


class Known(NamedTuple):
    """The tokens that merges make of their bytes, for a memory to begin with; the most frequent ones last."""

    words: Words
    """Their bytes, one behind the other, and padding."""
    offsets: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int32]


class Model(NamedTuple):
    """What turns a piece of text into ids."""

    merges: Merges
    cuts: Cuts
    whole: Trie
    """Pieces that are one token as a whole, though merges do not lead to it (`ignore_merges`)."""
    known: Known


def byte_of_char() -> dict[str, int]:
    """Return the byte that each character of a byte-level vocabulary stands for.

    Printable bytes of Latin-1 stand for themselves, the others for the code points from 256 on (GPT-2, encoder.py).
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + n): byte for n, byte in enumerate(others)}


def read_model(setting: dict[str, Any]) -> Model:
    """Read the model of a byte-level tokenizer.json.

    What is done with characters that have no token (`unk_token`, `byte_fallback`) does not matter: bytes have one.

    Raises:
        Refused: if it is no byte pair encoding, or one with a prefix, a suffix or chance in it.
    """
    if setting.get("type", "BPE") != "BPE" or "merges" not in setting:
        raise Refused(f"a model of type {setting.get('type')}")
    for option in ("dropout", "continuing_subword_prefix", "end_of_word_suffix"):
        if setting.get(option):
            raise Refused(f"a model with {option} {quote(setting[option])}")
    vocab: dict[str, int] = setting["vocab"]
    if max(vocab.values()) >> ID_BITS:
        raise Refused(f"ids of more than {ID_BITS} bits")
    bytes_of = byte_of_char()
    byte_ids = np.full(256, -1, np.int32)
    for char, byte in bytes_of.items():
        byte_ids[byte] = vocab.get(char, -1)
    if byte_ids.min() < 0:
        raise Refused("a byte without a token")
    # A token with another character than these 256 cannot come about from bytes.
    tokens = {token: bytes(map(bytes_of.__getitem__, token)) for token in vocab if bytes_of.keys() >= set(token)}
    ranked, made = {}, []
    for rank, merge in enumerate(setting["merges"]):
        left, right = merge.split(" ") if isinstance(merge, str) else merge
        # The later of two equal pairs counts, as in the reference.
        ranked[vocab[left], vocab[right]] = rank, vocab[left + right]
        if left + right in tokens:
            made.append(tokens[left + right])
    order = sorted(ranked, key=lambda pair: ranked[pair][0])
    merges = make_merges(byte_ids, {pair: ranked[pair][1] for pair in order})
    known, others = _reached({token: vocab[name] for name, token in tokens.items() if token}, merges)
    return Model(merges, make_cuts(made), make_trie(others if setting.get("ignore_merges") else {}), known)


def _reached(ids: dict[bytes, int], merges: Merges) -> tuple[Known, dict[bytes, int]]:
    """Divide tokens into those that merges make of their bytes, and the others."""
    tokens = sorted(ids, key=ids.__getitem__, reverse=True)
    expected = np.array([ids[token] for token in tokens], np.int32)
    found = reached(np.frombuffer(b"".join(tokens), np.uint8), _offsets(tokens), expected, merges)
    short = found & (np.array([len(token) for token in tokens]) <= REMEMBERED)
    known = [token for token, take in zip(tokens, short.tolist(), strict=True) if take]
    others = {token: ids[token] for token, merged in zip(tokens, found.tolist(), strict=True) if not merged}
    return Known(padded_words(b"".join(known)), _offsets(known), expected[short]), others


def _offsets(tokens: list[bytes]) -> npt.NDArray[np.int64]:
    return np.cumsum([0, *map(len, tokens)], dtype=np.int64)
