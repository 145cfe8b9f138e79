"""Rank files, as tiktoken reads them: a line for each token, its bytes in base64 and its rank, which is its id.

    IQ== 0
    Ig== 1

The file says neither how text is split nor which control tokens there are: both are named beside it. It is turned into
a tokenizer.json, so that `tokenizers` is the reference for these too.

tiktoken merges the neighbours whose bytes together have the lowest rank, whatever pair they are; a tokenizer.json
lists pairs. One pair a token is enough: where a token's bytes are merged without crossing its ends, they are merged in
the order in which the token alone would be, so that its last two parts are always the same ones.
"""

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from transforms.tokens.levels import GPT2
from transforms.tokens.model import byte_of_char

__all__ = ["PATTERNS", "read_ranks", "tokenizer_of_ranks"]

PATTERNS = {
    "gpt2": GPT2,
    "cl100k": (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
        r"|\s+(?!\S)|\s+"
    ),
    "o200k": (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
}
"""How the published rank files split text (tiktoken's openai_public.py, possessive repeats written as greedy ones)."""


def read_ranks(content: bytes) -> dict[bytes, int]:
    """Read a rank file.

    Raises:
        ValueError: if a line is not a token and its rank, a token or a rank stands there twice, or one of the 256
            bytes is missing.
    """
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(content.splitlines(), 1):
        if not line:
            continue
        try:
            written, rank = line.split()
            token = base64.b64decode(written, validate=True)
            if not token or token in ranks:
                raise ValueError
            ranks[token] = int(rank)
        except ValueError:
            raise ValueError(f"line {number} is no new token and its rank: {line[:40]!r}") from None
    if len(set(ranks.values())) != len(ranks) or min(ranks.values(), default=0) < 0:
        raise ValueError("two tokens have one rank, or one has none")
    if missing := [byte for byte in range(256) if bytes([byte]) not in ranks]:
        raise ValueError(f"it has no token for the byte {missing[0]}")
    return ranks


def _last_two(token: bytes, ranks: Mapping[bytes, int]) -> list[bytes]:
    """Merge a token's bytes until two parts are left, or until nothing merges."""
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 2:
        found = [ranks.get(left + right, -1) for left, right in zip(parts, parts[1:], strict=False)]
        known = [rank for rank in found if rank >= 0]
        if not known:
            break
        at = found.index(min(known))
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def tokenizer_of_ranks(content: bytes, pattern: str, special: Mapping[str, int]) -> bytes:
    """Return the tokenizer.json of a rank file; the same for the same arguments.

    Args:
        content: the file.
        pattern: a name in PATTERNS, or a regex.
        special: control tokens and their ids. As text never becomes one, the ids are only written down.

    Raises:
        ValueError: if the file is no rank file, or a control token has the id of another token.
    """
    ranks = read_ranks(content)
    if taken := set(special.values()) & set(ranks.values()):
        raise ValueError(f"the id {min(taken)} of a control token is another token's")
    char_of = {byte: char for char, byte in byte_of_char().items()}

    def written(token: bytes) -> str:
        return "".join(map(char_of.__getitem__, token))

    merges = []
    for token in sorted(ranks, key=ranks.__getitem__):
        if len(parts := _last_two(token, ranks)) == 2:
            merges.append([written(parts[0]), written(parts[1])])
    split: dict[str, Any] = {"type": "Split", "behavior": "Isolated", "invert": False}
    split["pattern"] = {"Regex": PATTERNS.get(pattern, pattern)}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    flags = {"special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    settings = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": number, "content": token, **flags} for token, number in special.items()],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, byte_level]},
        "post_processor": None,
        "decoder": {**byte_level, "use_regex": True},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": True,
            "vocab": {written(token): rank for token, rank in ranks.items()}, "merges": merges,
        },
    }  # fmt: skip
    return orjson.dumps(settings)
