"""A base that cannot grow is refused, and it is said why."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.transforms.tokens.vocabulary.bases import small_base
from transforms.errors import ConfigError
from transforms.tokens.vocabulary.base import ids_of, read_base


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
