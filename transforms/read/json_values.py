"""Where the objects of a stream of JSON begin and end, whatever is between them.

Between objects there may be white space, commas, the brackets of arrays, byte order marks and record separators (RFC
7464). So one splitter reads a JSON array, pretty-printed objects, several objects on a line, a sequence of RFC 7464 and
files that were joined without a line end.

A line end inside a string is no JSON: there the object is broken, and the next one is looked for at the next line that
begins with a brace. A record separator ends an object that is not complete (RFC 7464, section 2.3).
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel, kernel_part

__all__ = ["BROKEN", "OBJECT", "OTHER", "Span", "split_values"]

OBJECT, OTHER, BROKEN = 0, 1, 2
"""Kinds of spans: from `{` to its `}`; anything else between separators; an object that is not complete."""

_OUTSIDE, _INSIDE, _OTHER, _LOST = 0, 1, 2, 3
_MODE, _DEPTH, _STRING, _ESCAPED, _FRESH, _OPEN, _START, _AT = range(8)
"""The places of the state: what `start` and `at` count is bytes of the stream."""
_MOST_SPANS = 1 << 12


class Span(NamedTuple):
    """A span of the stream: its kind, its `offset` and `size` in bytes, and its bytes (of a large one the head)."""

    kind: int
    offset: int
    size: int
    raw: bytes


@kernel_part
def _step_in_string(state: npt.NDArray[np.int64], c: int) -> None:
    """Take one byte inside of a string: an escape, what is escaped, or the string's end."""
    if state[_ESCAPED]:
        state[_ESCAPED] = 0
    elif c == 0x5C:
        state[_ESCAPED] = 1
    elif c == 0x22:
        state[_STRING] = 0


@kernel
def _scan(
    data: npt.NDArray[np.uint8], first: int, state: npt.NDArray[np.int64], spans: npt.NDArray[np.int64]
) -> tuple[int, int]:
    """Scan bytes from `first` on; return how many spans were found, and where the scan ended.

    It ends with the data, or when `spans` (kind, start, end) is full.
    """
    found, i = 0, first
    base = state[_AT] - first
    while i < data.size and found < spans.shape[0]:
        c = data[i]
        mode = state[_MODE]
        if mode == _INSIDE:
            if state[_STRING]:
                _step_in_string(state, c)
                if c == 0x0A:
                    state[_MODE], state[_FRESH], state[_STRING], state[_ESCAPED] = _LOST, 1, 0, 0
            elif c == 0x22:
                state[_STRING] = 1
            elif c == 0x7B or c == 0x5B:
                state[_DEPTH] += 1
            elif c == 0x7D or c == 0x5D:
                state[_DEPTH] -= 1
                if state[_DEPTH] == 0:
                    spans[found, 0], spans[found, 1], spans[found, 2] = OBJECT, state[_START], base + i + 1
                    found += 1
                    state[_MODE] = _OUTSIDE
            elif c == 0x1E:
                spans[found, 0], spans[found, 1], spans[found, 2] = BROKEN, state[_START], base + i
                found += 1
                state[_MODE] = _OUTSIDE
        elif mode == _LOST:
            if c == 0x0A:
                state[_FRESH] = 1
            elif state[_FRESH] and c == 0x7B:
                spans[found, 0], spans[found, 1], spans[found, 2] = BROKEN, state[_START], base + i
                found += 1
                state[_MODE] = _OUTSIDE
                continue
            elif not (c == 0x20 or c == 0x09 or c == 0x0D or c == 0x2C or c == 0x5B):
                state[_FRESH] = 0
        elif mode == _OTHER:
            if state[_STRING]:
                _step_in_string(state, c)
            elif c == 0x22:
                state[_STRING] = 1
            if c == 0x0A or not state[_STRING] and (c == 0x2C or c == 0x5B or c == 0x5D or c == 0x7B or c == 0x1E):
                spans[found, 0], spans[found, 1], spans[found, 2] = OTHER, state[_START], base + i
                found += 1
                state[_MODE], state[_STRING], state[_ESCAPED] = _OUTSIDE, 0, 0
                continue
        elif c == 0x7B:
            state[_MODE], state[_DEPTH], state[_STRING], state[_ESCAPED], state[_START] = _INSIDE, 1, 0, 0, base + i
        elif c == 0x5B:
            state[_OPEN] += 1
        elif c == 0x5D:
            state[_OPEN] -= 1
        elif not (
            c == 0x20 or c == 0x09 or c == 0x0A or c == 0x0D or c == 0x2C or c == 0x1E
            or c == 0xEF or c == 0xBB or c == 0xBF
        ):  # fmt: skip
            state[_MODE], state[_STRING], state[_ESCAPED], state[_START] = _OTHER, 0, 0, base + i
            continue
        i += 1
    state[_AT] = base + i
    return found, i


def split_values(chunks: Iterable[bytes], most: int, head: int) -> Iterator[Span]:
    """Yield the spans of a stream in order, each once it has ended; what is open at the end is BROKEN, or OTHER.

    An array that is not closed at the end is a BROKEN span without bytes, unless one with bytes is there already.

    Args:
        chunks: of the stream, cut anywhere.
        most: bytes of a span that are kept; of a larger one there is only its head.
        head: bytes of that head.
    """
    state, spans = np.zeros(8, np.int64), np.empty((_MOST_SPANS, 3), np.int64)
    pending: list[bytes] = []  # of the span that the chunks before began
    held = 0
    for chunk in chunks:
        data, at, base = np.frombuffer(chunk, np.uint8), 0, int(state[_AT])
        while at < len(chunk):
            found, at = _scan(data, at, state, spans)
            for kind, start, end in spans[:found].tolist():
                raw = chunk[max(0, start - base) : end - base]
                if start < base:
                    raw = b"".join((*pending, raw))
                    pending, held = [], 0
                yield Span(kind, start, end - start, raw if end - start <= most else raw[:head])
        if state[_MODE] != _OUTSIDE:
            pending.append(chunk[max(0, int(state[_START]) - base) :])
            held += len(pending[-1])
            if held > most:
                pending = [b"".join(part[:head] for part in pending)[:head]]
                # Whatever comes, the span is too large.
                held = head
    size = int(state[_AT] - state[_START])
    if state[_MODE] != _OUTSIDE:
        raw = b"".join(pending)
        kind = OTHER if state[_MODE] == _OTHER else BROKEN
        yield Span(kind, int(state[_START]), size, raw if size <= most else raw[:head])
    elif state[_OPEN] > 0:
        yield Span(BROKEN, int(state[_AT]), 0, b"")
