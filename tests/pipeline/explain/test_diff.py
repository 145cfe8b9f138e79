"""The passages are the two texts, difflib finds no shorter way, and hostile texts do not take for ever."""

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.explain.diff import Differences, differences, words_of

TEXT = st.text(st.sampled_from("ab 中二,\n")) | st.text()


def sides(found: Differences) -> tuple[str, str]:
    """Return the two texts as far as they were compared."""
    one = "".join(text for kind, text in found.parts if kind != "+")
    other = "".join(text for kind, text in found.parts if kind != "-")
    return one, other


@given(TEXT)
def test_words_are_the_text(text: str) -> None:
    assert "".join(words_of(text)) == text


@given(TEXT, TEXT)
def test_parts_are_the_texts(one: str, other: str) -> None:
    found = differences(one, other)
    assert sides(found) == (one, other)
    assert found.left == (0, 0)
    assert all(a[0] != b[0] and a[1] for a, b in zip(found.parts, found.parts[1:], strict=False))


@given(TEXT, TEXT)
def test_no_way_of_difflib_is_shorter(one: str, other: str) -> None:
    a, b = words_of(one), words_of(other)
    blocks = difflib.SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    same = sum(block.size for block in blocks)
    assert differences(one, other).same >= (2 * same / (len(a) + len(b)) if a or b else 1.0) - 1e-12


@given(TEXT)
def test_equal_texts(text: str) -> None:
    found = differences(text, text)
    assert found.same == 1
    assert found.parts == ((("=", text),) if text else ())


def test_one_changed_word() -> None:
    found = differences("The old house stands. ", "The new house stands. ")
    assert found.parts == (("=", "The "), ("-", "old "), ("+", "new "), ("=", "house stands. "))
    assert found.same == pytest.approx(8 / 10)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a" * 1_000_000, "a" * 999_999),
        ("中" * 1_000_000, "中" * 900_000),
        ("中" * 100_000, "二" * 100_000),
        ("a b " * 50_000, "b a " * 50_000),
        ("a b c " * 30_000, "a c b " * 30_000),
        (" ".join(map(str, range(50_000))), " ".join(map(str, range(0, 100_000, 2)))),
    ],
)
def test_hostile_texts_are_bounded(one: str, other: str) -> None:
    found = differences(one, other)
    first, second = sides(found)
    assert one.startswith(first)
    assert other.startswith(second)
    assert found.left == (len(words_of(one)) - len(words_of(first)), len(words_of(other)) - len(words_of(second)))
