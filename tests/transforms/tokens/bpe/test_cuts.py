"""Words are cut where no token reaches across."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.tokens.bpe.cuts import make_cuts, word_end

TOKENS = ["的人", "人们", "a的", "中", "中国人", "ab", "é的"]
PARTIAL = [b"\x84\xe4", "们".encode()[1:] + "中".encode()[:1], "国".encode() + b"\xe4"]
CUTS = make_cuts([*(token.encode() for token in TOKENS), *PARTIAL])
BYTES = [*(token.encode() for token in TOKENS), *PARTIAL]


def words(text: str) -> list[bytes]:
    data = np.frombuffer(text.encode(), np.uint8)
    found, start = [], 0
    while start < len(data):
        end = word_end(data, start, len(data), *CUTS)
        found.append(data[start:end].tobytes())
        start = end
    return found


@given(st.text("的人们中国abé一", max_size=30))
def test_no_token_crosses_a_cut(text: str) -> None:
    parts = words(text)
    assert b"".join(parts) == text.encode()
    for part in parts:
        part.decode()
    for left, right in pairwise(parts):
        last, first = left.decode()[-1].encode(), right.decode()[0].encode()
        for token in BYTES:
            # A token across the cut would hold an end of the one character and a beginning of the other.
            for i in range(1, len(token)):
                assert not (last.endswith(token[:i][-len(last) :]) and first.startswith(token[i:][: len(first)]))


def test_it_does_cut() -> None:
    assert words("的国的国") == [char.encode() for char in "的国的国"]
    assert words("的人们é中国人") == ["的人们".encode(), "é".encode(), "中国人".encode()]
