"""Exchange: every record reaches its partition once, whichever way, and few requests are made."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.dedup.exchange import Grouping, InFiles, Packed, Records, group, joined, signature_messages
from babelmill.transforms.dedup.signature_file import (
    RECORD,
    REFERENCE,
    RecordWriter,
    exact_partitions,
    fetch,
    is_exact,
    partition_of,
)
from babelmill.transforms.files.storage import write_bytes
from babelmill.transforms.work import MESSAGE_BYTES, WorkFolder

PARTITIONS = st.sampled_from([1, 3, 8, 40, 1000])


def records_of(item: int, count: int) -> np.ndarray:
    chance = np.random.default_rng(item)
    records = np.zeros(count, RECORD)
    records["doc"] = np.arange(count, dtype=np.uint64) | np.uint64(item << 24)
    records["band"] = chance.integers(0, 1 << 64, count, np.uint64, endpoint=False)
    return records


def write_item(work: WorkFolder, item: int, partitions: int, count: int, runs: int) -> list[tuple[int, int, int]]:
    """Write an item's signature file in some runs; a fifth of its records are exact ones."""
    file = io.BytesIO()
    writer = RecordWriter(file)
    for part in np.array_split(records_of(item, count), runs):
        near, exact = part[: -len(part) // 5], part[-len(part) // 5 :]
        numbers = [partition_of(near["band"], False, partitions), partition_of(exact["band"], True, partitions)]
        writer.write(np.concatenate([near, exact]), np.concatenate(numbers))
    write_bytes(work.signatures(item), file.getvalue())
    return writer.ranges


@given(st.integers(1, 500_000), st.floats(1, 1e14), PARTITIONS)
def test_a_grouping_has_every_partition_in_one_part(items: int, size: float, partitions: int) -> None:
    grouping = group(items, size, partitions)
    numbers = range(partitions + exact_partitions(partitions))
    keys = [grouping.key(0, partition) for partition in numbers]
    assert keys == sorted(keys)
    assert sorted(set(keys)) == grouping.keys(0)
    assert [grouping.is_exact(key) for key in keys] == [is_exact(number, partitions) for number in numbers]
    firsts = grouping.firsts(items)
    assert firsts[0] == 0
    assert firsts[-1] + grouping.items >= items
    last = items - 1
    assert grouping.key(last, 0) == grouping.keys(firsts[-1])[0]


@given(st.integers(1000, 500_000), st.floats(1e12, 1e14))
def test_no_grouping_near_by_needs_fewer_reads(items: int, size: float) -> None:
    """Files of about the same size, other groups: as many reads or more, but for what rounding does."""
    partitions, (together, near, exact, _) = 16_384, group(items, size, 16_384)

    def reads(together: float, parts: float) -> float:
        return items * parts + items / together * (partitions + exact_partitions(partitions))

    best = reads(together, near + exact)
    for factor in (0.25, 0.5, 2, 4):
        if 1 <= together * factor <= items and 1 <= (near + exact) * factor <= partitions:
            assert reads(together * factor, (near + exact) * factor) > 0.9 * best


@given(st.integers(1, 5), st.integers(1, 3), PARTITIONS, st.integers(1, 9), st.integers(1, 2))
def test_messages_of_a_part_have_the_records_of_its_partitions(
    tmp_path_factory: pytest.TempPathFactory, items: int, runs: int, partitions: int, near: int, exact: int
) -> None:
    work = WorkFolder(str(tmp_path_factory.mktemp("messages")))
    grouping = Grouping(items, min(near, partitions), min(exact, exact_partitions(partitions)), partitions)
    ranges = write_item(work, 3, partitions, 200, runs)
    seen = []
    for key, packed in signature_messages(3, ranges, grouping):
        assert key in grouping.keys(3 - 3 % items)
        assert len(np.frombuffer(packed, REFERENCE)) <= runs
        for part in fetch(joined([packed]), work):
            numbers = partition_of(part["band"], grouping.is_exact(key), partitions)
            assert {grouping.key(3, number) for number in numbers.tolist()} == {key}
            seen += part["doc"].tolist()
    assert sorted(seen) == records_of(3, 200)["doc"].tolist()


def test_no_message_is_large() -> None:
    ranges = [(1, 2 * number, 2 * number + 1) for number in range(100_000)]
    messages = list(signature_messages(3, ranges, None))
    assert max(len(packed) for _, packed in messages) <= MESSAGE_BYTES
    assert sum(len(packed) for _, packed in messages) == 24 * len(ranges)


@pytest.mark.parametrize("kind", ["packed", "items", "regrouped"])
@pytest.mark.parametrize("again", [False, True])
def test_records_are_given_as_often_as_they_are_wanted(tmp_path: Path, kind: str, again: bool) -> None:
    work, all_ = WorkFolder(str(tmp_path)), records_of(1, 50_000)
    messages = [part.tobytes() for part in np.array_split(all_, 3)]
    source: Records = Packed()
    if kind != "packed":
        messages = [np.array([(1, 100, 50_000)], REFERENCE).tobytes(), np.array([(1, 0, 100)], REFERENCE).tobytes()]
        write_bytes(work.signatures(1) if kind == "items" else work.regrouped(1), all_.tobytes())
        source = InFiles(work, kind == "regrouped")
    assert source.count(messages) == len(all_)
    with source.opened(messages, again) as parts:
        for _ in range(2 if again else 1):
            assert np.array_equal(np.concatenate(list(parts())), all_)
