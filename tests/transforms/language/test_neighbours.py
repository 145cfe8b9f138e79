"""Neighbours are told apart by words that only one of them writes."""

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.language.neighbours import NEIGHBOURS, told_apart
from babelmill.transforms.text.layout import lay_out


@pytest.mark.parametrize("code", sorted({pair.code for pair in NEIGHBOURS.values()}))
def test_every_mark_is_one_word_and_another(code: str) -> None:
    layout = lay_out(pa.array(NEIGHBOURS[code].marks))
    assert set(layout.doc_words[:, 1] - layout.doc_words[:, 0]) == {1}
    assert len(set(layout.word_fold.tolist())) == len(NEIGHBOURS[code].marks)


@given(words=st.lists(st.sampled_from(["nun", "Tamién", "qu'un", "casa", "mesa", "de", ",", "!"]), max_size=60))
def test_like_a_plain_count(words: list[str]) -> None:
    text = " ".join(words)
    pair = NEIGHBOURS["es"]
    found = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.lower())
    marks = sum(word in pair.marks for word in found)
    for code, least in (("es", 1), ("ast", 1)):
        assert told_apart(code, pa.array([text])) == ["ast" if marks >= max(least, 0.03 * len(found)) else "es"]


def test_one_mark_is_enough_where_a_model_says_the_neighbour() -> None:
    text = pa.array(["佢今日返工。", "佢哋唔返工。", "他今天上班。"])
    assert told_apart("zh", text) == ["zh", "yue", "zh"]
    assert told_apart("yue", text) == ["yue", "yue", "zh"]


def test_a_quotation_changes_nothing() -> None:
    assert told_apart("zh", pa.array(["他说“唔”和“佢”。" + "这是普通话。" * 100])) == ["zh"]


def test_vowel_marks_and_documents_do_not_mix() -> None:
    assert told_apart("ar", pa.array(["هَاد الكتاب", "هذا الكتاب", "", "كتاب ديال خويا"])) == ["ary", "ar", "ar", "ary"]
