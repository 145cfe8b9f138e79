"""A shared Layout is the Layout of the texts that it is asked for, whatever was laid out before."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.text import shared
from babelmill.transforms.text.fold import FOLD, Fold
from babelmill.transforms.text.layout import Layout, lay_out
from babelmill.transforms.text.shared import laid_out, shared_layouts

TEXTS = st.lists(
    st.sampled_from(["", "a", "b", "a b", "A b", "中文 x", "one\n\ntwo {x}", "x" * 2000, "x" * 1999 + "y"])
)


def same(one: Layout, other: Layout) -> bool:
    """Say whether two Layouts are of the same documents."""

    def words_and_lines(layout: Layout) -> list[list[np.ndarray]]:
        return [
            [*(array[slice(*words)] for array in layout[:5]), *(array[slice(*lines)] for array in layout[5:8]), counts]
            for words, lines, counts in zip(layout.doc_words, layout.doc_lines, layout.doc_counts, strict=True)
        ]

    documents = zip(words_and_lines(one), words_and_lines(other), strict=True)
    return all(np.array_equal(a, b) for left, right in documents for a, b in zip(left, right, strict=True))


@given(TEXTS, TEXTS, st.randoms(use_true_random=False))
def test_what_is_asked_for_is_what_comes(texts: list[str], others: list[str], chance: object) -> None:
    kept = [text for text in texts if chance.random() < 0.6]  # type: ignore[attr-defined]
    with shared_layouts():
        for asked in (texts, kept, kept, others, texts, kept[::-1]):
            column = pa.array(asked, pa.string())
            assert same(laid_out(column), lay_out(column))


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the number of texts each time that some are laid out."""
    calls: list[int] = []

    def counting(text: pa.Array, fold: Fold, fold_hant: bool) -> Layout:
        calls.append(len(text))
        return lay_out(text, fold, fold_hant)

    monkeypatch.setattr(shared, "lay_out", counting)
    return calls


def test_what_is_left_is_not_laid_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, text = counted(monkeypatch), pa.array(["one", "two", "two", "three", "four"])
    with shared_layouts():
        laid_out(text)
        laid_out(text.filter(pa.array([False, True, False, True, True])))
        laid_out(text.slice(1, 3))
        assert calls == [5]
        laid_out(text.take(pa.array([3, 1])))
        assert calls == [5, 2]


def test_each_fold_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, text = counted(monkeypatch), pa.array(["One 1"])
    with shared_layouts():
        for fold, hant in ((FOLD, False), (Fold(case=False), False), (FOLD, True), (FOLD, False)):
            assert same(laid_out(text, fold, hant), lay_out(text, fold, hant))
    assert calls == [1, 1, 1]


def test_nothing_is_remembered_outside_of_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, text = counted(monkeypatch), pa.array(["one"])
    laid_out(text)
    with shared_layouts():
        laid_out(text)
    with shared_layouts():
        laid_out(text)
    laid_out(text)
    assert calls == [1, 1, 1, 1]
