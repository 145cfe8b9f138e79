"""Which words are figures, and which of them are the same."""

import pyarrow as pa
import pytest
from hypothesis import example, given

from babelmill.transforms.text.layout import lay_out
from tests import plain
from tests.texts import TEXTS


def figures_of(text: str) -> list[bool]:
    return [value != 0 for value in lay_out(pa.array([text])).word_figures.tolist()]


@given(TEXTS)
@example("a = b\n- c\n  * d * e\n-1 - 2 well-known x-1 ---- ==== =")
def test_they_are_those_of_the_plain_twin(text: str) -> None:
    found = lay_out(pa.array([text])).word_figures.tolist()
    expected = plain.figures(text)
    assert [value != 0 for value in found] == [bool(value) for value in expected]
    # The same hash for the same figures, and another for others.
    pairs = {(a, b) for a, b in zip(found, expected, strict=True) if b}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("total = left + right", 2),
        ("a+b a*b x^2", 3),
        ("if a <= b", 2),
        ("Born 12 March 1990", 2),
        ("2024-01-02 10:30", 3),
        ("2024年3月", 2),
        ("x² + ½", 3),
        ("well-known --help non\u2011stop", 0),
        ("- a bullet\n* another one\n• a third", 0),
        ("above\n----\nbelow\n====", 0),
        ("Yes! No? (perhaps)", 0),
    ],
)
def test_what_is_a_figure(text: str, count: int) -> None:
    assert sum(figures_of(text)) == count


def test_digits_of_all_scripts_are_the_same_and_letters_around_them_do_not_count() -> None:
    found = lay_out(pa.array(["12 １２ ١٢ a12 1-2"])).word_figures.tolist()
    assert found[0] == found[1] == found[2] == found[3] != found[4]
