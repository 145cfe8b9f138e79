"""Features of a line of program code, hashed: its tokens, each pair of them, and the kinds of each three in a row.

So `for (int i = 0;` is told from prose by `for (`, by `int i` and by *word mark word word*, and the last of these by
languages that were never seen.
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel_part

__all__ = ["LINE_BYTES", "LINE_FEATURES", "line_features"]

LINE_BYTES = 1000
"""Bytes of a line that are looked at: minified programs have lines of 100 kB."""
LINE_FEATURES = 3 * (LINE_BYTES + 2)
"""Room for the features of a line."""
_LOWER, _CAPITAL, _UPPER, _MIXED, _SINGLE, _NUMBER, _OTHER, _MARK = 0, 1, 2, 3, 4, 5, 6, 7
"""Kinds of tokens: a word in small letters, with a capital, in capitals, with an underscore, a digit or a hump; one
letter; a number; a word that begins with a byte that is not ASCII; from _MARK on the ASCII marks themselves."""
_START = 110
"""Kind of the beginning of a line, and 4 more by its indentation; behind them the end of a line."""
_END = _START + 5
_BASIS, _PRIME = np.uint32(2166136261), np.uint32(16777619)
"""Of FNV-1a."""


@kernel_part
def _is_letter(byte: int) -> bool:
    return 97 <= (byte | 32) <= 122 or byte == 95 or byte >= 128


@kernel_part
def _is_digit(byte: int) -> bool:
    return 48 <= byte <= 57


@kernel_part
def _mixed(value: np.uint32) -> np.uint32:
    """Spread the bits of a hash (the finalizer of MurmurHash3)."""
    found = value ^ (value >> np.uint32(16))
    found = np.uint32(found * np.uint32(0x85EBCA6B))
    found ^= found >> np.uint32(13)
    found = np.uint32(found * np.uint32(0xC2B2AE35))
    return np.uint32(found ^ (found >> np.uint32(16)))


@kernel_part
def line_features(data: npt.NDArray[np.uint8], start: int, end: int, out: npt.NDArray[np.uint32]) -> int:
    """Write the hashed features of a line to `out`, and return how many there are: a whole number of threes.

    Args:
        data: UTF-8.
        start: the line's first byte.
        end: one behind its last; it is cut at LINE_BYTES.
        out: uint32[LINE_FEATURES].
    """
    end = min(end, start + LINE_BYTES)
    i = start
    while i < end and (data[i] == 32 or data[i] == 9):
        i += 1
    indent = i - start
    kind = _START + (
        4 if indent and data[start] == 9 else 0 if indent == 0 else 1 if indent < 4 else 2 if indent < 8 else 3
    )
    before, last = 0, kind
    last_hash = np.uint32(kind)
    n = 0
    while i <= end:
        space = 0
        while i < end and (data[i] == 32 or data[i] == 9):
            space = 1
            i += 1
        token = _BASIS
        if i >= end:
            kind = _END
            token = np.uint32(kind)
            i = end + 1
        else:
            byte = data[i]
            if _is_letter(byte):
                at = i
                small = capital = other = False
                while i < end and (_is_letter(data[i]) or _is_digit(data[i])):
                    byte = data[i]
                    if 97 <= byte <= 122 or byte >= 128:
                        small = True
                    elif 65 <= byte <= 90:
                        if i > at:
                            capital = True
                    else:
                        other = True
                    token = np.uint32((token ^ np.uint32(byte)) * _PRIME)
                    i += 1
                first = data[at]
                if first >= 128:
                    kind = _OTHER
                elif i - at == 1:
                    kind = _SINGLE
                elif other or (capital and small):
                    kind = _MIXED
                elif capital:
                    kind = _UPPER
                else:
                    kind = _CAPITAL if 65 <= first <= 90 else _LOWER
            elif _is_digit(byte):
                while i < end and (_is_digit(data[i]) or data[i] == 46):
                    i += 1
                kind = _NUMBER
                token = np.uint32(kind)
            else:
                kind = _MARK + min(max(int(byte) - 32, 0), 96)
                token = np.uint32(kind)
                i += 1
        pair = np.uint32(np.uint32(last_hash * np.uint32(0x9E3779B1)) ^ np.uint32(token + np.uint32(space)))
        out[n] = _mixed(token)
        out[n + 1] = _mixed(pair)
        out[n + 2] = _mixed(np.uint32(0x5BD1E995) ^ np.uint32((before << 17) | (last << 9) | (kind << 1) | space))
        n += 3
        before, last, last_hash = (last << 1) | space, kind, token
    return n
