"""The kernel against py3langid itself."""

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier
from py3langid.modelio import load_model

from babelmill.transforms.language.bayes import labels, likelihoods, load_bayes
from babelmill.transforms.language.mixture import opinions
from babelmill.transforms.language.sample import Sample

TEXTS = Path(__file__).parents[2] / "data" / "languages.jsonl.gz"


MARKS = {"ـ", "\u0670", "\u0671", *map(chr, range(0x64B, 0x660))}
"""What our kernel passes over."""


@pytest.fixture(scope="module")
def theirs() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def check(text: str, theirs: LanguageIdentifier) -> None:
    [ours] = opinions(Sample(pa.array([text]), np.array([0, 1], np.int32))).probability
    text = "".join(char for char in text if char not in MARKS)
    expected = dict(theirs.rank(text))
    if not ours.any():
        return  # no feature at all: theirs is uniform
    found = dict(zip(labels(), ours.tolist(), strict=True))
    assert found.keys() == expected.keys()
    assert all(found[label] == pytest.approx(expected[label], abs=2e-3) for label in found)


def test_like_py3langid_on_real_text(theirs: LanguageIdentifier) -> None:
    with gzip.open(TEXTS) as lines:
        texts = [json.loads(line)["text"] for line in lines][::9]
    for text in texts:
        if not text.isupper():
            check(text, theirs)


@given(text=st.text(st.characters(codec="utf-8"), max_size=40))
def test_like_py3langid_on_any_text(text: str, theirs: LanguageIdentifier) -> None:
    if not text.isupper():
        check(gate_nfc(text), theirs)


def gate_nfc(text: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFC", text)


def test_a_text_without_features_has_no_likelihood() -> None:
    assert not likelihoods(pa.array(["", "0"])).any()


def test_texts_do_not_mix() -> None:
    texts = pa.array(["Ein Satz. Ein Satz.", "", "Une phrase.", "Ein Satz. Ein Satz."])
    together = likelihoods(texts)
    assert (together < 0).any(axis=1).tolist() == [True, False, True, True]
    for row in range(len(texts)):
        assert np.array_equal(likelihoods(texts.slice(row, 1))[0], together[row])


def test_weights_are_those_of_the_file() -> None:
    theirs, *_ = load_model(MODEL_DIR / MODEL_FILE)
    _, model = load_bayes()
    assert np.array_equal(model.weight / np.float32(512), np.asarray(theirs, np.float32))
