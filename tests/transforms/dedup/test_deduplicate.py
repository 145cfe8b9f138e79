"""Edges of a partition: the same however many passes it takes, and what was capped is counted."""

from collections.abc import Iterator
from unittest import mock

import apache_beam as beam
import numpy as np
import orjson
import pytest

from babelmill.transforms.dedup import deduplicate
from babelmill.transforms.dedup.deduplicate import FindEdges, homes_for
from babelmill.transforms.dedup.edges import EDGE
from babelmill.transforms.dedup.exchange import Packed
from babelmill.transforms.dedup.homes import Inbox, home_of
from babelmill.transforms.dedup.minhash import SKETCH_WORDS
from babelmill.transforms.dedup.sign import Near
from babelmill.transforms.dedup.signature_file import RECORD
from babelmill.transforms.messages import NOTE

HOMES = 3


def partition() -> np.ndarray:
    """Three thousand records: one band of a thousand, and many small ones; ten sketches, each unlike the others."""
    chance = np.random.default_rng(5)
    records = np.zeros(3000, RECORD)
    records["doc"] = chance.permutation(3000)
    records["band"] = np.where(np.arange(3000) < 1000, 7, chance.integers(100, 900, 3000))
    sketches = chance.integers(0, 1 << 64, (10, SKETCH_WORDS), np.uint64, endpoint=False)
    records["sketch"] = sketches[chance.integers(0, 10, 3000)]
    return records


def found(leaders: int, messages: int) -> tuple[np.ndarray, int]:
    """Return a partition's edges, sure and doubtful, and how many members were unresolved."""
    find = FindEdges(Packed(), Near(leaders=leaders), 8, homes=HOMES, items=1)
    packed = [part.tobytes() for part in np.array_split(partition(), messages)]

    def outputs() -> Iterator[tuple[int, bytes]]:
        for output in find.process((0, packed)):
            if isinstance(output, beam.pvalue.TaggedOutput):
                if output.tag == "notes":
                    notes.append(output.value[1])
                else:
                    doubtful.append(np.frombuffer(output.value[1], EDGE))
            else:
                yield output  # type: ignore[misc]

    notes: list[bytes] = []
    doubtful: list[np.ndarray] = []
    parts = [np.empty(0, EDGE)]
    for home, message in outputs():
        parts.append(Inbox([message]).edges)
        assert (home_of(parts[-1]["doc"], HOMES) == home).all()
    return np.sort(np.concatenate(parts + doubtful), order=["doc", "better"]), sum(
        orjson.loads(note[1:])[1] for note in notes if note.startswith(NOTE)
    )


@pytest.mark.parametrize("at_once", [1, 200, 1500])
@pytest.mark.parametrize("leaders", [4, 64])
def test_passes_do_not_matter(at_once: int, leaders: int) -> None:
    edges, unresolved = found(leaders, 1)
    assert len(edges) > 500
    assert (unresolved > 0) == (leaders == 4)
    with mock.patch.object(deduplicate, "_AT_ONCE", at_once):
        again, still = found(leaders, 7)
    assert np.array_equal(again, edges)
    assert still == unresolved


def test_one_worker_for_a_little_and_homes_for_more() -> None:
    assert [homes_for(partitions) for partitions in (1, 8, 9, 16, 16384)] == [1, 1, 3, 4, 4096]
