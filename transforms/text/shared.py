"""Shared Layouts: within a batch a text is laid out once, for all that read it.

    with shared_layouts():
        for step in steps:
            batch = step(batch, book)

What is laid out inside is remembered with its text until the end of the block. Asked for the same texts again, or for
some of them in the same order, as a Judge leaves them, `laid_out` says where they are in it. Texts are recognised by
their bytes and by nothing else, so that an annotator stays a function of its columns, and what is remembered is never
stale; comparing them takes a hundredth of the time of laying them out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.kernels.buffers import string_buffers
from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.text.fold import FOLD, Fold
from babelmill.transforms.text.layout import Layout, lay_out

__all__ = ["laid_out", "shared_layouts"]

_Kept = dict[tuple[Fold, bool], tuple[pa.Array, Layout]]
_KEPT: ContextVar[_Kept | None] = ContextVar("layouts", default=None)
_STRIDE = 1024
"""Bytes that are compared before it is asked whether they are equal."""


@contextmanager
def shared_layouts() -> Iterator[None]:
    """Remember inside of this block what is laid out: the last column for each choice of what is folded."""
    token = _KEPT.set({})
    try:
        yield
    finally:
        _KEPT.reset(token)


def laid_out(text: pa.Array, fold: Fold = FOLD, fold_hant: bool = False) -> Layout:
    """Return the Layout of a string column, as `lay_out` does, without laying out again what is remembered."""
    kept = _KEPT.get()
    if kept is None:
        return lay_out(text, fold, fold_hant)
    key = fold, fold_hant
    if key in kept:
        before, layout = kept[key]
        rows = np.empty(len(text), np.int64)
        if not len(text) or _find(*string_buffers(before), *string_buffers(text), rows):
            return layout.of(rows)
    layout = lay_out(text, fold, fold_hant)
    kept[key] = text, layout
    return layout


@kernel
def _are_equal(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> bool:
    """Say whether two arrays of the same length are equal."""
    for start in range(0, len(one), _STRIDE):
        part, same = one[start : start + _STRIDE], other[start : start + _STRIDE]
        # Cut back by hand to a byte: so many are compared at once.
        different = np.uint8(0)
        for i in range(min(len(part), len(same))):
            different = np.uint8(different | np.uint8(part[i] ^ same[i]))
        if different:
            return False
    return True


@kernel
def _find(
    data: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int32],
    some_data: npt.NDArray[np.uint8],
    some_offsets: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int64],
) -> bool:
    """Write the row of each of some texts among others; say whether all are there, and in this order."""
    row = 0
    for i in range(len(rows)):
        wanted = some_data[some_offsets[i] : some_offsets[i + 1]]
        while row < len(offsets) - 1:
            found = data[offsets[row] : offsets[row + 1]]
            if len(found) == len(wanted) and _are_equal(found, wanted):
                break
            row += 1
        if row >= len(offsets) - 1:
            return False
        rows[i] = row
        row += 1
    return True
