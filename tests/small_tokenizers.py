"""Small tokenizers of English, of every kind that has or has not a token for everything."""

from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

__all__ = ["KINDS", "make_tokenizer"]

_LINES = ["the boat lay in the harbour and the captain went home", "we read the letters again until it was dark"] * 10
_BYTES = pre_tokenizers.ByteLevel.alphabet()
_FALLBACK = [f"<0x{byte:02X}>" for byte in range(256)]
KINDS = {
    "bytes": "never",
    "fallback": "never",
    "some bytes": "lost",
    "bpe": "lost",
    "bpe suffix": "lost",
    "bpe unk": "token",
    "wordpiece": "token",
    "wordlevel": "token",
    "unigram": "token",
}
"""Kind → what becomes of text that it has no token for."""


def _parts(kind: str) -> tuple[Any, Any]:
    """Return a model and its trainer."""
    bpe, unk = trainers.BpeTrainer, {"special_tokens": ["<unk>"]}
    return {
        "bytes": lambda: (models.BPE(), bpe(vocab_size=400, initial_alphabet=_BYTES)),
        "some bytes": lambda: (models.BPE(), bpe(vocab_size=60)),
        "fallback": lambda: (models.BPE(byte_fallback=True), bpe(vocab_size=400, special_tokens=_FALLBACK)),
        "bpe": lambda: (models.BPE(), bpe(vocab_size=60)),
        "bpe suffix": lambda: (
            models.BPE(end_of_word_suffix="</w>"), bpe(vocab_size=80, end_of_word_suffix="</w>")
        ),
        "bpe unk": lambda: (models.BPE(unk_token="<unk>"), bpe(vocab_size=60, **unk)),
        "wordpiece": lambda: (models.WordPiece(unk_token="<unk>"), trainers.WordPieceTrainer(vocab_size=80, **unk)),
        "wordlevel": lambda: (models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(**unk)),
        "unigram": lambda: (models.Unigram(), trainers.UnigramTrainer(vocab_size=60, unk_token="<unk>", **unk)),
    }[kind]()  # fmt: skip


def make_tokenizer(folder: Path, kind: str, *more: str) -> str:
    """Train a tokenizer of a kind on two sentences, and more if there are; return the path of its tokenizer.json."""
    model, trainer = _parts(kind)
    tokenizer = Tokenizer(model)
    by_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = by_bytes if "bytes" in kind else pre_tokenizers.Whitespace()
    trainer.show_progress = False
    tokenizer.train_from_iterator([*_LINES, *more], trainer)
    path = folder / f"{kind.replace(' ', '_')}.json"
    tokenizer.save(str(path))
    return str(path)
