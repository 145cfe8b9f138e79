"""Every signal against a plain-Python twin, on real and on any text, and its documented value where it has none."""

import collections
import gzip
import json
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.quality.measure import Measure, measure
from babelmill.transforms.quality.signals import SIGNALS
from babelmill.transforms.text.gate import gate
from tests import plain


def over(part: float, whole: float) -> float:
    return part / max(whole, 1)


def top_ngram(words: list[str], n: int) -> int:
    grams = collections.Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))
    if not grams:
        return 0
    gram, count = grams.most_common(1)[0]
    return count * (sum(map(len, gram)) + n - 1) if count > 1 else 0


def repeated_ngrams(words: list[str], n: int) -> int:
    seen, total, i = set(), 0, 0
    while i <= len(words) - n:
        gram = tuple(words[i : i + n])
        if gram in seen:
            total += sum(map(len, gram))
            i += n
        else:
            seen.add(gram)
            i += 1
    return total


def repeated(parts: list[str]) -> list[str]:
    return [part for i, part in enumerate(parts) if part in parts[:i]]


def plain_signals(text: str, stop_words: tuple[str, ...], scripts: set[str]) -> dict[str, float]:
    words, lines, paragraphs = plain.words(text), plain.lines(text), plain.paragraphs(text)
    inked = sum(map(len, words))
    of_script = sum(plain.script(char) in scripts for word in words for char in word)
    letters = sum(plain.is_letter(char) for word in words for char in word)
    again = "".join(repeated(paragraphs)).replace("\n", "")
    real = [word for word in words if any(map(plain.is_alnum, word))]
    duplicates = repeated(lines)
    hashes = sum(len(word) for word in words if word[0] == "#")
    ellipses = sum(len(word) // 3 if word[0] == "." else len(word) for word in words if word[0] in ".…")
    newlines = text.count("\n")
    return {
        "n_words": len(real),
        "q_mean_word_chars": over(sum(map(len, real)), len(real)),
        "q_symbol_ratio": min(over(max(hashes, ellipses), len(words)), 1),
        "q_letter_words_ratio": over(sum(any(map(plain.is_letter, word)) for word in words), len(words)),
        "q_stop_words": len(set(words) & set(stop_words)),
        "q_bullet_lines_ratio": over(sum(line[0] in "-–—*•‣⁃◦▪▫●○■□·・►▶✓✔➢" for line in lines), len(lines)),
        "q_ellipsis_lines_ratio": over(sum(line.endswith(("...", "…")) for line in lines), len(lines)),
        "q_short_lines_ratio": over(sum(len(line) <= 30 for line in lines), len(lines)),
        "q_newline_ratio": over(newlines, len(words)),
        "q_mean_line_chars": over(sum(map(len, lines)), len(lines)),
        "q_dup_paragraphs_ratio": over(len(repeated(paragraphs)), len(paragraphs)),
        "q_dup_paragraph_chars_ratio": over(len(again), len(text) - newlines),
        "q_script_ratio": over(of_script, letters),
        "q_script_chars_ratio": over(of_script, inked),
        "q_digits_ratio": over(sum(unicodedata.category(char) == "Nd" for word in words for char in word), inked),
        "q_urls_ratio": over(text.count("://"), len(real)),
        "q_braces_ratio": over(text.count("{") + text.count("}"), inked),
        "q_dup_lines_ratio": over(len(duplicates), len(lines)),
        "q_dup_line_chars_ratio": over(sum(map(len, duplicates)), len(text) - newlines),
        **{f"q_top_{n}gram_ratio": min(over(top_ngram(words, n), len(text)), 1) for n in (2, 3, 4)},
        **{f"q_dup_{n}gram_ratio": min(over(repeated_ngrams(words, n), len(text)), 1) for n in range(5, 11)},
    }


def check(texts: list[str], lang: str, stop_words: tuple[str, ...]) -> None:
    found = measure(pa.array(texts, pa.string()), pa.array([lang] * len(texts), pa.string()), {lang: stop_words})
    for i, text in enumerate(texts):
        for name, value in plain_signals(text, stop_words, SCRIPTS[lang]).items():
            assert found[name][i] == pytest.approx(value, abs=1e-6), (name, text[:80])


# Few different words, so that n-grams, lines and paragraphs repeat.
REPETITIVE = st.lists(
    st.sampled_from(["a", "bb", "the", "中", "...", "#", "\n", "\n\n", "- ", "…\n", ". ", "{", "12", "http://x", "яЯ"]),
    max_size=60,
)
SCRIPTS = {
    "en": {"Latn"}, "vi": {"Latn"}, "zh": {"Hani"}, "ja": {"Hani", "Hrkt"}, "ko": {"Hang", "Hani"}, "ar": {"Arab"},
    "ru": {"Cyrl"},
}  # fmt: skip


@given(st.lists(REPETITIVE.map(" ".join), max_size=3))
def test_like_the_twin_on_repetitive_text(texts: list[str]) -> None:
    check(texts, "en", ("the", "a"))


@pytest.mark.parametrize("lang", ["en", "zh", "ja", "ko", "ar", "ru", "vi"])
def test_like_the_twin_on_real_text(corpus: Path, lang: str) -> None:
    with gzip.open(corpus / f"{lang}.jsonl.gz") as lines:
        check([gate(json.loads(line)["text"]) for line in lines.read().splitlines()[:25]], lang, ("the", "的", "и"))


@pytest.mark.parametrize("text", ["", "\n\n", "   ", "\u0301"])
def test_a_text_without_words_has_zeros(text: str) -> None:
    found = measure(pa.array([text]), pa.array(["en"]), {})
    assert found.keys() == SIGNALS.keys()
    assert all(np.isfinite(values).all() for values in found.values())
    assert found["n_words"][0] == found["q_mean_word_chars"][0] == found["q_terminal_lines_ratio"][0] == 0


def test_lines_end_in_every_script() -> None:
    texts = ["Ein Satz.", "一句话。", "جملة؟", "ไม่มี", "वाक्य।", "no end"]
    found = measure(pa.array(texts), pa.array(["en"] * 6), {})
    assert found["q_terminal_lines_ratio"].tolist() == [1, 1, 1, 0, 1, 0]


def test_stop_words_are_each_language_its_own() -> None:
    text = pa.array(["the und the", "the und the", "the und the"])
    found = measure(text, pa.array(["en", "de", "fr"]), {"en": ("the",), "de": ("und", "der")})
    assert found["q_stop_words"].tolist() == [1, 1, 0]


def test_measuring_is_split_invariant() -> None:
    text, lang = pa.array(["a b a b a b a b", "c\nc\nc", "x"]), pa.array(["en"] * 3)
    whole = measure(text, lang, {})
    for i in range(3):
        part = measure(text.slice(i, 1), lang.slice(i, 1), {})
        assert all(part[name][0] == whole[name][i] for name in SIGNALS)


def test_the_annotator_keeps_its_contract() -> None:
    step = Measure({"en": ("the",)}, {})
    lang = pa.array(["en", "en"]).dictionary_encode()
    batch = pa.record_batch({"text": pa.array(["the cat", "a dog."]), "lang": lang})
    columns = step(batch)
    assert [column.type for column in columns] == [field.type for field in step.adds]
    assert [field.name for field in step.adds] == list(SIGNALS)


@pytest.mark.parametrize("unit", ["a", " ", "\n", "word ", "\u0301", "/-", "a/", "a-", ".", "中", "- x\n", "a.b@"])
def test_hostile_text_has_finite_signals(unit: str) -> None:
    n = 200_000
    found = measure(pa.array([unit * n]), pa.array(["en"]), {"en": ("the",)})
    assert all(np.isfinite(values).all() for values in found.values())
    assert 0 <= found["n_words"][0] <= n
    ratios = [name for name in SIGNALS if SIGNALS[name].most == 1]
    assert all(0 <= found[name][0] <= 1 for name in ratios)


def one(text: str, lang: str = "en", **lists: tuple[str, ...]) -> dict[str, float]:
    found = measure(pa.array([text]), pa.array([lang]), {lang: ()}, {lang: lists.get("bad", ())})
    return {name: values[0].item() for name, values in found.items()}


def test_a_language_without_scripts_of_its_own_has_all() -> None:
    assert one("नमस्ते", "hi")["q_script_ratio"] == 1
    assert one("привет hello", "ru")["q_script_ratio"] == pytest.approx(6 / 11)


CODE = """import numpy as np
#include <stdio.h>
int main(int argc, char **argv) {
    for (i = 0; i < n; i++) { sum += x[i]; }
    return foo(bar);
}
if (a == b && c != d) {
<div class="x"></div>
const f = (x) => x + 1;
"""
PROSE = """The quick brown fox; it jumps over (nearly) all dogs, and so on.
Mein Herz schlägt: es war gut!
第一章　春の海 — ひねもす、のたり。
- item one
Section 3: results (see page 4);
He said "no"; she left.
x = 3
"""


def test_source_code_and_prose() -> None:
    assert one(CODE)["q_code_lines_ratio"] >= 0.6
    assert one(PROSE)["q_code_lines_ratio"] == 0
    assert one("")["q_code_lines_ratio"] == 0


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Die Straße führt über die Brücke nach Süden…", "latin-1"),
        ("Die Straße führt über die Brücke nach Süden…", "cp1252"),
        ("Привет, как твои дела сегодня?", "latin-1"),
        ("Привет, как твои дела сегодня?", "cp1251"),
    ],
)
def test_misread_utf8_is_found(text: str, encoding: str) -> None:
    misread = text.encode().decode(encoding, "replace")
    assert one(text)["q_garbled_ratio"] == 0
    assert one(misread)["q_garbled_ratio"] > 0.02


def test_misread_chinese_is_found() -> None:
    assert one("今天天气很好".encode().decode("latin-1"))["q_garbled_ratio"] > 0.9
    assert one("锟斤拷锟斤拷 烫烫烫 \ufffd")["q_garbled_ratio"] == 1
    assert one("好烫烫 锟 ok")["q_garbled_ratio"] == 0


@pytest.mark.parametrize("lang", sorted(SCRIPTS))
def test_real_text_is_not_garbled(corpus: Path, lang: str) -> None:
    # One Chinese help page has three control characters of another encoding in it.
    with gzip.open(corpus / f"{lang}.jsonl.gz") as lines:
        texts = [gate(json.loads(line)["text"]) for line in lines]
    found = measure(pa.array(texts), pa.array([lang] * len(texts)), {})
    assert found["q_garbled_ratio"].max() < 0.005


def test_phrases_are_whole_words_of_any_case_and_width() -> None:
    assert one("Please enable JavaScript.\nＪＡＶＡＳＣＲＩＰＴ is off. javascripts")["q_notices_a_line"] == 1
    assert one("Lorem, ipsum! dolor. Lorem dolor ipsum")["q_placeholders"] == 1
    assert one("lorem ipsum", "hi")["q_placeholders"] == 1
    # The longest phrase counts, once.
    assert one("two girls, two girls one cup", bad=("two girls", "two girls one cup"))[
        "q_bad_words_ratio"
    ] == pytest.approx(2 / 6)
    assert one("class and bass", bad=("ass",))["q_bad_words_ratio"] == 0
    assert one("ass, bass\nass", bad=("ass",))["q_bad_words_a_line"] == 1


def test_bad_words_of_scripts_without_spaces_are_substrings() -> None:
    assert one("这是坏词汇啊", "zh", bad=("坏词",))["q_bad_words_ratio"] == pytest.approx(1 / 6)
    # A single character is a part of ordinary words.
    assert one("性能很好", "zh", bad=("性",))["q_bad_words_ratio"] == 0
    assert one("나쁜말은 싫다", "ko", bad=("나쁜말",))["q_bad_words_ratio"] == 0.5
    assert one("나쁜말씀 싫다", "ko", bad=("나쁜말",))["q_bad_words_ratio"] == 0


@given(st.lists(st.sampled_from(["a", "b", "c", "."]), max_size=20))
def test_phrases_like_a_plain_search(words: list[str]) -> None:
    phrases = [["a"], ["a", "b"], ["b", "b", "c"], ["a", "b", "c", "c"]]
    plain_words = [word for word in words if word != "."]
    count = i = 0
    while i < len(plain_words):
        longest = max((len(p) for p in phrases if plain_words[i : i + len(p)] == p), default=0)
        count += longest > 0
        i += max(1, longest)
    text = " ".join(words)
    found = one(text, bad=tuple(" ".join(phrase) for phrase in phrases))
    assert found["q_bad_words_ratio"] == pytest.approx(count / max(1, len(plain_words)))
