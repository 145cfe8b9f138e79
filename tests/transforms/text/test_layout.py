"""The Layout against its plain-Python twin, on real text and on whatever Hypothesis thinks of."""

import gzip
import json
import lzma
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.text.counts import ELLIPSES, HASHES, LETTERS, NEWLINES
from babelmill.transforms.text.layout import WORD_LETTER, WORD_SYMBOL, lay_out
from babelmill.transforms.text.lines import LINE_BULLET, LINE_ELLIPSIS, LINE_PARAGRAPH, LINE_TERMINAL
from tests import plain

# Text of every kind at once: scripts, marks, joiners, format characters, white space.
TEXT = st.text(
    st.one_of(
        st.sampled_from("ab Zé.,'-_#…•/+@\n\t ​1٣0:!?。"),
        st.sampled_from("中文字かなカタカナ한국어ไทยالعربيةـًнец́"),
        st.characters(exclude_categories=("Cs",)),
    ),
    max_size=60,
)


def word_texts(texts: list[str]) -> list[list[str]]:
    return [plain.words(text) for text in texts]


def check(texts: list[str]) -> None:
    layout = lay_out(pa.array(texts, pa.string()))
    names: dict[int, str] = {}
    for d, text in enumerate(texts):
        words = plain.words(text)
        rows = slice(*layout.doc_words[d])
        assert layout.word_chars[rows].tolist() == [len(word) for word in words]
        for word, flags in zip(words, layout.word_flags[rows].tolist(), strict=True):
            assert bool(flags & WORD_LETTER) == any(map(plain.is_letter, word))
            assert bool(flags & WORD_SYMBOL) == (not any(map(plain.is_alnum, word)))
        for word, value in zip(words, layout.word_hash[rows].tolist(), strict=True):
            assert names.setdefault(value, word) == word
        lines = plain.lines(text)
        rows = slice(*layout.doc_lines[d])
        assert layout.line_chars[rows].tolist() == [len(line) for line in lines]
        for line, flags in zip(lines, layout.line_flags[rows].tolist(), strict=True):
            assert bool(flags & LINE_BULLET) == (line[0] in "-–—*•‣⁃◦▪▫●○■□·・►▶✓✔➢")
            assert bool(flags & LINE_ELLIPSIS) == line.endswith(("...", "…"))
            if plain.ends_sentence(line):
                assert flags & LINE_TERMINAL
            if line[-1].isalnum() and line[-1] not in "²³¹":
                assert not flags & LINE_TERMINAL
        counts = layout.doc_counts[d]
        assert counts[NEWLINES] == text.count("\n")
        assert counts[LETTERS] == sum(plain.is_letter(char) for word in words for char in word)
        assert counts[HASHES] == sum(len(word) for word in words if set(word) == {"#"})
        assert counts[ELLIPSES] == sum(
            len(w) // 3 if w[0] == "." else len(w) for w in words if set(w) in ({"."}, {"…"})
        )


@given(st.lists(TEXT, max_size=4))
def test_like_the_twin_on_any_text(texts: list[str]) -> None:
    check(texts)


@pytest.mark.parametrize("lang", ["en", "zh", "ja", "ko", "ar", "fa", "vi", "ru", "el", "bg"])
def test_like_the_twin_on_real_text(corpus: Path, lang: str) -> None:
    raw = lzma.open(corpus / "el.jsonl.xz") if lang == "el" else gzip.open(corpus / f"{lang}.jsonl.gz")
    with raw:
        lines = raw.read().splitlines()[:15]
    check([unicodedata.normalize("NFC", json.loads(line)["text"]) for line in lines])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop, it's 3.14!", ["Don't", "stop", ",", "it's", "3.14", "!"]),
        ("well-known 1,000 a,b e.g. x", ["well-known", "1,000", "a", ",", "b", "e.g", ".", "x"]),
        ("中文 text混排", ["中", "文", "text", "混", "排"]),
        ("私はカメラを", ["私", "は", "カメラ", "を"]),
        ("한국어 문장입니다.", ["한국어", "문장입니다", "."]),
        ("می‌خواهم", ["می‌خواهم"]),
        ("كَتَبَ", ["كَتَبَ"]),
        ("Tiếng Việt", ["Tiếng", "Việt"]),
        ("--- ... ##", ["---", "...", "##"]),
        ("--help -v C++ /usr/bin", ["--help", "-v", "C++", "/usr", "/bin"]),
        ("and/or me@home.org @me Vor- und", ["and", "/or", "me@home.org", "@me", "Vor-", "und"]),
        ("- item", ["-", "item"]),
    ],
)
def test_what_a_word_is(text: str, words: list[str]) -> None:
    assert plain.words(text) == words
    assert lay_out(pa.array([text])).word_chars.tolist() == [len(word) for word in words]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Word", "WORD"),
        ("Ｆｕｌｌ", "full"),
        ("كَتَبَ", "كتب"),
        ("كـتـب", "كتب"),
        ("2023", "1999"),
        ("٢٣", "23"),
        ("don't", "dont"),
    ],
)
def test_folding_makes_equal(one: str, other: str) -> None:
    layout = lay_out(pa.array([one, other]))
    assert layout.word_fold[0] == layout.word_fold[1] != 0
    assert layout.word_hash[0] != layout.word_hash[1]


def test_punctuation_does_not_count_for_deduplication() -> None:
    assert not lay_out(pa.array(["... !? — #"])).word_fold.any()


def test_slices_and_empty_batches() -> None:
    text = pa.array(["drop", "one two", "", "three"])
    whole, part = lay_out(text), lay_out(text.slice(1, 3))
    assert np.array_equal(whole.word_hash[1:], part.word_hash)
    assert part.doc_words.tolist() == [[0, 2], [2, 2], [2, 3]]
    assert lay_out(pa.array([], pa.string())).doc_words.shape == (0, 2)


@pytest.mark.parametrize(
    "line",
    [
        'He said: "I know."', "“I know.”", "‘Why?’", "„Ich weiß.“", "« Je sais. »", "«Je sais.»", "「知っている。」",
        "“我知道。”", "（见下文。）", "(See below.)", "A fact.[12]", "A fact.[12][13]", "A fact.[note 1]", "A fact.²",
        "A fact.*", "_A fact._", "'Well, \"no.\"'", "事実である。［注3］", "Ein Satz.\u200f", 'A fact." [1]',
    ],
)  # fmt: skip
def test_closing_marks_do_not_hide_a_sentences_end(line: str) -> None:
    assert lay_out(pa.array([line])).line_flags[0] & LINE_TERMINAL


@pytest.mark.parametrize(
    "line", ['the word "no"', "(see below)", "item [1]", '"', "[12]", "a.b)c", "x² + y²", "{ ... }"]
)
def test_closing_marks_alone_end_no_sentence(line: str) -> None:
    assert not lay_out(pa.array([line])).line_flags[0] & LINE_TERMINAL


@pytest.mark.parametrize(
    "blank", ["\u200b", "\ufeff", "\xad", "\u2060", "\u3164", "\u2800", "\u200e \u200f", "\ufe0f\t"]
)
def test_lines_of_invisible_characters_are_blank(blank: str) -> None:
    layout = lay_out(pa.array([f"one\n{blank}\n{blank}two{blank}"]))
    assert layout.line_chars.tolist() == [3, 3]
    assert [bool(flags & LINE_PARAGRAPH) for flags in layout.line_flags.tolist()] == [True, True]
    assert lay_out(pa.array(["two"])).line_hash[0] == layout.line_hash[1]
