"""Large hostile files, made where they are wanted: small or full of holes on the disk, large once they are read."""

import bz2
import gzip
import io
import json
import lzma
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from babelmill.transforms.read.page_header import page_header

__all__ = ["LARGE", "REASONS", "make_large"]

_PART = 1 << 24
_PARTS = 64
"""A bomb is 64 times 16 MiB: a gigabyte."""


def _zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(content)


def _zstd_window(content: bytes) -> bytes:
    wide = zstandard.ZstdCompressionParameters(window_log=31, compression_level=1)
    packer = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    return packer.compress(content) + packer.flush()


def _xz_window(content: bytes) -> bytes:
    """Return an xz file that says that its dictionary has 4 GiB: one byte of a block's header, and that one's CRC."""
    import zlib

    packed = bytearray(lzma.compress(content, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 12}]))
    header = 12
    size = (packed[header] + 1) * 4
    at = packed.index(b"\x21\x01", header) + 2
    packed[at] = 40
    packed[header + size - 4 : header + size] = zlib.crc32(packed[header : header + size - 4]).to_bytes(4, "little")
    return bytes(packed)


def _repeated(pack: Callable[[bytes], bytes], part: bytes) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        packed = pack(part)
        with path.open("wb") as file:
            for _ in range(_PARTS):
                file.write(packed)

    return write


def _line_of_a_gigabyte(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b'{"text": "')
        file.truncate(1 << 30)
        file.seek(0, io.SEEK_END)
        file.write(b'"}\n')


def _dictionary_bomb(path: Path) -> None:
    """Write two million rows that all are the same megabyte: two terabytes in a file of kilobytes."""
    row = pa.DictionaryArray.from_arrays(pa.array([0] * 2_000_000, pa.int32()), ["x" * (1 << 20)])
    schema = pa.schema([("text", row.type)])
    pq.write_table(pa.table([row], schema=schema), path, compression="zstd", row_group_size=1_000_000)


def _page_bomb(path: Path) -> None:
    """Write one value of 140 MB that zstd makes to some kilobytes."""
    pq.write_table(pa.table({"text": ["x" * 140_000_000]}), path, compression="zstd", use_dictionary=False)


def _null_bomb(path: Path) -> None:
    """Write rows without text, which cost a bit each."""
    pq.write_table(pa.table({"text": pa.nulls(20_000, pa.string())}), path)


def _forged_page(path: Path) -> None:
    """Write a page whose header says that it has 128 MiB, where it has 70 MB."""
    out = io.BytesIO()
    pq.write_table(pa.table({"text": ["abcdefghij" * 7_000_000]}), out, compression="zstd", use_dictionary=False)
    content = out.getvalue()
    size = page_header(content[4:]).raw_size << 1
    varint = bytes(size >> shift & 0x7F | 0x80 * (shift < 21) for shift in (0, 7, 14, 21))
    path.write_bytes(content.replace(varint, b"\xfe\xff\xff\x7f", 1))


def _many_groups(path: Path) -> None:
    """Write a footer of 5,000 row groups for 5,000 rows."""
    pq.write_table(pa.table({"text": ["a"] * 5_000}), path, row_group_size=1)


def _footer_bomb(path: Path) -> None:
    """Write a footer of 65,000 row groups, each of which says that it has the same row."""
    out = io.BytesIO()
    pq.write_table(pa.table({"text": ["a"]}), out, write_statistics=False, store_schema=False, compression="none")
    content = out.getvalue()
    footer = content[-8 - int.from_bytes(content[-8:-4], "little") : -8]
    before, _, rest = footer.partition(b"\x19\x1c")
    at = rest.index(b"\x28\x20parquet")
    footer = before + b"\x19\xfc\xe8\xfb\x03" + rest[:at] * 65_000 + rest[at:]
    path.write_bytes(content[:4] + footer + len(footer).to_bytes(4, "little") + b"PAR1")


def _long_field(field: str, chars: int, number: int) -> Callable[[Path], object]:
    """Return what writes records of short texts whose id or URL is long; gzip makes a fiftieth of it."""

    def write(path: Path) -> None:
        noise = random.Random(field)
        with gzip.open(path, "wb", 1) as file:
            for row in range(number):
                value = "".join(f"{noise.getrandbits(800):x}" + "a" * 9_800 for _ in range(-(-chars // 10_000)))[:chars]
                file.write(json.dumps({"text": f"A short text, number {row}.", field: value}).encode() + b"\n")

    return write


def _repeated_field(field: str, chars: int, rows: int) -> Callable[[Path], object]:
    """Return what writes a Parquet file whose rows all have one long id or URL, which stands there once."""

    def write(path: Path) -> None:
        column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["x" * chars])
        table = pa.table({"text": [f"A short text, number {row}." for row in range(rows)], field: column})
        pq.write_table(table, path, compression="zstd")

    return write


def _records(number: int, record: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(gzip.compress(record * number, 1))


LARGE: dict[str, Callable[[Path], object]] = {
    "b_zeros.jsonl.gz": _repeated(gzip.compress, bytes(_PART)),
    "b_zeros.jsonl.bz2": _repeated(bz2.compress, bytes(_PART)),
    "b_zeros.jsonl.xz": _repeated(lambda part: lzma.compress(part, preset=0), bytes(_PART)),
    "b_zeros.jsonl.zst": _repeated(_zstd, bytes(_PART)),
    "b_blank_lines.jsonl.gz": _repeated(gzip.compress, b"\n" * _PART),
    "b_blank_lines.jsonl.zst": _repeated(_zstd, b" \n" * (_PART // 2)),
    "b_braces.jsonl.zst": _repeated(_zstd, b"[" * _PART),
    "b_bad_lines.jsonl.gz": _records(10_000_000, b"1\n"),
    "b_half_bad.jsonl.gz": _records(100_000, b'{"text": "a"}\n1\n'),
    "b_ids.jsonl.gz": _long_field("id", 14_000_000, 20),
    "b_urls.jsonl.gz": _long_field("url", 14_000_000, 20),
    "b_urls_that_fit.jsonl.gz": _long_field("url", 8_000, 10_000),
    "b_id_repeated.parquet": _repeated_field("id", 100_000, 500),
    "b_url_repeated.parquet": _repeated_field("url", 100_000, 500),
    "b_url_dictionary.parquet": _repeated_field("url", 1 << 20, 20_000),
    "b_window.jsonl.zst": lambda path: path.write_bytes(_zstd_window(b'{"text": "a"}\n' * 100_000)),
    "b_window.jsonl.xz": lambda path: path.write_bytes(_xz_window(b'{"text": "a"}\n')),
    "b_line.jsonl": _line_of_a_gigabyte,
    "b_record.jsonl": lambda path: path.write_bytes(json.dumps({"text": "x" * 17_000_000}).encode()),
    "b_document.jsonl": lambda path: path.write_bytes(json.dumps({"text": "word " * 1_200_000}).encode()),
    "b_astral.jsonl": lambda path: path.write_bytes(orjson_text("\U0001f600" * 4_000_000)),
    "b_escapes.jsonl": lambda path: path.write_bytes(b'{"text": "' + b"\\u00e9" * 2_700_000 + b'"}'),
    "b_keys.jsonl": lambda path: path.write_bytes(json.dumps({f"k{n}": n for n in range(700_000)}).encode()),
    "b_digits.jsonl": lambda path: path.write_bytes(b'{"text": "a", "n": ' + b"9" * 16_000_000 + b"}"),
    "b_brackets.jsonl": lambda path: path.write_bytes(b"[" * 16_000_000),
    "b_empty_arrays.jsonl": lambda path: path.write_bytes(b'{"x": [' + b"[]," * 5_000_000 + b'[]], "text": null}'),
    "b_dictionary.parquet": _dictionary_bomb,
    "b_page.parquet": _page_bomb,
    "b_forged_page.parquet": _forged_page,
    "b_nulls.parquet": _null_bomb,
    "b_groups.parquet": _many_groups,
    "b_footer.parquet": _footer_bomb,
}
"""Name → what writes the file."""


def orjson_text(text: str) -> bytes:
    """Return a record of a text that is not escaped."""
    return b'{"text": "' + text.encode() + b'"}'


_RATIO, _WINDOW = {"read/ratio_too_high": 1}, {"read/window_too_large": 1}
REASONS: dict[str, dict[str, int]] = {
    **{name: _RATIO for name in LARGE if name.startswith(("b_zeros", "b_blank", "b_braces"))},
    "b_bad_lines.jsonl.gz": {"read/not_object": 1_001, "read/mostly_bad": 1},
    "b_half_bad.jsonl.gz": {"read/not_object": 100_000},
    "b_ids.jsonl.gz": {"read/id_too_long": 20},
    "b_urls.jsonl.gz": {"read/url_too_long": 20},
    "b_urls_that_fit.jsonl.gz": {},
    "b_id_repeated.parquet": {"read/id_too_long": 500},
    "b_url_repeated.parquet": {"read/url_too_long": 500},
    "b_url_dictionary.parquet": {"read/ratio_too_high": 1},
    "b_window.jsonl.zst": _WINDOW,
    "b_window.jsonl.xz": _WINDOW,
    "b_line.jsonl": {"read/record_too_large": 1},
    "b_record.jsonl": {"read/record_too_large": 1},
    "b_document.jsonl": {"read/document_too_long": 1},
    "b_astral.jsonl": {},
    "b_escapes.jsonl": {},
    "b_keys.jsonl": {"read/no_text": 1},
    "b_digits.jsonl": {"read/json_number_too_long": 1},
    "b_brackets.jsonl": {"read/truncated": 1},
    "b_empty_arrays.jsonl": {"read/json_too_complex": 1},
    "b_dictionary.parquet": {"read/ratio_too_high": 2},
    "b_page.parquet": {"read/ratio_too_high": 1},
    "b_forged_page.parquet": {"read/ratio_too_high": 1},
    "b_nulls.parquet": {"read/no_text": 20_000},
    "b_footer.parquet": {"read/footer_too_large": 1},
    "b_groups.parquet": {},
}
"""Name → reason → how many quarantine rows."""


def make_large(folder: Path) -> None:
    """Write all of them into a folder."""
    for name, write in LARGE.items():
        write(folder / name)
