"""The tables against Python's own Unicode data, for every code point."""

import unicodedata

import pytest

from babelmill.transforms.text.unicode import DIGIT, FIGURE, IDEOGRAPH, LETTER, SPACE, TERMINAL, flags

POINTS = [point for point in range(0x110000) if not 0xD800 <= point < 0xE000]


def test_flags_of_every_code_point() -> None:
    table = flags()
    for point in POINTS:
        char, kind = chr(point), table[point]
        assert bool(kind & LETTER) == (char.isalpha() or char == "〇")
        assert bool(kind & DIGIT) == (unicodedata.category(char) == "Nd")
        assert bool(kind & SPACE) == (char.isspace() or point == 0x200B)
        if kind & IDEOGRAPH:
            assert kind & LETTER


@pytest.mark.parametrize("char", list("漢々〇ぁんกລက"))
def test_ideographs(char: str) -> None:
    assert flags()[ord(char)] & IDEOGRAPH


@pytest.mark.parametrize("char", list("カーaя가한ａ1"))
def test_no_ideographs(char: str) -> None:
    assert not flags()[ord(char)] & IDEOGRAPH


@pytest.mark.parametrize("char", list(".!?。！？؟۔।｡"))
def test_terminals(char: str) -> None:
    assert flags()[ord(char)] & TERMINAL


@pytest.mark.parametrize("char", list("7٣७２²½Ⅳ+<=×−∑→＋~%"))
def test_figures(char: str) -> None:
    assert flags()[ord(char)] & FIGURE


@pytest.mark.parametrize("char", list("a漢.,;!?–—()#@$_"))
def test_no_figures(char: str) -> None:
    assert not flags()[ord(char)] & FIGURE
