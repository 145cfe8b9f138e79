"""What is fuzzed: each target is a strategy of inputs and a check that raises where something is wrong."""

import bz2
import gzip
import io
import json
import lzma
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from hypothesis import strategies as st
from ruamel.yaml import YAML

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.config.model import Config
from babelmill.pipeline.corpus.corpus import open_output, open_sound
from babelmill.pipeline.corpus.summary import summarize
from babelmill.pipeline.corpus.verify import verify
from babelmill.transforms.errors import ConfigError, DamageError
from babelmill.transforms.ledger import KEPT, Tally
from babelmill.transforms.pii.mask import Mask
from babelmill.transforms.quality.measure import measure
from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.head import read_head
from babelmill.transforms.read.items import Item, Piece
from babelmill.transforms.read.jsonl import has_lines
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.reader import Reading
from babelmill.transforms.read.records import QUARANTINE
from babelmill.transforms.read.sources import Source
from babelmill.transforms.text.gate import BadText, gate
from babelmill.transforms.write.manifest_file import dump_manifest
from tests.fuzz.mutations import VALUES, mutated, mutated_json
from tests.fuzz.viewers import changes, check_shard, check_verify, check_why
from tests.pipeline.runs import ROOT, run_sample

__all__ = ["TARGETS", "Target"]

_LIMITS = Limits(record_bytes=1 << 12, document_chars=500, json_depth=5, json_digits=30)
_SOURCE = Source("docs", "unused", url="meta.url")


class Target(NamedTuple):
    """Inputs, and what must hold for each."""

    inputs: Callable[[], st.SearchStrategy[Any]]
    check: Callable[[Any], None]
    examples: int
    """How many the suite tries: a few seconds' worth."""


@cache
def _place() -> Path:
    """Return a folder of this process, which stays until its end."""
    folder = tempfile.TemporaryDirectory(prefix="babelmill-fuzz-")
    _kept.append(folder)
    return Path(folder.name)


_kept: list[tempfile.TemporaryDirectory[str]] = []


def _read(content: bytes, name: str, cuts: tuple[int, ...] = ()) -> tuple[list[str], list[str]]:
    """Read a file, in pieces; return its texts and the reasons of its quarantine, having compared the account."""
    path = _place() / name
    path.write_bytes(content)
    starts = [0, *cuts]
    format = "parquet" if name.endswith(".parquet") else "jsonl"
    ends = [*cuts, None]
    pieces = tuple(Piece(str(path), format, len(content), 0.0, *cut) for cut in zip(starts, ends, strict=True))
    tally, refused = Tally(), [QUARANTINE.empty_table()]
    reading = Reading(Item(0, 0, "docs", pieces), _SOURCE, _LIMITS, refuse=refused.append)
    texts = [text for batch in reading.batches(tally) for text in batch["text"].to_pylist()]
    reasons = pa.concat_tables(refused)["reason"].to_pylist()
    # A row may stand for all that was lost of a file.
    lost = Counter[str]()
    for row in pa.concat_tables(refused).select(["reason", "records"]).to_pylist():
        lost[row["reason"]] += row["records"]
    assert reading.records.total() == len(texts) + lost.total()
    assert tally.total(outcome=KEPT)[:3] == (len(texts), sum(len(t.encode()) for t in texts), sum(map(len, texts)))
    booked = {key.outcome: counts.docs for key, counts in tally if key.stage == "read" and key.outcome != KEPT}
    assert booked == lost
    assert not texts or cuts or "text" in read_head(str(path), _SOURCE, _LIMITS).found
    assert all(reason.startswith("read/") for reason in reasons)
    assert all(gate(text) == text for text in texts)
    return texts, reasons


_LINES = (
    b'{"text": "a good record", "id": "1", "url": "u"}\n{"text": "zwei"}\r\n\n{"id": 7, "text": "drei \\u00e9"}',
    b'{"text": "\\ud83d\\ude00", "meta": {"url": "u", "a.b": {}}}\n{"meta.url": "v", "meta": 3, "text": "nested"}\n',
    '{"text": "漢字 и кириллица", "x": [1, {"y": [[]]}], "n": -1.5e10}\n'.encode() * 3,
    b'{"text": "' + b"x" * 600 + b'"}\n{"text": "' + b"y" * 4_100 + b'"}\n{"n": ' + b"8" * 31 + b"}\n",
    b"\xef\xbb\xbf" + b'{"text": "\\u0000"}\n' * 2 + b"\n\n \t\n[]\nnull\n",
)


def _jsonl() -> st.SearchStrategy[tuple[bytes, list[int]]]:
    content = mutated(_LINES) | st.binary(max_size=300)
    return st.tuples(content, st.lists(st.integers(1, 900), max_size=3, unique=True).map(sorted))


def _check_jsonl(drawn: tuple[bytes, list[int]]) -> None:
    content, cuts = drawn
    whole = _read(content, "a.jsonl")
    if has_lines(content):
        assert _read(content, "a.jsonl", tuple(cut for cut in cuts if cut < len(content))) == whole
    _check_head("a.jsonl")
    lines = [line for line in content.split(b"\n") if line.strip(b" \t\r\v\f\n\x1e\xef\xbb\xbf")]
    if has_lines(content) and "read/other_format" not in whole[1]:
        # A line may have several objects; none is passed over.
        assert len(whole[0]) + len(whole[1]) >= (len(lines) if content else 1)


def _check_head(name: str) -> None:
    """Look at a file's head as a plan does: whatever it is, it has one or is broken."""
    with suppress(BrokenFile):
        head = read_head(str(_place() / name), _SOURCE, _LIMITS)
        assert len(head.names) <= 1_000


_SEPARATORS = b" \t\r\n\v\f,[]\x1e\xef\xbb\xbf"
"""What may be between objects, and is none."""
_PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda content: gzip.compress(content, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}


def _compressed() -> st.SearchStrategy[tuple[str, bytes]]:
    return st.one_of(
        st.tuples(st.just(suffix), mutated([pack(line) + pack(line) for line in _LINES]) | st.binary(max_size=100))
        for suffix, pack in _PACK.items()
    )


def _check_compressed(drawn: tuple[str, bytes]) -> None:
    suffix, content = drawn
    texts, reasons = _read(content, f"a.jsonl{suffix}")
    assert texts or reasons or not content.strip(_SEPARATORS)
    _check_head(f"a.jsonl{suffix}")


def _parquet_files() -> list[bytes]:
    texts = [f"row {row} é漢" for row in range(40)] + [None, "", "a\0b"]
    columns: list[dict[str, Any]] = [
        {"text": texts, "id": [str(row) for row in range(43)], "url": texts},
        {"text": pa.array(texts).dictionary_encode(), "id": list(range(43))},
        {"text": pa.array([text and text.encode() for text in texts], pa.large_binary())},
        {"text": [[1], None, []] * 9},
        {"text": [{"a": "b"}] * 9, "id": [1.5] * 9},
        {"text": texts, "meta": [{"url": text, "n": {"x": 1}} if text else None for text in texts]},
        {"text": pa.array(["x" * 600, "y" * 5_000] * 5, pa.string_view()), "id": pa.array([1] * 10, pa.timestamp("s"))},
    ]
    options: list[dict[str, Any]] = [
        {},
        {"compression": "zstd", "row_group_size": 7},
        {"data_page_version": "2.0", "compression": "gzip", "use_dictionary": False},
        {"compression": "none", "data_page_size": 50, "write_page_checksum": True, "row_group_size": 20},
        {"use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}},
    ]
    found = []
    for column in columns:
        for option in options:
            out = io.BytesIO()
            try:
                pq.write_table(pa.table(column), out, **option)
            except (pa.ArrowException, OSError):
                continue
            found.append(out.getvalue())
    return found


def _parquet() -> st.SearchStrategy[bytes]:
    return mutated(_parquet_files())


def _check_parquet(content: bytes) -> None:
    texts, reasons = _read(content, "a.parquet")
    assert texts or reasons
    _check_head("a.parquet")


def _texts() -> st.SearchStrategy[str]:
    tricky = "\r\n\0 \t\u00a0\ufeff\ud83d\udc00e\u0301\u0344\u212b\u0316\u1100\u1161\u11a8가漢ab"
    tricky += ".,-1@:/\u200b\u202e\U0001f600"
    return st.text(st.sampled_from(tricky) | st.characters(), max_size=300) | st.builds(
        lambda part, times: part * times, st.text(st.sampled_from(tricky), max_size=6), st.integers(1, 200)
    )


def _check_text(text: str) -> None:
    """The gate mends or refuses; kernels take whatever passes."""
    try:
        passed = gate(text)
    except BadText:
        return
    assert gate(passed) == passed
    column = pa.array([passed, "before " + passed, passed + passed], pa.string())
    for name, values in measure(column, pa.array(["en", "zh", "xx"]), {"en": ("the",), "zh": ("的",)}).items():
        assert not any(value != value or abs(value) == float("inf") for value in values.tolist()), name
    masked, *_ = Mask()(column)
    again, *_ = Mask()(masked)
    assert masked.equals(again)


def _yaml() -> st.SearchStrategy[Any]:
    text = (ROOT / "configs" / "sample.yaml").read_bytes(), (ROOT / "configs" / "local.yaml").read_bytes()
    good = YAML(typ="safe", pure=True).load(text[1])
    keys = st.sampled_from(
        ["seed", "input.0.files", "input", "dedup.near", "budget.shares.zh", "limits", "a.b", "", "tokens"]
    )
    overrides = st.lists(
        st.builds(lambda key, value: f"{key}={json.dumps(value)}", keys, VALUES) | st.text(max_size=20), max_size=2
    )
    return st.tuples(mutated(text) | st.binary(max_size=60) | mutated_json(good).map(_dumped), overrides)


def _dumped(value: Any) -> bytes:
    """Return JSON, which is YAML; what JSON has no word for is told as YAML does."""
    return json.dumps(value).replace("NaN", ".nan").replace("-Infinity", "-.inf").replace("Infinity", ".inf").encode()


def _check_yaml(drawn: tuple[bytes, list[str]]) -> None:
    content, overrides = drawn
    path = _place() / "a.yaml"
    path.write_bytes(content)
    try:
        assert isinstance(load_config(str(path), overrides), Config)
    except ConfigError:
        return


@cache
def _run() -> Path:
    """Return a small finished run."""
    source = "input=[{source: docs, files: tests/data/corpus/fi.jsonl.zst}]"
    return run_sample(_place() / "run", source, "languages=[fi, en]")


def _manifests() -> st.SearchStrategy[tuple[bytes, bool]]:
    content = (_run() / "manifest.json").read_bytes()
    sealed = mutated_json(orjson.loads(content)).map(_sealed)
    return st.tuples(mutated([content]), st.just(False)) | st.tuples(sealed, st.just(True))


def _sealed(value: Any) -> bytes:
    """Return a manifest that says of itself that it is whole: what somebody who edits it on purpose would write."""
    try:
        return dump_manifest(value)
    except (TypeError, AttributeError, orjson.JSONEncodeError):
        return json.dumps(value).encode()


@contextmanager
def _changed(name: str, content: bytes) -> Iterator[tuple[list[str], bool]]:
    """Write another content into a file of the run; give what verify says, and whether it is another."""
    path = _run() / name
    good = path.read_bytes()
    try:
        path.write_bytes(content)
        try:
            problems = list(verify(open_output(str(_run()))))
        except (ConfigError, DamageError) as error:
            problems = [str(error)]
        yield problems, content != good
    finally:
        path.write_bytes(good)


def _check_manifest(drawn: tuple[bytes, bool]) -> None:
    content, sealed = drawn
    with _changed("manifest.json", content) as (problems, other):
        assert problems or not other or sealed
        with suppress(ConfigError, DamageError):
            summarize(open_sound(str(_run())))


def _tables() -> st.SearchStrategy[tuple[str, bytes]]:
    paths = [path for path in _run().rglob("*.parquet") if "work" not in path.parts and "audit" not in path.parts]
    return st.one_of(
        st.tuples(st.just(str(path.relative_to(_run()))), mutated([path.read_bytes()])) for path in sorted(paths)
    )


def _check_table(drawn: tuple[str, bytes]) -> None:
    """What is changed in any file of a run is found, and told."""
    with _changed(*drawn) as (problems, other):
        assert bool(problems) == other


TARGETS = {
    "jsonl": Target(_jsonl, _check_jsonl, 300),
    "compressed": Target(_compressed, _check_compressed, 300),
    "parquet": Target(_parquet, _check_parquet, 300),
    "text": Target(_texts, _check_text, 100),
    "yaml": Target(_yaml, _check_yaml, 100),
    "manifest": Target(_manifests, _check_manifest, 25),
    "tables": Target(_tables, _check_table, 25),
    "verify": Target(lambda: changes(_place()), lambda drawn: check_verify(_place(), drawn), 10),
    "why": Target(lambda: changes(_place()), lambda drawn: check_why(_place(), drawn), 10),
    "shard": Target(lambda: changes(_place()), lambda drawn: check_shard(_place(), drawn), 10),
}
