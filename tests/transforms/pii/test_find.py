"""What is found does not depend on who judges: the interpreter, machine code, or one after the other."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.kernels.buffers import string_buffers
from babelmill.transforms.pii import find
from babelmill.transforms.pii.find import Finder
from tests.transforms.pii.cases import FALSE, TRUE

CASES = [case.replace("⟦", "").replace("⟧", "") for cases in (TRUE, FALSE) for kind in cases.values() for case in kind]
MANY = 1 << 60
pieces = st.one_of(
    st.sampled_from(CASES),
    st.text("0123456789 -./()+:@aX٣＠元", max_size=24),
    st.sampled_from(["Tel. ", "DE89", "\n", "a@b.to", " <PHONE> ", "99999999999999999999"]),
)


@settings(max_examples=300)
@given(
    st.lists(st.lists(pieces, max_size=5).map("".join), min_size=1, max_size=4), st.integers(0, 6), st.integers(0, 3)
)
def test_the_interpreter_finds_what_machine_code_finds(written: list[str], most: int, first: int) -> None:
    column = string_buffers(pa.array(written).slice(min(first, len(written) - 1)))
    expected = Finder(0)(*column).tolist()
    assert Finder(MANY)(*column).tolist() == expected
    assert Finder(most)(*column).tolist() == expected


@pytest.mark.parametrize("case", CASES)
def test_every_case(case: str) -> None:
    column = string_buffers(pa.array([case]))
    assert Finder(MANY)(*column).tolist() == Finder(0)(*column).tolist()


def test_patience_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hostile text costs the interpreter no more than the time it is given; the code is then there, or made."""
    monkeypatch.setattr(find, "_PATIENCE_S", 0.0)
    monkeypatch.setattr(find, "ready", lambda *_: False)
    finder = Finder()
    column = string_buffers(pa.array(["return foo@bar.name.data " * 1000]))
    spans = finder(*column)
    assert finder._left == 0
    assert np.array_equal(spans, Finder(0)(*column))


def test_code_that_is_there_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "ready", lambda *_: True)
    monkeypatch.setattr(find, "interpreted", lambda _: pytest.fail("not asked for"))
    assert len(Finder()(*string_buffers(pa.array(["a@b.org"])))) == 1
