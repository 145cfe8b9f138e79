"""Statistics of batches: what is kept, dropped and refused is counted and sampled; Beam's sum is the sum."""

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from apache_beam.testing.util import assert_that, equal_to

from babelmill.transforms.combine import SumStatistics
from babelmill.transforms.documents import documents, with_columns
from babelmill.transforms.read.records import QUARANTINE
from babelmill.transforms.statistics.samples import CLUSTER, EXCERPT_CHARS
from babelmill.transforms.statistics.statistics import Statistics, by_lang, load_statistics

SIGNALS = ("n_chars", "n_words", "not_measured_yet")


def batch(texts: list[str], lang: str, reason: str = "") -> pa.RecordBatch:
    found = documents(texts, source="docs", ids=[f"{lang}-{text[:20]}" for text in texts])
    fields = [pa.field("lang", pa.string()), pa.field("n_words", pa.int32()), pa.field("reason", pa.string())]
    n = len(texts)
    columns = [
        pa.array([lang] * n),
        pa.array([len(text.split()) for text in texts], pa.int32()),
        pa.array([reason] * n),
    ]
    return with_columns(found, fields, columns)


def sums(found: Statistics) -> dict[tuple[str, str, str], int]:
    return {tuple(series): int(counts.sum()) for series, counts in found.histograms}


def test_kept_and_dropped_are_apart() -> None:
    found = Statistics()
    found.keep(batch(["one", "two words"], "en"), SIGNALS)
    found.drop(batch(["three"], "en", "quality/too_few_words"), SIGNALS, seed=0)
    assert sums(found) == {
        ("n_chars", "en", "kept"): 2, ("n_chars", "en", "dropped"): 1,
        ("n_words", "en", "kept"): 2, ("n_words", "en", "dropped"): 1,
    }  # fmt: skip
    [((lang, reason), [one])] = list(found.samples)
    assert (lang, reason, one.source, one.id, one.n_chars, one.excerpt, one.row) == (
        "en", "quality/too_few_words", "docs", "en-three", 5, "three", -1,
    )  # fmt: skip


def test_a_long_document_leaves_only_its_head() -> None:
    found = Statistics()
    found.drop(batch(["语" * 10**6], "zh", "quality/x"), SIGNALS, seed=0)
    assert [one.excerpt for _, held in found.samples for one in held] == ["语" * EXCERPT_CHARS]


def test_the_sample_depends_on_the_seed_and_not_on_the_batches() -> None:
    texts = [f"text {number}" for number in range(50)]

    def ids(seed: int, cut: int) -> list[str]:
        found = Statistics()
        whole = batch(texts, "en", "quality/x")
        for part in (whole.slice(cut), whole.slice(0, cut)):
            found.drop(part, SIGNALS, seed)
        return [one.id for _, held in found.samples for one in held]

    assert ids(0, 10) == ids(0, 33) == ids(0, 0)
    assert ids(0, 10) != ids(1, 10)


def test_unreadable_records_have_no_language() -> None:
    rows = [{"path": "a", "offset": n, "reason": "read/not_utf8", "error": "", "head": b"\xff<b>"} for n in range(5)]
    found = Statistics()
    found.refuse(pa.Table.from_pylist(rows, QUARANTINE), "docs", seed=0)
    found.refuse(pa.Table.from_pylist([], QUARANTINE), "docs", seed=0)
    [(key, held)] = list(found.samples)
    assert key == ("", "read/not_utf8")
    assert {one.excerpt for one in held} == {"\\xff<b>"}
    assert not sums(found)


def settled(outcome: str) -> Statistics:
    n = 40
    table = pa.table(
        {
            "order": pa.array(np.arange(n)[::-1], pa.uint64()),
            "place": np.arange(n),
            "lang": ["en", "zh"] * (n // 2),
            "source": ["docs"] * n,
            "n_chars": pa.array(np.arange(n), pa.int32()),
        }
    )
    found = Statistics()
    rows = np.arange(10, n)
    found.settle(table, rows, outcome, np.where(rows % 7 == 0, rows, 1).astype(np.int32))
    return found


def test_settled_documents_are_pointed_at() -> None:
    found = settled("kept")
    assert sums(found) == {("cluster_size", "en", "kept"): 15, ("cluster_size", "zh", "kept"): 15}
    held = dict(found.samples)
    assert [one.row for one in held["zh", "kept"]] == [39, 37, 35]
    assert [(one.row, one.cluster_size) for one in held["en", CLUSTER]] == [(28, 28), (14, 14)]
    assert [one.cluster_size for _, one in found.samples.largest()] == [35, 28, 21, 14]
    assert all(one.excerpt == one.id == "" for samples in held.values() for one in samples)


def test_removed_documents_are_no_clusters() -> None:
    assert sums(settled("duplicate/near")) == {}
    assert {reason for (_, reason), _ in settled("duplicate/near").samples} == {"duplicate/near"}


def test_beam_adds_up_what_travels() -> None:
    parts = [settled("kept"), settled("duplicate/near"), Statistics()]
    parts[2].keep(batch(["one", "two words"], "en"), SIGNALS)
    whole = Statistics()
    for part in parts:
        whole.merge(part)
    expected = sorted(by_lang(whole.plain()))
    assert {lang for lang, _ in expected} == {"en", "zh"}
    with beam.Pipeline(FnApiRunner()) as pipeline:
        summed = (
            pipeline
            | beam.Create([found for part in parts for found in by_lang(part.plain())])
            | beam.CombinePerKey(SumStatistics())
        )
        assert_that(summed, equal_to(expected))


def test_what_travels_reads_back() -> None:
    found = settled("kept")
    again = Statistics()
    for _, packed in by_lang(found.plain()):
        again.take(load_statistics(packed))
    assert again.plain() == found.plain()
