"""Small bases to grow, and the texts that they grow on."""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

CORPUS = Path(__file__).parents[3] / "data" / "corpus"
PATTERN = r"'s|'t| ?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+(?!\S)|\s+"


@cache
def texts(lang: str) -> tuple[str, ...]:
    """Return documents of the sample."""
    with gzip.open(CORPUS / f"{lang}.jsonl.gz") as lines:
        return tuple(json.loads(line)["text"] for line in lines)[:30]


@cache
def _trained(size: int) -> str:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts("en"), trainer)
    tokenizer.add_special_tokens(["<|end|>"])
    tokenizer.add_tokens(["<tool>"])
    text: str = tokenizer.to_str()
    return text


def small_base(size: int = 500, **model: Any) -> dict[str, Any]:
    """Return a base of `size` tokens trained on English, and two added ones behind them; `model` changes its model."""
    setting: dict[str, Any] = json.loads(_trained(size))
    setting["model"].update(model)
    return setting
