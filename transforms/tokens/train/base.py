"""The base: a tokenizer.json or a rank file that is to grow, as one plain JSON object.

A tokenizer.json writes a token's bytes as characters: a printable byte of Latin-1 as itself, the others as the code
points from 256 on (GPT-2's encoder.py). `as_bytes` reads them back.

    >>> as_bytes("Ġworld")
    b' world'
"""

from typing import Any

import orjson
from tokenizers import Tokenizer

from babelmill.transforms.errors import ConfigError, WorldError
from babelmill.transforms.files.storage import read_bytes
from babelmill.transforms.text.visible import quote
from babelmill.transforms.tokens.bpe.model import byte_of_char
from babelmill.transforms.tokens.named_patterns import PATTERNS, regex_of
from babelmill.transforms.tokens.ranks import END_OF_TEXT, Published, published, read_ranks, tokenizer_of_ranks

__all__ = ["as_bytes", "engine", "ids_of", "model_alone", "read_base"]

_BYTES = byte_of_char()


def as_bytes(token: str) -> bytes:
    """Return the bytes that a token of a byte-level vocabulary stands for.

    Raises:
        KeyError: if it has a character that stands for none, as special tokens may.
    """
    return bytes(map(_BYTES.__getitem__, token))


def read_base(path: str, pattern: str | None = None) -> dict[str, Any]:
    """Read a base, and check that it can grow: byte pair encoding over all 256 bytes.

    Args:
        path: a tokenizer.json, or a rank file (`base64 rank` a line).
        pattern: how a rank file's tokenizer cuts text, a name in PATTERNS or a regex; needed only where the file is not
            known. A file that is not known gets `<|endoftext|>` after its last rank.

    Returns:
        The content of a tokenizer.json.

    Raises:
        ConfigError: with the key `base` or `pattern`.
    """
    try:
        content = read_bytes(path)
    except WorldError as error:
        raise ConfigError("base", str(error)) from error
    if not content.lstrip().startswith(b"{"):
        return _of_ranks(content, path, pattern)
    if pattern is not None:
        raise ConfigError("pattern", f"{path} is no rank file; it brings its own")
    try:
        setting = orjson.loads(content)
        engine(setting)
    except Exception as error:  # the Rust side raises Exception itself, whatever is wrong
        raise ConfigError("base", f"{path} is no tokenizer that `tokenizers` can load: {error}") from error
    if (why := _unfit(setting)) is not None:
        raise ConfigError("base", f"{path} cannot grow: {why}")
    found: dict[str, Any] = setting
    return found


def _of_ranks(content: bytes, path: str, pattern: str | None) -> dict[str, Any]:
    """Return the tokenizer.json of a rank file; what it does not say itself is known, or is `pattern`."""
    try:
        ranks = read_ranks(content)
    except ValueError as error:
        raise ConfigError("base", f"{path} is neither a tokenizer.json nor a rank file: {error}") from error
    known = published(content)
    if pattern is None and known is None:
        ways = f"{', '.join(PATTERNS)}, or a regex"
        raise ConfigError("pattern", f"how the tokenizer of {path} cuts text is not known; give {ways}")
    if known is None:
        # A file that has it already, as text, keeps it as text.
        special = {} if END_OF_TEXT.encode() in ranks else {END_OF_TEXT: max(ranks.values()) + 1}
        known = Published(pattern or "", special)
    try:
        regex = regex_of(known.pattern if pattern is None else pattern)
    except ValueError as error:
        raise ConfigError("pattern", str(error)) from error
    try:
        return tokenizer_of_ranks(ranks, regex, known.special)
    except ValueError as error:
        raise ConfigError("base", f"{path}: {error}") from error


def _unfit(setting: dict[str, Any]) -> str | None:
    """Say why a tokenizer.json cannot be a base; None if it can."""
    model = setting["model"]
    if model.get("type", "BPE") != "BPE" or "merges" not in model:
        return f"its model is {model.get('type')}, only BPE has merges to add to"
    for option in ("dropout", "continuing_subword_prefix", "end_of_word_suffix"):
        if model.get(option):
            return f"its model has {option} {quote(model[option])}"
    before = setting["pre_tokenizer"] or {}
    steps = before.get("pretokenizers", [before])
    if not any(step.get("type") == "ByteLevel" for step in steps):
        return "its pre_tokenizer is not byte-level"
    missing = [byte for char, byte in _BYTES.items() if char not in model["vocab"]]
    return f"the byte {missing[0]} has no token" if missing else None


def engine(setting: dict[str, Any]) -> Tokenizer:
    """Return the tokenizer of a tokenizer.json's content, for text as text: uncut, control tokens in it are text."""
    tokenizer = Tokenizer.from_str(orjson.dumps(setting).decode())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer


def model_alone(setting: dict[str, Any]) -> Tokenizer:
    """Return the model without what stands before and behind it: it encodes a word in characters for bytes."""
    return Tokenizer.from_str(orjson.dumps({"version": "1.0", "added_tokens": [], "model": setting["model"]}).decode())


def ids_of(setting: dict[str, Any]) -> dict[str, int]:
    """Return every token's id, added ones included."""
    vocab: dict[str, int] = setting["model"]["vocab"]
    return vocab | {token["content"]: token["id"] for token in setting["added_tokens"]}
