"""What a line's bytes are, against Python's own counting."""

import string

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.language.code_lines import _count_bytes


@kernel
def counted(data: np.ndarray, start: int, end: int) -> tuple[int, int, int, int, int, int, int]:
    return _count_bytes(data, start, end)


@given(st.binary(max_size=30), st.sampled_from([1, 20, 60]), st.binary(max_size=70), st.integers(0, 5))
def test_a_line_is_counted_to_its_end(part: bytes, times: int, rest: bytes, start: int) -> None:
    text = part.replace(b"\n", b"") * times + b"\n" + rest
    start = min(start, len(text))
    end = text.find(b"\n", start) if b"\n" in text[start:] else len(text)
    line = text[start:end]
    marks = {*string.punctuation} - {*"!',-.:?"}
    expected = (
        end,
        sum(byte > 32 for byte in line),
        sum(chr(byte) in marks for byte in line),
        sum(chr(byte) in '([{;"' for byte in line),
        sum(chr(byte) in string.ascii_letters for byte in line),
        sum(byte >= 128 for byte in line),
        line.count(b"\\"),
    )
    assert counted(np.frombuffer(text, np.uint8), start, len(text)) == expected
