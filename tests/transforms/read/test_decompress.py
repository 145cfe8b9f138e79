"""Decompression: what went in comes out, and a break is noticed."""

import bz2
import gzip
import io
import lzma
import random
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.read import decompress
from babelmill.transforms.read.decompress import BrokenFile, compression_at, compression_named, decompressed
from babelmill.transforms.read.limits import Limits

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda content: gzip.compress(content, mtime=0),
    "bzip2": lambda content: bz2.compress(content, 1),
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}
NOISE = random.Random(0).randbytes(400_000)
"""Does not compress: several input chunks and blocks in every format."""

each_compression = pytest.mark.parametrize("compression", PACK)


class Dribble(io.BytesIO):
    """A file that gives at most `step` bytes a read."""

    def __init__(self, content: bytes, step: int) -> None:
        super().__init__(content)
        self._step = step

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._step if size is None or size < 0 else min(size, self._step))


def until_break(content: bytes, compression: str | None) -> tuple[bytes, str]:
    """Return what is yielded, and the reason of the break behind it."""
    found = b""
    try:
        for chunk in decompressed(io.BytesIO(content), compression, Limits()):
            found += chunk
    except BrokenFile as error:
        return found, error.reason
    return found, ""


@pytest.mark.parametrize(
    ("path", "compression"),
    [
        ("a.jsonl", None),
        ("a.gz", "gzip"),
        ("gs://b/a.jsonl.bz2", "bzip2"),
        ("a.xz", "xz"),
        ("a.zst", "zstd"),
        ("gz", None),
    ],
)
def test_name_says_compression(path: str, compression: str | None) -> None:
    assert compression_named(path) == compression


@pytest.mark.parametrize("compression", [None, *PACK])
@settings(max_examples=50)
@given(members=st.lists(st.binary(max_size=300), max_size=4), step=st.integers(1, 200))
def test_round_trip(compression: str | None, members: list[bytes], step: int) -> None:
    pack = PACK[compression] if compression else bytes
    file = Dribble(b"".join(pack(member) for member in members), step)
    assert b"".join(decompressed(file, compression, Limits())) == b"".join(members)


@pytest.mark.parametrize("compression", [None, *PACK])
def test_large_content_comes_in_chunks(compression: str | None) -> None:
    pack = PACK[compression] if compression else bytes
    chunks = list(decompressed(io.BytesIO(pack(NOISE) + pack(NOISE)), compression, Limits()))
    assert b"".join(chunks) == NOISE * 2
    assert all(chunks)
    assert compression is None or len(chunks) > 2


@each_compression
@settings(max_examples=50)
@given(data=st.data())
def test_truncated_anywhere(compression: str, data: st.DataObject) -> None:
    content = data.draw(st.binary(min_size=1, max_size=200))
    packed = PACK[compression](content)
    cut = data.draw(st.integers(1, len(packed) - 1))
    before, reason = until_break(packed[:cut], compression)
    assert reason == "truncated"
    assert content.startswith(before)
    # A whole member before the cut one is not lost.
    assert until_break(packed + packed[:cut], compression) == (content + before, "truncated")


@each_compression
def test_truncated_member_is_read_as_far_as_it_goes(compression: str) -> None:
    packed = PACK[compression](NOISE)
    before, reason = until_break(packed[: len(packed) * 3 // 4], compression)
    assert reason == "truncated"
    assert NOISE.startswith(before)
    assert len(before) > len(NOISE) // 4


@each_compression
def test_corrupt_member_is_read_up_to_it(compression: str) -> None:
    packed = bytearray(PACK[compression](NOISE))
    for at in range(len(packed) * 3 // 4, len(packed) * 3 // 4 + 100):
        packed[at] ^= 0xFF
    before, reason = until_break(PACK[compression](b"first\n") + packed, compression)
    assert reason == "corrupt"
    assert before.startswith(b"first\n")
    assert (b"first\n" + NOISE).startswith(before[: len(NOISE) // 2])
    assert len(before) > len(NOISE) // 4


@each_compression
@pytest.mark.parametrize("behind", [b"garbage", b"\0\0garbage", b"\0\0\0\0x"])
def test_garbage_behind_is_corrupt(compression: str, behind: bytes) -> None:
    assert until_break(PACK[compression](b"content") + behind * 4, compression) == (b"content", "corrupt")


@each_compression
def test_not_compressed_at_all_is_corrupt(compression: str) -> None:
    assert until_break(b'{"text": "plain"}\n' * 10, compression) == (b"", "corrupt")


@pytest.mark.parametrize(
    "compression",
    [
        "gzip",
        "bzip2",
        "xz",
        "zstd",
    ],
)
def test_nothing_but_zeros_is_corrupt(compression: str) -> None:
    assert until_break(b"\0" * 64, compression) == (b"", "corrupt")


def test_corrupt_checksum_keeps_what_came_before() -> None:
    content = b"".join(b'{"text": "line %d"}\n' % number for number in range(3_000))
    packed = bytearray(PACK["gzip"](content))
    packed[-8] ^= 1
    before, reason = until_break(bytes(packed), "gzip")
    assert reason == "corrupt"
    assert before
    assert content.startswith(before)


@each_compression
@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_zero_padding(compression: str, step: int) -> None:
    pack = PACK[compression]
    padded = pack(b"one ") + b"\0" * 512 + pack(b"two") + b"\0" * 8
    assert b"".join(decompressed(Dribble(padded, step), compression, Limits())) == b"one two"


@pytest.mark.parametrize("compression", [None, *PACK])
def test_empty_file_is_no_break(compression: str | None) -> None:
    assert until_break(b"", compression) == (b"", "")


def test_zstd_skippable_frames() -> None:
    skippable = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"12345"
    packed = skippable + PACK["zstd"](b"one ") + skippable + PACK["zstd"](b"two") + skippable
    for step in (1, 1 << 20):
        assert b"".join(decompressed(Dribble(packed, step), "zstd", Limits())) == b"one two"


SMALL = Limits(decompressed_bytes=1 << 20, window_bytes=1 << 20)


def refused(packed: bytes, compression: str, limits: Limits) -> tuple[int, str]:
    """Return how much was yielded before the break, and its reason."""
    given = 0
    try:
        for chunk in decompressed(io.BytesIO(packed), compression, limits):
            assert len(chunk) <= 1 << 26
            given += len(chunk)
    except BrokenFile as error:
        return given, error.reason
    return given, ""


@each_compression
def test_a_file_gives_no_more_than_it_may(compression: str) -> None:
    packed = PACK[compression](random.Random(1).randbytes(1 << 18) * 5)
    given, reason = refused(packed, compression, Limits(decompressed_bytes=1 << 20))
    assert reason == "decompressed_too_large"
    assert given <= 1 << 20


@each_compression
def test_a_bomb_is_given_up_soon(compression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decompress, "RATIO_FROM", 1 << 22)
    packed = PACK[compression](bytes(1 << 26))
    given, reason = refused(packed, compression, Limits())
    assert reason == "ratio_too_high"
    assert given <= 1 << 25
    assert refused(packed, compression, Limits(decompressed_bytes=1 << 25, decompressed_ratio=1 << 20))[0] <= 1 << 25


@pytest.mark.parametrize("compression", ["zstd", "xz"])
def test_a_file_that_asks_for_much_memory(compression: str) -> None:
    wide = {
        "zstd": lambda content: zstandard.ZstdCompressor(
            compression_params=zstandard.ZstdCompressionParameters(window_log=24)
        ).compressobj(),
        "xz": lambda content: lzma.LZMACompressor(filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 24}]),
    }[compression](NOISE)
    packed = wide.compress(NOISE) + wide.flush()
    assert refused(packed, compression, SMALL) == (0, "window_too_large")
    assert b"".join(decompressed(io.BytesIO(packed), compression, Limits(window_bytes=1 << 24))) == NOISE


@pytest.mark.parametrize("name", ["a.jsonl", "a.gz", "a.zst", "a", "A.ZST"])
def test_first_bytes_say_compression_whatever_the_name(name: str) -> None:
    contents = {
        "gzip": gzip.compress(b"{}"), "bzip2": bz2.compress(b"{}"), "xz": lzma.compress(b"{}"),
        "zstd": zstandard.compress(b"{}"),
    }  # fmt: skip
    for compression, content in contents.items():
        file = io.BytesIO(content)
        assert compression_at(file, name) == compression
        assert file.tell() == 0
        assert b"".join(decompressed(file, compression, Limits())) == b"{}"
    for plain in (b'{"text": "a"}', "中文".encode() * 30, b"BZh is a name", b""):
        assert compression_at(io.BytesIO(plain), name) is None


def test_a_damaged_head_is_believed_by_its_name() -> None:
    damaged = b"\x00" + gzip.compress(b"{}")[1:]
    assert compression_at(io.BytesIO(damaged), "a.gz") == "gzip"
    assert compression_at(io.BytesIO(damaged), "a.jsonl") is None
    assert compression_at(io.BytesIO(b"{}"), "a", "zstd") == "zstd"
    assert compression_at(io.BytesIO(gzip.compress(b"{}")), "a.gz", "none") is None


def test_a_break_says_what_was_taken() -> None:
    rows = b"".join(b"%d " % (number * 7919) for number in range(40_000))
    packed = bytearray(gzip.compress(rows))
    packed[len(packed) // 2] ^= 0xFF
    given = 0
    chunks = decompressed(io.BytesIO(packed), "gzip", Limits())
    error = None
    while error is None:
        try:
            given += len(next(chunks))
        except BrokenFile as caught:
            error = caught
    assert error.taken is not None
    assert given > 0
    assert abs(error.taken / len(packed) - given / len(rows)) < 0.2
