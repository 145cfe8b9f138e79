"""Signatures against datasketch, bit for bit, and against the similarity that they estimate."""

import gzip
import json
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from datasketch import MinHash, MinHashLSH
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.dedup.edges import _similarity
from babelmill.transforms.dedup.grams import shingle_hashes
from babelmill.transforms.dedup.minhash import FIGURES, PERMUTATIONS, minima, signatures
from babelmill.transforms.dedup.shingles import jaccard, shingle_sets
from babelmill.transforms.dedup.sign import Near
from babelmill.transforms.text.gate import gate
from babelmill.transforms.text.layout import Layout, lay_out


def shingles(layout: Layout, d: int, ngram: int) -> np.ndarray:
    words = layout.word_fold[slice(*layout.doc_words[d])].copy()
    out = np.empty(len(words), np.uint32)
    return out[: shingle_hashes(words, ngram, out)]


def by_datasketch(hashes: np.ndarray, seed: int) -> np.ndarray:
    sketch = MinHash(num_perm=PERMUTATIONS, seed=seed, scheme="affine32", hashfunc=lambda value: value)
    sketch.update_batch(hashes.tolist())
    return sketch.hashvalues


@pytest.mark.parametrize("lang", ["en", "zh", "ja", "ko", "ar", "ru"])
@pytest.mark.parametrize("seed", [1, 7])
def test_minima_equal_datasketch(corpus: Path, lang: str, seed: int) -> None:
    with gzip.open(corpus / f"{lang}.jsonl.gz") as lines:
        texts = [gate(json.loads(line)["text"]) for line in lines.read().splitlines()[:8]]
    layout = lay_out(pa.array(texts))
    found, counts = minima(layout, 5, seed)
    for d in range(len(texts)):
        hashes = shingles(layout, d, 5)
        assert counts[d] == len(hashes)
        if len(hashes):
            assert np.array_equal(found[d], by_datasketch(hashes, seed))


@pytest.mark.parametrize(("bands", "rows"), [(14, 8), (20, 6)])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_candidates_are_those_of_minhashlsh(corpus: Path, lang: str, bands: int, rows: int) -> None:
    with gzip.open(corpus / f"{lang}.jsonl.gz") as lines:
        whole = [gate(json.loads(line)["text"])[:3000] for line in lines.read().splitlines()[:20]]
    # Near copies of each: some of their characters are others.
    chance = np.random.default_rng(3)
    texts = list(whole)
    for text in whole:
        for share in (0.001, 0.005, 0.02):
            swapped = np.array(list(text))
            swapped[chance.random(len(swapped)) < share] = "x"
            texts.append("".join(swapped))
    low, counts = minima(lay_out(pa.array(texts)), 5, 1)
    lsh = MinHashLSH(num_perm=bands * rows, params=(bands, rows))
    for d in np.flatnonzero(counts).tolist():
        lsh.insert(d, MinHash(hashvalues=low[d, : bands * rows], scheme="affine32"))
    theirs = {
        (min(d, other), max(d, other))
        for d in np.flatnonzero(counts).tolist()
        for other in lsh.query(MinHash(hashvalues=low[d, : bands * rows], scheme="affine32"))
        if other != d
    }
    found = signatures(pa.array(texts), 5, bands, rows, 1)
    meet = (found.bands[:, None, :] == found.bands[None, :, :]).any(axis=2)
    meet &= (counts > 0)[:, None] & (counts > 0)[None, :]
    ours = {(int(one), int(other)) for one, other in np.argwhere(np.triu(meet, 1))}
    assert ours == theirs
    # Copies meet their originals; other texts do not meet.
    assert 15 < len(ours) < 1000


@given(st.lists(st.sampled_from("abcdefgh"), max_size=30))
def test_shingles_are_ngrams_of_folded_words(letters: list[str]) -> None:
    layout = lay_out(pa.array([" ... ".join(letters)]))
    hashes = shingles(layout, 0, 3)
    grams = [tuple(letters[i : i + 3]) for i in range(len(letters) - 2)]
    assert len(hashes) == len(grams)
    assert len(set(hashes.tolist())) == len(set(grams))


def words(numbers: range) -> str:
    return " ".join("w" + chr(97 + n % 26) + chr(97 + n // 26 % 26) + chr(97 + n // 676) for n in numbers)


@pytest.mark.parametrize("shared", [0, 300, 500, 800, 950, 1000])
def test_the_sketch_estimates_jaccard(shared: int) -> None:
    one, other = words(range(1000)), words(range(1000 - shared, 2000 - shared))
    found = signatures(pa.array([one, other]), ngram=1, bands=14, rows=8, seed=1)
    true = shared / (2000 - shared)
    assert _similarity(found.sketch[0], found.sketch[1]) == pytest.approx(true, abs=0.16)


def test_bands_are_equal_only_where_their_minima_are() -> None:
    text = pa.array([words(range(400)), words(range(20, 420)), words(range(5000, 5400))])
    found = signatures(text, ngram=2, bands=20, rows=3, seed=3)
    low, _ = minima(lay_out(text), 2, 3)
    for i in range(3):
        for j in range(3):
            rows_equal = (low[i, :60].reshape(20, 3) == low[j, :60].reshape(20, 3)).all(axis=1)
            assert np.array_equal(rows_equal, found.bands[i] == found.bands[j])
    assert len(np.unique(found.bands[0])) == 20


def test_a_text_without_a_shingle_has_none() -> None:
    found = signatures(pa.array(["", "four words are few", "..."]), ngram=5, bands=14, rows=8, seed=1)
    assert found.shingles.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("text", "count"), [("a " * 1000, 0), ("a b " * 1000, 0), ("a b c d " * 1000, 0), ("a b c d e " * 1000, 4996)]
)
def test_repeated_words_are_no_shingles_to_compare_by(text: str, count: int) -> None:
    assert signatures(pa.array([text]), ngram=5, bands=14, rows=8, seed=1).shingles.tolist() == [count]


def test_traditional_and_simplified_are_the_same_only_where_it_is_asked_for() -> None:
    texts = pa.array(["漢語學習與國際關係發展", "汉语学习与国际关系发展"])
    apart, same = (signatures(texts, ngram=2, bands=14, rows=8, seed=1, fold_hant=fold) for fold in (False, True))
    assert not np.array_equal(apart.sketch[0], apart.sketch[1])
    assert np.array_equal(same.sketch[0], same.sketch[1])
    assert np.array_equal(same.bands[0], same.bands[1])


def test_the_figures_sketch_estimates_their_similarity() -> None:
    """Of a handful of figures and of hundreds, for equal, similar and unlike ones: 64 bits are off by 0.13 at most."""
    chance = random.Random(1)
    pairs = []
    for size in (5, 9, 20, 60, 200) * 40:
        one = [chance.choice("+-*/=") + str(chance.randint(0, 9)) for _ in range(size)]
        share = chance.choice([0, 0.02, 0.1, 1])
        other = [str(chance.randint(10, 99)) if chance.random() < share else value for value in one]
        pairs.append([" word ".join(values) for values in (one, other)])
    columns = [pa.array(texts) for texts in zip(*pairs, strict=True)]
    sketches = [signatures(column, 5, 14, 8, 0, figures=0.1).sketch[:, FIGURES] for column in columns]
    estimates = [1 - 2 * (one ^ other).bit_count() / 64 for one, other in np.stack(sketches, axis=1).tolist()]
    sets = [shingle_sets(column, Near()).figures for column in columns]
    true = jaccard(*sets, np.stack([np.arange(len(pairs))] * 2, axis=1))
    errors = np.array(estimates) - true
    assert (errors[true == 1] == 0).all()
    assert np.abs(errors).max() < 0.5
    assert np.sqrt((errors**2).mean()) < 0.13
    assert abs(errors.mean()) < 0.03


@pytest.mark.parametrize(
    ("text", "has"), [("a b c d e f 1 g h i", True), ("a b c d e f 1 g h i j", False), ("a b", False)]
)
def test_few_figures_have_no_sketch(text: str, has: bool) -> None:
    assert bool(signatures(pa.array([text]), 5, 14, 8, 0, figures=0.1).sketch[0, FIGURES]) == has
