"""Reading: every record is counted, booked, and either in a batch or in the quarantine."""

import errno
import io
import re
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.documents import BATCH_DOCS, READ, documents, with_columns
from babelmill.transforms.errors import WorldError
from babelmill.transforms.files import storage
from babelmill.transforms.ledger import KEPT, Counts, Tally, broken_laws
from babelmill.transforms.read import jsonl, parquet, reader
from babelmill.transforms.read.fields import FIELDS
from babelmill.transforms.read.formats import Formats
from babelmill.transforms.read.items import Item, Piece
from babelmill.transforms.read.jsonl import JsonLines, has_lines
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.reader import Reading
from babelmill.transforms.read.records import QUARANTINE, Reject
from babelmill.transforms.read.sources import Source, list_files
from babelmill.transforms.read.work_items import work_items

SOURCE = Source("docs", "unused")
LIMITS = Limits(record_bytes=1 << 20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reader")


def item(*paths: Path, number: int = 0) -> Item:
    pieces = (Piece(str(path), Formats().of(SOURCE, str(path)).name, path.stat().st_size, 0.0) for path in paths)
    return Item(number, 0, "docs", tuple(pieces))


class Was(NamedTuple):
    reading: Reading
    batches: list[pa.RecordBatch]
    tally: Tally
    quarantine: pa.Table


def read(item: Item, limits: Limits = LIMITS) -> Was:
    tally, refused = Tally(), [QUARANTINE.empty_table()]
    reading = Reading(item, SOURCE, limits, refuse=refused.append)
    batches = list(reading.batches(tally))
    return Was(reading, batches, tally, pa.concat_tables(refused))


records = (
    st.lists(
        st.sampled_from(["good", "dvě", "漢字", "", " ", "\0", None, 7]).map(lambda text: orjson.dumps({"text": text}))
        | st.sampled_from([b"{", b"[]", b"\xff", b"", b'{"text": "\\ud800"}', b'{"text": "%s"}' % (b"x" * 2_000)])
    )
    .map(b"\n".join)
    .filter(has_lines)
)


@settings(max_examples=100)
@given(st.lists(records, min_size=1, max_size=3))
def test_nothing_is_lost(folder: Path, contents: list[bytes]) -> None:
    paths = [folder / f"{number}.jsonl" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    reading, batches, tally, quarantine = read(item(*paths), Limits(record_bytes=1_024))
    kept = tally.total(outcome=KEPT)
    assert reading.records.total() == tally.total(stage="read").docs
    assert kept.docs == sum(batch.num_rows for batch in batches)
    assert kept.docs + quarantine.num_rows == reading.records.total()
    for path, content in zip(paths, contents, strict=True):
        assert reading.records[str(path)] == (sum(map(bool, content.split(b"\n"))) if content else 1)
    texts = [text for batch in batches for text in batch["text"].to_pylist()]
    assert kept[1:3] == (sum(len(text.encode()) for text in texts), sum(map(len, texts)))
    booked = {
        outcome: counts.docs for (stage, outcome), counts in tally.by("stage", "outcome").items() if stage == "read"
    }
    assert {outcome: docs for outcome, docs in booked.items() if outcome != KEPT} == Counter(
        quarantine["reason"].to_pylist()
    )


def test_batches_and_places(folder: Path) -> None:
    rows = [b'{"text": "t"}' if row % 10 else b"bad" for row in range(2_600)]
    (folder / "many.jsonl").write_bytes(b"\n".join(rows))
    batches = read(item(folder / "many.jsonl", number=3)).batches
    assert [batch.num_rows for batch in batches] == [BATCH_DOCS, BATCH_DOCS, 340]
    assert all(batch.schema == READ for batch in batches)
    places = [place for batch in batches for place in batch["place"].to_pylist()]
    assert places == [row for row in range(2_600) if row % 10]


def test_batches_close_at_batch_bytes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "BATCH_BYTES", 100)
    (folder / "a.jsonl").write_bytes(b'{"id": 1, "text": "%s"}\n' % (b"x" * 40) * 7)
    assert [batch.num_rows for batch in read(item(folder / "a.jsonl"))[1]] == [3, 3, 1]


def test_batch_bytes_are_bytes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "BATCH_BYTES", 100)
    (folder / "a.jsonl").write_bytes('{"id": 1, "text": "漢漢漢漢漢漢漢漢漢漢漢漢漢漢"}\n'.encode() * 6)
    assert [batch.num_rows for batch in read(item(folder / "a.jsonl"))[1]] == [3, 3]


def test_batches_count_ids_and_urls_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts of a letter, URLs of 8 kB: by the text alone a batch would have a thousand of them."""
    monkeypatch.setattr(reader, "BATCH_BYTES", 30_000)
    row = b'{"id": "%s", "url": "%s", "text": "t"}\n' % (b"i" * 2_000, b"u" * 8_000)
    (folder / "a.jsonl").write_bytes(row * 7)
    assert [batch.num_rows for batch in read(item(folder / "a.jsonl"))[1]] == [3, 3, 1]


def test_what_is_refused_is_passed_on_as_it_comes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_REJECTS", 10)
    (folder / "a.jsonl").write_bytes(b"bad\n" * 45 + b'{"text": "t"}\n')
    seen: list[int] = []
    reading = Reading(item(folder / "a.jsonl"), SOURCE, LIMITS, refuse=lambda table: seen.append(len(table)))
    assert sum(batch.num_rows for batch in reading.batches(Tally())) == 1
    assert seen == [10, 10, 10, 10, 5]
    assert reading.records.total() == 46


def test_an_error_is_cut(folder: Path) -> None:
    """A library may quote out of the file, however long that is."""
    bad = Reject(0, "read/corrupt", "e" * 50_000, b"", 0)
    refused: list[pa.Table] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JsonLines, "read", lambda self, piece, source, limits: iter([bad]))
        (folder / "a.jsonl").write_bytes(b"x")
        list(Reading(item(folder / "a.jsonl"), SOURCE, LIMITS, refuse=refused.append).batches(Tally()))
    assert refused[0]["error"].to_pylist() == ["e" * 1_000]


def test_more_records_than_places(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "ROW_BITS", 2)
    path = folder / "a.jsonl"
    path.write_bytes(b'{"text": "x"}\n' * 4)
    assert read(item(path))[0].records.total() == 4
    path.write_bytes(b'{"text": "x"}\n' * 5)
    with pytest.raises(WorldError, match=re.escape(str(path))):
        read(item(path))


def test_ids_fall_back_to_path_and_offset(folder: Path) -> None:
    path = folder / "a.jsonl"
    path.write_bytes(b'{"text": "a", "id": "own"}\n{"text": "b"}\n{"text": "c", "id": ""}\n')
    [batch] = read(item(path)).batches
    assert batch["id"].to_pylist() == ["own", f"{path}#27", f"{path}#41"]


def test_field_names(folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(b'{"content": "a", "key": 1, "link": "u", "text": null}\n')
    reading = Reading(item(folder / "a.jsonl"), Source("docs", "x", text="content", id="key", url="link"), Limits())
    [batch] = reading.batches(Tally())
    row = batch.to_pylist()[0]
    assert (row["id"], row["source"], row["url"], row["text"]) == ("1", "docs", "u", "a")


def test_documents_with_fields_of_their_own_are_booked(folder: Path) -> None:
    rows: list[dict[str, object]] = [
        {"text": "a", "id": "own", "meta": {"url": "u"}},
        {"text": "b", "id": 7, "date": "2024-05-01T10:00:00Z", "meta": {"url": ["u"]}},
        {"text": "c", "id": "", "date": "yesterday", "meta": "url"},
        {"text": "", "id": "unreadable", "date": "2024-05-01", "meta": {"url": "u"}},
    ]
    (folder / "a.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    tally = Tally()
    [batch] = Reading(item(folder / "a.jsonl"), Source("docs", "x", url="meta.url"), Limits()).batches(tally)
    assert batch["url"].to_pylist() == ["u", None, None]
    found = {outcome: tally.total(stage=FIELDS, source="docs", outcome=outcome) for outcome in ("id", "url", "date")}
    assert found == {"id": Counts(2), "url": Counts(1), "date": Counts(1)}
    assert tally.total(stage="read", outcome=KEPT).docs == 3
    assert broken_laws(tally, {"docs": 4}) == broken_laws(
        Tally(r for r in tally.rows() if r[0][0] != FIELDS), {"docs": 4}
    )


def test_what_masks_a_batch_is_counted_behind_it(folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(b'{"text": "a@b.org"}\n{"text": "none"}\n')
    tally = Tally()

    def mask(batch: pa.RecordBatch) -> pa.RecordBatch:
        texts = [text.replace("a@b.org", "<EMAIL>!") for text in batch["text"].to_pylist()]
        return with_columns(documents(texts, source="docs"), [pa.field("n", pa.int8())], [pa.array([1, 0], pa.int8())])

    [batch] = Reading(item(folder / "a.jsonl"), SOURCE, Limits(), mask).batches(tally)
    assert batch["text"].to_pylist() == ["<EMAIL>!", "none"]
    assert batch["n"].to_pylist() == [1, 0]
    assert tally.total(stage="read") == (2, 12, 12, 0)


def test_missing_file_is_the_worlds_fault() -> None:
    missing = Item(0, 0, "docs", (Piece("/nowhere/a.jsonl", "jsonl", 1, 0.0),))
    with pytest.raises(WorldError, match="/nowhere/a.jsonl"):
        read(missing)


class BadDisk(io.BytesIO):
    """A file whose disk fails behind the first 2,000 bytes."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 2_000:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(2_001 if size is None or size < 0 else min(size, 2_001))


@pytest.mark.parametrize("module", [jsonl, parquet], ids=["jsonl", "parquet"])
def test_a_failing_disk_is_the_worlds_fault(folder: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> None:
    path = folder / f"disk.{module.__name__.rpartition('.')[2]}"
    texts = [f"text number {row}" for row in range(1_000)]
    if module is jsonl:
        path.write_bytes(b"\n".join(orjson.dumps({"text": text}) for text in texts))
    else:
        pq.write_table(pa.table({"text": texts}), path)
    monkeypatch.setattr(storage, "open_regular", lambda path: BadDisk(Path(path).read_bytes()))
    with pytest.raises(WorldError, match=re.escape(str(path))):
        read(item(path))


def test_bad_corpus(corpus: Path) -> None:
    reading, batches, _, quarantine = read(item(*sorted((corpus / "bad").iterdir())))
    assert quarantine.schema == QUARANTINE
    found = [(Path(row["path"]).name, row["reason"].removeprefix("read/")) for row in quarantine.to_pylist()]
    assert found == [
        ("corrupt.parquet", "corrupt"),
        ("empty.jsonl", "empty_file"),
        *(
            ("records.jsonl", reason)
            for reason in (
                "not_json", "not_object", "not_object", "no_text", "no_text", "text_not_string",
                "not_utf8", "not_utf8", "lone_surrogate", "nul", "empty", "empty", "text_not_string", "not_json",
            )
        ),
        ("truncated.jsonl.gz", "truncated"),
        ("truncated.jsonl.zst", "truncated"),
    ]  # fmt: skip
    content = (corpus / "bad" / "records.jsonl").read_bytes()
    for row in quarantine.to_pylist():
        if row["path"].endswith("records.jsonl"):
            assert content[row["offset"] :].startswith(row["head"])
    assert sum(batch.num_rows for batch in batches) == reading.records.total() - quarantine.num_rows > 0


def test_good_corpus_is_all_good(corpus: Path) -> None:
    sources = [
        Source("docs", (str(corpus / "[!t]*.jsonl*"), str(corpus / "da.parquet"))),
        Source("nested", str(corpus / "tr.jsonl.gz"), url="metadata.url", date="metadata.date"),
        Source("again", str(corpus / "again.parquet"), text="content", id="doc_id", url="link", date="day"),
    ]
    found: Counter[str] = Counter()
    for item in work_items(list_files(sources), 1 << 20):
        refused: list[pa.Table] = []
        reading = Reading(item, sources[item.rank], Limits(), refuse=refused.append)
        for batch in reading.batches(Tally()):
            assert batch["url"].null_count == 0
            assert not any("#" in id for id in batch["id"].to_pylist())
        assert not refused
        for path, number in reading.records.items():
            found[Path(path).name.partition(".")[0]] += number
    table = re.findall(r"^\| (\w+)(?: \(neighbour\))? \| (\d+) \|", (corpus / "README.md").read_text(), re.MULTILINE)
    assert found == {lang: int(number) for lang, number in table} | {"again": 20}
