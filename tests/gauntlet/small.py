"""Make tests/data/gauntlet: one hostile input a file, none larger than some kilobytes. Run it where a file changes.

    python -m tests.gauntlet.small

What must become of each file stands in tests/data/gauntlet/expected.json, which people write.
"""

import bz2
import gzip
import io
import json
import lzma
import pickle
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

__all__ = ["FOLDER", "small_files"]

FOLDER = Path(__file__).parents[1] / "data" / "gauntlet"

_UTF8 = {
    "continuation": b"\x80", "fe": b"\xfe", "ff": b"\xff", "overlong_2": b"\xc0\xaf", "overlong_2b": b"\xc1\xbf",
    "overlong_3": b"\xe0\x80\xaf", "overlong_4": b"\xf0\x80\x80\xaf", "overlong_nul": b"\xc0\x80",
    "surrogate": b"\xed\xa0\x80", "surrogate_pair": b"\xed\xa0\xbd\xed\xb8\x80", "beyond": b"\xf4\x90\x80\x80",
    "f5": b"\xf5\x80\x80\x80", "five_bytes": b"\xf8\x88\x80\x80\x80", "six_bytes": b"\xfc\x84\x80\x80\x80\x80",
    "cut_2": b"\xc3", "cut_3": b"\xe2\x82", "cut_4": b"\xf0\x9f\x98", "latin1": "café".encode("latin-1"),
    "gbk": "中文网页".encode("gbk"), "shift_jis": "日本語".encode("shift_jis"), "koi8": "привет".encode("koi8-r"),
}  # fmt: skip
_JSON = {
    "surrogate_high": b'{"text": "\\ud83d"}', "surrogate_low": b'{"text": "\\ude00 \\ud83d"}',
    "nul": b'{"text": "a\\u0000b"}',
    "nul_raw": b'{"text": "a\0b"}', "control_raw": b'{"text": "a\x01b"}', "nan": b'{"text": NaN}',
    "infinity": b'{"n": Infinity, "text": "a"}', "minus_infinity": b'{"n": -Infinity, "text": "a"}',
    "number_1e400": b'{"n": 1e400, "text": "a"}', "number_digits": b'{"n": ' + b"7" * 3_000 + b', "text": "a"}',
    "number_as_text": b'{"text": 42}', "bool_as_text": b'{"text": true}', "null_as_text": b'{"text": null}',
    "list_as_text": b'{"text": ["a"]}', "object_as_text": b'{"text": {"a": "b"}}', "no_text": b'{"id": 1}',
    "empty_text": b'{"text": ""}', "blank_text": '{"text": " \\n\\t\u3000\u2028"}'.encode(),
    "array": b'["text", "a"]', "string": b'"text"',
    "number": b"17", "null": b"null", "deep_array": b'{"text": "a", "x": ' + b"[" * 101 + b"]" * 101 + b"}",
    "deep_object": b'{"x":' * 150 + b"1" + b"}" * 150, "deep_open": b"[" * 5_000,
    "quotes": b"{'text': 'a'}", "trailing_comma": b'{"text": "a",}', "comment": b'{"text": "a"} // b',
    "two_objects": b'{"text": "a"}{"text": "b"}', "unterminated": b'{"text": "a',
    "carriage_returns": b'{"text": "a"}\r{"text": "b"}',
    "escape": b'{"text": "\\x41"}', "bom_twice": b'\xef\xbb\xbf\xef\xbb\xbf{"text": "a"}',
    "leading_zero": b'{"n": 012, "text": "a"}', "yaml": b"text: a", "call": b"__import__('os').system('true')",
    "xml_entities": b'<!DOCTYPE a [<!ENTITY b "ha">]><a>&b;</a>', "ini": b"[text]",
}  # fmt: skip


def _gz(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _zip(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("../../evil.jsonl"), content)
    return out.getvalue()


def _parquet(table: pa.Table, **options: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def _compressed() -> dict[str, bytes]:
    good = b"".join(json.dumps({"text": f"line {number}"}).encode() + b"\n" for number in range(3))
    flipped = bytearray(_gz(good))
    flipped[-5] ^= 1
    packed = {".gz": _gz(good), ".bz2": bz2.compress(good), ".xz": lzma.compress(good),
              ".zst": zstandard.ZstdCompressor(write_checksum=True).compress(good)}  # fmt: skip
    cut = {f"z_cut.jsonl{suffix}": content[:-6] for suffix, content in packed.items()}
    return cut | {
        "z_garbage_behind.jsonl.gz": packed[".gz"] + b"garbage",
        "z_checksum.jsonl.gz": bytes(flipped),
        "z_empty.jsonl.gz": b"",
        "z_of_nothing.jsonl.gz": _gz(b""),
        "z_twice.jsonl.gz": _gz(packed[".gz"]),
        "z_not_at_all.jsonl.zst": good,
        "z_zeros.jsonl.xz": bytes(100),
        "z_gzip_called_plain.jsonl": packed[".gz"],
        "z_gzip_called_zstd.jsonl.zst": packed[".gz"],
    }


def _parquets() -> dict[str, bytes]:
    good = _parquet(pa.table({"text": [f"row {row}" for row in range(50)]}), use_dictionary=False, compression="none")
    plain = _parquet(pa.table({"text": ["some text"] * 9}), write_page_checksum=True, compression="none")
    page = bytearray(plain)
    page[page.index(b"some text") + 2] ^= 1
    return {
        "p_empty.parquet": b"",
        "p_magic.parquet": b"PAR1PAR1",
        "p_cut.parquet": good[:-20],
        "p_no_footer.parquet": good[:200],
        "p_footer_longer_than_file.parquet": good[:-8] + (1 << 30).to_bytes(4, "little") + b"PAR1",
        "p_footer_negative.parquet": good[:-8] + b"\xff\xff\xff\xff" + b"PAR1",
        "p_footer_empty.parquet": good[:-8] + bytes(4) + b"PAR1",
        "p_footer_garbage.parquet": good[:-60] + b"\x99" * 52 + good[-8:],
        # A histogram of one level where there are two: pyarrow ends the process over it.
        "p_size_statistics.parquet": plain.replace(b"\x19\x06\x19\x26\x00", b"\x19\x06\x19\x16\x00"),
        # The first page with data, which begins at 37, at -38.
        "p_negative_offset.parquet": plain.replace(b"\x26\x4a\x26\x08", b"\x26\x4b\x26\x08"),
        "p_encrypted.parquet": good[:-4] + b"PARE",
        "p_flipped_bit.parquet": bytes(page),
        "p_no_text.parquet": _parquet(pa.table({"content": ["a"]})),
        "p_two_texts.parquet": _parquet(pa.table([["a"], ["b"]], names=["text", "text"])),
        "p_no_rows.parquet": _parquet(pa.table({"text": pa.array([], pa.string())})),
        "p_numbers.parquet": _parquet(pa.table({"text": [1]})),
        "p_lists.parquet": _parquet(pa.table({"text": [["a"]]})),
        "p_nul.parquet": _parquet(pa.table({"text": ["a\0b"]})),
        "p_not_utf8.parquet": _parquet(pa.table({"text": pa.array([b"\xed\xa0\x80"])})),
        "p_is_jsonl.parquet": b'{"text": "a"}\n',
        "p_called.jsonl": good,
    }


def _foreign() -> dict[str, bytes]:
    plain = b'{"text": "a"}'
    return {
        "f_nothing.jsonl": b"",
        "f_csv.jsonl": b"id,text\n1,=cmd|'/C calc'!A0\n",
        "f_utf16.jsonl": '{"text": "a"}'.encode("utf-16"),
        "f_utf16_be.jsonl": '{"text": "é"}'.encode("utf-16-be"),
        "f_utf32.jsonl": '{"text": "a"}'.encode("utf-32"),
        "f_pickle.jsonl": pickle.dumps({"text": "a"}, protocol=5),
        "f_zip.jsonl": _zip(plain),
        "f_png.jsonl": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        "f_elf.jsonl": b"\x7fELF" + bytes(60),
        "f_zeros.jsonl": bytes(5_000),
    }


def small_files() -> dict[str, bytes]:
    """Return name → content of every file of the folder but expected.json."""
    utf8 = {f"u_{name}.jsonl": b'{"text": "before ' + bad + b' behind"}\n' for name, bad in _UTF8.items()}
    lines = {f"j_{name}.jsonl": line + b"\n" for name, line in _JSON.items()}
    return utf8 | lines | _compressed() | _parquets() | _foreign()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, content in small_files().items():
        (FOLDER / name).write_bytes(content)
