"""A learned filter: a model trained here on the sample tells verse from manuals, through the real fastText."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest

from babelmill.transforms.documents import documents
from babelmill.transforms.errors import WorldError
from babelmill.transforms.quality.classifier import Score
from babelmill.transforms.text.gate import gate
from tests.fasttext_training import train


def spaced(text: str) -> str:
    """Write every character apart: fastText's words are what stands between spaces."""
    return " ".join(text)


@pytest.fixture(scope="module")
def rows(corpus: Path) -> list[tuple[str, str]]:
    with gzip.open(corpus / "zh.jsonl.gz") as lines:
        found = [json.loads(line) for line in lines]
    return [(spaced(gate(row["text"])), "verse" if "poetry" in row["package"] else "manual") for row in found]


@pytest.fixture(scope="module")
def model(rows: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory) -> str:
    texts, labels = zip(*rows[::2], strict=True)
    return train(list(texts), list(labels), tmp_path_factory.mktemp("model") / "verse.bin")


def score(model: str, label: str, texts: list[str], chars: int = 10_000) -> list[float]:
    step = Score("verse", model, label, chars)
    [column] = step(documents(texts, source="t"))
    assert [pa.field("model_verse", column.type)] == list(step.adds)
    return column.to_pylist()


def test_it_tells_what_it_has_not_seen(model: str, rows: list[tuple[str, str]]) -> None:
    texts, labels = zip(*rows[1::2], strict=True)
    verse = score(model, "verse", list(texts))
    right = sum((found > 0.5) == (label == "verse") for found, label in zip(verse, labels, strict=True))
    assert len(set(labels)) == 2
    assert right / len(labels) > 0.95
    manual = score(model, "manual", list(texts))
    assert [a + b for a, b in zip(verse, manual, strict=True)] == pytest.approx([1] * len(texts), abs=1e-4)


def test_a_text_of_no_known_word_has_nothing(model: str) -> None:
    assert score(model, "verse", ["xyzzy", "☃", " ☃☃ "]) == [0, 0, 0]


def test_only_the_beginning_is_read(model: str, rows: list[tuple[str, str]]) -> None:
    verse = next(text for text, label in rows if label == "verse")
    assert score(model, "verse", ["☃ " * 50 + verse], chars=100) == [0]
    assert score(model, "verse", ["☃ " * 50 + verse])[0] > 0.5


def test_lines_are_one_document(model: str, rows: list[tuple[str, str]]) -> None:
    verse = next(text for text, label in rows if label == "verse")
    assert score(model, "verse", [verse.replace(" ", "\n")]) == score(model, "verse", [verse])


def test_a_damaged_model_is_told(model: str, tmp_path: Path) -> None:
    cut = tmp_path / "cut.bin"
    cut.write_bytes(Path(model).read_bytes()[:-100])
    with pytest.raises(WorldError, match=r"cut\.bin is no fastText model: it ends before"):
        score(str(cut), "verse", ["a"])
