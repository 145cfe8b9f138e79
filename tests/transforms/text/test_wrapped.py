"""Hard-wrapped prose is measured as if it had not been wrapped; whatever else has short lines stays as it is."""

import gzip
import json
import random
import textwrap
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from babelmill.transforms.text.counts import NEWLINES
from babelmill.transforms.text.layout import Layout, lay_out

WORDS = "the a of mill river and miller who sack horses bridge closed valley rain old road light scales winter".split()


def prose(seed: int, count: int) -> list[str]:
    """Return paragraphs of words by chance: a search for the simplest ones would end at one word over and over."""
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=chance.randint(130, 200))) + "." for _ in range(count)]


PARAGRAPHS = st.builds(prose, st.integers(0, 10**9), st.integers(1, 4))


def lines_of(layout: Layout) -> list[tuple[int, int]]:
    return list(zip(layout.line_chars.tolist(), layout.line_flags.tolist(), strict=True))


def assert_the_same(wrapped: str, whole: str) -> None:
    found, expected = lay_out(pa.array([wrapped])), lay_out(pa.array([whole]))
    assert lines_of(found) == lines_of(expected)
    assert found.doc_counts[0, NEWLINES] == expected.doc_counts[0, NEWLINES]
    assert np.array_equal(found.word_hash, expected.word_hash)


@given(PARAGRAPHS, st.integers(45, 95), st.sampled_from(["\n\n", "\n\n\n"]))
def test_wrapped_prose_is_like_the_whole(paragraphs: list[str], width: int, between: str) -> None:
    assert_the_same(between.join(textwrap.fill(text, width) for text in paragraphs), between.join(paragraphs))


@given(st.lists(PARAGRAPHS.map("\n\n".join), max_size=3), st.integers(45, 95))
def test_documents_do_not_touch(texts: list[str], width: int) -> None:
    """A wrapped document among others is what it is alone."""
    documents = [form for text in texts for form in ("\n".join(textwrap.wrap(text, width)), "short\nlines", text)]
    whole = lay_out(pa.array(documents, pa.string()))
    for d, text in enumerate(documents):
        rows = slice(*whole.doc_lines[d])
        assert whole.line_hash[rows].tolist() == lay_out(pa.array([text])).line_hash.tolist()


@pytest.mark.parametrize("lang", ["en", "de", "fr", "ru", "pl", "es"])
def test_real_paragraphs_in_every_script(corpus: Path, lang: str) -> None:
    tried = 0
    for line in gzip.open(corpus / f"{lang}.jsonl.gz", "rt"):
        prose = [part.strip() for part in json.loads(line)["text"].split("\n") if len(part) > 300]
        prose = [" ".join(part.split()) for part in prose if part.strip()[0].isalpha() and "  " not in part]
        wrapped = [textwrap.fill(part, 72, break_on_hyphens=False, break_long_words=False) for part in prose]
        if len(prose) < 3 or any(line[:1] in "-–—*•·" for part in wrapped for line in part.split("\n")):
            continue
        found = lay_out(pa.array(["\n\n".join(wrapped)]))
        tried += 1
        assert len(found.line_hash) <= len(prose) * 1.5, prose[0][:80]
        if tried == 10:
            break
    assert tried


def fold(text: str, width: int) -> str:
    """Break a text without spaces after `width` characters, but never in front of 、 and 。."""
    found, line = [], ""
    for char in text:
        if len(line) >= width and char not in "、。，」":
            found.append(line)
            line = ""
        line += char
    return "\n".join([*found, line])


@given(
    st.integers(20, 45),
    st.sampled_from(
        ["水車小屋の主人は袋を結びながら、顔も上げずに言った。", "磨坊主一边系着口袋一边说，连头也没有抬。"]
    ),
)
def test_text_without_spaces_is_joined_without_any(width: int, sentence: str) -> None:
    assume(0 < (width + 2) % len(sentence) - 2 < len(sentence) - 4)  # lines that are sentences may be a poem's
    assert_the_same(fold(sentence * 20, width), sentence * 20)


POEM = """Tyger Tyger, burning bright,
In the forests of the night;
What immortal hand or eye,
Could frame thy fearful symmetry?
In what distant deeps or skies
Burnt the fire of thine eyes?
On what wings dare he aspire?
What the hand, dare seize the fire?"""
HEXAMETERS = """Arma virumque cano, Troiae qui primus ab oris
Italiam, fato profugus, Laviniaque venit
litora, multum ille et terris iactatus et alto
vi superum saevae memorem Iunonis ob iram;
multa quoque et bello passus, dum conderet urbem,
inferretque deos Latio, genus unde Latinum,
Albanique patres, atque altae moenia Romae.
Musa, mihi causas memora, quo numine laeso,
quidve dolens, regina deum tot volvere casus"""
CODE = "\n".join(
    f"    result_{i} = compute_value(previous_{i}, factor={i})  # step {i} of the whole" for i in range(12)
)
TABLE = "\n".join(f"{name:<24}{i * 7:>10}{i * 13:>12}   remark on the row {i:>4}" for i, name in enumerate(WORDS))
LISTED = "\n".join(f"- {' '.join(WORDS[i : i + 8])}" for i in range(12))
NAMES = "\n".join(f"{word.title()} {other.title()}" for word, other in zip(WORDS, WORDS[3:], strict=False))
MENU = "\n".join(["Home", "About us", "Contact", "Products and services", "News", "Imprint", "Terms of use"] * 2)
SENTENCES = "\n".join(
    f"The {word} stood beside the old {other} in the valley." for word, other in zip(WORDS, WORDS[5:], strict=False)
)
DIGITS = "\n".join(" ".join(str(1000 + i * k) for k in range(12)) for i in range(12))
DATA = "\n".join("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w" for _ in range(12))
CLASSICAL = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n" * 6


@pytest.mark.parametrize(
    "text", [POEM, HEXAMETERS, CODE, TABLE, LISTED, NAMES, MENU, SENTENCES, DIGITS, DATA, CLASSICAL, CODE + "\n" + POEM]
)
def test_other_short_lines_stay(text: str) -> None:
    assert len(lay_out(pa.array([text])).line_hash) == len([line for line in text.split("\n") if line.strip()])


@given(st.builds(prose, st.integers(0, 10**9), st.integers(3, 6)), st.integers(60, 80))
def test_paragraphs_begun_by_an_indent_alone(paragraphs: list[str], width: int) -> None:
    wrapped = "\n".join(textwrap.fill(text, width, initial_indent="    ") for text in paragraphs)
    assert len(lay_out(pa.array([wrapped])).line_hash) == len(paragraphs)


def test_a_poem_in_a_wrapped_book_stays() -> None:
    prose = "\n\n".join(textwrap.fill(" ".join(WORDS * 6) + ".", 70) for _ in range(6))
    assert len(lay_out(pa.array([f"{prose}\n\n{POEM}\n\n{prose}"])).line_hash) == 12 + POEM.count("\n") + 1
