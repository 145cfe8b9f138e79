"""The sample against a plain twin, and what holds of it for any text."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.language.sample import take_sample

TEXT = st.text(st.sampled_from("ab \nß中𝔸"), max_size=120)


def cut(text: bytes, at: int) -> int:
    near = [i for i in range(at, min(at + 24, len(text))) if text[i : i + 1] in (b" ", b"\n")]
    if near:
        return near[0]
    while at < len(text) and text[at] >> 6 == 0b10:
        at += 1
    return at


def plain_windows(text: bytes, most: int, size: int) -> list[bytes]:
    if len(text) <= most * size:
        count = max(1, len(text) // size)
        size = len(text) // count
        starts = [(len(text) - size) * w // max(1, count - 1) for w in range(count)]
        cuts = [0, *(cut(text, start) for start in starts[1:]), len(text)]
        return [text[a:b] for a, b in zip(cuts, cuts[1:], strict=False)]
    starts = [(len(text) - size) * w // (most - 1) for w in range(most)]
    pairs = [(cut(text, start) if start else 0, cut(text, start + size)) for start in starts]
    return [text[a:b] + b"\n" for a, b in pairs]


@given(texts=st.lists(TEXT, max_size=5), most=st.integers(2, 4), size=st.integers(5, 30))
def test_like_the_plain_twin(texts: list[str], most: int, size: int) -> None:
    sample = take_sample(pa.array(texts, pa.string()), most, size)
    sample.windows.validate(full=True)
    found = sample.windows.to_pylist()
    for d, text in enumerate(texts):
        mine = found[sample.first[d] : sample.first[d + 1]]
        assert mine == [window.decode() for window in plain_windows(text.encode(), most, size)]
    assert sample.first[-1] == len(found)
    assert "".join(sample.texts.to_pylist()) == "".join(found)


@given(text=TEXT)
def test_a_short_text_is_read_whole(text: str) -> None:
    assert take_sample(pa.array([text]), 8, 100).texts.to_pylist() == [text]


def test_a_long_text_is_read_from_its_head_to_its_tail() -> None:
    text = " ".join(map(str, range(10_000)))
    windows = take_sample(pa.array([text])).windows.to_pylist()
    assert len(windows) == 8
    assert text.startswith(windows[0][:-1])
    assert text.endswith(windows[-1][:-1])
    numbers = [int(window.split()[0]) for window in windows]
    assert np.diff(numbers) == pytest.approx(10_000 / 7, rel=0.2)


def test_slices_and_nothing() -> None:
    sample = take_sample(pa.array(["x" * 900, "one", "two"]).slice(1))
    assert sample.windows.to_pylist() == sample.texts.to_pylist() == ["one", "two"]
    assert take_sample(pa.array([], pa.string())).texts.to_pylist() == []
