"""Code points against Python's own, and letters against the plain twin."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.text.counts import COLUMNS, DIGITS, LETTERS, SCRIPT
from babelmill.transforms.text.points import Points, count_letters, decode
from babelmill.transforms.text.unicode import CODE_MARK, SCRIPTS, SPACE, SUSPECT, flags
from tests import plain

TEXT = st.text(
    st.one_of(st.sampled_from("aZé\n ={/\ufffd中文かカ한اд٣〇α"), st.characters(exclude_categories=("Cs",))),
    max_size=40,
)


def decoded(text: str) -> tuple[Points, int, int]:
    room = len(text.encode()) + 1
    found = Points(np.ones(room, np.uint32), np.zeros(room, np.uint16), np.zeros(room, np.int32))
    return found, *decode(np.frombuffer(text.encode(), np.uint8), flags(), found)


@given(TEXT)
def test_decode(text: str) -> None:
    found, n, m = decoded(text)
    assert found.points[: n + 1].tolist() == [*map(ord, text), 0]
    assert found.kinds[: n + 1].tolist() == [*flags()[[ord(char) for char in text]].tolist(), SPACE]
    marks = [i for i, char in enumerate(text) if char == "\n" or flags()[ord(char)] & (CODE_MARK | SUSPECT)]
    assert found.marks[: m + 1].tolist() == [*marks, n]


@given(TEXT, st.integers(1, 30))
def test_letters_are_counted_however_many_they_are(text: str, times: int) -> None:
    text *= times
    found, n, _ = decoded(text)
    counts = np.zeros(COLUMNS, np.int32)
    count_letters(found.kinds, n, counts)
    letters = [char for char in text if plain.is_letter(char)]
    assert counts[LETTERS] == len(letters)
    assert counts[DIGITS] == sum(plain.is_alnum(char) and not plain.is_letter(char) for char in text)
    scripts = [*map(plain.script, letters)]
    assert {code: int(counts[SCRIPT + value]) for code, value in SCRIPTS.items()} == {
        code: scripts.count(code) for code in SCRIPTS
    }
    assert counts[SCRIPT] == 0
