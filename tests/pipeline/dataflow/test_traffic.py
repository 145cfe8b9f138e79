"""Traffic: what the model says of a run's own size is what the run shuffled, and it grows as messages do."""

import pytest

from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.dataflow.estimate import Measured, measured_run
from babelmill.pipeline.dataflow.traffic import HEADER_BYTES, Size, traffic
from babelmill.transforms.files.storage import find_below
from tests.pipeline.runs import run_sample


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """Five partitions more than one worker takes alone, so that there are homes, and items of 300 kB."""
    folder = tmp_path_factory.mktemp("run") / "sample"
    settings = ("dedup.exchange=records", "work.partitions=13", "work.item_bytes=300000")
    found = measured_run(open_output(str(run_sample(folder, *settings))))
    # What was regrouped is gone with the end of the run.
    assert not find_below(str(folder), "work/regrouped/*")
    return found


def size_of(run: Measured, scale: float = 1, items: int = 0, partitions: int = 13) -> Size:
    removed = run.signed_docs - run.kept_docs
    signatures = run.costs["bytes/signatures"]
    items = items or round(run.costs["items"])
    return Size(run.signed_docs * scale, removed * scale, scale, items, partitions, signatures * scale)


def test_of_the_same_size_it_is_what_the_run_shuffled(run: Measured) -> None:
    """Within 40 %, small messages and all; what is not packed by rank, exactly."""
    found = traffic(size_of(run), run.costs, by_reference=False)
    real = {name.removeprefix("shuffled/"): size for name, size in run.costs.items() if name.startswith("shuffled/")}
    assert real["edges"] / 1.4 < found.content["edges"] < 1.4 * real["edges"]
    assert real["verdicts"] / 1.4 < found.content["verdicts"] < 1.4 * real["verdicts"]
    assert found.content["doubtful edges"] == real["doubtful"]
    assert found.content["names"] == real["names"]
    assert real["shingles"] <= found.content["shingles"] < 1.1 * real["shingles"]
    assert found.content["signatures"] / 1.4 < real["signatures"] < 1.4 * found.content["signatures"]
    assert run.costs["bytes/regrouped"] == run.costs["bytes/signatures"] == found.regrouped
    requests = run.costs["requests/regroup"] + run.costs["requests/dedup"]
    assert requests / 1.4 < found.reads < 1.4 * requests


def test_no_signature_crosses_it(run: Measured) -> None:
    """References alone: at 10T tokens a thousandth of what the records are."""
    size = size_of(run, 31e9 / run.signed_docs, 335_276, 1 << 16)
    found = traffic(size, run.costs, by_reference=False)
    assert found.shuffled["signatures"] < size.signatures / 1000
    assert traffic(size, run.costs, by_reference=True).reads == 0
    # 70 million requests where each item and partition would make one.
    assert 1e7 < found.reads < 2e8
    assert found.writes < 1e6


def test_headers_count_where_each_row_is_a_message(run: Measured) -> None:
    few = traffic(size_of(run, 1000, items=10), run.costs, False)
    many = traffic(size_of(run, 1000, items=10_000), run.costs, False)
    for name in ("doubtful edges", "shingles", "names", "verdicts"):
        assert many.messages[name] > few.messages[name]
        assert many.shuffled[name] > few.shuffled[name]
    assert many.shuffled["names"] == many.content["names"] + HEADER_BYTES * many.messages["names"]
    # One edge a message takes 19 bytes, and hundreds about eleven.
    crowded, alone = (traffic(size_of(run, 1e6, 335_276, p), run.costs, False) for p in (64, 1 << 16))
    assert alone.content["edges"] > crowded.content["edges"]
    assert "survivors" not in traffic(size_of(run, partitions=8), run.costs, False).content
