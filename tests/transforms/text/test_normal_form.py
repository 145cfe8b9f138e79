"""The normal form is Python's, whatever the text, and takes time in proportion to its length."""

import itertools
import sys
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.text.normal_form import normal_form

PLAIN = "This is a plain sentence of some words, and nothing in it is to be changed. "
JOINING = (
    "\u0301\u0323\u0344\u093c\u0958\u09be\u09c7\u0b57\u1100\u1161\u11a8\u1175\u212b\u3099\u304b가ꥠ\U0001d165\U000110ba"
)
EVERY = [code for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]


@settings(max_examples=500)
@given(st.lists(st.text(st.sampled_from(JOINING + "ae\n")) | st.text(st.characters(codec="utf-8")) | st.just(PLAIN)))
def test_it_is_pythons(parts: list[str]) -> None:
    text = "".join(parts)
    assert normal_form(text, text.encode()) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("around", ["a{}b", "{}\u0301", "\u1100{}", "e\u0323{}\u0302", " " * 90 + "x{0}{0}"])
def test_every_character(around: str) -> None:
    for start in range(0, len(EVERY), 1 << 14):
        text = "\n".join(around.format(chr(code)) for code in EVERY[start : start + (1 << 14)])
        assert normal_form(text, text.encode()) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    "run", ["\u0301\u0323", "\u0323", "\u09be\u0301\u0323", "\u212b", "\u0344\u1161", "\U0001d165\u0301"]
)
@pytest.mark.parametrize("before", ["", "e", PLAIN * 40 + "e\u0301"])
def test_long_runs(run: str, before: str) -> None:
    text = before + run * 900
    assert normal_form(text, text.encode()) == unicodedata.normalize("NFC", text)


def test_a_run_of_a_million_marks_takes_no_hours() -> None:
    started = time.process_time()
    text = "e" + "\u0301\u0323" * 500_000
    found = normal_form(text, text.encode())
    assert found == "ẹ" + "\u0323" * 499_999 + "\u0301" * 500_000
    assert time.process_time() - started < 20


def test_where_few_are_to_be_changed_and_where_many() -> None:
    few = (PLAIN * 10 + "e\u0301 ") * 50
    many = "e\u0301a\u0323" * 5_000
    for text in (few, many, few + many, many + few, few + "\U0001d165" * 3):
        assert normal_form(text, text.encode()) == unicodedata.normalize("NFC", text)
    assert all(
        normal_form(text, text.encode()) is text for text in ("", PLAIN, "é", *itertools.islice(map(chr, EVERY), 0xA0))
    )
