"""Rank files give the ids that tiktoken gives."""

import base64
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.errors import ConfigError
from transforms.tokens.encoder import FAST, load_encoder
from transforms.tokens.ranks import read_ranks, tokenizer_of_ranks
from transforms.tokens.reference import load_tokenizer
from transforms.tokens.tokenizer import TokenizerSource, identify_tokenizer

BYTES = [bytes([byte]) for byte in range(256)]
TOKENS = [*BYTES, b"ab", b"bc", b"abc", b"abcd", b" a", b"aa", b"aaa", b"aaaa", "的".encode(), b"zzz", b"  ", b"bcab"]
"""`zzz` is one that no merge leads to: only a whole piece can be it."""
RANKS = {token: rank for rank, token in enumerate(TOKENS)}


def written(ranks: dict[bytes, int]) -> bytes:
    return b"".join(base64.b64encode(token) + f" {rank}\n".encode() for token, rank in ranks.items())


def tiktoken(piece: bytes) -> list[int]:
    """As tiktoken encodes a piece: the whole one, or the neighbours with the lowest rank, the leftmost first."""
    if piece in RANKS:
        return [RANKS[piece]]
    parts = [piece[i : i + 1] for i in range(len(piece))]
    while True:
        known = [
            (RANKS[left + right], at)
            for at, (left, right) in enumerate(zip(parts, parts[1:], strict=False))
            if left + right in RANKS
        ]
        if not known:
            return [RANKS[part] for part in parts]
        _, at = min(known)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> TokenizerSource:
    """A rank file whose pieces are runs of what is no space, and of spaces."""
    path = tmp_path_factory.mktemp("ranks") / "small.tiktoken"
    path.write_bytes(written(RANKS))
    return TokenizerSource(ranks=str(path), pattern=r"\S+|\s+", special={"<|end|>": 300})


@settings(max_examples=200)
@given(st.lists(st.text("abcdz的", min_size=1, max_size=20), min_size=1, max_size=5), st.integers(1, 3))
def test_as_tiktoken(source: TokenizerSource, words: list[str], spaces: int) -> None:
    encoder = load_encoder(source.resolve())
    expected = tiktoken(words[0].encode())
    for word in words[1:]:
        expected += tiktoken(b" " * spaces) + tiktoken(word.encode())
    assert encoder.encode(pa.array([(" " * spaces).join(words)])).flat.tolist() == expected
    assert encoder.engine == FAST


def test_control_tokens_are_text(source: TokenizerSource) -> None:
    found = load_encoder(source.resolve()).encode(pa.array(["<|end|>"])).flat.tolist()
    assert found == [RANKS[bytes([byte])] for byte in b"<|end|>"]
    assert "<|end|>" in load_tokenizer(source.resolve()).get_vocab()


def test_identity(source: TokenizerSource) -> None:
    found = identify_tokenizer(source.resolve())
    assert found.vocab_size == len(TOKENS) + 1
    assert found.footer == {
        "tokenizer_sha256": Path(source.resolve()).stem, "tokenizer_vocab_size": "269",
        "tokenizer_special_tokens": "text", "tokenizer_end_of_document": "none",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["gpt2", "cl100k", "o200k"])
def test_named_patterns(name: str) -> None:
    content = tokenizer_of_ranks(written(RANKS), name, {})
    assert content == tokenizer_of_ranks(written(RANKS), name, {})
    assert b"\\\\p{L}" in content


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no token for the byte 0"),
        (b"IQ== 0 1\n", "line 1 is no new token"),
        (b"IQ== 0\nI! 1\n", "line 2 is no new token"),
        (b"IQ== 0\nIQ== 1\n", "line 2 is no new token"),
        (b" 0\n", "line 1 is no new token"),
        (b"IQ== x\n", "line 1 is no new token"),
        (b"IQ== 0\nIg== 0\n", "two tokens have one rank"),
        (b"IQ== -1\n", "or one has none"),
    ],
)
def test_no_rank_file(content: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=why):
        read_ranks(content)
    path = tmp_path / "x.tiktoken"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=f"tokens.tokenizer.ranks: .* is no rank file: .*{why}"):
        TokenizerSource(ranks=str(path), pattern="gpt2").resolve()


def test_an_id_twice() -> None:
    with pytest.raises(ValueError, match="the id 5 of a control token"):
        tokenizer_of_ranks(written(RANKS), "gpt2", {"<|end|>": 5})
