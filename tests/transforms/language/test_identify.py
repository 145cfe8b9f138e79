"""Languages, on short texts that people wrote in 75 of them."""

import gzip
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from transforms.documents import documents
from transforms.errors import WorldError
from transforms.language.identify import Identify, known_languages, load_model
from transforms.languages import GLM4
from transforms.text.gate import gate

TEXTS = Path(__file__).parents[2] / "data" / "languages.jsonl.gz"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with gzip.open(TEXTS) as lines:
        return [json.loads(line) for line in lines]


def identify(texts: list[str], model: str, **settings: object) -> tuple[list[str], list[float]]:
    step = Identify(model, **settings)  # type: ignore[arg-type]
    columns = step(documents(texts, source="t"))
    assert [field.type for field in step.adds] == [column.type for column in columns]
    lang, score, second, share = (column.to_pylist() for column in columns)
    assert all(0.2 <= s <= 0.5 if code else s == 0 for code, s in zip(second, share, strict=True))
    return lang, score


def test_macro_f1_with_every_other_language_in_the_pool(rows: list[dict[str, str]], lid_model: str) -> None:
    found, scores = identify([gate(row["text"]) for row in rows], lid_model)
    assert all(0 <= score <= 1 for score in scores)
    f1 = {}
    for lang in GLM4:
        right = sum(code == lang == row["lang"] for code, row in zip(found, rows, strict=True))
        said, there = found.count(lang), sum(row["lang"] == lang for row in rows)
        f1[lang] = 2 * right / (said + there)
    assert sum(f1.values()) / len(f1) >= 0.99, f1
    assert min(f1.values()) >= 0.93, f1
    others = [code in GLM4 for code, row in zip(found, rows, strict=True) if not row["target"]]
    assert sum(others) / len(others) <= 0.02


@pytest.mark.parametrize("text", ["12345", "!!! ... ???", "3.14 + 2 = 5.14", "😀😀", "١٢٣"])
def test_text_without_letters_is_undetermined(text: str, lid_model: str) -> None:
    assert identify([text], lid_model) == (["und"], [0.0])


def test_a_score_below_the_least_is_undetermined(lid_model: str) -> None:
    text = "This is an ordinary sentence."
    assert identify([text], lid_model)[0] == ["en"]
    assert identify([text], lid_model, min_score=1.0)[0] == ["und"]


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("若要使用此指令，請選擇 [格式]。 Choose Format - Columns - Optimal Width. Double-click right column.", "zh"),
        ("呢宣言嘅任何条文，唔好解释为默许任何国家、集团或个人有权进行任何活动。", "yue"),
        ("Puede contener ún caráuter o más que nun puede usase nos títulos.", "ast"),
        ("Puede contener un carácter o más que no se puede usar en los títulos.", "es"),
        ("ٱلْحَمْدُ لِلَّهِ رَبِّ ٱلْعَـٰلَمِينَ ٱلرَّحْمَـٰنِ ٱلرَّحِيمِ", "ar"),
        ("DIES IST EIN GANZ GEWÖHNLICHER SATZ IN GROSSBUCHSTABEN.", "de"),
        ("first line\n\nsecond line of English text\twith tabs", "en"),
    ],
)
def test_what_models_mix_up(text: str, lang: str, lid_model: str) -> None:
    assert identify([text], lid_model)[0] == [lang]


def test_the_model_alone_can_be_asked(lid_model: str) -> None:
    found, scores = identify(["Ein ganz gewöhnlicher Satz.", "..."], lid_model, method="model")
    assert found == ["de", "und"]
    assert scores[0] > 0.5
    assert scores[1] == 0


def test_an_empty_batch(lid_model: str) -> None:
    assert [len(column) for column in Identify(lid_model)(documents([], source="t"))] == [0] * 4


def test_the_packaged_model_knows_the_recipe(lid_model: str) -> None:
    assert set(GLM4) <= known_languages(lid_model)


def test_a_broken_model_is_named_and_stays(tmp_path: Path, lid_model: str) -> None:
    path = tmp_path / "lid.176.ftz"
    path.write_bytes(Path(lid_model).read_bytes()[:1000])
    with pytest.raises(WorldError, match="lid.176.ftz is no fastText model"):
        load_model(str(path))
    assert path.exists()
    with pytest.raises(WorldError, match="missing.bin"):
        load_model(str(tmp_path / "missing.bin"))
    other = tmp_path / "renamed.ftz"
    shutil.copy(lid_model, other)
    assert load_model(str(other)) is not None


def test_offsets_of_a_slice(lid_model: str) -> None:
    batch = documents(["nothing", "Ceci est une phrase française.", "Это русский текст."], source="t").slice(1)
    assert Identify(lid_model)(batch)[0].to_pylist() == ["fr", "ru"]
    assert isinstance(batch, pa.RecordBatch)
