"""Classes of characters: the reference's own, and every code point in one of them."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.tokens.bpe.classes import INSIDE, classify, measure, partition
from babelmill.transforms.tokens.bpe.pattern import Refused

SPACES, DIGITS, THREE = measure(r"\s"), measure(r"\d"), measure("[a1 ]")
CLASSES, HOLDS = partition([SPACES, DIGITS, THREE])


@pytest.mark.parametrize("source", ["[ \t]", r"\d", "[a-f]", r"[^\w.]", r"\.", "(?i:x)"])
def test_measured_as_python_does_for_ascii(source: str) -> None:
    found = measure(source)
    assert [chr(point) for point in np.flatnonzero(found[:128])] == re.findall(source, "".join(map(chr, range(128))))


def test_ignoring_case_finds_the_long_s() -> None:
    assert "".join(map(chr, np.flatnonzero(measure("(?i:s)")))) == "Ssſ"


def test_surrogates_match_nothing() -> None:
    assert not measure(r"\P{L}")[0xD800:0xE000].any()


def test_what_the_reference_refuses() -> None:
    with pytest.raises(Refused, match="does not take"):
        measure(r"\p{Nope}")


def test_a_class_says_which_sets_hold_it() -> None:
    points = np.arange(0x110000)
    number = CLASSES.classes[CLASSES.blocks[points >> 8], points & 255]
    assert number.min() == INSIDE + 1
    for row, members in zip(HOLDS, (SPACES, DIGITS, THREE), strict=True):
        assert np.array_equal(row[number], members)
    assert not HOLDS[:, INSIDE].any()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_classify(text: str) -> None:
    data = np.frombuffer(text.encode(), np.uint8)
    out = np.full(len(data), 99, np.uint8)
    classify(data, CLASSES, out)
    expected: list[int] = []
    for char in text:
        point = ord(char)
        number = int(CLASSES.classes[CLASSES.blocks[point >> 8], point & 255])
        expected += [number] + [INSIDE] * (len(char.encode()) - 1)
    assert out.tolist() == expected


def test_too_many() -> None:
    with pytest.raises(Refused, match="65 different characters"):
        partition([SPACES] * 65)
    singles = np.zeros((60, 0x110000), np.bool_)
    for row in range(60):
        singles[row, row * 7 : row * 7 + 500] = True
    assert partition(list(singles[:20]))[1].shape[0] == 20
