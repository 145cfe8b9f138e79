"""What counts as the same letter, and what each switch does."""

import sys
import unicodedata

import pyarrow as pa
import pytest

from babelmill.transforms.text.fold import Fold, figures, folded
from babelmill.transforms.text.layout import lay_out
from babelmill.transforms.text.unicode import LETTER, flags

POINTS = [point for point in range(sys.maxunicode + 1) if not 0xD800 <= point < 0xE000]
SAME = {
    "Persian yeh and kaf, typed as Arabic": ("یک کتاب خوب فارسی", "يك كتاب خوب فارسي"),
    "alef maksura": ("على مصطفى", "علي مصطفي"),
    "hamza left out": ("أحمد إلى آخر مؤمن شئ", "احمد الى اخر مومن شي"),
    "teh marbuta": ("مدرسة", "مدرسه"),
    "tatweel and vowel marks": ("مُحَمَّد كـــتاب", "محمد کتاب"),
    "Arabic presentation forms": ("ﻛﺘﺎﺏ ﻻ", "كتاب لا"),
    "zero-width non-joiner": ("می\u200cروم", "میروم"),
    "soft hyphen and direction marks": ("co\u00adoperate \u200fword\u200e", "cooperate word"),
    "ligatures": ("ﬁne ﬂow oﬃce ﬅone ĳs", "fine flow office stone ijs"),
    "sharp s": ("Straße", "STRASSE"),
    "half-width kana": ("ｶﾞｷﾞﾊﾟｿｺﾝ ｻｰﾋﾞｽ", "ガギパソコン サービス"),
    "full-width Latin and digits": ("Ｗｏｒｄ １２３", "word 456"),
    "digits of any script": ("١٢ ३४", "12 34"),
}


@pytest.mark.parametrize("name", SAME)
def test_other_forms_of_the_same_letters(name: str) -> None:
    one, other = SAME[name]
    assert folded().of(one) == folded().of(other) != ""
    words = [lay_out(pa.array([text])).word_fold.tolist() for text in (one, other)]
    assert words[0] == words[1]


def test_letters_that_are_others() -> None:
    """Kana with voicing marks, and letters that Urdu, Sindhi, Uyghur or Vietnamese tell apart."""
    for one, other in ("かが", "バパ", "بپ", "كگ", "هھ", "يے", "aá", "oø", "ﬁﬂ"):
        assert folded().of(one) != folded().of(other)


def test_folding_is_done_once() -> None:
    table = folded()
    for point in POINTS:
        same = table.of(chr(point))
        assert table.of(same) == same, f"U+{point:04X}"


def test_every_letter_counts() -> None:
    table, kinds = folded(), flags()
    nothing = [chr(point) for point in POINTS if kinds[point] & LETTER and not table.of(chr(point))]
    # Tatweel; the spacing forms of Arabic marks, which are marks on a tatweel or a space.
    assert all(unicodedata.normalize("NFKC", char).strip(" ـ").translate(dict.fromkeys(range(0x64B, 0x671))) == ""
               for char in nothing)  # fmt: skip


def test_marks_that_count_and_marks_that_do_not() -> None:
    assert folded().of("\u0301") == "\u0301"
    assert folded().of("\u064e\u200c .!?+") == ""


@pytest.mark.parametrize(
    ("switch", "one", "other"),
    [
        ("case", "Word", "word"),
        ("letter_forms", "ﬁne", "fine"),
        ("letter_forms", "كتاب", "کتاب"),
        ("invisible", "می\u200cروم", "میروم"),
        ("digits", "in 1990", "in 2024"),
        ("punctuation", "a + b", "a - b"),
    ],
)
def test_a_switch_turned_off(switch: str, one: str, other: str) -> None:
    off = folded(Fold(**{switch: False}))
    assert folded().of(one) == folded().of(other)
    assert off.of(one) != off.of(other)
    rest = dict.fromkeys(("case", "letter_forms", "invisible", "digits", "punctuation"), False) | {switch: True}
    alone = folded(Fold(**rest))
    assert alone.of(one) == alone.of(other)


def test_traditional_characters() -> None:
    assert folded(hant=True).of("國語") == folded(hant=True).of("国语")
    assert folded().of("國語") != folded().of("国语")


def test_figures_as_they_are() -> None:
    table = figures()
    for one, other in ("1１", "1١", "+＋", "-−"):
        assert table[ord(one)] == table[ord(other)] != 0
    for one, other in ("12", "+-", "2²", "×+"):
        assert table[ord(one)] != table[ord(other)]
    assert not table[[ord(char) for char in "a漢. ,"]].any()
