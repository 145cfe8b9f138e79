"""Sources: a wrong one is named by its key; however the files are cut, the same documents come in the same order."""

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from babelmill.transforms.errors import ConfigError
from babelmill.transforms.files.storage import FoundFile
from babelmill.transforms.input_order import in_item
from babelmill.transforms.ledger import Tally
from babelmill.transforms.read import work_items as cutting
from babelmill.transforms.read.formats import Formats
from babelmill.transforms.read.items import Item, Piece
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.reader import Reading
from babelmill.transforms.read.records import QUARANTINE
from babelmill.transforms.read.sources import Source, list_files
from babelmill.transforms.read.work_items import work_items

WHOLE = 1 << 40


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Source, ...]:
    """Two sources in every format, with bad records, blank lines and an empty file among them."""
    folder = tmp_path_factory.mktemp("input")
    rows = [b'{"text": "plain %d"}\n' % row + (b"\r\n", b'{"bad": \n', b"")[row % 3] for row in range(60)]
    (folder / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + b"".join(rows))
    (folder / "b.jsonl").write_bytes(b"")
    (folder / "c.jsonl").write_bytes(b'{"text": "%s"}\n{"text": "no line end"}' % (b"long " * 100))
    (folder / "d.jsonl.gz").write_bytes(gzip.compress(b"".join(rows).replace(b"plain", b"gz")))
    table = pa.table({"text": [None if row % 10 == 9 else f"row {row}" for row in range(100)]})
    pq.write_table(table, folder / "e.parquet", row_group_size=13)
    pq.write_table(table.slice(0, 5), folder / "f.pq")
    for number in range(9):
        (folder / f"tiny-{number}.ndjson").write_bytes(b'{"text": "tiny %d"}\n' % number)
    return (
        Source("one", (str(folder / "a.jsonl"), str(folder / "[b-e].*"))),
        Source("two", (str(folder / "f.pq"), str(folder / "tiny-*"))),
    )


def items(inputs: tuple[Source, ...], item_bytes: int) -> list[Item]:
    return list(work_items(list_files(inputs), item_bytes))


def read(inputs: tuple[Source, ...], item_bytes: int) -> tuple[list[Any], list[Any], list[int]]:
    """Return the documents, the rejects and the places that all items give, in order."""
    documents, rejects, places = [], [], []
    for item in items(inputs, item_bytes):
        refused: list[pa.Table] = [QUARANTINE.empty_table()]
        reading = Reading(item, inputs[item.rank], Limits(), refuse=refused.append)
        for batch in reading.batches(Tally()):
            documents += batch.select(["source", "id", "text"]).to_pylist()
            places += in_item(batch["place"].to_numpy(), item.number).tolist()
        rejects += pa.concat_tables(refused).select(["path", "offset", "reason"]).to_pylist()
    return documents, rejects, places


@settings(max_examples=30)
@given(item_bytes=st.integers(40, 9_000))
def test_every_cut_reads_the_same(inputs: tuple[Source, ...], item_bytes: int) -> None:
    documents, rejects, _ = read(inputs, WHOLE)
    assert len(documents) == 60 + 2 + 60 + 90 + 5 + 9
    assert len(rejects) == 20 + 1 + 20 + 10
    found, refused, places = read(inputs, item_bytes)
    assert found == documents
    assert refused == rejects
    assert places == sorted(set(places))


@settings(max_examples=30)
@given(item_bytes=st.integers(40, 9_000))
def test_items_are_numbered_bounded_and_of_one_source(inputs: tuple[Source, ...], item_bytes: int) -> None:
    found = items(inputs, item_bytes)
    assert [item.number for item in found] == list(range(len(found)))
    assert [item.rank for item in found] == sorted(item.rank for item in found)
    for item in found:
        assert item.source == inputs[item.rank].source
        assert item.pieces
        for piece in item.pieces:
            assert piece.size == Path(piece.path).stat().st_size
        if all(piece.path.endswith("jsonl") for piece in item.pieces):
            # Twice, because the pieces of a cut file count as its average: 1.1 items are two pieces of 0.55.
            assert sum((piece.end or piece.size) - piece.start for piece in item.pieces) <= 2 * item_bytes


def test_whole_is_one_item_a_source(inputs: tuple[Source, ...]) -> None:
    assert [len(item.pieces) for item in items(inputs, WHOLE)] == [5, 10]


def test_tiny_files_are_packed(inputs: tuple[Source, ...]) -> None:
    tiny = Source("tiny", inputs[1].globs[1])
    size = len(b'{"text": "tiny 0"}\n')
    for most in (3, 4, 5):
        packed = [len(item.pieces) for item in items((tiny,), size * (most + 1) - 1)]
        assert sum(packed) == 9
        assert max(packed) <= most
        # But for the last, all are half full.
        assert min(packed[:-1]) >= (most + 1) // 2


@pytest.mark.parametrize("size", [1, 20, 150, 250, 330, 334, 400, 500, 600, None])
def test_a_file_more_changes_the_items_beside_it(size: int | None) -> None:
    source, chance = Source("many", "*.jsonl"), np.random.default_rng(1)
    sizes = [size or int(chance.integers(1, 700)) for _ in range(1_000 if size == 1 else 400)]
    files = [(0, source, FoundFile(f"{number:04d}.jsonl", each, 1.0, "")) for number, each in enumerate(sizes)]
    whole = [item.key for item in work_items(files, 1_000)]
    for at in range(0, len(files), 40):
        more = [*files[:at], (0, source, FoundFile(f"{at:04d}-more.jsonl", 300, 1.0, "")), *files[at:]]
        for found in (more, files[:at] + files[at + 1 :]):
            assert len({item.key for item in work_items(found, 1_000)} - set(whole)) <= 20


def test_large_files_are_cut_where_they_can_be(inputs: tuple[Source, ...]) -> None:
    cuts: dict[str, list[tuple[int, int | None]]] = {}
    for item in items(inputs, 500):
        for piece in item.pieces:
            cuts.setdefault(Path(piece.path).name, []).append((piece.start, piece.end))
    assert cuts["c.jsonl"] == [(0, 500), (500, None)]
    assert cuts["d.jsonl.gz"] == [(0, None)]
    ends = list(range(1, pq.read_metadata(Path(inputs[0].globs[0]).with_name("e.parquet")).num_row_groups))
    found = items((Source("e", inputs[0].globs[1].replace("[b-e].*", "e.*")),), 40)
    row_groups = [piece[4:6] for item in found for piece in item.pieces]
    assert row_groups == list(zip([0, *ends], [*ends, None], strict=True))


def test_corrupt_parquet_stays_whole(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + b"no parquet " * 100 + b"PAR1")
    [item] = items((Source("a", str(tmp_path / "a.parquet")),), 100)
    assert [piece[4:6] for piece in item.pieces] == [(0, None)]


def test_too_many_items(inputs: tuple[Source, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "MAX_ITEMS", 3)
    with pytest.raises(ConfigError, match="more than 3 items") as caught:
        items(inputs, 100)
    assert caught.value.key == "work.item_bytes"


pieces = st.builds(
    Piece,
    path=st.text(),
    format=st.sampled_from(["jsonl", "parquet"]),
    size=st.integers(0, 1 << 50),
    changed=st.floats(allow_nan=False, allow_infinity=False),
    start=st.integers(0, 1 << 50),
    end=st.none() | st.integers(0, 1 << 50),
)


numbers = st.integers(0, 1 << 20)


@given(st.builds(Item, numbers, st.integers(0, 9), st.text(), st.lists(pieces).map(tuple), numbers, numbers))
def test_dump_and_load(item: Item) -> None:
    line = item.dump()
    older = orjson.dumps(orjson.loads(line)[:4])
    assert Item.load(older) == item._replace(slot=item.number, work=0)
    assert item._replace(number=5, slot=7).key == item.key != item._replace(source=item.source + "x").key
    assert Item.load(line) == item
    assert b"\n" not in line


@pytest.mark.parametrize(
    ("path", "format"),
    [
        ("a.jsonl", "jsonl"),
        ("a.ndjson.gz", "jsonl"),
        ("gs://b/a.json.zst", "jsonl"),
        ("a.parquet", "parquet"),
        ("a.parquet.d/b.jsonl.xz", "jsonl"),
        ("a.pq", "parquet"),
        ("A.JSONL.ZSTD", "jsonl"),
        ("a.csv.gz", "csv"),
        ("a.tsv", "tsv"),
        ("a.txt", "text"),
    ],
)
def test_format_by_ending(path: str, format: str) -> None:
    assert Formats().of(Source("a", path), path, look=False).name == format
    assert Formats().of(Source("a", path, format="parquet"), path).name == "parquet"


@pytest.mark.parametrize("name", ["a.doc", "jsonl", "a.gz", "a.json.doc.gz"])
def test_unknown_ending(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x00\x01 nothing known")
    with pytest.raises(ConfigError, match=name) as caught:
        Formats().of(Source("a", str(path)), str(path))
    assert caught.value.key == "input"
    assert Formats().of(Source("a", str(path), format="jsonl"), str(path)).name == "jsonl"
    path.write_bytes(b' \n{"text": "by its first bytes"}')
    assert Formats().of(Source("a", str(path)), str(path)).name == "jsonl"
    path.write_bytes(gzip.compress(b'[{"text": "by its first bytes"}]'))
    assert Formats().of(Source("a", str(path)), str(path)).name == "jsonl"
    path.write_bytes(b"PAR1 and so on")
    assert Formats().of(Source("a", str(path)), str(path)).name == "parquet"


@pytest.mark.parametrize(("as_tuple", "key"), [(False, "input.1.files"), (True, "input.1.files.1")])
def test_glob_without_a_match_or_with_a_known_file(tmp_path: Path, as_tuple: bool, key: str) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_bytes(b"{}")
    first = Source("first", str(tmp_path / "a*"))

    def second(glob: str) -> Source:
        return Source("second", (str(tmp_path / "b*"), str(tmp_path / glob)) if as_tuple else str(tmp_path / glob))

    with pytest.raises(ConfigError, match="no file matches") as caught:
        list(list_files([first, second("c*")]))
    assert caught.value.key == key
    with pytest.raises(ConfigError, match="already an input of source 'first'") as caught:
        list(list_files([first, second("a.jsonl")]))
    assert caught.value.key == key


def test_files_come_as_configured_and_sorted(tmp_path: Path) -> None:
    for name in ("b1", "a2", "b0", "a1"):
        (tmp_path / name).touch()
    found = list_files([Source("x", (str(tmp_path / "b*"), str(tmp_path / "a2"))), Source("y", str(tmp_path / "a1"))])
    assert [(rank, source.source, Path(file.path).name) for rank, source, file in found] == [
        (0, "x", "b0"), (0, "x", "b1"), (0, "x", "a2"), (1, "y", "a1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "a b"},
        {"source": ""},
        {"compression": "zip"},
        {"delimiter": "::"},
        {"document": "page"},
        {"text": []},
        {"fromat": "jsonl"},
    ],
)
def test_wrong_source(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Source(**({"source": "a", "files": "a.jsonl"} | wrong))  # type: ignore[arg-type]


def test_what_cannot_be_opened_is_one_quarantine_row(tmp_path: Path) -> None:
    (tmp_path / "loop.jsonl").symlink_to(tmp_path / "loop.jsonl")
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "good.jsonl").write_bytes(b'{"text": "good"}')
    (tmp_path / "a.jsonl?X-Goog-Signature=0123").write_bytes(b"")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jsonl")).write_bytes(b"")
    source = Source("docs", str(tmp_path / "*"))
    [item] = work_items(list_files([source]), 1 << 20)
    refused: list[pa.Table] = []
    reading, tally = Reading(Item.load(item.dump()), source, Limits(), refuse=refused.append), Tally()
    assert [batch.num_rows for batch in reading.batches(tally)] == [1]
    found = [(Path(row["path"]).name, row["reason"]) for row in pa.concat_tables(refused).to_pylist()]
    assert found == [
        ("a.jsonl?X-Goog-Signature=***", "read/secret_in_name"),
        ("gone.jsonl", "read/not_a_file"),
        ("loop.jsonl", "read/not_a_file"),
        ("pipe.jsonl", "read/not_a_file"),
        ("\\xff.jsonl", "read/name_not_utf8"),
    ]


def test_too_many_files_stop_the_plan(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.jsonl").touch()
    source = Source("docs", (str(tmp_path / "[01].jsonl"), str(tmp_path / "[23].jsonl")))
    assert len(list(list_files([source], 4))) == 4
    with pytest.raises(ConfigError, match=r"^input\.0\.files\.1: more files than limits\.files_per_source, 3"):
        list(list_files([source], 3))
