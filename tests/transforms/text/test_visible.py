"""Text made visible has no character that acts on a terminal or a page's direction."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.text.visible import quote, visible


@given(st.text())
def test_nothing_is_left_that_acts(text: str) -> None:
    shown = visible(text)
    assert all(char.isprintable() or char in "\u200c\u200d" for char in shown)
    assert visible(shown) == shown


@given(st.text(st.characters(categories=("L", "N", "P", "S"))))
def test_plain_text_stays(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202eevil", "\\u202eevil"),
        ("a\tb\nc\u00a0d\u2028e", "a b c d e"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\U000e0041", "\\U000e0041"),
        ("\u200b\ufeff", "\\u200b\\ufeff"),
    ],
)
def test_cases(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert not any(unicodedata.category(char) == "Cc" for char in shown)


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_a_quoted_value_is_short_and_harmless(value: object) -> None:
    assert len(quote(value)) <= 400
    assert quote(value).isprintable()


def test_a_small_value_is_quoted_whole() -> None:
    for value in (None, True, 1.5, "a'b", [1, "2"], {"a": [1]}, ("x",)):
        assert quote(value) == repr(value)


def test_a_value_that_would_take_all_memory() -> None:
    value: object = "x" * 1_000
    for _ in range(30):
        value = [value] * 9
    assert len(quote(value)) <= 400
