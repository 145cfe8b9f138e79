"""A memory of words: most words of a text have been merged before.

An entry is one cache line of eight 64-bit numbers: the word's bytes and length, and its ids. Entries stand in twos; a
new word takes the first place of its two, and the word that was there takes the second. So the memory has a fixed size.

    bytes 0-7 | 8-15 | 16-23 | 24-30, length | count, ids 0-2 | ids 3-5 | ids 6-8 | ids 9-11
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel, kernel_part
from babelmill.transforms.kernels.hashing import ROLL
from babelmill.transforms.kernels.prefetch import prefetch
from babelmill.transforms.tokens.bpe.merge import ID_BITS

__all__ = [
    "REMEMBERED",
    "SLACK",
    "Words",
    "fill",
    "key_of",
    "look_up_soon",
    "new_memo",
    "padded_words",
    "recall",
    "remember",
]

REMEMBERED = 31
"""Bytes of the longest word that an entry has room for."""
SLACK = 2
"""Places behind the last id that may be overwritten."""
_PADDING = 48
_SLOTS = 1 << 19
_IDS = 12
_ID = np.uint64((1 << ID_BITS) - 1)

Words = npt.NDArray[np.uint64]
Key = tuple[np.uint64, np.uint64, np.uint64, np.uint64]


def new_memo() -> Words:
    """Return an empty memory: uint64[slots, 8], 32 MiB. A thread needs one of its own."""
    return np.zeros((_SLOTS, 8), np.uint64)


def padded_words(text: bytes | npt.NDArray[np.uint8]) -> Words:
    """Return a copy of some text as little-endian uint64, with as much behind it as a key may reach."""
    words = np.zeros((len(text) + _PADDING) // 8, "<u8")
    words.view(np.uint8)[: len(text)] = np.frombuffer(text, np.uint8)
    words.flags.writeable = False
    return words


_KEEP = np.array([[(1 << 8 * min(max(size - at, 0), 8)) - 1 for at in (0, 8, 16, 24)] for size in range(32)], np.uint64)
"""Masks of the four numbers of a key, by the size of the word."""


@kernel_part
def key_of(words: Words, start: int, size: int) -> Key:
    """Return the key of a word of 1 to REMEMBERED bytes at byte `start`; `words` is the text: see `padded_words`."""
    at, shift = start >> 3, np.uint64((start & 7) << 3)
    # A number is the end of one aligned number and the start of the next; a shift by 64 is not defined, so two of them.
    rest, one = np.uint64(63) - shift, np.uint64(1)
    return (
        ((words[at] >> shift) | ((words[at + 1] << one) << rest)) & _KEEP[size, 0],
        ((words[at + 1] >> shift) | ((words[at + 2] << one) << rest)) & _KEEP[size, 1],
        ((words[at + 2] >> shift) | ((words[at + 3] << one) << rest)) & _KEEP[size, 2],
        (((words[at + 3] >> shift) | ((words[at + 4] << one) << rest)) & _KEEP[size, 3])
        | (np.uint64(size) << np.uint64(56)),
    )


@kernel_part
def _slot(key: Key, slots: int) -> int:
    h = (key[0] ^ (key[3] >> np.uint64(32))) * ROLL
    h = ((h ^ (h >> np.uint64(32))) + key[1]) * ROLL
    h = ((h ^ (h >> np.uint64(32))) + key[2] + (key[3] << np.uint64(8))) * ROLL
    slot: int = int(np.int64(h >> np.uint64(40))) & (slots - 2)
    return slot


@kernel_part
def look_up_soon(memo: Words, key: Key) -> None:
    """Ask for the two entries that a word may have: the memory is larger than a processor's cache."""
    place = 8 * _slot(key, len(memo))
    prefetch(memo, place)
    prefetch(memo, place + 8)


@kernel_part
def _unpack(packed: np.uint64, out: npt.NDArray[np.uint32], at: int) -> None:
    out[at] = packed & _ID
    out[at + 1] = (packed >> np.uint64(ID_BITS)) & _ID
    out[at + 2] = (packed >> np.uint64(2 * ID_BITS)) & _ID


@kernel_part
def _holds(memo: Words, slot: int, key: Key) -> bool:
    for i in range(4):
        if memo[slot, i] != key[i]:
            return False
    return True


@kernel_part
def recall(memo: Words, key: Key, out: npt.NDArray[np.uint32], at: int) -> int:
    """Write a word's ids from `out[at]` on; return how many, or 0 if the word is not remembered.

    Ids are written three at a time: up to two places behind the last one are overwritten.
    """
    slot = _slot(key, len(memo))
    if not _holds(memo, slot, key):
        slot += 1
        if not _holds(memo, slot, key):
            return 0
    packed = memo[slot, 4]
    count = int(np.int64(packed >> np.uint64(60)))
    _unpack(packed, out, at)
    if count > 3:
        for i in range(1, 4):
            if 3 * i < count:
                _unpack(memo[slot, 4 + i], out, at + 3 * i)
    return count


@kernel
def remember(memo: Words, key: Key, out: npt.NDArray[np.uint32], at: int, count: int) -> None:
    """Keep a word whose ids are `out[at : at + count]`, if they are not too many."""
    if count > _IDS:
        return
    slot = _slot(key, len(memo))
    # One by one: numba compiles a second for the message of a slice that does not fit.
    for i in range(8):
        memo[slot + 1, i] = memo[slot, i]
    for i in range(4):
        memo[slot, i], memo[slot, 4 + i] = key[i], np.uint64(0)
    memo[slot, 4] = np.uint64(count) << np.uint64(60)
    for i in range(count):
        memo[slot, 4 + i // 3] |= np.uint64(out[at + i]) << np.uint64(i % 3 * ID_BITS)


@kernel
def fill(
    memo: Words,
    words: Words,
    offsets: npt.NDArray[np.int64],
    ids: npt.NDArray[np.int32],
) -> None:
    """Keep words of one id each, the last ones most surely: word i is the bytes `offsets[i]` to `offsets[i + 1]`."""
    one = np.empty(1, np.uint32)
    for i in range(len(ids)):
        one[0] = ids[i]
        remember(memo, key_of(words, offsets[i], offsets[i + 1] - offsets[i]), one, 0, 1)
