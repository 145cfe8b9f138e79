"""Programs are told from text by their lines, and named; what is about programs stays text."""

import json
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.configs import __path__ as configs
from babelmill.transforms.documents import documents
from babelmill.transforms.errors import WorldError
from babelmill.transforms.language.code import MOSTLY, Code, load_weights
from babelmill.transforms.language.identify import Identify

WEIGHTS = str(Path(configs[0]) / "models" / "code.npz")
_FOUND = json.loads((Path(__file__).parents[2] / "data" / "code.json").read_bytes())
PROGRAMS, PROSE = _FOUND["programs"], _FOUND["texts"]


def looked_at(texts: list[str]) -> tuple[list[float], list[str | None]]:
    step = Code(WEIGHTS)
    columns = step(documents(texts, source="t"))
    assert [field.type for field in step.adds] == [column.type for column in columns]
    share, language = (column.to_pylist() for column in columns)
    assert all(0 <= value <= 1 for value in share)
    assert [value >= MOSTLY for value in share] == [name is not None for name in language]
    return share, language


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str) -> None:
    assert looked_at([PROGRAMS[name]])[1] == [name]


@pytest.mark.parametrize("kind", PROSE)
def test_text(kind: str) -> None:
    assert looked_at([PROSE[kind]])[1] == [None]


def test_a_program_of_comments_is_one() -> None:
    header = (
        "# This file is part of the program.\n# It may be copied by all\n# who want to do so,\n# for ever and ever.\n"
    )
    assert looked_at([header])[0] == [1.0]


def test_the_place_of_a_program_in_a_long_document_does_not_matter() -> None:
    program, prose = PROGRAMS["java"] * 200, (PROSE["tutorial"].split("```")[0] + "\n") * 100
    assert len(program) > 1 << 15
    assert len(prose) > 1 << 14
    share, language = looked_at([program, prose * 4, program + prose * 8, prose * 8 + program])
    assert language == ["java", None, None, None]
    assert abs(share[2] - share[3]) < 0.2


@given(
    texts=st.lists(st.text(st.sampled_from("ab_1 (){};=#/*\"'-<!=\n\t é漢") | st.characters(), max_size=60), max_size=5)
)
def test_a_document_does_not_depend_on_its_neighbours(texts: list[str]) -> None:
    texts = [text.encode(errors="ignore").decode() for text in texts]
    together = looked_at(texts)
    alone = [looked_at([text]) for text in texts]
    assert together == ([share[0] for share, _ in alone], [language[0] for _, language in alone])


def test_the_weights_are_a_sum_over_features() -> None:
    """One line, whose features are written out by hand."""
    names, weights = load_weights(WEIGHTS)
    assert len(set(names)) == len(names) == weights.language.shape[1]
    assert len(weights.code) & (len(weights.code) - 1) == 0
    found = looked_at(["x = y"])[0][0]

    def mixed(value: int) -> int:
        value ^= value >> 16
        value = value * 0x85EBCA6B & 0xFFFFFFFF
        value ^= value >> 13
        value = value * 0xC2B2AE35 & 0xFFFFFFFF
        return value ^ value >> 16

    def word(text: str) -> int:
        value = 2166136261
        for byte in text.encode():
            value = (value ^ byte) * 16777619 & 0xFFFFFFFF
        return value

    # The beginning of a line; one letter, =, one letter; the end of a line.
    before, last, last_hash, total, n = 0, 110, 110, 0, 0
    equals, end = 7 + ord("=") - 32, 115
    for kind, token, space in ((4, word("x"), 0), (equals, equals, 1), (4, word("y"), 1), (end, end, 0)):
        pair = (last_hash * 0x9E3779B1 & 0xFFFFFFFF) ^ (token + space & 0xFFFFFFFF)
        kinds = 0x5BD1E995 ^ (before << 17 | last << 9 | kind << 1 | space)
        for value in (token, pair, kinds):
            total += int(weights.code[mixed(value) & len(weights.code) - 1])
            n += 1
        before, last, last_hash = last << 1 | space, kind, token
    likely = 1 / (1 + math.exp(-(float(weights.bias) + float(weights.unit) * total / math.sqrt(n))))
    np.testing.assert_allclose(found, likely, rtol=1e-5)


def test_identified_as_code(lid_model: str) -> None:
    batch = documents([PROGRAMS["python"], "This is a sentence in English.", PROGRAMS["c"]], source="t")
    step = Code(WEIGHTS)
    for field, column in zip(step.adds, step(batch), strict=True):
        batch = batch.append_column(field, column)
    for code in ("code", "und"):
        lang, score, second, _ = Identify(lid_model, code=code)(batch)  # type: ignore[arg-type]
        assert lang.to_pylist() == [code, "en", code]
        assert score.to_pylist()[::2] == batch["code_share"].to_pylist()[::2]
        assert second.to_pylist() == [None] * 3
    declared = Identify(lid_model, code="code", declared={"t": "en"})(batch)
    assert declared[0].to_pylist() == ["en"] * 3
    assert declared[1].to_pylist()[::2] == [0, 0]
    assert Identify(lid_model, code="code", min_score={"code": 1.0})(batch)[0].to_pylist()[0] == "und"


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "code.npz"
    for content in (b"", b"nothing", Path(WEIGHTS).read_bytes()[:1000]):
        path.write_bytes(content)
        with pytest.raises(WorldError, match="code.npz is no file of weights"):
            load_weights.__wrapped__(str(path))
    np.savez(path, other=np.zeros(3))
    with pytest.raises(WorldError, match="code.npz is no file of weights"):
        load_weights.__wrapped__(str(path))


def test_offsets_of_a_slice() -> None:
    batch = documents(["nothing", PROGRAMS["rust"]], source="t").slice(1)
    assert Code(WEIGHTS)(batch)[1].to_pylist() == ["rust"]
    assert isinstance(batch, pa.RecordBatch)
