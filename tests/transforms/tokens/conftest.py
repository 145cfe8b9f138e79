"""Small tokenizers, trained on the sample corpus."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
from tokenizers.trainers import BpeTrainer

from babelmill.transforms.tokens.named_patterns import PATTERNS

Make = Callable[..., str]


@pytest.fixture(scope="session")
def trained(corpus: Path) -> dict[str, Any]:
    """The settings of a byte-level tokenizer of 3,000 tokens for six scripts."""
    tokenizer = Tokenizer(BPE())
    steps = [Split(Regex(PATTERNS["cl100k"]), "isolated"), ByteLevel(add_prefix_space=False, use_regex=False)]
    tokenizer.pre_tokenizer = Sequence(steps)
    trainer = BpeTrainer(vocab_size=3000, initial_alphabet=ByteLevel.alphabet(), show_progress=False)
    texts = []
    for lang in ("en", "zh", "ru", "ja", "ar", "ko"):
        with gzip.open(corpus / f"{lang}.jsonl.gz") as lines:
            texts += [orjson.loads(line)["text"] for line in lines]
    tokenizer.train_from_iterator(texts, trainer)
    settings: dict[str, Any] = orjson.loads(tokenizer.to_str())
    return settings


@pytest.fixture(scope="session")
def make(trained: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Write a tokenizer.json: the trained one, with some settings changed; return its path."""

    def write(**changes: Any) -> str:
        path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
        settings = {**trained, **changes}
        settings["model"] = {**trained["model"], **changes.get("model", {})}
        path.write_bytes(orjson.dumps(settings))
        return str(path)

    return write
