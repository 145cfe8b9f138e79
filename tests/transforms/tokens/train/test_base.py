"""A base that cannot grow is refused, and it is said why."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from babelmill.transforms.errors import ConfigError
from babelmill.transforms.tokens import ranks
from babelmill.transforms.tokens.named_patterns import PATTERNS
from babelmill.transforms.tokens.ranks import Published
from babelmill.transforms.tokens.train.audit import audit
from babelmill.transforms.tokens.train.base import as_bytes, engine, ids_of, read_base
from tests.transforms.tokens.train.bases import small_base

BYTES = [bytes([byte]) for byte in range(256)]


def lose_a_byte(setting: dict[str, Any]) -> None:
    setting["model"]["vocab"]["other"] = setting["model"]["vocab"].pop("ÿ")


def become_wordlevel(setting: dict[str, Any]) -> None:
    setting["model"] = {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (become_wordlevel, "its model is WordLevel"),
        (lambda setting: setting["model"].update(dropout=0.1), "its model has dropout 0.1"),
        (lambda setting: setting["model"].update(end_of_word_suffix="</w>"), "its model has end_of_word_suffix '</w>'"),
        (lambda setting: setting.update(pre_tokenizer=None), "its pre_tokenizer is not byte-level"),
        (lambda setting: setting.update(pre_tokenizer={"type": "Whitespace"}), "its pre_tokenizer is not byte-level"),
        (lose_a_byte, "the byte 255 has no token"),
    ],
)
def test_what_cannot_grow(tmp_path: Path, change: Callable[[dict[str, Any]], None], message: str) -> None:
    setting = small_base()
    setting["model"]["merges"] = []
    change(setting)
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(setting))
    with pytest.raises(ConfigError, match=f"^base: .*tokenizer.json cannot grow: {message}"):
        read_base(str(path))


@pytest.mark.parametrize("content", ["{", "{}", '{"model": {"type": "Nope"}}', json.dumps(small_base())[:-9]])
def test_no_tokenizer(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"^base: .*tokenizer.json is no tokenizer that"):
        read_base(str(path))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="^base: cannot read .*none.json"):
        read_base(str(tmp_path / "none.json"))


def test_a_pattern_is_for_rank_files(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(small_base()))
    assert read_base(str(path)) == small_base()
    assert len(ids_of(read_base(str(path)))) == 502
    with pytest.raises(ConfigError, match="^pattern: .* is no rank file"):
        read_base(str(path), r"\p{L}+")


def rank_file(path: Path, *tokens: bytes) -> str:
    lines = (b64encode(token) + b" %d" % rank for rank, token in enumerate([*BYTES, *tokens]))
    path.write_bytes(b"\n".join(lines))
    return str(path)


def regex(setting: dict[str, Any]) -> str:
    found: str = setting["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
    return found


@pytest.mark.parametrize("pattern", [*PATTERNS, r"[\s\S]+"])
def test_a_rank_file(tmp_path: Path, pattern: str) -> None:
    """A name is the named pattern; whatever it is, no text becomes the control token."""
    setting = read_base(rank_file(tmp_path / "x.tiktoken", b"abc", b"bc"), pattern)
    assert regex(setting) == PATTERNS.get(pattern, pattern)
    tokenizer = engine(setting)
    assert tokenizer.encode("xabc abc").ids == [120, 256, 32, 256]
    assert tokenizer.token_to_id("<|endoftext|>") == 258
    found = audit(setting)
    assert (found.tokens, found.gaps, found.dead, found.leaks) == (259, 0, {}, ())


def test_a_published_rank_file_keeps_its_control_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = rank_file(tmp_path / "x.tiktoken", b"ab")
    special = {"<|endoftext|>": 300, "<|fim_prefix|>": 301, "<|endofprompt|>": 320}
    known = {hashlib.sha256(Path(path).read_bytes()).hexdigest(): Published("cl100k", special)}
    monkeypatch.setattr(ranks, "_PUBLISHED", known)
    for pattern in (None, "gpt2"):
        setting = read_base(path, pattern)
        assert regex(setting) == PATTERNS[pattern or "cl100k"]
        tokenizer = engine(setting)
        assert {token: tokenizer.token_to_id(token) for token in special} == special
        assert not audit(setting).leaks


def test_a_rank_file_that_has_the_end_of_text_as_text(tmp_path: Path) -> None:
    setting = read_base(rank_file(tmp_path / "x.tiktoken", b"<|endoftext|>"), r"[\s\S]+")
    assert setting["added_tokens"] == []
    assert engine(setting).encode("<|endoftext|>").ids == [256]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (None, "pattern: how the tokenizer of .*x.tiktoken cuts text is not known; give gpt2, cl100k, o200k, or a reg"),
        ("cl100", "pattern: 'cl100' is neither the name of a pattern nor a regex; did you mean cl100k?"),
        ("o200", "pattern: 'o200' is neither the name of a pattern nor a regex; did you mean o200k?"),
        ("", "pattern: '' is neither"),
        ("(", "pattern: '\\(' is no regex: Oniguruma error"),
        # Its letters merge into nothing, so that only whole pieces are `xyz`.
        (r"[\s\S]+", "base: .*x.tiktoken: the control token '<|endoftext|>' would come of text"),
    ],
)
def test_a_wrong_pattern(tmp_path: Path, pattern: str | None, message: str) -> None:
    path = rank_file(tmp_path / "x.tiktoken", b"xyz")
    with pytest.raises(ConfigError) as caught:
        read_base(path, pattern)
    caught.match("^" + message.replace("|", r"\|"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello", "line 1 is no new token and its rank: b'hello'"),
        (b"", "it has no token for the byte 0"),
        (b"AA== 0\nAQ== 0", "two tokens have one rank"),
    ],
)
def test_neither_a_tokenizer_nor_a_rank_file(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=f"^base: .*x is neither a tokenizer.json nor a rank file: {message}"):
        read_base(str(path), "gpt2")


def test_all_bytes_have_characters_of_their_own(tmp_path: Path) -> None:
    vocab = read_base(rank_file(tmp_path / "x.tiktoken"), "gpt2")["model"]["vocab"]
    assert [as_bytes(char) for char, rank in vocab.items() if rank < 256] == BYTES
    assert as_bytes("ĠÃ©Ċ") == " é\n".encode()
