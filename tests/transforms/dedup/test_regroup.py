"""Regroup: the same records in the same partitions as in the items' own files, and the same bytes when tried again."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from babelmill.transforms.dedup import regroup
from babelmill.transforms.dedup.exchange import Grouping, InFiles, signature_messages
from babelmill.transforms.dedup.regroup import Clear, ListGroups, Regroup
from babelmill.transforms.files.storage import exists, find_below
from babelmill.transforms.work import WorkFolder
from tests.transforms.dedup.test_exchange import write_item

ITEMS, PARTITIONS = 7, 40
GROUPING = Grouping(items=3, near=5, exact=2, partitions=PARTITIONS)
Messages = dict[int, list[bytes]]


def by_key(messages: Iterable[tuple[int, bytes]]) -> Messages:
    found: Messages = {}
    for key, message in messages:
        found.setdefault(key, []).append(message)
    return found


def sent(work: WorkFolder, grouping: Grouping | None) -> Iterator[tuple[int, bytes]]:
    for item in range(ITEMS):
        yield from signature_messages(item, write_item(work, item, PARTITIONS, 500 + item, 2), grouping)


def regrouped(work: WorkFolder, turn: int = 1) -> Messages:
    """Return what goes to the partitions; `turn` says in which order messages come."""
    step = Regroup(work, GROUPING)
    found = [out for key, packed in by_key(sent(work, GROUPING)).items() for out in step.process((key, packed[::turn]))]
    return by_key(out for out in found if isinstance(out, tuple))


def docs_of(source: InFiles, messages: Messages) -> dict[int, list[tuple[int, ...]]]:
    found = {}
    for partition, packed in messages.items():
        with source.opened(packed, False) as parts:
            found[partition] = sorted(np.concatenate(list(parts()))[["band", "doc"]].tolist())
    return found


@pytest.mark.parametrize("run_records", [1, 100, 1 << 20])
def test_partitions_have_the_same_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_records: int) -> None:
    monkeypatch.setattr(regroup, "_RUN_RECORDS", run_records)
    work = WorkFolder(str(tmp_path))
    near = by_key(sent(work, None))
    far = regrouped(work)
    assert docs_of(InFiles(work, True), far) == docs_of(InFiles(work, False), near)
    assert set(near) == set(range(PARTITIONS + 2))
    if run_records == 1 << 20:
        # One range a group of items, rather than one or two an item.
        assert {sum(map(len, packed)) // 24 for packed in far.values()} <= {1, 2, 3}


def test_tried_again_it_writes_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for turn in (1, -1):
        work = WorkFolder(str(tmp_path / str(turn)))
        found = regrouped(work, turn)
        files = find_below(work.base, "regrouped/*")
        assert len(files) == 3 * (5 + 2)
        contents.append((found, [(Path(file.path).name, Path(file.path).read_bytes()) for file in files]))
    assert contents[0] == contents[1]


def test_its_files_go_and_no_others(tmp_path: Path) -> None:
    work = WorkFolder(str(tmp_path))
    regrouped(work)
    Path(work.base, "regrouped", "mine").write_text("x")
    for first in ListGroups(GROUPING, ITEMS).process("manifest.json"):
        Clear(work, GROUPING).process((first[0], [b""]))
    assert [Path(file.path).name for file in find_below(work.base, "regrouped/*")] == ["mine"]
    assert exists(work.signatures(0))
