"""Signature files: every document's records, each in its partition, whatever the batches."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa

from babelmill.transforms.dedup.rank import Keep, items_of
from babelmill.transforms.dedup.sign import Near, Sign
from babelmill.transforms.dedup.signature_file import (
    RECORD,
    REFERENCE,
    SignatureWriter,
    exact_partitions,
    fetch,
    is_exact,
    partition_of,
)
from babelmill.transforms.documents import documents, with_columns
from babelmill.transforms.files.storage import write_bytes
from babelmill.transforms.input_order import ROW_BITS
from babelmill.transforms.work import WorkFolder

TEXTS = ["a short text", *(" ".join(f"word{chr(97 + (i * j) % 26)}" for i in range(40)) for j in range(1, 8))]


def signed(near: Near | None = Near()) -> pa.RecordBatch:  # noqa: B008
    step = Sign(Keep((), ()), near, seed=5)
    batch = documents(TEXTS, source="demo")
    return with_columns(batch, step.adds, step(batch))


def write(batches: list[pa.RecordBatch], partitions: int, exact: bool) -> tuple[bytes, list[tuple[int, int, int]]]:
    file = io.BytesIO()
    writer = SignatureWriter(file, partitions, exact)
    for batch in batches:
        writer.add(batch)
    writer.flush()
    return file.getvalue(), writer.ranges


def test_every_band_of_every_document_in_its_partition() -> None:
    batch = signed()
    content, ranges = write([batch], 3, exact=True)
    records = np.frombuffer(content, RECORD)
    # The short text has no shingle: it has an exact record only.
    assert len(records) == 7 * 14 + 8
    near, exact = [], []
    for partition, start, end in ranges:
        part = records[start:end]
        assert (partition_of(part["band"], is_exact(partition, 3), 3) == partition).all()
        (exact if is_exact(partition, 3) else near).extend(part.tolist())
    assert len(exact) == 8
    bands = dict(zip(batch["doc"].to_pylist(), batch["bands"].to_pylist(), strict=True))
    assert sorted((doc, band) for band, doc, _ in near) == sorted(
        (doc, band) for doc, values in bands.items() for band in np.frombuffer(values or b"", np.uint64).tolist()
    )


def test_partitions_of_both_kinds_hold_about_as_many_records() -> None:
    bands = np.random.default_rng(2).integers(0, 1 << 64, 10_000, np.uint64, endpoint=False)
    assert [exact_partitions(partitions) for partitions in (1, 8, 16, 40, 65_536)] == [1, 1, 1, 2, 4096]
    assert set(partition_of(bands, False, 40).tolist()) == set(range(40))
    assert set(partition_of(bands, True, 40).tolist()) == {40, 41}


def test_batches_do_not_matter() -> None:
    batch = signed()
    assert write([batch], 4, True) == write([batch.slice(i, 1) for i in range(8)], 4, True)


def test_exact_or_near_alone() -> None:
    content, ranges = write([signed(None)], 4, exact=True)
    assert len(np.frombuffer(content, RECORD)) == 8
    assert all(is_exact(partition, 4) for partition, _, _ in ranges)
    content, ranges = write([signed()], 4, exact=False)
    assert len(np.frombuffer(content, RECORD)) == 98
    assert not any(is_exact(partition, 4) for partition, _, _ in ranges)
    assert write([signed(None)], 4, exact=False) == (b"", [])


def test_references_bring_the_records_back(tmp_path: Path) -> None:
    work = WorkFolder(str(tmp_path))
    content, ranges = write([signed()], 2, exact=True)
    write_bytes(work.signatures(9), content)
    references = np.array([(9, start, end) for _, start, end in ranges], REFERENCE)
    found = np.concatenate(list(fetch(references, work)))
    assert (items_of(found["doc"]) == 9).all()
    found["doc"] ^= np.uint64(9 << ROW_BITS)
    assert found.tobytes() == content


def test_equal_texts_have_equal_signatures_and_order() -> None:
    step = Sign(Keep((), ()), Near(), seed=5)
    one = step(documents([TEXTS[1], "x", TEXTS[1]], source="a"))
    order, digest, bands = (column.to_pylist() for column in one[1:4])
    assert order[0] == order[2] != order[1]
    assert digest[0] == digest[2]
    assert bands[0] == bands[2]
