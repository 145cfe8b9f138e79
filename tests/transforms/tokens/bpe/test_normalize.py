"""What is left unnormalised would not have changed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers.normalizers import Normalizer

from babelmill.transforms.tokens.bpe.added import TEXT, Segments
from babelmill.transforms.tokens.bpe.normalize import normal_form, normalize, touched_points
from tests.texts import TEXTS

FORMS = ("NFC", "NFD", "NFKC", "NFKD")
KNOWN: dict[str, tuple[Normalizer, np.ndarray]] = {}


def known(form: str) -> tuple[Normalizer, np.ndarray]:
    if form not in KNOWN:
        normalizer = normal_form({"type": form})
        KNOWN[form] = normalizer, touched_points(normalizer)
    return KNOWN[form]


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=60)
@given(texts=st.lists(st.tuples(TEXTS, st.booleans()), max_size=5), before=st.text("aé", max_size=2))
def test_every_segment_of_text(form: str, texts: list[tuple[str, bool]], before: str) -> None:
    """Segments that are added tokens stay, and what stands before the first one is not theirs."""
    normalizer, touched = known(form)
    parts = [text.encode() for text, _ in texts]
    ids = np.array([TEXT if is_text else 7 for _, is_text in texts], np.int32)
    bounds = len(before.encode()) + np.cumsum([0, *map(len, parts)], dtype=np.int64)
    data = np.frombuffer(before.encode() + b"".join(parts), np.uint8)
    data, segments = normalize(data, Segments(bounds, ids, np.array([0, len(ids)])), normalizer, touched)
    found = [
        data[start:end].tobytes().decode() for start, end in zip(segments.bounds, segments.bounds[1:], strict=False)
    ]
    assert found == [normalizer.normalize_str(text) if is_text else text for text, is_text in texts]


def test_what_may_change() -> None:
    _, touched = known("NFC")
    assert touched[[0x301, 0x958, 0x1161, 0x11A8, 0x9BE, 0x212B, 0x5B0, 0x334]].all()
    assert not touched[[ord(char) for char in "aéж的かガ가 \n!1ﬁ²"]].any()
    assert known("NFKC")[1][[ord("ﬁ"), ord("²"), 0x3000]].all()
    assert known("NFD")[1][[ord("é"), ord("가"), ord("ガ")]].all()


def test_none() -> None:
    assert normal_form(None) is None
    assert normal_form({"type": "Sequence", "normalizers": []}) is None
    assert not len(touched_points(None))
