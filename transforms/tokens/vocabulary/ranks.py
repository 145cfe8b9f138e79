"""Rank files, as tiktoken reads them: a line a token, its bytes in base64 and its rank; the rank is the id.

Such a tokenizer merges the two neighbours whose joint bytes have the lowest rank, the leftmost of equals, and takes a
piece of text that is a token as that token. The same as merges: a token comes about only where all lower ranks are
done, so always from the same two parts, which are what the lower ranks make of its bytes. A token of which they make
more than two parts is only found whole (`ignore_merges`).
"""

import hashlib
from base64 import b64decode
from typing import Any

from transforms.errors import ConfigError

__all__ = ["as_characters", "from_ranks"]

_CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
_END = "<|endoftext|>"
_KNOWN = {
    # cl100k_base. Pattern and special tokens: tiktoken_ext/openai_public.py.
    "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7": (
        _CL100K,
        {_END: 100257, "<|fim_prefix|>": 100258, "<|fim_middle|>": 100259, "<|fim_suffix|>": 100260,
         "<|endofprompt|>": 100276},
    ),
}  # fmt: skip
"""SHA-256 of a rank file to what it does not say itself: the pattern and the special tokens."""

_PRINTABLE = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
_OTHERS = [byte for byte in range(256) if byte not in _PRINTABLE]
_CHARS = {byte: chr(byte) if byte in _PRINTABLE else chr(256 + _OTHERS.index(byte)) for byte in range(256)}


def as_characters(token: bytes) -> str:
    """Write bytes as the characters of a byte-level vocabulary."""
    return "".join(map(_CHARS.__getitem__, token))


def _read(content: bytes, path: str) -> dict[bytes, int]:
    """Return token to rank, in the order of the ranks."""
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(content.splitlines(), 1):
        try:
            token, rank = line.split()
            ranks[b64decode(token, validate=True)] = int(rank)
        except ValueError as error:
            raise ConfigError(
                "base", f"{path}: line {number} is neither of a tokenizer.json nor of a rank file"
            ) from error
    missing = [byte for byte in range(256) if bytes([byte]) not in ranks]
    if missing:
        raise ConfigError("base", f"{path} cannot grow: the byte {missing[0]} has no token")
    if len(set(ranks.values())) != len(ranks) or min(ranks.values()) < 0:
        raise ConfigError("base", f"{path}: a rank is below 0 or stands twice")
    return dict(sorted(ranks.items(), key=lambda pair: pair[1]))


def _parts(token: bytes, ranks: dict[bytes, int]) -> list[bytes]:
    """Return what the ranks below a token's own make of its bytes."""
    parts, limit = [bytes([byte]) for byte in token], ranks[token]
    while len(parts) > 2:
        rank, i = min((ranks.get(parts[i] + parts[i + 1], limit), i) for i in range(len(parts) - 1))
        if rank >= limit:
            break
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    return parts


def from_ranks(content: bytes, path: str, pattern: str | None = None) -> dict[str, Any]:
    """Return a rank file's tokenizer as the content of a tokenizer.json.

    Args:
        content: of the file.
        path: of the file, for messages.
        pattern: the regex that cuts text, in Oniguruma's syntax. Known for cl100k_base; a file that is not known also
            gets `<|endoftext|>` behind its last rank.

    Raises:
        ConfigError: if it is no rank file, or not known and without a pattern.
    """
    ranks = _read(content, path)
    known, special = _KNOWN.get(hashlib.sha256(content).hexdigest(), (None, {_END: max(ranks.values()) + 1}))
    regex = pattern or known
    if regex is None:
        raise ConfigError("pattern", f"the regex by which the tokenizer of {path} cuts text is not known; name it")
    merges = [parts for token in ranks if len(parts := _parts(token, ranks)) == 2]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": number, "content": token, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": True}
            for token, number in special.items()
        ],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
            ],
        },
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": True,
            "vocab": {as_characters(token): rank for token, rank in ranks.items()} | special,
            "merges": [f"{as_characters(left)} {as_characters(right)}" for left, right in merges],
        },
    }  # fmt: skip
