"""Every signal against a plain-Python twin, on real and on any text, and its documented value where it has none."""

import collections
import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import plain
from transforms.quality.measure import Measure, measure
from transforms.quality.signals import SIGNALS
from transforms.text.gate import gate


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


def plain_signals(text: str, stop_words: tuple[str, ...]) -> dict[str, float]:
    words, lines = plain.words(text), plain.lines(text)
    real = [word for word in words if any(map(plain.is_alnum, word))]
    seen: set[str] = set()
    duplicates = []
    for line in lines:
        if line in seen:
            duplicates.append(line)
        seen.add(line)
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
        "q_dup_lines_ratio": over(len(duplicates), len(lines)),
        "q_dup_line_chars_ratio": over(sum(map(len, duplicates)), len(text) - newlines),
        **{f"q_top_{n}gram_ratio": min(over(top_ngram(words, n), len(text)), 1) for n in (2, 3, 4)},
        **{f"q_dup_{n}gram_ratio": min(over(repeated_ngrams(words, n), len(text)), 1) for n in range(5, 11)},
    }


def check(texts: list[str], lang: str, stop_words: tuple[str, ...]) -> None:
    found = measure(pa.array(texts, pa.string()), pa.array([lang] * len(texts), pa.string()), {lang: stop_words})
    for i, text in enumerate(texts):
        for name, value in plain_signals(text, stop_words).items():
            assert found[name][i] == pytest.approx(value, abs=1e-6), (name, text[:80])


# Few different words, so that n-grams and lines repeat.
REPETITIVE = st.lists(st.sampled_from(["a", "bb", "the", "中", "...", "#", "\n", "- ", "…\n", ". "]), max_size=60)


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
