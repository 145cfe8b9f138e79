"""Rank files, as tiktoken reads them: a line for each token, its bytes in base64 and its rank, which is its id.

    IQ== 0
    Ig== 1

The file says neither how text is split nor which control tokens there are: both are named beside it. It is turned into
a tokenizer.json, so that `tokenizers` is the reference for these too.

tiktoken takes a piece that is a token as that token. In any other it merges, again and again, the neighbours whose
joint bytes have the lowest rank, the leftmost of equals, whatever pair they are; a tokenizer.json lists pairs. One pair
a token is exact for every file, also where a token ranks below its parts: as long as no merge has crossed the ends of
a token's bytes, each merge among them was the lowest and leftmost of the piece, hence of these bytes too. So they merge
as they would alone, and the two parts that make the token are always the same ones; no other pair ever makes it, and no
two pairs of one token stand side by side. A token that its bytes alone do not merge into is only found as a whole piece
(`ignore_merges`).
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from tokenizers import Regex
from tokenizers.pre_tokenizers import Split

from babelmill.transforms.text.visible import quote
from babelmill.transforms.tokens.bpe.model import byte_of_char
from babelmill.transforms.tokens.named_patterns import regex_of

__all__ = ["END_OF_TEXT", "Published", "published", "read_ranks", "tokenizer_of_ranks"]

END_OF_TEXT = "<|endoftext|>"
_MOST = (1 << 32) - 1
"""Ids have 32 bits."""
_BYTES = byte_of_char()
_CHARS = {byte: char for char, byte in _BYTES.items()}
_AROUND = ("", " ", "\n", "a", "A", "1", "的", ".", "'")
"""What may stand beside a control token in text: one of each kind that patterns know."""


class Published(NamedTuple):
    """What a published rank file does not say itself."""

    pattern: str
    """Its name in `PATTERNS`."""
    special: Mapping[str, int]
    """Control tokens and their ids."""


_PUBLISHED = {
    "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930": Published("gpt2", {END_OF_TEXT: 50256}),
    "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7": Published(
        "cl100k",
        {END_OF_TEXT: 100257, "<|fim_prefix|>": 100258, "<|fim_middle|>": 100259, "<|fim_suffix|>": 100260,
         "<|endofprompt|>": 100276},
    ),
    "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d": Published(
        "o200k", {END_OF_TEXT: 199999, "<|endofprompt|>": 200018}
    ),
}  # fmt: skip
"""SHA-256 → r50k_base, cl100k_base, o200k_base. Source: tiktoken_ext/openai_public.py."""


def published(content: bytes) -> Published | None:
    """Return the pattern and the control tokens of a rank file that is known; None of any other."""
    return _PUBLISHED.get(hashlib.sha256(content).hexdigest())


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
            raise ValueError(f"line {number} is no new token and its rank: {quote(line[:40])}") from None
    numbers = ranks.values()
    if len(set(numbers)) != len(ranks) or min(numbers, default=0) < 0 or max(numbers, default=0) > _MOST:
        raise ValueError("two tokens have one rank, or one has none of 32 bits")
    if missing := [byte for byte in range(256) if bytes([byte]) not in ranks]:
        raise ValueError(f"it has no token for the byte {missing[0]}")
    return ranks


def tokenizer_of_ranks(ranks: Mapping[bytes, int], pattern: str, special: Mapping[str, int]) -> dict[str, Any]:
    """Return the content of a rank file's tokenizer.json; the same for the same arguments.

    Args:
        ranks: of the file, as `read_ranks` gives them.
        pattern: a name in PATTERNS, or a regex.
        special: control tokens and their ids. Text in which one is written out never becomes one.

    Raises:
        ValueError: if the pattern is neither, or a control token cannot be told from the tokens of the file.
    """
    regex = regex_of(pattern)
    vocab = {_spelled(token): rank for token, rank in ranks.items()}
    merges, unmerged = _merges(ranks)
    _check_special(special, vocab)
    if unmerged:
        _check_pieces(special, regex, unmerged[0])
    split: dict[str, Any] = {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    flags = {"special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {
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
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": bool(unmerged),
            # To a control token that the vocabulary lacks `tokenizers` gives an id of its own; no merge leads to one.
            "vocab": vocab | dict(special),
            # As texts: versions of `tokenizers` before 0.20 read no pairs. No character stands for a byte as a blank.
            "merges": [f"{_spelled(left)} {_spelled(right)}" for left, right in merges],
        },
    }  # fmt: skip


def _spelled(token: bytes) -> str:
    """Write bytes as the characters of a byte-level vocabulary."""
    return "".join(map(_CHARS.__getitem__, token))


def _merges(ranks: Mapping[bytes, int]) -> tuple[list[tuple[bytes, bytes]], list[bytes]]:
    """Return the last two parts of each token that its bytes merge into, by rank; and the tokens of any other kind."""
    merges, unmerged = [], []
    for token in sorted(ranks, key=ranks.__getitem__):
        parts = _last_parts(token, ranks)
        if len(parts) == 2:
            merges.append((parts[0], parts[1]))
        elif len(parts) > 2:
            unmerged.append(token)
    return merges, unmerged


def _last_parts(token: bytes, ranks: Mapping[bytes, int]) -> list[bytes]:
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


def _check_special(special: Mapping[str, int], vocab: Mapping[str, int]) -> None:
    """Refuse control tokens that share an id or a spelling with another token."""
    times = Counter([*vocab.values(), *special.values()])
    if twice := [number for number in special.values() if times[number] > 1]:
        raise ValueError(f"the id {twice[0]} of a control token is another token's")
    if same := sorted(special.keys() & vocab.keys()):
        raise ValueError(f"the control token {quote(same[0])} is spelled like the file's token {vocab[same[0]]}")


def _check_pieces(special: Mapping[str, int], regex: str, unmerged: bytes) -> None:
    """Refuse control tokens that the pattern cuts out of text, where whole pieces are looked up in the vocabulary."""
    if found := next((token for token in special if _is_piece(token, regex)), None):
        raise ValueError(
            f"the control token {quote(found)} would come of text: the pattern cuts it out as a whole piece, and in "
            f"this file some tokens, such as {quote(unmerged)}, come of whole pieces alone"
        )


def _is_piece(token: str, regex: str) -> bool:
    """Say whether a pattern cuts text somewhere into a piece whose bytes are spelled like a control token."""
    try:
        text = bytes(map(_BYTES.__getitem__, token)).decode()
    except (KeyError, UnicodeDecodeError):
        return False
    cut = Split(Regex(regex), "isolated").pre_tokenize_str
    return any(text in (piece for piece, _ in cut(left + text + right)) for left in _AROUND for right in _AROUND)
