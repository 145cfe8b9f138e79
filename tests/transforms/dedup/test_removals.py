"""Removals: who stayed is named in messages of a bounded size, however long ids are and however often one stands."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from babelmill.transforms.dedup import removals
from babelmill.transforms.dedup.edges import EDGE, EXACT, NEAR
from babelmill.transforms.dedup.homes import pack, unpack
from babelmill.transforms.dedup.rank import items_of, rank
from babelmill.transforms.dedup.removals import GONE, KEPT_FOR, REMOVALS, STAGED, STAY, NameKept, Settle, gone_in
from babelmill.transforms.files.parquet import write_table
from babelmill.transforms.input_order import ROW_BITS
from babelmill.transforms.work import MESSAGE_BYTES, WorkFolder


def docs_of(item: int, rows: int) -> npt.NDArray[np.uint64]:
    places = np.arange(rows, dtype=np.int64) | item << ROW_BITS
    return rank(np.zeros(rows, np.uint64), places)


def edges_of(docs: npt.NDArray[np.uint64], better: npt.NDArray[np.uint64]) -> npt.NDArray[np.void]:
    edges = np.zeros(len(docs), EDGE)
    edges["doc"], edges["better"], edges["similarity"], edges["kind"] = docs, better, 0.9, NEAR
    return edges


def stage(folder: Path, item: int, ids: list[str]) -> WorkFolder:
    """Write what Settle and NameKept read of a staged file, in an order that is not the input's, three rows a group."""
    work, n = WorkFolder(str(folder)), len(ids)
    docs, mixed = docs_of(item, n), np.random.default_rng(4).permutation(n)
    table = pa.table(
        {
            "doc": docs,
            "id": ids,
            "place": pa.array(np.arange(n, dtype=np.int64) | item << ROW_BITS),
            "order": docs,
            "lang": ["en"] * n,
            "source": ["docs"] * n,
            "n_bytes": pa.array([5] * n, pa.int32()),
            "n_chars": pa.array([5] * n, pa.int32()),
            "row_bytes": pa.array([100] * n, pa.int64()),
        }
    )
    Path(work.staged(item)).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.take(mixed), work.staged(item), row_group_size=3, write_page_checksum=True)
    return work


def told(work: WorkFolder, item: int, edges: npt.NDArray[np.void]) -> list[tuple[int, bytes]]:
    """Return the messages to items that follow from edges to one item's kept documents."""
    found = NameKept(work, 9).process((item, [KEPT_FOR + pack(half) for half in np.array_split(edges, 2) if len(half)]))
    return [element for element in found if isinstance(element, tuple)]


def test_one_long_id_for_thousands_of_documents(tmp_path: Path) -> None:
    """30 MB of names, a megabyte a message: cut by what the rows have, not by what they have on average."""
    long = "i" * 10_000
    work = stage(tmp_path, 2, [f"short {row}" for row in range(20)] + [long])
    kept = docs_of(2, 21)
    gone = np.concatenate([docs_of(item, 3_000) for item in (4, 5)])
    better = np.concatenate([np.repeat(kept[20], 3_000), kept[np.arange(3_000) % 20]])
    edges = edges_of(gone, better)
    *messages, (own, stay) = told(work, 2, edges)
    parts, found = [], {}
    for item, message in messages:
        assert message[:1] == GONE
        assert len(message) < MESSAGE_BYTES + 2_000
        part, ids = gone_in(message[1:])
        assert set(items_of(part["doc"]).tolist()) == {item}
        parts.append(part)
        found |= dict(zip(part["doc"].tolist(), ids.to_pylist(), strict=True))
    removed = np.sort(np.concatenate(parts), order="doc")
    assert removed.tolist() == np.sort(edges, order="doc")[["doc", "similarity", "kind"]].tolist()
    assert found == {
        **dict.fromkeys(docs_of(4, 3_000).tolist(), long),
        **{doc: f"short {row % 20}" for row, doc in enumerate(docs_of(5, 3_000).tolist())},
    }
    assert (own, stay[:1]) == (2, STAY)
    counts = unpack(stay[1:], removals._COUNT)
    assert dict(counts.tolist()) == {**dict.fromkeys(kept[:20].tolist(), 150), int(kept[20]): 3_000}


def test_what_is_told_of_one_document_has_few_other_bytes(tmp_path: Path) -> None:
    edges = edges_of(docs_of(4, 1), docs_of(2, 2)[1:])
    (item, message), _ = told(stage(tmp_path, 2, ["é", "x" * 40]), 2, edges)
    assert item == 4
    assert len(message) == 1 + 4 + 13 + 4 + 40


def test_an_old_document_goes_for_no_old_one(tmp_path: Path) -> None:
    work = stage(tmp_path, 9, ["old"])
    new_and_old = edges_of(np.concatenate([docs_of(3, 1), docs_of(10, 1)]), np.repeat(docs_of(9, 1), 2))
    assert [(item, message[:1]) for item, message in told(work, 9, new_and_old)] == [(3, GONE), (9, STAY)]


@pytest.mark.parametrize("rows", [1, 4, 1 << 16])
def test_removals_are_written_in_input_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(removals, "_REMOVED_ROWS", rows)
    work = stage(tmp_path, 0, [f"id {row}" for row in range(10)])
    stage(tmp_path, 1, ["kept for them"])
    gone = edges_of(docs_of(0, 10)[[7, 2, 5, 8]], np.repeat(docs_of(1, 1), 4))
    gone["kind"][1] = EXACT
    gone.sort(order="doc")
    messages = [message for item, message in told(work, 1, gone) if item == 0]
    found = Settle(work, 2).process((0, [STAGED + bytes(32), *messages]))
    [(_, summed)] = (message for message in found if type(message) is tuple)
    table = pq.read_table(work.removals(0))
    assert table.schema.equals(REMOVALS)
    assert table["id"].to_pylist() == ["id 2", "id 5", "id 7", "id 8"]
    assert table["kept_id"].to_pylist() == ["kept for them"] * 4
    assert [round(value, 3) if value else None for value in table["similarity"].to_pylist()] == [None, 0.9, 0.9, 0.9]
    assert b'"weight":{"en":150}' in summed
    settled = pq.read_table(work.settled(0))
    assert len(settled) == 6
    assert set(settled["weight"].to_pylist()) == {25}


def test_a_part_is_written_in_row_groups_of_a_bounded_size(tmp_path: Path) -> None:
    path = str(tmp_path / "removals")
    write_table(path, pa.table({"id": ["x" * 1_000_000] * 100}), kind="table", name="removals")
    footer = pq.read_metadata(path)
    assert [footer.row_group(group).num_rows for group in range(footer.num_row_groups)] == [67, 33]
