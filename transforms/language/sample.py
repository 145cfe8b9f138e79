"""The sample: windows spread over a document, so that neither its head nor its length decides its language.

    a long document     ▓▓▓▓────▓▓▓▓────▓▓▓▓────▓▓▓▓      windows of a certain size, from its head to its tail
    a short document    ▓▓▓▓▓▓▓▓▓▓▓▓                      all of it, in windows of that size and more

A window begins and ends at white space where some is near, otherwise between two characters.

    >>> sample = take_sample(pa.array(["Ein Satz.", "Une phrase."]))
    >>> sample.windows.to_pylist(), sample.first.tolist()
    (['Ein Satz.', 'Une phrase.'], [0, 1, 2])
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.kernels.buffers import string_buffers
from babelmill.transforms.kernels.compile import kernel

__all__ = ["Sample", "take_sample"]

_REACH = 24
"""How far a cut looks for white space, in bytes: most words are shorter."""
_SPACE, _NEWLINE = 0x20, 0x0A


class Sample(NamedTuple):
    """What is looked at of a batch."""

    windows: pa.StringArray
    """The windows of all documents, one behind the other."""
    first: npt.NDArray[np.int32]
    """Offsets into `windows`, one more than documents: document d has those at `first[d]:first[d + 1]`."""

    @property
    def texts(self) -> pa.StringArray:
        """Each document's windows as one text, on the same buffer."""
        data, offsets = string_buffers(self.windows)
        ends = offsets[self.first]
        return pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(data))


@kernel
def _cut(data: npt.NDArray[np.uint8], at: int, end: int) -> int:
    """Return where to cut a text that ends at `end`: at the first white space within _REACH, or the next character."""
    for i in range(at, min(at + _REACH, end)):
        if data[i] == _SPACE or data[i] == _NEWLINE:
            return i
    while at < end and data[at] & 0xC0 == 0x80:
        at += 1
    return at


@kernel
def _take(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int32],
    most: int,
    least_bytes: int,
    out: npt.NDArray[np.uint8],
    ends: npt.NDArray[np.int32],
    first: npt.NDArray[np.int32],
) -> None:
    """Copy the windows of every document to `out`, and count them in `first`."""
    at, window = 0, 0
    ends[0], first[0] = 0, 0
    for d in range(len(offsets) - 1):
        start, end = int(offsets[d]), int(offsets[d + 1])
        n = end - start
        whole = n <= most * least_bytes
        count = max(1, n // least_bytes) if whole else most
        size = n // count if whole else least_bytes
        for w in range(count):
            at_byte = start + (n - size) * w // max(1, count - 1)
            next_byte = start + (n - size) * (w + 1) // max(1, count - 1) if whole else at_byte + size
            begin = start if w == 0 else _cut(data, at_byte, end)
            until = end if w == count - 1 else _cut(data, next_byte, end)
            for i in range(begin, until):
                out[at] = data[i]
                at += 1
            if not whole:
                out[at] = _NEWLINE
                at += 1
            window += 1
            ends[window] = at
        first[d + 1] = window


def take_sample(text: pa.Array, windows: int = 8, window_bytes: int = 100) -> Sample:
    """Take the sample of every text of a column of valid UTF-8.

    Args:
        text: a string column.
        windows: how many a document has at the most. Eight small ones see an English head of a tenth of the page for
            what it is; four take it for a quarter.
        window_bytes: size of a window, to which a cut may add _REACH.
    """
    data, offsets = string_buffers(text)
    lengths = np.diff(offsets)
    # A newline stands behind each window of a long document.
    room = np.minimum(lengths + windows, windows * (window_bytes + _REACH + 1))
    out = np.empty(int(room.sum()), np.uint8)
    ends = np.empty(int(np.clip(lengths // window_bytes, 1, windows).sum()) + 1, np.int32)
    first = np.empty(len(text) + 1, np.int32)
    _take(data, offsets, windows, window_bytes, out, ends, first)
    return Sample(pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(out)), first)
